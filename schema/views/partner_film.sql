-- A film of the work is seen if a person granted it, or if decisions of people and the trusted list
-- lead to it from one that was granted and is still of the work. Of a film that left the work,
-- nothing is seen.
CREATE OR REPLACE VIEW partner_film WITH (security_invoker = true) AS
SELECT
    scope.partner_scope_id,
    scope.role_name,
    scope.work_id,
    member.film_id,
    CASE
        WHEN EXISTS (
            SELECT FROM partner_scope_film AS given
            INNER JOIN film_work AS granted ON granted.film_id = given.film_id
            WHERE given.partner_scope_id = scope.partner_scope_id
                AND granted.work_id = member.work_id
                AND coalesce(granted.confirmed_film_id, granted.film_id)
                    = coalesce(member.confirmed_film_id, member.film_id)) THEN 'seen'
        ELSE 'waits'
    END AS state
FROM partner_scope AS scope
INNER JOIN work ON work.work_id = scope.work_id
INNER JOIN film_work AS anchor ON anchor.film_id = work.film_id
INNER JOIN film_work AS member ON member.work_id = anchor.work_id
UNION ALL
SELECT scope.partner_scope_id, scope.role_name, scope.work_id, given.film_id, 'left'
FROM partner_scope AS scope
INNER JOIN work ON work.work_id = scope.work_id
INNER JOIN film_work AS anchor ON anchor.film_id = work.film_id
INNER JOIN partner_scope_film AS given ON given.partner_scope_id = scope.partner_scope_id
INNER JOIN film_work AS granted ON granted.film_id = given.film_id AND granted.work_id <> anchor.work_id
UNION ALL
SELECT scope.partner_scope_id, scope.role_name, NULL, given.film_id, 'seen'
FROM partner_scope AS scope
INNER JOIN partner_scope_film AS given ON given.partner_scope_id = scope.partner_scope_id
WHERE scope.film IS NOT NULL;

COMMENT ON VIEW partner_film IS 'The films of each partner''s scopes by film: those that it sees, and those on which a person should decide. Example: SELECT role_name, work_id, state, count(*) FROM partner_film GROUP BY role_name, work_id, state;';
COMMENT ON COLUMN partner_film.work_id IS 'The work that was granted; NULL for films that were granted by title.';
COMMENT ON COLUMN partner_film.state IS 'seen: the partner sees it; waits: a rule joined it to the work after the grant, so the partner sees it once a person or the trusted list says that it is one work with a film that was granted; left: it was granted and is of another work now, so the partner no longer sees it.';
