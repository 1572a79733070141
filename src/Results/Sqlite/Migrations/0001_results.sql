-- The same tables and views as in Postgres, as far as SQLite's types go: ids are lower-case UUIDs, times ISO 8601 texts in UTC
-- (so that they sort), outputs JSON text.
CREATE TABLE schema_version (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

CREATE TABLE results (
    job_id           TEXT NOT NULL PRIMARY KEY,
    model_name       TEXT NOT NULL,
    model_version    TEXT,
    status           TEXT NOT NULL CHECK (status IN ('succeeded', 'rejected', 'failed', 'expired', 'cancelled')),
    lane             TEXT NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    code             TEXT,
    error            TEXT,
    row_count        INTEGER NOT NULL CHECK (row_count >= 0),
    outputs          TEXT NOT NULL,
    run_id           TEXT,
    run_row          INTEGER,
    payload_hash     BLOB NOT NULL,
    correlation_id   TEXT,
    reply_to         TEXT,
    batch_rows       INTEGER,
    worker           TEXT NOT NULL,
    received_at      TEXT NOT NULL,
    committed_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    undeliverable_at TEXT
) STRICT;

CREATE INDEX results_committed_at ON results (committed_at);
CREATE INDEX results_run ON results (run_id, run_row) WHERE run_id IS NOT NULL;
CREATE INDEX results_unsuccessful ON results (committed_at) WHERE status <> 'succeeded';

-- One line for each input row; outputs is {"NAME": value of that row}, so outputs->>'label' is the label.
-- SQLite has no generate_series built in: the rows are numbered by the elements of the array [0,0,…,0] of row_count zeros.
CREATE VIEW rows AS
SELECT r.job_id,
       r.run_id,
       r.run_row + i.key AS run_row,
       i.key AS row_index,
       r.model_name,
       r.model_version,
       r.status,
       r.code,
       r.error,
       (SELECT json_group_object(
                   o.key,
                   json(coalesce(o.value -> ('$.data[' || i.key || ']'), o.value -> '$.data[0]')))
        FROM json_each(r.outputs) AS o) AS outputs,
       r.committed_at
FROM results AS r
CROSS JOIN json_each('[' || substr(replace(hex(zeroblob(r.row_count)), '00', ',0'), 2) || ']') AS i;

-- One line for each bulk scoring; the statuses count jobs.
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
       max(committed_at) AS last_committed_at
FROM results
WHERE run_id IS NOT NULL
GROUP BY run_id;
