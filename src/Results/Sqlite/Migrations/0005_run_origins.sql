CREATE TABLE run_origins (
    run_id        TEXT NOT NULL PRIMARY KEY,
    model_name    TEXT NOT NULL,
    model_version TEXT NOT NULL,
    details       TEXT NOT NULL,
    begun_at      TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

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
FROM results
WHERE run_id IS NOT NULL
GROUP BY run_id;
