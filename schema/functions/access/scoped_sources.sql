CREATE OR REPLACE FUNCTION scoped_sources(of_role name)
RETURNS SETOF integer
LANGUAGE sql STABLE ROWS 20
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.source_id
    FROM cinema
    WHERE cinema.cinema_id IN (SELECT scoped_cinemas(of_role))
        OR cinema.cinema_id IN (SELECT showing.cinema_id FROM scoped_showings(of_role) AS showing)
    GROUP BY cinema.source_id
$$;

COMMENT ON FUNCTION scoped_sources IS 'Sources of the cinemas that a partner may see: the partner sees their names, layouts, codes and tariffs. Example: SELECT count(*) FROM scoped_sources(''plaza'');';
