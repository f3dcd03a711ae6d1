-- A page of at most $6 cinemas in the order of their names, behind the row ($4, $5): of source $1,
-- territory $2, with $3 in the name or the town; each filter is NULL for all. With the showtimes of
-- the next 24 hours.
SELECT
    cinema.cinema_id,
    source.name AS source,
    cinema.key,
    cinema.name,
    cinema.city,
    cinema.territory::text AS "territory!",
    cinema.timezone,
    fact.auditorium_count AS "auditorium_count?",
    fact.seat_count AS "seat_count?",
    coming.showtimes AS "showtimes!",
    coming.sold AS "sold!",
    coming.seats AS "seats!",
    coming.next_at
FROM (
    SELECT listed.*
    FROM cinema AS listed
    INNER JOIN source AS of_source ON of_source.source_id = listed.source_id
    WHERE ($1::text IS NULL OR of_source.name = $1)
        AND ($2::text IS NULL OR listed.territory = $2::char(2))
        AND ($3::text IS NULL OR strpos(lower(listed.name || ' ' || coalesce(listed.city, '')), lower($3)) > 0)
        AND ($4::text IS NULL OR (listed.name, listed.cinema_id) > ($4, $5::integer))
    ORDER BY listed.name, listed.cinema_id
    LIMIT $6
) AS cinema
INNER JOIN source ON source.source_id = cinema.source_id
LEFT JOIN cinema_fact AS fact ON fact.cinema_id = cinema.cinema_id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS showtimes,
        coalesce(sum(latest.sold), 0) AS sold,
        coalesce(sum(latest.seat_count), 0) AS seats,
        min(showtime.starts_at) AS next_at
    FROM showtime
    LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
    WHERE showtime.cinema_id = cinema.cinema_id
        AND showtime.business_on BETWEEN current_date - 1 AND current_date + 2
        AND showtime.starts_at >= now()
        AND showtime.starts_at < now() + interval '24 hours'
) AS coming
ORDER BY cinema.name, cinema.cinema_id
