CREATE OR REPLACE FUNCTION make_event_view(of_client smallint, client text, canonical text, first_id integer, types jsonb)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    -- Columns that every view has; a property of the same name gets a `_` behind its own.
    fixed CONSTANT text[] := ARRAY[
        'received_day', 'occurred_at', 'received_at', 'user_id', 'country', 'region', 'is_bot', 'message_id'];
    base text := client || '_' || canonical;
    chosen text;
    columns text := '';
    -- The value of each property, of a live event and of a sealed one.
    live text := '';
    sealed text := '';
    value text;
    names CONSTANT text := format(
        'ARRAY(SELECT event_name.name_id FROM public.event_name AS event_name
            WHERE event_name.client_id = %s AND event_name.canonical = %L)', of_client, canonical);
    taken text[] := fixed;
    one record;
    column_name text;
BEGIN
    base := left(trim(BOTH '_' FROM regexp_replace(lower(base), '[^a-z0-9]+', '_', 'g')), 50);
    SELECT known.view_name INTO chosen
    FROM event_view AS known
    WHERE known.client_id = of_client AND known.canonical = make_event_view.canonical;
    IF chosen IS NULL THEN
        chosen := base;
        IF base = '' OR EXISTS (SELECT FROM event_view AS known WHERE known.view_name = base) THEN
            chosen := base || '_' || first_id;
        END IF;
    END IF;
    FOR one IN
        SELECT property.key, property.type, row_number() OVER (ORDER BY property.key) AS number
        FROM jsonb_each_text(types) AS property (key, type)
        ORDER BY property.key
    LOOP
        column_name := left(trim(BOTH '_' FROM regexp_replace(lower(one.key), '[^a-z0-9]+', '_', 'g')), 50);
        WHILE column_name = '' OR column_name = ANY (taken) LOOP
            column_name := column_name || '_';
        END LOOP;
        taken := taken || column_name;
        value := 'value_' || one.number;
        columns := columns || format(
            CASE one.type
                -- A value of another type is NULL here; analytics_detail.event_record has it.
                WHEN 'number' THEN ', CASE WHEN jsonb_typeof(stored.%1$I) = ''number'' THEN stored.%1$I::double precision END AS %2$I'
                WHEN 'boolean' THEN ', CASE WHEN jsonb_typeof(stored.%1$I) = ''boolean'' THEN stored.%1$I::boolean END AS %2$I'
                WHEN 'object' THEN ', stored.%1$I AS %2$I'
                WHEN 'array' THEN ', stored.%1$I AS %2$I'
                ELSE ', stored.%1$I #>> ''{}'' AS %2$I'
            END,
            value, column_name);
        live := live || format(', event.properties -> %L AS %I', one.key, value);
        sealed := sealed || format(
            ', public.event_value(sealed.numbers, sealed.offsets, sealed.keys, sealed.dictionary, sealed.number, %L) AS %I',
            one.key, value);
    END LOOP;
    EXECUTE format('DROP VIEW IF EXISTS events.%I', chosen);
    EXECUTE format(
        'CREATE VIEW events.%1$I WITH (security_invoker = true) AS
        SELECT stored.received_day, stored.occurred_at, stored.received_at, stored.user_id, event_place.country, event_place.region,
            stored.flags & 1 <> 0 AS is_bot, stored.message_id%2$s
        FROM (
            SELECT date_bin(interval ''1 day'', event.received_at, timestamptz ''2000-01-01 00:00:00+00'') AS received_day,
                event.occurred_at, event.received_at, event.user_id, event.place_id, event.flags,
                public.event_message_id(event.message_key, (
                    SELECT event_client.message_mask FROM public.event_client AS event_client WHERE event_client.client_id = %5$s
                )) AS message_id%3$s
            FROM public.event AS event
            WHERE event.name_id = ANY (%6$s)
            UNION ALL
            SELECT sealed.received_day, sealed.occurred_at, sealed.received_at, sealed.user_id, sealed.place_id, sealed.flags, NULL%4$s
            FROM public.event_sealed AS sealed
            WHERE sealed.name_id = ANY (%6$s)
        ) AS stored
        INNER JOIN public.event_place AS event_place ON event_place.place_id = stored.place_id',
        chosen, columns, live, sealed, of_client, names);
    EXECUTE format(
        'COMMENT ON VIEW events.%I IS %L', chosen,
        format('The event %s of client %s, a row each; name a span of received_at.', canonical, client));
    IF to_regrole('fullhouse_analyst') IS NOT NULL THEN
        EXECUTE 'GRANT USAGE ON SCHEMA events TO fullhouse_analyst';
        EXECUTE format('GRANT SELECT ON events.%I TO fullhouse_analyst', chosen);
    END IF;
    INSERT INTO event_view AS known (client_id, canonical, view_name, types)
    VALUES (of_client, make_event_view.canonical, chosen, make_event_view.types)
    ON CONFLICT ON CONSTRAINT event_view_pkey DO UPDATE SET types = excluded.types;
    RETURN chosen;
END
$$;

COMMENT ON FUNCTION make_event_view IS 'Makes the view of an event from the types of its properties; returns its name. Called by make_event_views. Example: SELECT make_event_view(1::smallint, ''app'', ''film opened'', 1, ''{"film": "text"}'');';
REVOKE EXECUTE ON FUNCTION make_event_view FROM PUBLIC;
