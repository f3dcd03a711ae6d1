SELECT fullhouse.create_rollup('work_week', $$
    SELECT work_id, territory, date_trunc('week', business_on::timestamp)::date AS week_on, currency,
        sum(showtimes)::bigint AS showtimes,
        sum(cancelled)::bigint AS cancelled,
        sum(exact)::bigint AS exact,
        sum(seats)::bigint AS seats,
        sum(admissions)::bigint AS admissions,
        round(sum(admissions) / nullif(sum(seats), 0), 4) AS occupancy,
        sum(gross) AS gross
    FROM work_day
    GROUP BY work_id, territory, date_trunc('week', business_on::timestamp)::date, currency
$$, '{work_id,territory,week_on,currency}');

COMMENT ON COLUMN fullhouse.work_week.work_id IS 'The work over all sources, as in film_match; follows merges and splits of works.';
COMMENT ON COLUMN fullhouse.work_week.territory IS 'ISO 3166 code of the cinemas.';
COMMENT ON COLUMN fullhouse.work_week.showtimes IS 'Showtimes whose seats were seen and that were not cancelled.';
COMMENT ON COLUMN fullhouse.work_week.cancelled IS 'Showtimes that were cancelled (showtime_standing.is_cancelled); nothing else counts them.';
COMMENT ON COLUMN fullhouse.work_week.exact IS 'Showtimes that were looked at within 15 minutes of their start on both sides.';
COMMENT ON COLUMN fullhouse.work_week.admissions IS 'Sum of showtime_standing.admissions; of showtimes that are still to come, those sold so far.';
COMMENT ON COLUMN fullhouse.work_week.occupancy IS 'Admissions over seats, 0 to 1.';
COMMENT ON COLUMN fullhouse.work_week.currency IS 'ISO 4217 code; XXX for the showtimes of which no prices were seen. Add up over it for all admissions.';
COMMENT ON COLUMN fullhouse.work_week.gross IS 'Sum of the estimates showtime_standing.gross, in this currency.';
