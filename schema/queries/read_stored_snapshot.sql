-- The showtime $1 and what the job $3, whose answer was complete at $2, stored of it.
SELECT
    showtime.showtime_id,
    film.title AS film,
    cinema.name AS cinema,
    cinema.timezone,
    showtime.starts_at,
    stored.sold IS NOT NULL AS "is_stored!",
    stored.sold AS "sold?",
    stored.seats::integer AS "seats?",
    EXISTS (
        SELECT FROM showtime_tariff
        WHERE showtime_tariff.showtime_id = showtime.showtime_id AND showtime_tariff.observed_at = $2
            AND showtime_tariff.job_id = $3
    ) AS "has_prices!"
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN LATERAL (
    SELECT snapshot.sold,
        snapshot.available + snapshot.sold + snapshot.held + snapshot.blocked + snapshot.broken
            + snapshot.house + snapshot.unknown + snapshot.unmapped AS seats
    FROM snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id AND snapshot.observed_at = $2
        AND snapshot.job_id = $3
) AS stored ON true
WHERE showtime.showtime_id = $1
