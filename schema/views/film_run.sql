CREATE MATERIALIZED VIEW film_run AS
SELECT
    lower(film.title) AS film,
    cinema.territory,
    min(showtime.business_on) AS first_on,
    max(showtime.business_on) AS last_on,
    count(DISTINCT cinema.source_id)::integer AS sources,
    count(DISTINCT showtime.cinema_id)::integer AS cinemas,
    count(*) AS showtimes,
    count(latest.seat_count) AS showtimes_seen,
    sum(latest.seat_count) AS seats,
    sum(latest.sold) AS sold,
    now() AS computed_at
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
WHERE NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
GROUP BY lower(film.title), cinema.territory
WITH DATA;
CREATE UNIQUE INDEX film_run_key ON film_run (film, territory);

COMMENT ON MATERIALIZED VIEW film_run IS 'Each film in each territory over all sources: its first and last day, its cinemas and showtimes, and the seats sold when they were seen last. Films of different sources count as one if their titles are equal in small letters. Refreshed every quarter of an hour. A showtime that several sources list counts once. Example: SELECT film, cinemas, showtimes, sold FROM film_run WHERE territory = ''GB'' ORDER BY sold DESC NULLS LAST LIMIT 10;';
COMMENT ON COLUMN film_run.showtimes_seen IS 'Showtimes whose seats were seen.';
COMMENT ON COLUMN film_run.seats IS 'Seats of those showtimes.';
COMMENT ON COLUMN film_run.sold IS 'Seats sold in those showtimes when they were seen last.';
COMMENT ON COLUMN film_run.computed_at IS 'When this was computed.';
