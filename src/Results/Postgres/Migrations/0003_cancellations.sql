-- Jobs that are to be cancelled. Who may ask for that is in the role millrace_operator, and asks through the function alone; workers listen.
CREATE TABLE millrace.cancellations (
    job_id       uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by text NOT NULL
);

CREATE INDEX cancellations_requested_at ON millrace.cancellations (requested_at);

COMMENT ON TABLE millrace.cancellations IS
    'Jobs that a worker is to cancel when it takes them; whether it did is in millrace.results. Rows older than 30 days are deleted by millrace.cancel';

CREATE FUNCTION millrace.cancel(job_ids uuid[])
RETURNS TABLE (job_id uuid, status text, committed_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Another call that deletes the same rows is not waited for.
    DELETE FROM millrace.cancellations AS c
    WHERE c.job_id IN (
        SELECT old.job_id FROM millrace.cancellations AS old
        WHERE old.requested_at < now() - interval '30 days' FOR UPDATE SKIP LOCKED);

    -- In one order, since two calls for overlapping jobs would wait for each other.
    INSERT INTO millrace.cancellations AS c (job_id, requested_by)
    SELECT DISTINCT asked.id, session_user::text
    FROM unnest(job_ids) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM millrace.results AS r WHERE r.job_id = asked.id)
    ORDER BY 1
    ON CONFLICT (job_id) DO UPDATE SET requested_at = now(), requested_by = EXCLUDED.requested_by;

    PERFORM pg_notify('millrace_cancellations', asked.id::text) FROM unnest(job_ids) AS asked (id);

    RETURN QUERY
    SELECT asked.id, r.status, r.committed_at
    FROM (SELECT DISTINCT unnest(job_ids)) AS asked (id)
    LEFT JOIN millrace.results AS r ON r.job_id = asked.id;
END
$$;

COMMENT ON FUNCTION millrace.cancel IS
    'Asks workers to cancel jobs; a job that has a row already is answered with its status, and nothing changes';

REVOKE ALL ON FUNCTION millrace.cancel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION millrace.cancel TO millrace_operator;
GRANT USAGE ON SCHEMA millrace TO millrace_operator;
GRANT SELECT ON millrace.cancellations TO millrace_worker, millrace_operator, millrace_reader;
