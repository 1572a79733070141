-- The bad rows of jobs that want their good ones answered. Their entries in outputs.NAME.data are null, so that all others stay at their places.
ALTER TABLE millrace.results ADD COLUMN row_errors json;

COMMENT ON COLUMN millrace.results.outputs IS
    '{"NAME": {"index", "datatype", "shape", "data"}}: data has one entry for each row, or a single one that belongs to all rows; null for a row of row_errors';
COMMENT ON COLUMN millrace.results.row_errors IS
    '[{"row", "code", "error"}]: the rows, from 0, without an answer of a job that asked with partial; null where there are none';

DROP VIEW millrace.rows;

CREATE VIEW millrace.rows AS
SELECT r.job_id,
       r.run_id,
       r.run_row + i.row_index AS run_row,
       i.row_index,
       r.model_name,
       r.model_version,
       CASE
           WHEN tree.errors -> i.row_index::text IS NULL OR r.status <> 'succeeded' THEN r.status
           WHEN tree.errors -> i.row_index::text ->> 'code' IN ('invalid_value', 'value_not_finite') THEN 'rejected'
           ELSE 'failed'
       END AS status,
       coalesce(tree.errors -> i.row_index::text ->> 'code', r.code) AS code,
       coalesce(tree.errors -> i.row_index::text ->> 'error', r.error) AS error,
       CASE WHEN tree.errors -> i.row_index::text IS NULL THEN
           (SELECT coalesce(jsonb_object_agg(o.key, coalesce(o.value -> 'data' -> i.row_index, o.value -> 'data' -> 0)), '{}')
            FROM jsonb_each(tree.outputs) AS o)
       ELSE '{}' END AS outputs,
       r.committed_at
FROM millrace.results AS r
-- Once for each job: without OFFSET the planner would draw the cast into the lines of the select, and do it for each of them.
CROSS JOIN LATERAL (
    SELECT r.outputs::jsonb AS outputs,
           CASE WHEN r.row_errors IS NOT NULL THEN
               (SELECT jsonb_object_agg(e ->> 'row', e) FROM jsonb_array_elements(r.row_errors::jsonb) AS e)
           END AS errors
    OFFSET 0) AS tree
CROSS JOIN LATERAL millrace.row_indexes(r.row_count) AS i (row_index);

COMMENT ON VIEW millrace.rows IS
    'One line for each input row; outputs is {"NAME": value of that row}, so outputs->>''label'' is the label. A bad row of a job that asked with '
    'partial has its own code and error. A job whose model does not take its rows one by one has one line, with the whole outputs. '
    'A job whose rows could not be counted has none here';

GRANT SELECT ON millrace.rows TO millrace_worker, millrace_reader;
