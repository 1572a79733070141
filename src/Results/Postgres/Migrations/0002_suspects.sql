CREATE TABLE millrace.suspects (
    job_id     uuid PRIMARY KEY,
    group_size integer NOT NULL CHECK (group_size > 0),
    runs_alone integer NOT NULL,
    noted_at   timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE millrace.suspects IS
    'Redelivered jobs that are running, or were when their worker died. One that stays here with a row in results ended its worker.';
COMMENT ON COLUMN millrace.suspects.group_size IS 'Jobs in that run';
COMMENT ON COLUMN millrace.suspects.runs_alone IS 'How many such runs had the job alone';

GRANT SELECT ON millrace.suspects TO millrace_worker, millrace_reader;
GRANT INSERT, UPDATE, DELETE ON millrace.suspects TO millrace_worker;
