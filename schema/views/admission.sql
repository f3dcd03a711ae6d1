-- The last look before the start and the first after it. A look that saw no change counts: the job
-- history distinguishes it from no look at all (invariant 5). That history is dropped some day, so
-- sealing keeps the times of these two looks. Held seats that are free after the start, and sold
-- ones, are counted apart: some sources free the seats of people who did not come.
CREATE OR REPLACE VIEW admission
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    showtime.starts_at,
    certainty_of(looks.before_at, showtime.starts_at, looks.after_at)::admission_certainty AS certainty,
    coalesce((seen.after).sold, (seen.before).sold) AS admissions,
    (seen.before).sold AS sold_before,
    (seen.after).sold AS sold_after,
    (seen.before).held AS held_before,
    (seen.after).held AS held_after,
    flow.sold_late,
    flow.holds_sold,
    flow.holds_released,
    flow.sales_released,
    looks.before_at,
    looks.after_at,
    extract(epoch FROM showtime.starts_at - looks.before_at)::double precision AS gap_before_seconds,
    extract(epoch FROM looks.after_at - showtime.starts_at)::double precision AS gap_after_seconds,
    (seen.before).job_id AS before_job_id,
    (seen.after).job_id AS after_job_id
FROM showtime
LEFT JOIN sealed_showtime AS sealed ON sealed.showtime_id = showtime.showtime_id
-- A sealed showtime has the times of its looks in its row.
LEFT JOIN LATERAL (
    SELECT around.before_at, around.after_at
    FROM nearest_looks(showtime.showtime_id, showtime.starts_at) AS around
    WHERE sealed.showtime_id IS NULL
) AS history ON true
CROSS JOIN LATERAL (
    SELECT
        (array_agg(snapshot ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS last_before,
        (array_agg(snapshot ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS first_after
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
) AS stored
-- A snapshot is a look, too, even if the history of its job was dropped.
CROSS JOIN LATERAL (
    SELECT
        greatest(sealed.looked_before_at, history.before_at, (stored.last_before).observed_at) AS before_at,
        least(sealed.looked_after_at, history.after_at, (stored.first_after).observed_at) AS after_at
) AS looks
-- If the first look after the start saw no change, the snapshot before it still holds.
CROSS JOIN LATERAL (
    SELECT
        stored.last_before AS before,
        CASE
            WHEN looks.after_at = (stored.first_after).observed_at THEN stored.first_after
            WHEN looks.after_at IS NOT NULL THEN stored.last_before
        END AS after
    OFFSET 0
) AS seen
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE was.status = 'available' AND becomes.status = 'sold') AS sold_late,
        count(*) FILTER (WHERE was.status = 'held' AND becomes.status = 'sold') AS holds_sold,
        count(*) FILTER (WHERE was.status = 'held' AND becomes.status = 'available') AS holds_released,
        count(*) FILTER (WHERE was.status = 'sold' AND becomes.status = 'available') AS sales_released
    FROM layout
    LEFT JOIN LATERAL changed_seats((seen.before).seats, (seen.after).seats, layout.seat_count) AS cell ON true
    LEFT JOIN seat_code AS was
        ON was.source_id = layout.source_id AND was.code_index = cell.from_index
    LEFT JOIN seat_code AS becomes
        ON becomes.source_id = layout.source_id AND becomes.code_index = cell.to_index
    WHERE layout.layout_id = (seen.before).layout_id AND layout.layout_id = (seen.after).layout_id
    GROUP BY layout.layout_id
) AS flow ON true
WHERE showtime.starts_at <= now();

COMMENT ON VIEW admission IS 'Admissions of each showtime that has started, by the last look before the start and the first look after it. Name showtimes, by value or by a join. Example: SELECT admissions, certainty, sold_before, sold_after, holds_released FROM admission WHERE showtime_id = 1;';
COMMENT ON COLUMN admission.certainty IS 'How close to the start the looks were.';
COMMENT ON COLUMN admission.admissions IS 'Seats sold at the first look after the start, else at the last look before it; NULL without any look.';
COMMENT ON COLUMN admission.sold_late IS 'Seats that were available before and sold after; NULL without looks on both sides, or where the layout changed between them.';
COMMENT ON COLUMN admission.holds_sold IS 'Seats that were held before and sold after.';
COMMENT ON COLUMN admission.holds_released IS 'Seats that were held before and available after: reservations that were not used.';
COMMENT ON COLUMN admission.sales_released IS 'Seats that were sold before and available after: refunds, and sold seats that a source frees when their buyers do not come.';
COMMENT ON COLUMN admission.before_at IS 'The last look before the start, changed or not.';
COMMENT ON COLUMN admission.after_at IS 'The first look after the start, changed or not.';
COMMENT ON COLUMN admission.gap_before_seconds IS 'Seconds from before_at to the start.';
COMMENT ON COLUMN admission.gap_after_seconds IS 'Seconds from the start to after_at.';
COMMENT ON COLUMN admission.before_job_id IS 'The job that stored the snapshot in force at the last look before the start.';
COMMENT ON COLUMN admission.after_job_id IS 'The job that stored the snapshot in force at the first look after the start.';
