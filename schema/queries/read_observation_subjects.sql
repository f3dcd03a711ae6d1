-- Lists what people said of subjects of observations, with the present work or venue.
SELECT
    source.name AS source,
    link.subject,
    film_work.work_id AS "work_id?",
    cinema_venue.venue_id AS "venue_id?",
    link.linked_by
FROM observation_subject AS link
INNER JOIN source ON source.source_id = link.source_id
LEFT JOIN film_work ON film_work.film_id = link.film_id
LEFT JOIN cinema_venue ON cinema_venue.cinema_id = link.cinema_id
ORDER BY source.name, link.subject
