CREATE OR REPLACE FUNCTION all_buckets(of_rollup rollup, target anyelement)
RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    IF of_rollup.parent IS NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT DISTINCT now(), %s
            FROM (SELECT showtime.*, cinema.source_id, cinema.territory
                FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id) AS all_of_it',
            name_columns(of_rollup.bucket));
    ELSE
        RETURN QUERY EXECUTE format('SELECT * FROM rollup.find_buckets($1, NULL, NULL::rollup.%I)', of_rollup.name || '_dirty')
        USING of_rollup;
    END IF;
END
$$;

COMMENT ON FUNCTION all_buckets IS 'Every bucket of a rollup, computed from the stored rows or from the table of its parent; rows like the last parameter. Example: SELECT count(*) FROM all_buckets((SELECT rollup FROM rollup WHERE name = ''film_day''), NULL::rollup.film_day_dirty);';
