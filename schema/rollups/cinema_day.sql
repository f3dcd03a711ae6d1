SELECT fullhouse.create_rollup('cinema_day', $$
    SELECT cinema_id, business_on, currency,
        count(*) FILTER (WHERE NOT is_cancelled) AS showtimes,
        count(*) FILTER (WHERE is_cancelled) AS cancelled,
        count(*) FILTER (WHERE NOT is_cancelled AND certainty = 'exact') AS exact,
        sum(seats) FILTER (WHERE NOT is_cancelled) AS seats,
        sum(admissions) FILTER (WHERE NOT is_cancelled) AS admissions,
        round(sum(admissions) FILTER (WHERE NOT is_cancelled)::numeric
            / nullif(sum(seats) FILTER (WHERE NOT is_cancelled), 0), 4) AS occupancy,
        sum(gross) FILTER (WHERE NOT is_cancelled) AS gross
    FROM showtime_sales
    GROUP BY cinema_id, business_on, currency
$$, '{cinema_id,business_on,currency}');

COMMENT ON COLUMN fullhouse.cinema_day.showtimes IS 'Showtimes whose seats were seen and that were not cancelled.';
COMMENT ON COLUMN fullhouse.cinema_day.cancelled IS 'Showtimes that were cancelled (showtime_standing.is_cancelled); nothing else counts them.';
COMMENT ON COLUMN fullhouse.cinema_day.exact IS 'Showtimes that were looked at within 15 minutes of their start on both sides.';
COMMENT ON COLUMN fullhouse.cinema_day.admissions IS 'Sum of showtime_standing.admissions; of showtimes that are still to come, those sold so far.';
COMMENT ON COLUMN fullhouse.cinema_day.occupancy IS 'Admissions over seats, 0 to 1.';
COMMENT ON COLUMN fullhouse.cinema_day.currency IS 'ISO 4217 code; XXX for the showtimes of which no prices were seen. Add up over it for all admissions.';
COMMENT ON COLUMN fullhouse.cinema_day.gross IS 'Sum of the estimates showtime_standing.gross, in this currency.';
