CREATE OR REPLACE FUNCTION grant_partner_events(login text, of_client text, in_country text, in_region text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    chosen_id smallint := (SELECT client_id FROM event_client WHERE name = of_client);
    other text;
BEGIN
    IF chosen_id IS NULL THEN
        RAISE EXCEPTION 'there is no client % that sends events', of_client
            USING HINT = 'coordinator event clients lists all';
    END IF;
    -- Two grants at a time could overlap.
    LOCK TABLE partner_event_area IN SHARE ROW EXCLUSIVE MODE;
    SELECT concat_ws(' ', 'client', of_client, area.country, area.region) INTO other
    FROM partner_event_area AS area
    WHERE area.role_name = login AND area.client_id = chosen_id
        AND (area.country, area.region) IS DISTINCT FROM (in_country, in_region)
        AND coalesce(area.country = in_country, true) AND coalesce(area.region = in_region, true)
    LIMIT 1;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '% already sees %, which overlaps: the difference of a whole and its parts would show what is hidden', login, other
            USING HINT = 'revoke its access first, then grant either the whole or the parts';
    END IF;
    INSERT INTO partner_event_area (role_name, client_id, country, region)
    VALUES (login, chosen_id, in_country, in_region)
    ON CONFLICT ON CONSTRAINT partner_event_area_once DO NOTHING;
END
$$;

COMMENT ON FUNCTION grant_partner_events IS 'Lets a partner see counts of the events of a client, of all places or of a country or region. Refuses an area that overlaps another of the partner. Example: SELECT grant_partner_events(''lumen'', ''app-fr'', ''FR'', NULL);';
