CREATE TABLE run_origins (
    run_id        TEXT NOT NULL PRIMARY KEY,
    model_name    TEXT NOT NULL,
    model_version TEXT NOT NULL,
    details       TEXT NOT NULL,
    begun_at      TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
