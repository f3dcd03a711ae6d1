-- As day_totals, reads the table of a rollup as it was filled last. The conditions on the role are those
-- of the policy of showtime (scope_condition), so a report shows a partner what its own login shows.
CREATE OR REPLACE FUNCTION report_showtimes(of_day date, of_role name)
RETURNS TABLE (
    showtime_id integer,
    source text,
    territory text,
    cinema_id integer,
    cinema text,
    work_key text,
    title text,
    seats integer,
    admissions integer,
    is_seen boolean,
    is_exact boolean,
    is_cancelled boolean
)
LANGUAGE plpgsql STABLE
ROWS 10000
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('rollup.showtime_sales') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT
        showtime.showtime_id, source.name::text, cinema.territory::text, cinema.cinema_id,
        cinema.name::text,
        -- Two works may have one title. A film that no pass has looked at yet is a work of its own.
        coalesce('work ' || work.work_id, 'film ' || film.film_id),
        coalesce(work.title, film.title)::text,
        sales.seats::integer, sales.admissions::integer,
        sales.showtime_id IS NOT NULL, coalesce(sales.certainty = 'exact', false),
        coalesce(sales.is_cancelled, false)
    FROM showtime
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    INNER JOIN source ON source.source_id = cinema.source_id
    INNER JOIN film ON film.film_id = showtime.film_id
    LEFT JOIN film_work ON film_work.film_id = showtime.film_id
    LEFT JOIN work ON work.work_id = film_work.work_id
    LEFT JOIN rollup.showtime_sales AS sales ON sales.showtime_id = showtime.showtime_id
    WHERE showtime.business_on = of_day
        -- By the index of the start: a business day is within two days of its date anywhere.
        AND showtime.starts_at >= of_day::timestamptz - interval '2 days'
        AND showtime.starts_at < of_day::timestamptz + interval '3 days'
        AND NOT EXISTS (
            SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
        AND (of_role IS NULL
            OR showtime.cinema_id IN (SELECT scoped_cinemas(of_role))
            OR (showtime.cinema_id, showtime.film_id) IN (
                SELECT showing.cinema_id, showing.film_id FROM scoped_showings(of_role) AS showing));
END
$$;

COMMENT ON FUNCTION report_showtimes IS 'The showtimes of a business day with what is known of their sales, of all cinemas, or of those that a partner may see. For coordinators, which may not read the schema rollup. Example: SELECT source, count(*), count(*) FILTER (WHERE is_seen) FROM report_showtimes(current_date - 1, NULL) GROUP BY source;';
REVOKE EXECUTE ON FUNCTION report_showtimes FROM PUBLIC;
