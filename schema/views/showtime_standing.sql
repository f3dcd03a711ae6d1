CREATE OR REPLACE VIEW showtime_standing
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    showtime.business_on,
    showtime.starts_at,
    showtime.film_id,
    showtime.cinema_id,
    cinema.source_id,
    cinema.territory,
    coalesce(stored.seats_before, stored.seats_after) AS seats,
    stored.sold_last AS sold,
    settled.admissions,
    certainty_of(looks.before_at, showtime.starts_at, looks.after_at)::admission_certainty AS certainty,
    listing.unlisted_at IS NOT NULL
        AND listing.unlisted_at <= showtime.starts_at - interval '1 hour'
        AND looks.after_at IS NULL
        AND stored.last_observed_at <= listing.unlisted_at AS is_cancelled,
    coalesce(price.currency, 'XXX') AS currency,
    price.median AS price_median,
    round((settled.admissions * price.median)::numeric, 2) AS gross,
    stored.snapshots,
    stored.first_observed_at,
    stored.last_observed_at,
    listing.unlisted_at,
    duplicate.counted_as
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_duplicate AS duplicate ON duplicate.showtime_id = showtime.showtime_id
LEFT JOIN sealed_showtime AS sealed ON sealed.showtime_id = showtime.showtime_id
-- A sealed showtime has the times of its looks in its row.
LEFT JOIN LATERAL (
    SELECT around.before_at, around.after_at
    FROM nearest_looks(showtime.showtime_id, showtime.starts_at) AS around
    WHERE sealed.showtime_id IS NULL
) AS history ON true
CROSS JOIN LATERAL (
    SELECT
        count(*) AS snapshots,
        min(snapshot.observed_at) AS first_observed_at,
        max(snapshot.observed_at) AS last_observed_at,
        max(snapshot.observed_at) FILTER (WHERE snapshot.observed_at <= showtime.starts_at) AS before_at,
        min(snapshot.observed_at) FILTER (WHERE snapshot.observed_at > showtime.starts_at) AS after_at,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at DESC))[1] AS sold_last,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS sold_before,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS sold_after,
        (array_agg(snapshot.seats ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS seats_before,
        (array_agg(snapshot.seats ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS seats_after
    FROM occupancy AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    HAVING count(*) > 0
) AS stored
-- A snapshot is a look, too, even if the history of its job was dropped.
CROSS JOIN LATERAL (
    SELECT
        greatest(sealed.looked_before_at, history.before_at, stored.before_at) AS before_at,
        least(sealed.looked_after_at, history.after_at, stored.after_at) AS after_at
) AS looks
-- If the first look after the start saw no change, the snapshot before it still holds.
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE WHEN looks.after_at = stored.after_at THEN stored.sold_after END,
        stored.sold_before) AS admissions
) AS settled
LEFT JOIN LATERAL (
    SELECT CASE WHEN change.event = 'unlisted' THEN change.at END AS unlisted_at
    FROM showtime_change AS change
    WHERE change.showtime_id = showtime.showtime_id AND change.event IN ('unlisted', 'relisted')
    ORDER BY change.at DESC, change.event DESC
    LIMIT 1
) AS listing ON true
LEFT JOIN LATERAL (
    SELECT
        asked.currency,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY ((each.amount + coalesce(each.amount_max, each.amount)) / 2)::double precision) AS median
    FROM (
        SELECT tariff.currency, tariff.amount, tariff.amount_max
        FROM showtime_tariff
        INNER JOIN tariff ON tariff.tariff_id = showtime_tariff.tariff_id
        WHERE showtime_tariff.showtime_id = showtime.showtime_id
        ORDER BY showtime_tariff.observed_at DESC
        LIMIT 1
    ) AS asked
    CROSS JOIN LATERAL unnest(asked.amount, asked.amount_max) AS each (amount, amount_max)
    GROUP BY asked.currency
) AS price ON true;

COMMENT ON VIEW showtime_standing IS 'Result of each showtime whose seats were seen: admissions, or sales so far, their estimated value and how certain they are. Computed from looks and snapshots alone, so the same at any time. Name showtimes, by value or by a join; fullhouse.showtime_sales has the same in a table. Example: SELECT admissions, seats, gross, currency, certainty FROM showtime_standing WHERE showtime_id = 1;';
COMMENT ON COLUMN showtime_standing.seats IS 'All seats, at the last snapshot before the start, else at the first after it.';
COMMENT ON COLUMN showtime_standing.sold IS 'Seats sold at its last snapshot, whenever that was.';
COMMENT ON COLUMN showtime_standing.admissions IS 'As in admission: seats sold at the first look after the start, else at the last look before it; for a showtime in the future, seats sold so far.';
COMMENT ON COLUMN showtime_standing.certainty IS 'As in admission.';
COMMENT ON COLUMN showtime_standing.is_cancelled IS 'Its source no longer listed it an hour or more before its start, and since then there was no change of its seats and no look after its start.';
COMMENT ON COLUMN showtime_standing.currency IS 'ISO 4217 code of its prices; XXX where none were seen.';
COMMENT ON COLUMN showtime_standing.price_median IS 'Median of the amounts of its last tariff, over all ticket types and areas, each counted once; of a range the middle counts; without booking fees; in major units. NULL where no prices were seen.';
COMMENT ON COLUMN showtime_standing.gross IS 'An estimate: admissions times price_median, to two decimals, as if every seat had been sold at the median of the last prices seen. NULL where no prices were seen.';
COMMENT ON COLUMN showtime_standing.unlisted_at IS 'Time since which its source does not list it.';
COMMENT ON COLUMN showtime_standing.counted_as IS 'The showtime of another source that it is and that counts in its place; NULL if it counts. Totals leave it out otherwise: add up WHERE counted_as IS NULL.';
