-- jsonb is taken apart by every commit, json only by who asks for a value; most rows are written once and never read. Of a job with many
-- rows the text is long, and lz4 takes a fraction of the time of Postgres's own compression.
DROP VIEW millrace.rows;

ALTER TABLE millrace.results ALTER COLUMN outputs TYPE json USING outputs::json;

DO $$ BEGIN
    ALTER TABLE millrace.results ALTER COLUMN outputs SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'This server was built without lz4: large outputs are compressed as it does by default, which takes longer.';
END $$;

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
        FROM jsonb_each(tree.outputs) AS o) AS outputs,
       r.committed_at
FROM millrace.results AS r
-- Once for each job: without OFFSET the planner would draw the cast into the lines of the select, and do it for each of them.
CROSS JOIN LATERAL (SELECT r.outputs::jsonb AS outputs OFFSET 0) AS tree
CROSS JOIN LATERAL millrace.row_indexes(r.row_count) AS i (row_index);

COMMENT ON VIEW millrace.rows IS
    'One line for each input row; outputs is {"NAME": value of that row}, so outputs->>''label'' is the label. '
    'A job whose rows could not be counted has none here';

GRANT SELECT ON millrace.rows TO millrace_worker, millrace_reader;
