CREATE OR REPLACE FUNCTION rollup.stale_buckets(of_rollup text, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE ROWS 10
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    over rollup;
    is_touched boolean;
    touched jsonb;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    IF one.failed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the rollup % is set aside: %', of_rollup, one.last_error
            USING HINT = format('SELECT fullhouse.refresh_rollup(%L) takes it up again.', of_rollup);
    ELSIF one.marked_at IS NULL THEN
        -- Nothing in its table is known to be right.
        RETURN QUERY EXECUTE format('SELECT DISTINCT now(), %s FROM rollup.%I', name_columns(one.bucket), of_rollup);
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format('SELECT * FROM rollup.%I', of_rollup || '_dirty');
    IF one.parent IS NULL THEN
        IF EXISTS (SELECT FROM dirty_showtime) THEN
            RETURN QUERY EXECUTE format(
                'SELECT marked_at, %s FROM dirty_buckets(ARRAY(SELECT dirty_showtime FROM dirty_showtime))',
                name_columns(one.bucket));
        END IF;
        RETURN;
    END IF;
    SELECT * INTO STRICT over FROM rollup WHERE rollup.name = one.parent;
    EXECUTE format('SELECT $1 OR EXISTS (SELECT FROM rollup.stale_buckets(%L, NULL::rollup.%I))', over.name, over.name || '_dirty')
    INTO is_touched USING over.marked_at IS NULL;
    IF is_touched THEN
        EXECUTE format(
            'WITH stale AS MATERIALIZED (SELECT DISTINCT %1$s FROM rollup.stale_buckets(%2$L, NULL::rollup.%3$I))
            SELECT coalesce(jsonb_agg(to_jsonb(touched)), ''[]'')
            FROM (
                SELECT kept.* FROM rollup.%4$I AS kept INNER JOIN stale ON %5$s
                UNION ALL
                SELECT * FROM rollup.current_rows(%2$L, NULL::rollup.%4$I)
            ) AS touched',
            name_columns(over.bucket), over.name, over.name || '_dirty', over.name,
            equal_columns(over.bucket, 'kept', 'stale'))
        INTO touched;
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.find_buckets($1, $2, NULL::rollup.%I)', of_rollup || '_dirty')
        USING one, touched;
    END IF;
END
$$;

COMMENT ON FUNCTION rollup.stale_buckets IS 'The buckets of a rollup that are stale in its table: marked, in the log, or because rows of its parent are stale; rows like the last parameter. Example: SELECT * FROM rollup.stale_buckets(''film_day'', NULL::rollup.film_day_dirty);';
