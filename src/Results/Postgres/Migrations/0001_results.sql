-- The roles millrace_worker and millrace_reader exist when this runs: they belong to the server, not to the database,
-- so the migrator makes them.
CREATE SCHEMA millrace;

CREATE TABLE millrace.schema_version (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE millrace.results (
    job_id           uuid PRIMARY KEY,
    model_name       text NOT NULL,
    model_version    text,
    status           text NOT NULL CHECK (status IN ('succeeded', 'rejected', 'failed', 'expired', 'cancelled')),
    lane             text NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    code             text,
    error            text,
    row_count        integer NOT NULL CHECK (row_count >= 0),
    outputs          jsonb NOT NULL,
    run_id           uuid,
    run_row          bigint,
    payload_hash     bytea NOT NULL,
    correlation_id   text,
    reply_to         text,
    batch_rows       integer,
    worker           text NOT NULL,
    received_at      timestamptz NOT NULL,
    committed_at     timestamptz NOT NULL DEFAULT now(),
    undeliverable_at timestamptz
);

COMMENT ON TABLE millrace.results IS 'One row for each job: how it ended. See the view millrace.rows for one line for each input row.';
COMMENT ON COLUMN millrace.results.outputs IS
    '{"NAME": {"index", "datatype", "shape", "data"}}: data has one entry for each row, or a single one that belongs to all rows';
COMMENT ON COLUMN millrace.results.run_row IS 'Number of the job''s first row in the run''s file, from 0';
COMMENT ON COLUMN millrace.results.undeliverable_at IS 'When the reply was found to be undeliverable';

-- Every index is paid for by every commit. This one grows at its right end only, where its pages are in memory anyway.
CREATE INDEX results_committed_at ON millrace.results (committed_at);
-- These two are empty for an interactive job that succeeds.
CREATE INDEX results_run ON millrace.results (run_id, run_row) WHERE run_id IS NOT NULL;
CREATE INDEX results_unsuccessful ON millrace.results (committed_at) WHERE status <> 'succeeded';

-- The planner takes a bare generate_series for 1000 rows a job, finds the view expensive and spends a second on compiling a query that
-- runs in milliseconds. STRICT keeps it from looking inside here.
CREATE FUNCTION millrace.row_indexes(row_count integer) RETURNS SETOF integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 8
AS $$ SELECT generate_series(0, row_count - 1) $$;

CREATE VIEW millrace.rows AS
SELECT r.job_id,
       r.run_id,
       r.run_row + i.row_index AS run_row,
       i.row_index,
       r.model_name,
       r.model_version,
       r.status,
       r.code,
       r.error,
       (SELECT coalesce(jsonb_object_agg(o.key, coalesce(o.value -> 'data' -> i.row_index, o.value -> 'data' -> 0)), '{}')
        FROM jsonb_each(r.outputs) AS o) AS outputs,
       r.committed_at
FROM millrace.results AS r
CROSS JOIN LATERAL millrace.row_indexes(r.row_count) AS i (row_index);

COMMENT ON VIEW millrace.rows IS
    'One line for each input row; outputs is {"NAME": value of that row}, so outputs->>''label'' is the label. '
    'A job whose rows could not be counted has none here';

CREATE VIEW millrace.runs AS
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
       max(committed_at) AS last_committed_at
FROM millrace.results
WHERE run_id IS NOT NULL
GROUP BY run_id;

COMMENT ON VIEW millrace.runs IS 'One line for each bulk scoring; the statuses count jobs';

GRANT USAGE ON SCHEMA millrace TO millrace_worker, millrace_reader;
GRANT SELECT ON millrace.schema_version, millrace.results, millrace.rows, millrace.runs TO millrace_worker, millrace_reader;
GRANT EXECUTE ON FUNCTION millrace.row_indexes TO millrace_worker, millrace_reader;
GRANT INSERT ON millrace.results TO millrace_worker;
GRANT UPDATE (undeliverable_at) ON millrace.results TO millrace_worker;
