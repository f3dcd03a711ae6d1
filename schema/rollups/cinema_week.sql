SELECT fullhouse.create_rollup('cinema_week', $$
    SELECT cinema_id, date_trunc('week', business_on::timestamp)::date AS week_on, currency,
        sum(showtimes)::bigint AS showtimes,
        sum(cancelled)::bigint AS cancelled,
        sum(exact)::bigint AS exact,
        sum(seats)::bigint AS seats,
        sum(admissions)::bigint AS admissions,
        round(sum(admissions) / nullif(sum(seats), 0), 4) AS occupancy,
        sum(gross) AS gross
    FROM cinema_day
    GROUP BY cinema_id, date_trunc('week', business_on::timestamp)::date, currency
$$, '{cinema_id,week_on,currency}');

COMMENT ON COLUMN fullhouse.cinema_week.showtimes IS 'Showtimes whose seats were seen and that were not cancelled.';
COMMENT ON COLUMN fullhouse.cinema_week.cancelled IS 'Showtimes that were cancelled (showtime_standing.is_cancelled); nothing else counts them.';
COMMENT ON COLUMN fullhouse.cinema_week.exact IS 'Showtimes that were looked at within 15 minutes of their start on both sides.';
COMMENT ON COLUMN fullhouse.cinema_week.admissions IS 'Sum of showtime_standing.admissions; of showtimes that are still to come, those sold so far.';
COMMENT ON COLUMN fullhouse.cinema_week.occupancy IS 'Admissions over seats, 0 to 1.';
COMMENT ON COLUMN fullhouse.cinema_week.currency IS 'ISO 4217 code; XXX for the showtimes of which no prices were seen. Add up over it for all admissions.';
COMMENT ON COLUMN fullhouse.cinema_week.gross IS 'Sum of the estimates showtime_standing.gross, in this currency.';
