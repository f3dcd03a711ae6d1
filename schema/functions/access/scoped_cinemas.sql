CREATE OR REPLACE FUNCTION scoped_cinemas(of_role name)
RETURNS SETOF integer
LANGUAGE sql STABLE ROWS 500
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT cinema.cinema_id
    FROM partner_scopes(of_role) AS scope
    INNER JOIN source ON scope.source IS NULL OR source.name = scope.source
    INNER JOIN cinema
        ON cinema.source_id = source.source_id
        AND (scope.territory IS NULL OR cinema.territory = scope.territory)
    WHERE scope.film IS NULL AND scope.work_id IS NULL
$$;

COMMENT ON FUNCTION scoped_cinemas IS 'Cinemas of which a partner may see everything. Example: SELECT count(*) FROM scoped_cinemas(''plaza'');';
