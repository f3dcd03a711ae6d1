-- While events are stored into a partition, an index by user would cost more than all erasures save,
-- and one by name more than sealing.

CREATE OR REPLACE FUNCTION index_event_partition()
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    found record;
BEGIN
    SELECT child.oid, child.relname::text AS name INTO found
    FROM pg_inherits
    INNER JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    CROSS JOIN LATERAL (
        SELECT (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \(''(.+)''\)'))[1]::timestamptz AS until_at
    ) AS span
    WHERE pg_inherits.inhparent = 'event'::regclass
        AND span.until_at < now() - interval '10 minutes'
        AND to_regclass(child.relname || '_user_idx') IS NULL
    ORDER BY span.until_at
    LIMIT 1;
    IF found IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE INDEX %I ON %I (user_id)', found.name || '_user_idx', found.name);
    EXECUTE format('CREATE INDEX %I ON %I (name_id, received_at)', found.name || '_name_idx', found.name);
    RETURN found.name;
END
$$;

COMMENT ON FUNCTION index_event_partition IS 'Builds the indexes by user and by name of the oldest partition of events that is over and lacks them, for erasures and sealing; returns its name, or NULL if none lacks them. Example: SELECT index_event_partition();';
REVOKE EXECUTE ON FUNCTION index_event_partition FROM PUBLIC;
