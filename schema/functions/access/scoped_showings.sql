CREATE OR REPLACE FUNCTION scoped_showings(of_role name)
RETURNS TABLE (cinema_id integer, film_id integer)
LANGUAGE sql STABLE ROWS 500
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH shown AS MATERIALIZED (
        SELECT scope.territory, scope.source, seen.film_id
        FROM partner_scopes(of_role) AS scope
        -- OFFSET 0 keeps the planner from deciding on the films of all partners first.
        CROSS JOIN LATERAL (
            SELECT partner_film.film_id
            FROM partner_film
            WHERE partner_film.partner_scope_id = scope.partner_scope_id AND partner_film.state = 'seen'
            OFFSET 0
        ) AS seen
    )
    SELECT cinema.cinema_id, film.film_id
    FROM shown
    INNER JOIN film ON film.film_id = shown.film_id
    INNER JOIN source
        ON source.source_id = film.source_id AND (shown.source IS NULL OR source.name = shown.source)
    INNER JOIN cinema
        ON cinema.source_id = film.source_id
        AND (shown.territory IS NULL OR cinema.territory = shown.territory)
$$;

COMMENT ON FUNCTION scoped_showings IS 'Films whose showtimes in a cinema a partner may see; of that cinema it sees only name and place. Example: SELECT count(*) FROM scoped_showings(''distributor'');';
