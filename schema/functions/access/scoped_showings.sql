CREATE OR REPLACE FUNCTION scoped_showings(of_role name)
RETURNS TABLE (cinema_id integer, film_id integer)
LANGUAGE sql STABLE ROWS 500
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.cinema_id, film.film_id
    FROM partner_scopes(of_role) AS scope
    INNER JOIN film ON lower(film.title) = scope.film
    INNER JOIN source
        ON source.source_id = film.source_id AND (scope.source IS NULL OR source.name = scope.source)
    INNER JOIN cinema
        ON cinema.source_id = film.source_id
        AND (scope.territory IS NULL OR cinema.territory = scope.territory)
$$;

COMMENT ON FUNCTION scoped_showings IS 'Films whose showtimes in a cinema a partner may see; of that cinema it sees only name and place. Example: SELECT count(*) FROM scoped_showings(''distributor'');';
