CREATE OR REPLACE VIEW access_granted WITH (security_invoker = true) AS
SELECT
    login.rolname::text AS role_name,
    CASE allowed.rolname WHEN 'fullhouse_partner' THEN 'partner' ELSE 'analyst' END AS kind,
    (SELECT array_agg(granted.words ORDER BY granted.is_events, granted.number)
        FROM (
            SELECT false AS is_events, scope.partner_scope_id AS number, concat_ws(' ',
                'territory ' || scope.territory,
                'source ' || scope.source,
                'title "' || scope.film || '" on the day of an upgrade',
                'work ' || scope.work_id || ' "' || work.title || '"',
                CASE WHEN num_nonnulls(scope.film, scope.work_id) > 0 THEN '(' || concat_ws('; ',
                    films.seen || CASE films.seen WHEN 1 THEN ' film' ELSE ' films' END,
                    nullif(films.waiting, 0) || ' to be decided',
                    nullif(films.gone, 0) || ' of another work now') || ')' END) AS words
            FROM partner_scope AS scope
            LEFT JOIN work ON work.work_id = scope.work_id
            CROSS JOIN LATERAL (
                SELECT
                    count(*) FILTER (WHERE partner_film.state = 'seen') AS seen,
                    count(*) FILTER (WHERE partner_film.state = 'waits') AS waiting,
                    count(*) FILTER (WHERE partner_film.state = 'left') AS gone
                FROM partner_film
                WHERE partner_film.partner_scope_id = scope.partner_scope_id
            ) AS films
            WHERE scope.role_name = login.rolname
            UNION ALL
            SELECT true, area.area_id, concat_ws(' ',
                'counts of events of client ' || event_client.name, 'in ' || area.country, area.region)
            FROM partner_event_area AS area
            INNER JOIN event_client ON event_client.client_id = area.client_id
            WHERE area.role_name = login.rolname
        ) AS granted
        WHERE allowed.rolname = 'fullhouse_partner') AS sees,
    (SELECT substr(setting, length('statement_timeout=') + 1)
        FROM pg_db_role_setting
        CROSS JOIN LATERAL unnest(pg_db_role_setting.setconfig) AS setting
        WHERE pg_db_role_setting.setrole = login.oid
            AND pg_db_role_setting.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND setting LIKE 'statement_timeout=%'
        ORDER BY pg_db_role_setting.setdatabase DESC
        LIMIT 1) AS statement_timeout
FROM pg_roles AS allowed
INNER JOIN pg_auth_members ON pg_auth_members.roleid = allowed.oid
INNER JOIN pg_roles AS login ON login.oid = pg_auth_members.member
WHERE allowed.rolname IN ('fullhouse_analyst', 'fullhouse_partner')
    -- The role that runs the queries of data sets.
    AND login.rolname <> 'data_set_runner';

COMMENT ON VIEW access_granted IS 'The roles of the server that are analysts or partners, and the rows of this database that each partner sees. Example: SELECT role_name, kind, sees FROM access_granted ORDER BY 1;';
COMMENT ON COLUMN access_granted.sees IS 'Rows of partner_scope and partner_event_area under its own name, with how many films of a work it sees, and how many it does not; NULL for analysts, who see everything.';
COMMENT ON COLUMN access_granted.statement_timeout IS 'Milliseconds after which a statement of the role is cancelled, in this database.';
