CREATE MATERIALIZED VIEW film_run AS
SELECT
    film_work.work_id,
    coalesce(work.title, min(film.title)) AS title,
    cinema.territory,
    work.kind,
    min(showtime.business_on) AS first_on,
    max(showtime.business_on) AS last_on,
    count(DISTINCT cinema.source_id)::integer AS sources,
    count(DISTINCT showtime.cinema_id)::integer AS cinemas,
    count(*) AS showtimes,
    count(latest.seat_count) AS showtimes_seen,
    sum(latest.seat_count) AS seats,
    sum(latest.sold) AS sold,
    mode() WITHIN GROUP (ORDER BY film.title) AS listed_title,
    now() AS computed_at
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN film_work ON film_work.film_id = showtime.film_id
INNER JOIN work ON work.work_id = film_work.work_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
WHERE NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
GROUP BY film_work.work_id, work.title, work.kind, cinema.territory
WITH DATA;
CREATE UNIQUE INDEX film_run_key ON film_run (work_id, territory);

COMMENT ON MATERIALIZED VIEW film_run IS 'Each work in each territory over all sources: its first and last day, its cinemas and showtimes, and the seats sold when they were seen last. A programme of several works is a row of its own and part of no other. A showtime that several sources list counts once. Refreshed every quarter of an hour; fullhouse.work_day has admissions as of now. Example: SELECT title, cinemas, showtimes, sold FROM film_run WHERE territory = ''GB'' ORDER BY sold DESC NULLS LAST LIMIT 10;';
COMMENT ON COLUMN film_run.work_id IS 'The work, as in film_match.';
COMMENT ON COLUMN film_run.title IS 'Title of the work, the same in all territories.';
COMMENT ON COLUMN film_run.kind IS 'As in film_match.';
COMMENT ON COLUMN film_run.showtimes_seen IS 'Showtimes whose seats were seen.';
COMMENT ON COLUMN film_run.seats IS 'Seats of those showtimes.';
COMMENT ON COLUMN film_run.sold IS 'Seats sold in those showtimes when they were seen last.';
COMMENT ON COLUMN film_run.listed_title IS 'The title under which most of its showtimes in the territory are listed.';
COMMENT ON COLUMN film_run.computed_at IS 'When this was computed.';
