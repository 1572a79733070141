-- The bad rows of jobs that want their good ones answered, as in Postgres.
ALTER TABLE results ADD COLUMN row_errors TEXT;

DROP VIEW rows;

CREATE VIEW rows AS
SELECT r.job_id,
       r.run_id,
       r.run_row + i.key AS run_row,
       i.key AS row_index,
       r.model_name,
       r.model_version,
       CASE
           WHEN e.key IS NULL OR r.status <> 'succeeded' THEN r.status
           WHEN e.value ->> 'code' IN ('invalid_value', 'value_not_finite') THEN 'rejected'
           ELSE 'failed'
       END AS status,
       coalesce(e.value ->> 'code', r.code) AS code,
       coalesce(e.value ->> 'error', r.error) AS error,
       CASE WHEN e.key IS NULL THEN
           (SELECT json_group_object(
                       o.key,
                       json(coalesce(o.value -> ('$.data[' || i.key || ']'), o.value -> '$.data[0]')))
            FROM json_each(r.outputs) AS o)
       ELSE '{}' END AS outputs,
       r.committed_at
FROM results AS r
CROSS JOIN json_each('[' || substr(replace(hex(zeroblob(r.row_count)), '00', ',0'), 2) || ']') AS i
LEFT JOIN json_each(r.row_errors) AS e ON e.value ->> 'row' = i.key;
