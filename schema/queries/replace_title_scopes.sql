-- Removes the scopes by title of the role of scope $1, for the same territory and source, all of whose
-- films are seen by scope $1.
DELETE FROM partner_scope AS old
USING partner_scope AS scope
WHERE scope.partner_scope_id = $1
    AND old.role_name = scope.role_name
    AND (old.territory, old.source) IS NOT DISTINCT FROM (scope.territory, scope.source)
    AND old.film IS NOT NULL
    AND EXISTS (SELECT FROM partner_scope_film AS was WHERE was.partner_scope_id = old.partner_scope_id)
    AND NOT EXISTS (
        SELECT FROM partner_scope_film AS was
        WHERE was.partner_scope_id = old.partner_scope_id
            AND NOT EXISTS (
                SELECT FROM partner_film AS shown
                WHERE shown.partner_scope_id = scope.partner_scope_id
                    AND shown.film_id = was.film_id AND shown.state = 'seen'))
