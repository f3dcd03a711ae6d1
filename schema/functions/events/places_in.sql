CREATE OR REPLACE FUNCTION places_in(in_country text, in_region text)
RETURNS SETOF smallint
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT event_place.place_id
    FROM event_place
    WHERE event_place.country = places_in.in_country
        AND (places_in.in_region IS NULL OR event_place.region = places_in.in_region);
END;

COMMENT ON FUNCTION places_in IS 'The places of events in a country, or in a region of it if one is named. Example: SELECT * FROM places_in(''FR'', NULL);';
REVOKE EXECUTE ON FUNCTION places_in FROM PUBLIC;
