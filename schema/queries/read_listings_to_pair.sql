-- Reads all showtimes at the venues $1 that start at $2 (NULL for all of the venue), whose work is
-- known, and the cinemas whose auditoriums should be compared again.
--
-- The index of showtimes is by cinema and business day, and a business day is two days from the
-- date in UTC at most. The rank of a source is its place in the order of precedence. Auditoriums that
-- nothing matched a day ago are compared again: meanwhile their seats may have been seen.
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT venue_id, starts_at FROM unnest($1::integer[], $2::timestamptz[]) AS wanted (venue_id, starts_at)
),
ranked AS MATERIALIZED (
    SELECT
        source.source_id,
        row_number() OVER (ORDER BY source.precedence, NOT reads.seats, source.source_id) AS source_rank
    FROM source
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM step WHERE step.source_id = source.source_id AND step.yields = 'seats' AND NOT step.retired
        ) AS seats
    ) AS reads
)
SELECT
    cinema_venue.venue_id,
    showtime.starts_at,
    showtime.showtime_id,
    ranked.source_rank AS "source_rank!",
    film_work.work_id,
    CASE WHEN place.is_known THEN place.same_as END AS "auditorium?",
    duplicate.counted_as AS "counted_as?",
    duplicate.reason AS "reason?",
    CASE
        WHEN place.looked_at < now() - interval '1 day' AND place.rule IN ('alone', 'unclear')
        THEN showtime.cinema_id
    END AS "cinema_to_match?"
FROM wanted
INNER JOIN cinema_venue ON cinema_venue.venue_id = wanted.venue_id
INNER JOIN cinema ON cinema.cinema_id = cinema_venue.cinema_id
INNER JOIN ranked ON ranked.source_id = cinema.source_id
INNER JOIN showtime ON showtime.cinema_id = cinema_venue.cinema_id
    AND showtime.business_on >= coalesce((wanted.starts_at AT TIME ZONE 'UTC')::date - 2, '-infinity')
    AND showtime.business_on <= coalesce((wanted.starts_at AT TIME ZONE 'UTC')::date + 2, 'infinity')
    AND (wanted.starts_at IS NULL OR showtime.starts_at = wanted.starts_at)
INNER JOIN film_work ON film_work.film_id = showtime.film_id
LEFT JOIN venue_auditorium AS place ON place.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_duplicate AS duplicate ON duplicate.showtime_id = showtime.showtime_id
