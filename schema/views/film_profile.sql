CREATE OR REPLACE VIEW film_profile WITH (security_invoker = true) AS
SELECT
    film.film_id,
    film.source_id,
    source.name AS source,
    film.key,
    film.title,
    fact.original_title,
    fact.year,
    fact.runtime_minutes,
    fact.directors,
    fact.distributor,
    fact.released_on
FROM film
INNER JOIN source ON source.source_id = film.source_id
LEFT JOIN film_fact AS fact ON fact.film_id = film.film_id;

COMMENT ON VIEW film_profile IS 'Each film as one source names it, to join with views that have its number, such as the rollups by film. A film has one number per source; add up by title. Example: SELECT title, sum(admissions) FROM fullhouse.film_day JOIN film_profile USING (film_id) GROUP BY title;';
COMMENT ON COLUMN film_profile.key IS 'The source''s own key.';
COMMENT ON COLUMN film_profile.title IS 'Title as the source displays it.';
COMMENT ON COLUMN film_profile.original_title IS 'Title in the language in which it was made; this and the further columns as the source says them, NULL where it does not.';
COMMENT ON COLUMN film_profile.year IS 'Year of the film.';
COMMENT ON COLUMN film_profile.runtime_minutes IS 'Length in minutes.';
COMMENT ON COLUMN film_profile.directors IS 'Directors, in the order of the source.';
COMMENT ON COLUMN film_profile.distributor IS 'Who distributes it.';
COMMENT ON COLUMN film_profile.released_on IS 'When it is released, where the source is.';
