CREATE OR REPLACE VIEW work_run WITH (security_invoker = true) AS
SELECT
    film_work.work_id,
    cinema.territory,
    work.kind,
    mode() WITHIN GROUP (ORDER BY film.title) AS title,
    min(showtime.business_on) AS first_on,
    max(showtime.business_on) AS last_on,
    count(DISTINCT cinema.source_id)::integer AS sources,
    count(DISTINCT showtime.cinema_id)::integer AS cinemas,
    count(*) AS showtimes,
    count(latest.seat_count) AS showtimes_seen,
    sum(latest.seat_count) AS seats,
    sum(latest.sold) AS sold
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN film_work ON film_work.film_id = showtime.film_id
INNER JOIN work ON work.work_id = film_work.work_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
WHERE NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
GROUP BY film_work.work_id, cinema.territory, work.kind;

COMMENT ON VIEW work_run IS 'Each work in each territory over all sources: its first and last day, its cinemas and showtimes, and the seats sold when they were seen last. A programme of several works is a row of its own and part of no other. Ask for one work: all of them are a scan of all showtimes. A showtime that several sources list counts once. Example: SELECT territory, title, cinemas, showtimes, sold FROM work_run WHERE work_id = 4711;';
COMMENT ON COLUMN work_run.title IS 'The title under which most of its showtimes in the territory are listed.';
COMMENT ON COLUMN work_run.showtimes_seen IS 'Showtimes whose seats were seen.';
COMMENT ON COLUMN work_run.seats IS 'Seats of those showtimes.';
COMMENT ON COLUMN work_run.sold IS 'Seats sold in those showtimes when they were seen last.';
