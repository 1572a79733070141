-- A job of a run that was sent again in parts, the first of which begins with its first row, is those parts: it counts no row twice.
CREATE OR REPLACE VIEW millrace.runs AS
SELECT run_id,
       min(model_name) AS model_name,
       count(*) AS job_count,
       sum(row_count)::bigint AS row_count,
       count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
       count(*) FILTER (WHERE status = 'rejected') AS rejected,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       count(*) FILTER (WHERE status = 'expired') AS expired,
       count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       min(committed_at) AS first_committed_at,
       max(committed_at) AS last_committed_at,
       sum(CASE WHEN status <> 'succeeded' THEN row_count WHEN row_errors IS NULL THEN 0 ELSE json_array_length(row_errors) END)::bigint AS failed_row_count
FROM millrace.results AS r
WHERE run_id IS NOT NULL AND NOT ((r.status <> 'succeeded' OR r.row_errors IS NOT NULL) AND EXISTS (
    SELECT FROM millrace.results AS part WHERE part.run_id = r.run_id AND part.run_row = r.run_row AND part.row_count < r.row_count))
GROUP BY run_id;

CREATE OR REPLACE VIEW millrace.rows AS
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
CROSS JOIN LATERAL millrace.row_indexes(r.row_count) AS i (row_index)
WHERE NOT (r.run_id IS NOT NULL AND (r.status <> 'succeeded' OR r.row_errors IS NOT NULL) AND EXISTS (
    SELECT FROM millrace.results AS part WHERE part.run_id = r.run_id AND part.run_row = r.run_row AND part.row_count < r.row_count));
