-- The curve of a showtime is read once and then cut into days: a sealed one is unpacked to be read.
CREATE OR REPLACE VIEW presale_curve WITH (security_invoker = true) AS
SELECT
    sales.work_id,
    sales.territory,
    known.days_before,
    count(*) AS showtimes,
    sum(known.seats)::bigint AS seats,
    sum(known.sold)::bigint AS sold,
    round(sum(known.sold)::numeric / nullif(sum(known.seats), 0), 4) AS share_sold,
    count(*) FILTER (WHERE started.is_started) AS started,
    sum(known.sold) FILTER (WHERE started.is_started)::bigint AS started_sold,
    sum(sales.admissions) FILTER (WHERE started.is_started)::bigint AS started_admissions,
    round(sum(known.sold) FILTER (WHERE started.is_started)::numeric
        / nullif(sum(sales.admissions) FILTER (WHERE started.is_started), 0), 4) AS share_of_final
FROM fullhouse.showtime_sales AS sales
CROSS JOIN LATERAL (SELECT sales.starts_at <= now() AS is_started) AS started
CROSS JOIN LATERAL (
    SELECT at.days_before, state.sold, state.seats
    FROM (
        SELECT
            occupancy.observed_at,
            lead(occupancy.observed_at, 1, 'infinity') OVER (ORDER BY occupancy.observed_at) AS until_at,
            occupancy.sold,
            occupancy.seats
        FROM occupancy
        WHERE occupancy.showtime_id = sales.showtime_id
    ) AS state
    INNER JOIN generate_series(0, 28) AS at (days_before)
        ON state.observed_at <= sales.starts_at - at.days_before * interval '1 day'
        AND state.until_at > sales.starts_at - at.days_before * interval '1 day'
    WHERE sales.starts_at - at.days_before * interval '1 day' <= now()
) AS known
WHERE NOT sales.is_cancelled AND sales.work_id IS NOT NULL
GROUP BY sales.work_id, sales.territory, known.days_before;

COMMENT ON VIEW presale_curve IS 'How the showtimes of a work fill: seats sold so many days before their start, over all sources; a showtime counts from its first look on. To compare works, take share_of_final, or sold over showtimes at the same days_before. Name a work: the looks at all of its showtimes are read. Example: SELECT days_before, showtimes, sold, share_of_final FROM presale_curve WHERE work_id = 1 AND territory = ''GB'' ORDER BY days_before DESC;';
COMMENT ON COLUMN presale_curve.days_before IS 'Times of 24 hours before the start, 0 to 28.';
COMMENT ON COLUMN presale_curve.showtimes IS 'Showtimes that were seen by then, and whose start is so near that this is in the past.';
COMMENT ON COLUMN presale_curve.seats IS 'Their seats.';
COMMENT ON COLUMN presale_curve.sold IS 'Seats sold in them then, by the last look before it.';
COMMENT ON COLUMN presale_curve.share_sold IS 'Sold over seats, 0 to 1.';
COMMENT ON COLUMN presale_curve.started IS 'Those of them that have started.';
COMMENT ON COLUMN presale_curve.started_sold IS 'Seats sold then in those that have started.';
COMMENT ON COLUMN presale_curve.started_admissions IS 'Admissions of those that have started, as in fullhouse.showtime_sales.';
COMMENT ON COLUMN presale_curve.share_of_final IS 'started_sold over started_admissions: what part of the admissions was sold then, of the same showtimes.';
