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
