-- The views of single events: which there are, made by make_event_views.

CREATE SCHEMA events;
COMMENT ON SCHEMA events IS 'A view for each event of each client, with a column for each property.';

CREATE TABLE event_view (
    client_id smallint NOT NULL REFERENCES event_client,
    canonical text     NOT NULL,
    view_name text     NOT NULL,
    types     jsonb    NOT NULL,

    CONSTRAINT event_view_pkey PRIMARY KEY (client_id, canonical),
    CONSTRAINT event_view_name_key UNIQUE (view_name)
);
COMMENT ON TABLE event_view IS 'The views in the schema events.';
COMMENT ON COLUMN event_view.client_id IS 'The client.';
COMMENT ON COLUMN event_view.canonical IS 'The event, by its canonical name.';
COMMENT ON COLUMN event_view.view_name IS 'The view.';
COMMENT ON COLUMN event_view.types IS 'Its properties, each with number, boolean, text, object or array.';
