-- A view for each event with a column for each property, so that no reader needs to take JSON apart.
--
-- Columns come from the newest schema of the event and from what some of the events have that came
-- within ten minutes: to look at all would sort a day. What was found once is kept. A property
-- whose values are of several types is text. What a client sends ends up in names of views and
-- columns; it is quoted as a name or as a text everywhere, and never run.

CREATE OR REPLACE FUNCTION make_event_views()
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '100ms'
AS $$
DECLARE
    one record;
    made integer := 0;
    -- Views of a client and columns of a view, at most.
    max_views CONSTANT integer := 500;
    max_columns CONSTANT integer := 200;
    -- Events that are looked at.
    max_events CONSTANT integer := 20000;
BEGIN
    FOR one IN
        WITH sample AS MATERIALIZED (
            SELECT event.name_id, event.properties
            FROM event
            WHERE event.received_at > now() - interval '10 minutes'
            LIMIT max_events
        ),
        -- The properties of each canonical name, by type.
        seen AS (
            SELECT event_name.client_id, event_name.canonical, property.key, jsonb_typeof(property.value) AS type
            FROM sample
            INNER JOIN event_name ON event_name.name_id = sample.name_id
            CROSS JOIN LATERAL jsonb_each(sample.properties) AS property
            UNION ALL
            SELECT known.client_id, known.canonical, property.key, known.types ->> property.key
            FROM event_view AS known
            CROSS JOIN LATERAL jsonb_object_keys(known.types) AS property (key)
            UNION ALL
            SELECT event_name.client_id, event_name.canonical, property.key, property.value ->> 'type'
            FROM event_name
            INNER JOIN LATERAL (
                SELECT event_schema.document
                FROM event_schema
                WHERE event_schema.client_id = event_name.client_id AND event_schema.event = event_name.received
                ORDER BY event_schema.model DESC, event_schema.revision DESC, event_schema.addition DESC
                LIMIT 1
            ) AS latest ON true
            CROSS JOIN LATERAL jsonb_each(
                CASE WHEN jsonb_typeof(latest.document -> 'properties') = 'object'
                    THEN latest.document -> 'properties' ELSE '{}' END) AS property
        ),
        typed AS (
            SELECT
                seen.client_id, seen.canonical, seen.key,
                CASE
                    WHEN count(DISTINCT CASE seen.type WHEN 'integer' THEN 'number' ELSE seen.type END)
                        FILTER (WHERE seen.type <> 'null') > 1 THEN 'text'
                    ELSE max(CASE seen.type WHEN 'integer' THEN 'number' WHEN 'string' THEN 'text' ELSE seen.type END)
                        FILTER (WHERE seen.type <> 'null')
                END AS type,
                row_number() OVER (PARTITION BY seen.client_id, seen.canonical ORDER BY seen.key) AS number
            FROM seen
            GROUP BY seen.client_id, seen.canonical, seen.key
        ),
        wanted AS (
            SELECT
                event_name.client_id, event_name.canonical, event_client.name AS client,
                min(event_name.name_id) AS first_id,
                coalesce((
                    SELECT jsonb_object_agg(typed.key, coalesce(typed.type, 'text'))
                    FROM typed
                    WHERE typed.client_id = event_name.client_id AND typed.canonical = event_name.canonical
                        AND typed.number <= max_columns
                ), '{}') AS types,
                row_number() OVER (PARTITION BY event_name.client_id ORDER BY min(event_name.name_id)) AS number
            FROM event_name
            INNER JOIN event_client ON event_client.client_id = event_name.client_id
            GROUP BY event_name.client_id, event_name.canonical, event_client.name
        )
        SELECT wanted.*
        FROM wanted
        LEFT JOIN event_view AS known
            ON known.client_id = wanted.client_id AND known.canonical = wanted.canonical
        WHERE wanted.number <= max_views AND known.types IS DISTINCT FROM wanted.types
        ORDER BY wanted.client_id, wanted.first_id
    LOOP
        PERFORM make_event_view(one.client_id, one.client, one.canonical, one.first_id, one.types);
        made := made + 1;
    END LOOP;
    -- A name that was renamed has the view of its new name.
    FOR one IN
        SELECT known.client_id, known.canonical, known.view_name
        FROM event_view AS known
        WHERE NOT EXISTS (
            SELECT FROM event_name
            WHERE event_name.client_id = known.client_id AND event_name.canonical = known.canonical)
    LOOP
        EXECUTE format('DROP VIEW IF EXISTS events.%I', one.view_name);
        DELETE FROM event_view WHERE client_id = one.client_id AND canonical = one.canonical;
        made := made + 1;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available THEN
    -- Somebody reads a view that would change: at the next call.
    RETURN 0;
END
$$;

COMMENT ON FUNCTION make_event_views IS 'Makes or changes the views of events in the schema events, and drops those of names that are gone; returns how many changed. Example: SELECT make_event_views();';
REVOKE EXECUTE ON FUNCTION make_event_views FROM PUBLIC;
