CREATE TABLE millrace.run_origins (
    run_id        uuid PRIMARY KEY,
    model_name    text NOT NULL,
    model_version text NOT NULL,
    details       json NOT NULL,
    begun_at      timestamptz NOT NULL DEFAULT now(),
    begun_by      text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE millrace.run_origins IS
    'What each bulk scoring was begun with; written by who scores, where that is a user of this database. The rows are in millrace.results';
COMMENT ON COLUMN millrace.run_origins.details IS 'The file, how its columns meet the model''s inputs, rows a job: texts by name';
GRANT SELECT ON millrace.run_origins TO millrace_worker, millrace_operator, millrace_reader;
GRANT INSERT ON millrace.run_origins TO millrace_worker, millrace_operator;

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
FROM millrace.results
WHERE run_id IS NOT NULL
GROUP BY run_id;

COMMENT ON VIEW millrace.runs IS
    'One line for each bulk scoring; the statuses count jobs, failed_row_count the rows without an answer, also those of jobs that succeeded but for them';
