-- Stores what the subject $2 of source $1 is: the work $3 or the venue $4, as $5 says.
INSERT INTO observation_subject (source_id, subject, film_id, cinema_id, linked_by)
SELECT source.source_id, $2, work.film_id, venue.cinema_id, $5
FROM source
LEFT JOIN work ON work.work_id = $3
LEFT JOIN venue ON venue.venue_id = $4
WHERE source.name = $1 AND num_nonnulls(work.film_id, venue.cinema_id) = 1
ON CONFLICT (source_id, subject) DO UPDATE
SET film_id = excluded.film_id, cinema_id = excluded.cinema_id, linked_by = excluded.linked_by, linked_at = now()
