-- As anomaly_cinema_days, for films.
CREATE OR REPLACE FUNCTION anomaly_film_days(from_on date, through_on date)
RETURNS TABLE (
    film_id integer,
    business_on date,
    showtimes double precision,
    admissions double precision
)
LANGUAGE plpgsql STABLE
ROWS 100000
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('rollup.film_day') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT total.film_id, total.business_on, sum(total.showtimes)::double precision,
        coalesce(sum(total.admissions), 0)::double precision
    FROM rollup.film_day AS total
    WHERE total.business_on BETWEEN from_on AND through_on
    GROUP BY total.film_id, total.business_on;
END
$$;

COMMENT ON FUNCTION anomaly_film_days IS 'What the search for anomalies compares: showtimes that were seen and admissions of each film and day. For coordinators, which may not read the schema rollup. Example: SELECT * FROM anomaly_film_days(current_date - 7, current_date - 1);';
REVOKE EXECUTE ON FUNCTION anomaly_film_days FROM PUBLIC;
