SELECT fullhouse.create_rollup('work_day', $$
    SELECT work_id, territory, business_on, currency,
        count(*) FILTER (WHERE NOT is_cancelled) AS showtimes,
        count(*) FILTER (WHERE is_cancelled) AS cancelled,
        count(*) FILTER (WHERE NOT is_cancelled AND certainty = 'exact') AS exact,
        sum(seats) FILTER (WHERE NOT is_cancelled) AS seats,
        sum(admissions) FILTER (WHERE NOT is_cancelled) AS admissions,
        round(sum(admissions) FILTER (WHERE NOT is_cancelled)::numeric
            / nullif(sum(seats) FILTER (WHERE NOT is_cancelled), 0), 4) AS occupancy,
        sum(gross) FILTER (WHERE NOT is_cancelled) AS gross
    FROM showtime_sales
    WHERE work_id IS NOT NULL
    GROUP BY work_id, territory, business_on, currency
$$, '{work_id,territory,business_on,currency}');

COMMENT ON COLUMN fullhouse.work_day.work_id IS 'The work over all sources, as in film_match; follows merges and splits of works.';
COMMENT ON COLUMN fullhouse.work_day.territory IS 'ISO 3166 code of the cinemas.';
COMMENT ON COLUMN fullhouse.work_day.showtimes IS 'Showtimes whose seats were seen and that were not cancelled.';
COMMENT ON COLUMN fullhouse.work_day.cancelled IS 'Showtimes that were cancelled (showtime_standing.is_cancelled); nothing else counts them.';
COMMENT ON COLUMN fullhouse.work_day.exact IS 'Showtimes that were looked at within 15 minutes of their start on both sides.';
COMMENT ON COLUMN fullhouse.work_day.admissions IS 'Sum of showtime_standing.admissions; of showtimes that are still to come, those sold so far.';
COMMENT ON COLUMN fullhouse.work_day.occupancy IS 'Admissions over seats, 0 to 1.';
COMMENT ON COLUMN fullhouse.work_day.currency IS 'ISO 4217 code; XXX for the showtimes of which no prices were seen. Add up over it for all admissions.';
COMMENT ON COLUMN fullhouse.work_day.gross IS 'Sum of the estimates showtime_standing.gross, in this currency.';
