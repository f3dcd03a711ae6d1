-- Reads the tables of the rollups, as they were filled last; see day_totals.
--
-- A film is shown in the territory of its source, if the cinemas of the source are all in one. The
-- showtimes of other sources are added up one by one.
CREATE OR REPLACE FUNCTION work_totals(of_works integer[], from_on date)
RETURNS TABLE (
    work_id integer,
    source_id integer,
    territory text,
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
ROWS 1000
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('rollup.film_day') IS NULL OR to_regclass('rollup.showtime_sales') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH listed AS MATERIALIZED (
        SELECT film_work.work_id, film.film_id, film.source_id
        FROM film_work
        INNER JOIN film ON film.film_id = film_work.film_id
        WHERE film_work.work_id = ANY (of_works)
    ),
    home AS MATERIALIZED (
        SELECT cinema.source_id,
            CASE WHEN min(cinema.territory) = max(cinema.territory) THEN min(cinema.territory) END AS territory
        FROM cinema
        WHERE cinema.source_id IN (SELECT listed.source_id FROM listed)
        GROUP BY cinema.source_id
    )
    SELECT listed.work_id, listed.source_id, home.territory::text, total.business_on, total.currency::text,
        sum(total.showtimes)::bigint, sum(total.cancelled)::bigint, sum(total.exact)::bigint,
        sum(total.seats)::bigint, sum(total.admissions)::bigint, sum(total.gross)::numeric
    FROM listed
    INNER JOIN home ON home.source_id = listed.source_id AND home.territory IS NOT NULL
    INNER JOIN rollup.film_day AS total ON total.film_id = listed.film_id AND total.business_on >= from_on
    GROUP BY listed.work_id, listed.source_id, home.territory, total.business_on, total.currency
    UNION ALL
    SELECT listed.work_id, listed.source_id, sale.territory::text, sale.business_on, sale.currency::text,
        count(*) FILTER (WHERE NOT sale.is_cancelled), count(*) FILTER (WHERE sale.is_cancelled),
        count(*) FILTER (WHERE NOT sale.is_cancelled AND sale.certainty = 'exact'),
        sum(sale.seats) FILTER (WHERE NOT sale.is_cancelled)::bigint,
        sum(sale.admissions) FILTER (WHERE NOT sale.is_cancelled)::bigint,
        sum(sale.gross) FILTER (WHERE NOT sale.is_cancelled)::numeric
    FROM listed
    INNER JOIN home ON home.source_id = listed.source_id AND home.territory IS NULL
    -- A business day begins at most two days from its date in UTC.
    INNER JOIN showtime ON showtime.film_id = listed.film_id AND showtime.starts_at >= from_on - interval '2 days'
    INNER JOIN rollup.showtime_sales AS sale ON sale.showtime_id = showtime.showtime_id AND sale.business_on >= from_on
    GROUP BY listed.work_id, listed.source_id, sale.territory, sale.business_on, sale.currency;
END
$$;

COMMENT ON FUNCTION work_totals IS 'The totals of works by source, territory, business day and currency from a business day on, as the rollups film_day and showtime_sales were computed last. For coordinators, which may not read the schema rollup. Example: SELECT territory, sum(admissions) FROM work_totals(ARRAY[1], current_date - 30) GROUP BY territory;';
REVOKE EXECUTE ON FUNCTION work_totals FROM PUBLIC;
