-- A cell is an event on a day in an area. Days and areas do not overlap, and there are no totals over
-- events, so no cell is the difference of others. Events of a cell are shown if five users did them.

CREATE OR REPLACE FUNCTION partner_events(of_role name, of_client text, from_on date, until_on date)
RETURNS TABLE (
    country text, region text, day date, event text, events bigint, users bigint, is_hidden boolean
)
LANGUAGE plpgsql STABLE ROWS 300
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM check_partner_span(from_on, until_on, 31);
    RETURN QUERY
    SELECT
        cell.country, cell.region, cell.day, cell.event,
        CASE WHEN shown.users IS NOT NULL THEN cell.events END, shown.users, shown.users IS NULL
    FROM (
        SELECT
            area.country, area.region, (seen.occurred_at AT TIME ZONE area.time_zone)::date AS day,
            event_name.canonical AS event, count(*) AS events,
            -- Events of nobody in particular are of no user.
            count(DISTINCT seen.user_id) FILTER (WHERE seen.user_id <> 0) AS users
        FROM (
            SELECT ARRAY(
                SELECT event_name.name_id
                FROM event_name
                INNER JOIN event_client ON event_client.client_id = event_name.client_id
                WHERE event_client.name = of_client) AS names
        ) AS sent
        -- None happens more than two minutes after its receipt, and no zone is a day off, so earlier
        -- partitions and blocks are not read.
        CROSS JOIN LATERAL events_since(sent.names, from_on::timestamp AT TIME ZONE 'UTC' - interval '1 day') AS seen
        INNER JOIN event_name ON event_name.name_id = seen.name_id
        INNER JOIN event_place ON event_place.place_id = seen.place_id
        INNER JOIN partner_event_areas(of_role) AS area
            ON (area.country IS NULL OR event_place.country = area.country)
            AND (area.region IS NULL OR event_place.region = area.region)
            AND seen.occurred_at >= from_on::timestamp AT TIME ZONE area.time_zone
            AND seen.occurred_at < (until_on + 1)::timestamp AT TIME ZONE area.time_zone
        WHERE area.client = of_client
            -- Known bots are not users.
            AND seen.flags & 1 = 0
        GROUP BY area.area_id, area.country, area.region, day, event_name.canonical
    ) AS cell
    CROSS JOIN LATERAL (SELECT disclosed_users(cell.users) AS users) AS shown
    ORDER BY cell.country, cell.region, cell.day, cell.event;
END
$$;

COMMENT ON FUNCTION partner_events IS 'Events of a client by name and day in each area that a role may see, 31 days at most, without known bots: hidden where fewer than five users did them; users are rounded down to a multiple of five. Example: SELECT * FROM partner_events(current_user, ''app'', current_date - 7, current_date);';
REVOKE EXECUTE ON FUNCTION partner_events FROM PUBLIC;
