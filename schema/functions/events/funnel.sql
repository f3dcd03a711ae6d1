CREATE OR REPLACE FUNCTION funnel(
    of_client text, steps text[], from_at timestamptz, until_at timestamptz, within interval DEFAULT interval '7 days',
    in_country text DEFAULT NULL, in_region text DEFAULT NULL
)
RETURNS TABLE (step integer, event text, users bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    WITH taken AS (
        SELECT
            event.user_id,
            funnel_depth(
                array_agg(event.occurred_at ORDER BY event.occurred_at, event.received_at),
                array_agg(event_name.canonical ORDER BY event.occurred_at, event.received_at),
                funnel.steps, funnel.within) AS depth
        FROM (
            SELECT ARRAY(
                SELECT event_name.name_id
                FROM event_name
                INNER JOIN event_client ON event_client.client_id = event_name.client_id
                WHERE event_client.name = funnel.of_client AND event_name.canonical = ANY (funnel.steps)) AS names
        ) AS chosen
        -- None happens more than two minutes after its receipt, so earlier partitions are not read.
        CROSS JOIN LATERAL events_since(chosen.names, funnel.from_at - interval '2 minutes') AS event
        INNER JOIN event_name ON event_name.name_id = event.name_id
        WHERE event.occurred_at >= funnel.from_at
            AND event.occurred_at < funnel.until_at
            -- Known bots are not users.
            AND event.flags & 1 = 0
            AND (funnel.in_country IS NULL OR event.place_id IN (
                SELECT place_id FROM places_in(funnel.in_country, funnel.in_region) AS place_id))
        GROUP BY event.user_id
    )
    SELECT one.step::integer, one.event, count(taken.user_id) AS users
    FROM unnest(funnel.steps) WITH ORDINALITY AS one (event, step)
    LEFT JOIN taken ON taken.depth >= one.step
    GROUP BY one.step, one.event
    ORDER BY one.step;
END;

COMMENT ON FUNCTION funnel IS 'Users of a client that took the first step between two times, and of them those that took each further step in order, all within a time from the first; in a country, or a region of it, if one is named. Known bots are left out. Example: SELECT step, event, users FROM funnel(''app'', ARRAY[''film opened'', ''ticket bought''], now() - interval ''7 days'', now(), ''1 day'');';
REVOKE EXECUTE ON FUNCTION funnel FROM PUBLIC;
