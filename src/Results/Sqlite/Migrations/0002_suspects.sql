CREATE TABLE suspects (
    job_id     TEXT NOT NULL PRIMARY KEY,
    group_size INTEGER NOT NULL CHECK (group_size > 0),
    runs_alone INTEGER NOT NULL,
    noted_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
