CREATE OR REPLACE FUNCTION refresh_buckets(of_rollup text, most integer DEFAULT 200)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    taken jsonb;
    gone jsonb;
    added jsonb;
    changed jsonb;
    is_clean boolean;
BEGIN
    SELECT * INTO one FROM rollup WHERE name = of_rollup AND failed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF one.name IS NULL THEN
        RETURN NULL;
    END IF;
    IF one.marked_at IS NULL THEN
        -- No entry of the log is taken, and no row of the parent changed, until this is committed:
        -- what comes later, or is not seen here, is then marked for this rollup as well.
        PERFORM FROM rollup_lock FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF one.parent IS NOT NULL THEN
            PERFORM FROM rollup WHERE name = one.parent FOR NO KEY UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            PERFORM ensure_parent_index(one);
        END IF;
        PERFORM mark_all(of_rollup);
        SELECT * INTO STRICT one FROM rollup WHERE name = of_rollup;
    END IF;
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM rollup.%1$I LIMIT $1)) RETURNING %2$s
        )
        SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT DISTINCT %2$s FROM gone) AS bucket',
        of_rollup || '_dirty', name_columns(one.bucket))
    INTO taken USING most;
    IF taken IS NULL AND one.backfilled_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    -- Each of these statements sees everything that was committed before it began, and so all changes
    -- of the entries.
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I AS kept
            USING jsonb_populate_recordset(NULL::rollup.%2$I, $1) AS dirty
            WHERE %3$s
            RETURNING kept.*
        )
        SELECT coalesce(jsonb_agg(to_jsonb(gone)), ''[]'') FROM gone',
        of_rollup, of_rollup || '_dirty', equal_columns(one.bucket, 'kept', 'dirty'))
    INTO gone USING taken;
    EXECUTE format(
        'WITH added AS (
            INSERT INTO rollup.%1$I
            SELECT * FROM rollup.compute_buckets($1, $2, $3, NULL::rollup.%1$I)
            RETURNING *
        )
        SELECT coalesce(jsonb_agg(to_jsonb(added)), ''[]'') FROM added',
        of_rollup)
    INTO added USING one, 'rollup.' || quote_ident(one.parent), taken;
    IF gone <> added AND (one.is_followed OR EXISTS (SELECT FROM rollup WHERE parent = of_rollup)) THEN
        SELECT jsonb_agg(row.value) INTO changed
        FROM (
            (SELECT value FROM jsonb_array_elements(gone) EXCEPT SELECT value FROM jsonb_array_elements(added))
            UNION ALL
            (SELECT value FROM jsonb_array_elements(added) EXCEPT SELECT value FROM jsonb_array_elements(gone))
        ) AS row (value);
        IF changed IS NOT NULL THEN
            PERFORM mark_children(of_rollup, changed);
        END IF;
        IF changed IS NOT NULL AND one.is_followed THEN
            PERFORM note_rollup_days(one, changed);
        END IF;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM rollup.%I)', of_rollup || '_dirty') INTO is_clean;
    IF is_clean THEN
        UPDATE rollup
        SET refreshed_at = now(), backfilled_at = coalesce(backfilled_at, now())
        WHERE name = of_rollup;
    END IF;
    RETURN coalesce(jsonb_array_length(taken), 0);
END
$$;

COMMENT ON FUNCTION refresh_buckets IS 'Computes dirty buckets of a rollup again, for a number of entries at most, and marks the rollups that read it; returns the number of buckets, NULL if another session refreshes it or it is set aside. Example: SELECT refresh_buckets(''film_day'', 200);';
REVOKE EXECUTE ON FUNCTION refresh_buckets FROM PUBLIC;
