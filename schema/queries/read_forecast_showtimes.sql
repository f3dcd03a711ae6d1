-- Reads the showtimes that start from $2 and before $3 as they were known at the origin $1: what is
-- listed, the seats sold by then, and admissions that were known by then; $4 at most, the latest first.
--
-- The last state of a showtime is at hand in one row; only where that is from after the origin, its
-- states are searched.
SELECT
    showtime.showtime_id,
    showtime.film_id,
    showtime.cinema_id,
    showtime.starts_at,
    showtime.business_on,
    showtime.discovered_at,
    cinema.territory,
    least(greatest(extract(epoch FROM showtime.starts_at AT TIME ZONE cinema.timezone - showtime.business_on) / 60, 0), 2880)::integer AS "minute!",
    coalesce(latest.seat_count, showtime.seats_total)::integer AS "seats?",
    EXISTS (
        SELECT FROM attribute
        WHERE attribute.attribute_id = ANY (showtime.attribute_ids) AND attribute.kind = 'format'
    ) AS "is_special_format!",
    counted.observed_at AS "observed_at?",
    counted.sold::integer AS "sold?",
    outcome.known_at AS "known_at?",
    outcome.admissions::integer AS "admissions?"
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
LEFT JOIN showtime_outcome AS outcome
    ON outcome.showtime_id = showtime.showtime_id AND outcome.known_at <= $1
LEFT JOIN LATERAL (
    SELECT latest.observed_at, latest.sold
    WHERE latest.observed_at <= $1 AND latest.sold IS NOT NULL
    UNION ALL
    (SELECT state.observed_at, state.sold
    FROM seat_snapshot AS state
    WHERE latest.observed_at > $1
        AND state.showtime_id = showtime.showtime_id
        AND state.observed_at <= $1
    ORDER BY state.observed_at DESC
    LIMIT 1)
) AS counted ON showtime.starts_at > $1
WHERE showtime.starts_at >= $2
    AND showtime.starts_at < $3
    AND showtime.discovered_at <= $1
    AND (showtime.starts_at > $1 OR outcome.admissions IS NOT NULL)
    AND NOT coalesce((
        SELECT change.event = 'unlisted'
        FROM showtime_change AS change
        WHERE change.showtime_id = showtime.showtime_id
            AND change.event IN ('unlisted', 'relisted')
            AND change.at <= $1
        ORDER BY change.at DESC
        LIMIT 1), false)
ORDER BY showtime.starts_at DESC
LIMIT $4
