-- Events: what people do in apps, on devices and at services, received by `agent receive`.
--
-- An event is stored once: its message key is unique in its partition, and the statement that stores
-- it looks into the partitions before it, as far back as the client's duplicate window reaches
-- (store_events.sql). Names of events and properties are looked up when they are read, so renaming
-- one corrects the past.

CREATE TABLE event_client (
    created_at       timestamptz NOT NULL DEFAULT now(),
    duplicate_window interval    NOT NULL DEFAULT interval '1 day',
    message_mask     uuid        NOT NULL DEFAULT gen_random_uuid(),
    client_id        smallint    NOT NULL GENERATED ALWAYS AS IDENTITY,
    week_start       smallint    NOT NULL DEFAULT 1,
    name             text        NOT NULL,
    time_zone        text        NOT NULL DEFAULT 'UTC',

    CONSTRAINT event_client_pkey PRIMARY KEY (client_id),
    CONSTRAINT event_client_name_key UNIQUE (name),
    CONSTRAINT event_client_name_word CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    CONSTRAINT event_client_window CHECK (duplicate_window BETWEEN interval '1 hour' AND interval '7 days'),
    CONSTRAINT event_client_week_start CHECK (week_start BETWEEN 1 AND 7)
);
COMMENT ON TABLE event_client IS 'The apps, devices and services that send events.';
COMMENT ON COLUMN event_client.created_at IS 'When it was made.';
COMMENT ON COLUMN event_client.duplicate_window IS 'An event with the message id of an earlier one is a duplicate for this long at least; 1 hour to 7 days.';
COMMENT ON COLUMN event_client.message_mask IS 'Makes a message key of a message id, bit by bit (XOR), so that equal ids of two clients differ. Random, so no client can choose an id whose key is that of another client.';
COMMENT ON COLUMN event_client.client_id IS 'Key.';
COMMENT ON COLUMN event_client.week_start IS 'First day of its week: 1 for Monday to 7 for Sunday.';
COMMENT ON COLUMN event_client.name IS 'Its name, such as app-fr.';
COMMENT ON COLUMN event_client.time_zone IS 'IANA name of the time zone in which its days begin.';

CREATE TABLE event_key (
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz,
    last_used_at      timestamptz,
    revoked_at        timestamptz,
    key_id            integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    events_per_second integer     NOT NULL DEFAULT 1000,
    client_id         smallint    NOT NULL REFERENCES event_client,
    is_public         boolean     NOT NULL,
    schema_mode       text        NOT NULL DEFAULT 'off',
    key_hash          bytea       NOT NULL,
    name              text        NOT NULL,
    origins           text[]      NOT NULL DEFAULT '{}',
    events            text[]      NOT NULL DEFAULT '{}',

    CONSTRAINT event_key_pkey PRIMARY KEY (key_id),
    CONSTRAINT event_key_hash_key UNIQUE (key_hash),
    CONSTRAINT event_key_hash_sha256 CHECK (octet_length(key_hash) = 32),
    CONSTRAINT event_key_rate CHECK (events_per_second BETWEEN 1 AND 1000000),
    CONSTRAINT event_key_mode_word CHECK (schema_mode IN ('off', 'warn', 'enforce')),
    CONSTRAINT event_key_name_words CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,99}$'),
    CONSTRAINT event_key_only_public_is_limited CHECK (is_public OR (origins = '{}' AND events = '{}')),
    CONSTRAINT event_key_public_has_origins CHECK (NOT is_public OR cardinality(origins) > 0)
);
-- The keys of a client (read_event_keys).
CREATE INDEX event_key_client_idx ON event_key (client_id);
COMMENT ON TABLE event_key IS 'Keys with which clients send events. A key can write only, and is itself stored nowhere.';
COMMENT ON COLUMN event_key.created_at IS 'When it was made.';
COMMENT ON COLUMN event_key.expires_at IS 'When it ends; NULL for never.';
COMMENT ON COLUMN event_key.last_used_at IS 'When it was used last, to the minute.';
COMMENT ON COLUMN event_key.revoked_at IS 'When a person revoked it. Receivers refuse it some seconds later at the latest.';
COMMENT ON COLUMN event_key.key_id IS 'Key.';
COMMENT ON COLUMN event_key.events_per_second IS 'Events a second that it may send to each receiver.';
COMMENT ON COLUMN event_key.client_id IS 'The client that sends with it.';
COMMENT ON COLUMN event_key.is_public IS 'Whether it is shipped in apps and pages, where anyone can read it.';
COMMENT ON COLUMN event_key.schema_mode IS 'off: schemas are not checked; warn: an event that breaks its schema is stored and said; enforce: it is rejected.';
COMMENT ON COLUMN event_key.key_hash IS 'SHA-256 of the key. A key has 190 random bits, so a plain hash cannot be reversed.';
COMMENT ON COLUMN event_key.name IS 'Its name, for people. Two keys may share one while one takes the place of the other.';
COMMENT ON COLUMN event_key.origins IS 'Origins of pages that may send with a public key, such as https://*.example.com; * allows all.';
COMMENT ON COLUMN event_key.events IS 'Names of the events that a public key may send; empty allows all.';

CREATE TABLE event_schema (
    created_at timestamptz NOT NULL DEFAULT now(),
    client_id  smallint    NOT NULL REFERENCES event_client,
    model      smallint    NOT NULL,
    revision   smallint    NOT NULL,
    addition   smallint    NOT NULL,
    event      text        NOT NULL,
    document   jsonb       NOT NULL,

    CONSTRAINT event_schema_pkey PRIMARY KEY (client_id, event, model, revision, addition),
    CONSTRAINT event_schema_version CHECK (model >= 1 AND revision >= 0 AND addition >= 0),
    CONSTRAINT event_schema_is_object CHECK (jsonb_typeof(document) = 'object')
);
COMMENT ON TABLE event_schema IS 'JSON Schemas of the properties of events, by version (SchemaVer). A version is never changed.';
COMMENT ON COLUMN event_schema.created_at IS 'When it was registered.';
COMMENT ON COLUMN event_schema.client_id IS 'The client whose events it describes.';
COMMENT ON COLUMN event_schema.model IS 'First number of the version: rises where old readers break.';
COMMENT ON COLUMN event_schema.revision IS 'Second number of the version: rises where some old data break.';
COMMENT ON COLUMN event_schema.addition IS 'Third number of the version: rises where nothing breaks.';
COMMENT ON COLUMN event_schema.event IS 'The event, by the name that clients send.';
COMMENT ON COLUMN event_schema.document IS 'The JSON Schema. A property with "x-privacy" is personal, pseudonym or free.';

CREATE TABLE event_name (
    first_at  timestamptz NOT NULL DEFAULT now(),
    name_id   integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_id smallint    NOT NULL REFERENCES event_client,
    received  text        NOT NULL,
    canonical text        NOT NULL,

    CONSTRAINT event_name_pkey PRIMARY KEY (name_id),
    CONSTRAINT event_name_received_key UNIQUE (client_id, received)
);
COMMENT ON TABLE event_name IS 'Names of events. A view shows the canonical name, so renaming corrects the past.';
COMMENT ON COLUMN event_name.first_at IS 'When it was received first.';
COMMENT ON COLUMN event_name.name_id IS 'Key.';
COMMENT ON COLUMN event_name.client_id IS 'The client that sends it.';
COMMENT ON COLUMN event_name.received IS 'The name as it is received.';
COMMENT ON COLUMN event_name.canonical IS 'The name that readers see; several received names may share one.';

CREATE TABLE event_user (
    first_at     timestamptz NOT NULL DEFAULT now(),
    user_id      integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_id    smallint    NOT NULL REFERENCES event_client,
    is_anonymous boolean     NOT NULL,
    external_id  text        NOT NULL,

    CONSTRAINT event_user_pkey PRIMARY KEY (user_id),
    CONSTRAINT event_user_external_key UNIQUE (client_id, external_id, is_anonymous)
);
COMMENT ON TABLE event_user IS 'The only place where the id of a user stands as it was received. To delete a row makes all events of the user those of nobody.';
COMMENT ON COLUMN event_user.first_at IS 'When the user was seen first.';
COMMENT ON COLUMN event_user.user_id IS 'Key; the number in event and user_day.';
COMMENT ON COLUMN event_user.client_id IS 'The client whose user it is.';
COMMENT ON COLUMN event_user.is_anonymous IS 'Whether the id is that of a device that nobody signed in on.';
COMMENT ON COLUMN event_user.external_id IS 'The id as it was received.';

CREATE TABLE event_place (
    place_id smallint NOT NULL GENERATED ALWAYS AS IDENTITY,
    country  char(2),
    region   text,

    CONSTRAINT event_place_pkey PRIMARY KEY (place_id),
    CONSTRAINT event_place_key UNIQUE NULLS NOT DISTINCT (country, region),
    CONSTRAINT event_place_country_code CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT event_place_region_short CHECK (length(region) BETWEEN 1 AND 64)
);
COMMENT ON TABLE event_place IS 'Countries and regions that events name.';
COMMENT ON COLUMN event_place.place_id IS 'Key.';
COMMENT ON COLUMN event_place.country IS 'ISO 3166 code; NULL where the event names none.';
COMMENT ON COLUMN event_place.region IS 'Region within the country, as received; NULL where the event names none.';

-- No column is NULL, as nine columns with a NULL cost eight bytes more, and the widest come first. The
-- client is that of the name.
CREATE TABLE event (
    received_at timestamptz NOT NULL DEFAULT now(),
    occurred_at timestamptz NOT NULL,
    message_key uuid        NOT NULL,
    user_id     integer     NOT NULL,
    name_id     integer     NOT NULL,
    place_id    smallint    NOT NULL,
    flags       smallint    NOT NULL DEFAULT 0,
    properties  jsonb       NOT NULL,
    clocks      bytea       NOT NULL DEFAULT ''
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE event IS 'What people did: a row for each event, once. Partitioned by the day (UTC) on which it was received; read through event_record.';
COMMENT ON COLUMN event.received_at IS 'When it was stored, by the clock of the database.';
COMMENT ON COLUMN event.occurred_at IS 'When it happened: as received, except where clocks say that it was corrected.';
COMMENT ON COLUMN event.message_key IS 'Names the event among those of all clients: its message id, or a hash of it where that is no UUID, under the mask of its client.';
COMMENT ON COLUMN event.user_id IS 'The user, as in event_user, or a number that leads to nobody any more; 0 if the event names no user.';
COMMENT ON COLUMN event.name_id IS 'Its name, which says its client too.';
COMMENT ON COLUMN event.place_id IS 'Where it happened.';
COMMENT ON COLUMN event.flags IS 'Sum of: 1 its sender is a known bot; 2 its clock was corrected by the time of sending; 4 it was in the future and moved to the time of receipt; 8 sent as historical; 16 it breaks its schema; 32 by a public key.';
COMMENT ON COLUMN event.properties IS 'Its properties, by the names that the client sends.';
COMMENT ON COLUMN event.clocks IS 'What the client says besides: when it sent the event, and when it happened if that was corrected. Written by pack_clocks, read by event_sent_at and event_original_at.';
-- Unique in each partition, which must not hold the partition''s column: ensure_partitions makes it too.
CREATE TABLE event_default PARTITION OF event DEFAULT;
CREATE UNIQUE INDEX event_default_message_key ON event_default (message_key);
COMMENT ON TABLE event_default IS 'Events of days that have no partition.';

CREATE TABLE user_day (
    day       date     NOT NULL,
    user_id   integer  NOT NULL,
    client_id smallint NOT NULL,
    place_id  smallint NOT NULL,

    CONSTRAINT user_day_pkey PRIMARY KEY (client_id, day, user_id)
);
COMMENT ON TABLE user_day IS 'A row for each day on which a user did something: what active users, retention and cohorts are counted from. It stays when events are dropped.';
COMMENT ON COLUMN user_day.day IS 'The day in the time zone of the client.';
COMMENT ON COLUMN user_day.user_id IS 'The user.';
COMMENT ON COLUMN user_day.client_id IS 'The client.';
COMMENT ON COLUMN user_day.place_id IS 'Where the user was first that day.';
-- The first day and the further days of a user (retention, erasure).
CREATE INDEX user_day_user_idx ON user_day (user_id, day);

CREATE TABLE event_count (
    bucket_at timestamptz NOT NULL,
    events    bigint      NOT NULL,
    name_id   integer     NOT NULL,
    is_hour   boolean     NOT NULL,

    CONSTRAINT event_count_pkey PRIMARY KEY (name_id, is_hour, bucket_at)
)
-- No indexed column ever changes, so updates stay on their page.
WITH (fillfactor = 70);
COMMENT ON TABLE event_count IS 'Events by name in spans of five minutes and of an hour. What event_count_change holds is not in it yet.';
COMMENT ON COLUMN event_count.bucket_at IS 'Begin of the span, by occurred_at.';
COMMENT ON COLUMN event_count.events IS 'Events in the span.';
COMMENT ON COLUMN event_count.name_id IS 'Their name.';
COMMENT ON COLUMN event_count.is_hour IS 'Whether the span is an hour; else five minutes.';

CREATE TABLE event_count_change (
    bucket_at timestamptz NOT NULL,
    name_id   integer     NOT NULL,
    events    integer     NOT NULL
);
COMMENT ON TABLE event_count_change IS 'Events that are stored and not yet in event_count: written in the transaction that stores them, folded by the leader.';
COMMENT ON COLUMN event_count_change.bucket_at IS 'Begin of five minutes.';
COMMENT ON COLUMN event_count_change.name_id IS 'Their name.';
COMMENT ON COLUMN event_count_change.events IS 'How many more.';

CREATE TABLE event_intake (
    bucket_at  timestamptz NOT NULL,
    accepted   bigint      NOT NULL,
    duplicates bigint      NOT NULL,
    rejected   bigint      NOT NULL,
    limited    bigint      NOT NULL,
    key_id     integer     NOT NULL,

    CONSTRAINT event_intake_pkey PRIMARY KEY (key_id, bucket_at)
)
WITH (fillfactor = 70);
COMMENT ON TABLE event_intake IS 'What came with each key, in spans of five minutes by time of receipt. What event_intake_change holds is not in it yet.';
COMMENT ON COLUMN event_intake.bucket_at IS 'Begin of the span.';
COMMENT ON COLUMN event_intake.accepted IS 'Events that were stored.';
COMMENT ON COLUMN event_intake.duplicates IS 'Events that had been stored before.';
COMMENT ON COLUMN event_intake.rejected IS 'Events that were rejected; event_reject has them.';
COMMENT ON COLUMN event_intake.limited IS 'Events that were turned away because the key sent too many.';
COMMENT ON COLUMN event_intake.key_id IS 'The key.';

CREATE TABLE event_intake_change (
    bucket_at  timestamptz NOT NULL,
    key_id     integer     NOT NULL,
    accepted   integer     NOT NULL,
    duplicates integer     NOT NULL,
    rejected   integer     NOT NULL,
    limited    integer     NOT NULL
);
COMMENT ON TABLE event_intake_change IS 'What is not yet in event_intake: written with the events, folded by the leader.';
COMMENT ON COLUMN event_intake_change.bucket_at IS 'Begin of five minutes.';
COMMENT ON COLUMN event_intake_change.key_id IS 'The key.';
COMMENT ON COLUMN event_intake_change.accepted IS 'Events that were stored.';
COMMENT ON COLUMN event_intake_change.duplicates IS 'Events that had been stored before.';
COMMENT ON COLUMN event_intake_change.rejected IS 'Events that were rejected.';
COMMENT ON COLUMN event_intake_change.limited IS 'Events that were turned away because the key sent too many.';

CREATE TABLE event_reject (
    rejected_at timestamptz NOT NULL DEFAULT now(),
    tried_at    timestamptz,
    replayed_at timestamptz,
    reject_id   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    stored_as   uuid,
    key_id      integer     NOT NULL REFERENCES event_key,
    client_id   smallint    NOT NULL REFERENCES event_client,
    event       text,
    schema      text,
    pointer     text        NOT NULL,
    reason      text        NOT NULL,
    replayed_by text,
    body        text        NOT NULL,

    CONSTRAINT event_reject_pkey PRIMARY KEY (reject_id),
    CONSTRAINT event_reject_replayed_by_somebody CHECK ((replayed_at IS NULL) = (replayed_by IS NULL)),
    CONSTRAINT event_reject_stored_by_replay CHECK (stored_as IS NULL OR replayed_at IS NOT NULL)
);
-- A message id is stored by one replay only, whenever that was (replay_rejects).
CREATE UNIQUE INDEX event_reject_stored_key ON event_reject (client_id, stored_as) WHERE stored_as IS NOT NULL;
-- The newest of a client, for people.
CREATE INDEX event_reject_client_idx ON event_reject (client_id, reject_id DESC);
-- Old ones go.
CREATE INDEX event_reject_at_idx ON event_reject (rejected_at);
COMMENT ON TABLE event_reject IS 'Events that could not be stored, a row each: to be looked at, and checked again once the cause is gone (`coordinator event replay`).';
COMMENT ON COLUMN event_reject.rejected_at IS 'When.';
COMMENT ON COLUMN event_reject.tried_at IS 'When it was last checked again and rejected again; pointer and reason are those of that time.';
COMMENT ON COLUMN event_reject.replayed_at IS 'When it was checked again and was sound; NULL while it is rejected.';
COMMENT ON COLUMN event_reject.reject_id IS 'Key.';
COMMENT ON COLUMN event_reject.stored_as IS 'The message id under which the replay stored it; NULL if it had been stored before.';
COMMENT ON COLUMN event_reject.key_id IS 'The key that sent it.';
COMMENT ON COLUMN event_reject.client_id IS 'Its client.';
COMMENT ON COLUMN event_reject.event IS 'Its name, where that could be read.';
COMMENT ON COLUMN event_reject.schema IS 'The version of the schema that it names or was checked against.';
COMMENT ON COLUMN event_reject.pointer IS 'JSON pointer to the place that is wrong, from the event; empty for the whole of it.';
COMMENT ON COLUMN event_reject.reason IS 'What is wrong.';
COMMENT ON COLUMN event_reject.replayed_by IS 'Who replayed it.';
COMMENT ON COLUMN event_reject.body IS 'The event as it came, up to 64 KiB.';

-- Sealing empties them (0026).
INSERT INTO retention (parent, keep_for) VALUES ('event', '3 days');

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('event_record', 'analysts', 'analytics_detail'),
    ('event_five_minutes', 'analysts', 'analytics'),
    ('event_hour', 'analysts', 'analytics'),
    ('event_user_day', 'analysts', 'analytics'),
    ('event_key_intake', 'operators', 'analytics');
