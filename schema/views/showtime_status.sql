-- Cancelled: unlisted some time before its start, and its seats could not be read since. Many
-- chains take a showtime from their listing when it is sold out or when sales close.
CREATE OR REPLACE VIEW showtime_status
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    showtime.starts_at,
    CASE
        WHEN listing.event = 'unlisted'
            AND listing.at <= showtime.starts_at - interval '1 hour'
            AND looks.last_at IS NULL THEN 'cancelled'
        WHEN showtime.starts_at <= now() THEN 'over'
        WHEN listing.event = 'unlisted' THEN 'unlisted'
        ELSE 'scheduled'
    END AS status,
    CASE WHEN listing.event = 'unlisted' THEN listing.at END AS unlisted_at,
    CASE WHEN listing.event = 'unlisted' THEN listing.job_id END AS unlisted_by
FROM showtime
LEFT JOIN LATERAL (
    SELECT change.at, change.event, change.job_id
    FROM showtime_change AS change
    WHERE change.showtime_id = showtime.showtime_id AND change.event IN ('unlisted', 'relisted')
    ORDER BY change.at DESC
    LIMIT 1
) AS listing ON true
-- Any look at its seats since then, from the history of jobs or from the sealed row.
LEFT JOIN LATERAL (
    SELECT greatest(history.after_at, sealed.looked_before_at, sealed.looked_after_at) AS last_at
    FROM nearest_looks(showtime.showtime_id, listing.at) AS history
    LEFT JOIN sealed_showtime AS sealed
        ON sealed.showtime_id = showtime.showtime_id
        AND greatest(sealed.looked_before_at, sealed.looked_after_at) > listing.at
    WHERE listing.event = 'unlisted'
) AS looks ON true;

COMMENT ON VIEW showtime_status IS 'Whether a showtime is scheduled, unlisted (its source no longer lists it), cancelled (unlisted an hour or more before its start, and its seats could not be read since) or over. Example: SELECT status, unlisted_at FROM showtime_status WHERE showtime_id = 1;';
COMMENT ON COLUMN showtime_status.unlisted_at IS 'Time since which its source does not list it; NULL while it does, and if it was listed until its start.';
COMMENT ON COLUMN showtime_status.unlisted_by IS 'The job that read the listing in which it was absent.';
