-- Reads the tables of the rollups, as they were filled last: the pass that calls it waits until a day
-- is long over. A rollup that somebody dropped gives no rows.
CREATE OR REPLACE FUNCTION anomaly_cinema_days(from_on date, through_on date)
RETURNS TABLE (
    cinema_id integer,
    business_on date,
    showtimes double precision,
    exact double precision,
    seats double precision,
    admissions double precision,
    priced double precision,
    gross double precision,
    sold double precision
)
LANGUAGE plpgsql STABLE
ROWS 100000
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('rollup.cinema_day') IS NULL OR to_regclass('rollup.cinema_sales_hour') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT part.cinema_id, part.business_on, sum(part.showtimes)::double precision, sum(part.exact)::double precision,
        sum(part.seats)::double precision, sum(part.admissions)::double precision, sum(part.priced)::double precision,
        sum(part.gross)::double precision, sum(part.sold)::double precision
    FROM (
        SELECT listed.cinema_id, listed.business_on, count(*) AS showtimes, 0 AS exact, 0 AS seats, 0 AS admissions,
            0 AS priced, 0 AS gross, 0 AS sold
        FROM showtime AS listed
        WHERE listed.starts_at >= from_on - interval '2 days' AND listed.starts_at < through_on + interval '3 days'
            AND listed.business_on BETWEEN from_on AND through_on
        GROUP BY listed.cinema_id, listed.business_on
        UNION ALL
        SELECT total.cinema_id, total.business_on, -total.cancelled, total.exact, coalesce(total.seats, 0),
            coalesce(total.admissions, 0), CASE WHEN total.gross IS NOT NULL THEN total.admissions ELSE 0 END,
            coalesce(total.gross, 0), 0
        FROM rollup.cinema_day AS total
        WHERE total.business_on BETWEEN from_on AND through_on
        UNION ALL
        SELECT flow.cinema_id, (flow.hour_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, 0, 0, flow.sold
        FROM rollup.cinema_sales_hour AS flow
        WHERE flow.hour_at >= from_on AND flow.hour_at < through_on + 1
    ) AS part
    GROUP BY part.cinema_id, part.business_on;
END
$$;

COMMENT ON FUNCTION anomaly_cinema_days IS 'What the search for anomalies compares: of each cinema and day the showtimes that are listed and not cancelled, those looked at around their start (exact), seats, admissions, admissions with a price and their value, and tickets sold on the day (UTC). For coordinators, which may not read the schema rollup. Example: SELECT * FROM anomaly_cinema_days(current_date - 7, current_date - 1);';
REVOKE EXECUTE ON FUNCTION anomaly_cinema_days FROM PUBLIC;
