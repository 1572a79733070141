-- Workers read requests from the table alone. A notification says that there may be some, not which: NOTIFY wants no right, so that what it
-- carries may be anybody's word.
-- The transaction that wrote a request tells who follows what is new to it. A time or a sequence would not: transactions become visible in
-- another order than they take these.
ALTER TABLE millrace.cancellations ADD COLUMN requested_xact xid8 NOT NULL DEFAULT pg_current_xact_id();

COMMENT ON COLUMN millrace.cancellations.requested_by IS 'The login that asked last';
COMMENT ON COLUMN millrace.cancellations.requested_xact IS 'The transaction that asked last';

CREATE INDEX cancellations_requested_xact ON millrace.cancellations (requested_xact);

CREATE OR REPLACE FUNCTION millrace.cancel(job_ids uuid[])
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

    -- In one order, since two calls for overlapping jobs would wait for each other. Not current_user, which is the owner in here.
    INSERT INTO millrace.cancellations AS c (job_id, requested_by)
    SELECT DISTINCT asked.id, session_user::text
    FROM unnest(job_ids) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM millrace.results AS r WHERE r.job_id = asked.id)
    ORDER BY 1
    ON CONFLICT (job_id) DO UPDATE
    SET requested_at = now(), requested_by = EXCLUDED.requested_by, requested_xact = EXCLUDED.requested_xact;

    PERFORM pg_notify('millrace_cancellations', '');

    RETURN QUERY
    SELECT asked.id, r.status, r.committed_at
    FROM (SELECT DISTINCT unnest(job_ids)) AS asked (id)
    LEFT JOIN millrace.results AS r ON r.job_id = asked.id;
END
$$;
