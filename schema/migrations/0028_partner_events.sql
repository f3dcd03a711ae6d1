-- Partners of events: of which clients, and where, each may see counts of users.

CREATE TABLE partner_event_area (
    area_id   integer  NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_id smallint NOT NULL REFERENCES event_client,
    country   char(2),
    role_name text     NOT NULL,
    region    text,

    CONSTRAINT partner_event_area_pkey PRIMARY KEY (area_id),
    CONSTRAINT partner_event_area_once UNIQUE NULLS NOT DISTINCT (role_name, client_id, country, region),
    CONSTRAINT partner_event_area_country_code CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT partner_event_area_region_short CHECK (length(region) BETWEEN 1 AND 64),
    CONSTRAINT partner_event_area_region_of_country CHECK (region IS NULL OR country IS NOT NULL)
);
COMMENT ON TABLE partner_event_area IS 'What partners may see of events: a client, a country of it, or a region of that country. Areas of one partner do not overlap (grant_partner_events). See `coordinator access partner --client`.';
COMMENT ON COLUMN partner_event_area.area_id IS 'Key.';
COMMENT ON COLUMN partner_event_area.client_id IS 'The client that sends the events.';
COMMENT ON COLUMN partner_event_area.country IS 'ISO 3166 code of the place of an event; NULL for all places, known or not.';
COMMENT ON COLUMN partner_event_area.role_name IS 'The role that logs in, or one that it is a member of.';
COMMENT ON COLUMN partner_event_area.region IS 'Region within the country, as the client sends it; NULL for the whole country.';
