-- Reads the tables of the rollups, as they were filled last, and not the views that compute what is
-- stale besides: a page may wait a second for a number that is a few seconds old, but not the other
-- way round. A rollup that somebody dropped gives no rows.
CREATE OR REPLACE FUNCTION day_totals(of_film integer, of_cinema integer, from_on date)
RETURNS TABLE (
    business_on date,
    currency text,
    showtimes bigint,
    cancelled bigint,
    exact bigint,
    seats bigint,
    admissions bigint,
    gross numeric
)
LANGUAGE plpgsql STABLE
ROWS 100
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF of_film IS NOT NULL AND to_regclass('rollup.film_day') IS NOT NULL THEN
        RETURN QUERY
        SELECT total.business_on, total.currency::text, total.showtimes::bigint, total.cancelled::bigint,
            total.exact::bigint, total.seats::bigint, total.admissions::bigint, total.gross::numeric
        FROM rollup.film_day AS total
        WHERE total.film_id = of_film AND total.business_on >= from_on
        ORDER BY total.business_on, total.currency
        LIMIT 1000;
    ELSIF of_cinema IS NOT NULL AND to_regclass('rollup.cinema_day') IS NOT NULL THEN
        RETURN QUERY
        SELECT total.business_on, total.currency::text, total.showtimes::bigint, total.cancelled::bigint,
            total.exact::bigint, total.seats::bigint, total.admissions::bigint, total.gross::numeric
        FROM rollup.cinema_day AS total
        WHERE total.cinema_id = of_cinema AND total.business_on >= from_on
        ORDER BY total.business_on, total.currency
        LIMIT 1000;
    END IF;
END
$$;

COMMENT ON FUNCTION day_totals IS 'The rows of the rollup film_day of a film, or of cinema_day of a cinema, from a business day on, as they were computed last. For coordinators, which may not read the schema rollup. Example: SELECT * FROM day_totals(1, NULL, current_date - 30);';
REVOKE EXECUTE ON FUNCTION day_totals FROM PUBLIC;
