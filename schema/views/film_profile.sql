CREATE OR REPLACE VIEW film_profile WITH (security_invoker = true) AS
SELECT film.film_id, film.source_id, source.name AS source, film.key, film.title
FROM film
INNER JOIN source ON source.source_id = film.source_id;

COMMENT ON VIEW film_profile IS 'Each film as one source names it, to join with views that have its number, such as the rollups by film. A film has one number per source; add up by title. Example: SELECT title, sum(admissions) FROM fullhouse.film_day JOIN film_profile USING (film_id) GROUP BY title;';
COMMENT ON COLUMN film_profile.key IS 'The source''s own key.';
COMMENT ON COLUMN film_profile.title IS 'Title as the source displays it.';
