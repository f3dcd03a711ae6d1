-- The functions for partners ask this one for the areas of their caller. It answers for roles only as
-- which the login may act, whatever role is named.

CREATE OR REPLACE FUNCTION partner_event_areas(of_role name)
RETURNS TABLE (area_id integer, client text, time_zone text, country text, region text)
LANGUAGE sql STABLE ROWS 10
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT area.area_id, event_client.name, event_client.time_zone, area.country::text, area.region
    FROM partner_event_area AS area
    INNER JOIN event_client ON event_client.client_id = area.client_id
    INNER JOIN pg_roles ON pg_roles.rolname = area.role_name
    WHERE pg_has_role(of_role, pg_roles.oid, 'MEMBER') AND pg_has_role(session_user, of_role, 'MEMBER')
    ORDER BY event_client.name, area.country, area.region
$$;

COMMENT ON FUNCTION partner_event_areas IS 'The areas of events that a role may see, its own and those of roles that it is a member of. Example: SELECT client, country, region FROM partner_event_areas(current_user);';
REVOKE EXECUTE ON FUNCTION partner_event_areas FROM PUBLIC;
