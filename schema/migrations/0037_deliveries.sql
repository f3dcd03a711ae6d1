-- Deliveries: what data sets publish, sent to places outside.
--
-- A delivery is due when what a day has is not what the destination last got; so nothing has to be
-- remembered of builds, and a missed pass, a new leader and an erasure are all the same. What is no longer
-- declared is removed from the destination by the same comparison, which is why the rows of
-- data_set_delivery outlive their data set.

CREATE TABLE data_set_destination (
    declared_at timestamptz NOT NULL DEFAULT now(),
    name        text        NOT NULL REFERENCES data_set ON DELETE CASCADE,
    destination text        NOT NULL,
    index_name  text        NOT NULL,
    key_columns text[]      NOT NULL,

    CONSTRAINT data_set_destination_pkey PRIMARY KEY (name, destination),
    CONSTRAINT data_set_destination_index_plain CHECK (index_name ~ '^[a-z][a-z0-9_.-]{0,99}$')
);
COMMENT ON TABLE data_set_destination IS 'Where each data set is delivered to, as its file declares it.';
COMMENT ON COLUMN data_set_destination.declared_at IS 'When this was first declared; mails are sent of days from the day before on.';
COMMENT ON COLUMN data_set_destination.name IS 'The data set.';
COMMENT ON COLUMN data_set_destination.destination IS 'The destination, as the settings of coordinators name it.';
COMMENT ON COLUMN data_set_destination.index_name IS 'The index of Elasticsearch, without the prefix of the settings.';
COMMENT ON COLUMN data_set_destination.key_columns IS 'Columns that tell the rows of a day apart; empty if none are declared.';

CREATE TABLE delivery_destination (
    noted_at    timestamptz NOT NULL DEFAULT now(),
    destination text        NOT NULL,
    kind        text        NOT NULL,

    CONSTRAINT delivery_destination_pkey PRIMARY KEY (destination),
    CONSTRAINT delivery_destination_kind_word CHECK (kind IN ('elasticsearch', 'mail', 'csv'))
);
COMMENT ON TABLE delivery_destination IS 'The destinations that the settings of the leader have.';
COMMENT ON COLUMN delivery_destination.noted_at IS 'When the leader first named it with this kind.';
COMMENT ON COLUMN delivery_destination.destination IS 'Its name.';
COMMENT ON COLUMN delivery_destination.kind IS 'elasticsearch, mail or csv.';

CREATE TABLE data_set_delivery (
    documents     bigint,
    rejected      bigint,
    delivered_at  timestamptz,
    tried_at      timestamptz,
    next_try_at   timestamptz,
    day           date,
    tries         integer NOT NULL DEFAULT 0,
    name          text    NOT NULL,
    destination   text    NOT NULL,
    build         text,
    error         text,
    places        text[]  NOT NULL DEFAULT '{}',
    rejections    text[]  NOT NULL DEFAULT '{}',

    CONSTRAINT data_set_delivery_key UNIQUE NULLS NOT DISTINCT (name, destination, day),
    CONSTRAINT data_set_delivery_failed_has_error CHECK ((tries > 0) = (error IS NOT NULL)),
    CONSTRAINT data_set_delivery_build_is_whole CHECK (build IS NULL OR delivered_at IS NOT NULL)
)
WITH (fillfactor = 70);
COMMENT ON TABLE data_set_delivery IS 'What each destination has of each day, and what was tried since. A row stays until its day is removed from the destination. A delivery that is under way locks its row.';
COMMENT ON COLUMN data_set_delivery.documents IS 'Documents or rows that the destination took.';
COMMENT ON COLUMN data_set_delivery.rejected IS 'Documents that it refused.';
COMMENT ON COLUMN data_set_delivery.delivered_at IS 'When a delivery last succeeded.';
COMMENT ON COLUMN data_set_delivery.tried_at IS 'When a delivery last failed.';
COMMENT ON COLUMN data_set_delivery.next_try_at IS 'When it is tried again; NULL if the last one succeeded.';
COMMENT ON COLUMN data_set_delivery.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN data_set_delivery.tries IS 'Deliveries that failed in a row.';
COMMENT ON COLUMN data_set_delivery.name IS 'The data set, which may be gone.';
COMMENT ON COLUMN data_set_delivery.destination IS 'The destination.';
COMMENT ON COLUMN data_set_delivery.build IS 'The build that it has as a whole; NULL while one is written, and if a person asked to deliver it again.';
COMMENT ON COLUMN data_set_delivery.error IS 'Why the last delivery failed.';
COMMENT ON COLUMN data_set_delivery.places IS 'The indices or files that may have something of it.';
COMMENT ON COLUMN data_set_delivery.rejections IS 'The first reasons why documents were refused.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('data_set_delivery_status', 'operators', 'analytics');
