-- A job of a run that was sent again in parts, the first of which begins with its first row, is those parts: it counts no row twice. As in Postgres.
DROP VIEW runs;

CREATE VIEW runs AS
SELECT run_id,
       min(model_name) AS model_name,
       count(*) AS job_count,
       sum(row_count) AS row_count,
       count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
       count(*) FILTER (WHERE status = 'rejected') AS rejected,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       count(*) FILTER (WHERE status = 'expired') AS expired,
       count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       min(committed_at) AS first_committed_at,
       max(committed_at) AS last_committed_at,
       sum(CASE WHEN status <> 'succeeded' THEN row_count WHEN row_errors IS NULL THEN 0 ELSE json_array_length(row_errors) END) AS failed_row_count
FROM results AS r
WHERE run_id IS NOT NULL AND NOT ((r.status <> 'succeeded' OR r.row_errors IS NOT NULL) AND EXISTS (
    SELECT 1 FROM results AS part WHERE part.run_id = r.run_id AND part.run_row = r.run_row AND part.row_count < r.row_count))
GROUP BY run_id;

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
LEFT JOIN json_each(r.row_errors) AS e ON e.value ->> 'row' = i.key
WHERE NOT (r.run_id IS NOT NULL AND (r.status <> 'succeeded' OR r.row_errors IS NOT NULL) AND EXISTS (
    SELECT 1 FROM results AS part WHERE part.run_id = r.run_id AND part.run_row = r.run_row AND part.row_count < r.row_count));
