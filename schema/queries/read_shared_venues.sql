-- Lists at most $2 venues with several cinemas, as far as one of their names has $1 in it (NULL: all).
SELECT
    venue.venue_id AS "venue_id!",
    array_agg(cinema.name ORDER BY cinema.source_id, cinema.cinema_id) AS "names!",
    array_agg(source.name || '/' || cinema.key ORDER BY cinema.source_id, cinema.cinema_id) AS "keys!",
    sum(doubled.showtimes)::bigint AS "duplicates!"
FROM (
    SELECT DISTINCT cinema_venue.venue_id
    FROM cinema_venue
    INNER JOIN cinema ON cinema.cinema_id = cinema_venue.cinema_id
    WHERE cinema_venue.is_shared
        AND ($1::text IS NULL OR strpos(lower(cinema.name), lower($1)) > 0)
    ORDER BY cinema_venue.venue_id
    LIMIT $2
) AS venue
INNER JOIN cinema_venue ON cinema_venue.venue_id = venue.venue_id
INNER JOIN cinema ON cinema.cinema_id = cinema_venue.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
CROSS JOIN LATERAL (
    SELECT count(*) AS showtimes
    FROM showtime
    INNER JOIN showtime_duplicate ON showtime_duplicate.showtime_id = showtime.showtime_id
    WHERE showtime.cinema_id = cinema.cinema_id
) AS doubled
GROUP BY venue.venue_id
ORDER BY venue.venue_id
