-- Regions: events as files in object storage, written for another database or read from one, where
-- no replication of databases exists. The order of a file is: the file, the manifest, the row.

CREATE TABLE region (
    created_at      timestamptz NOT NULL DEFAULT now(),
    applied_at      timestamptz NOT NULL DEFAULT now(),
    done_until      timestamptz,
    recounted_until timestamptz,
    tried_at        timestamptz,
    succeeded_at    timestamptz,
    gap_since       timestamptz,
    held_until      timestamptz,
    generation      bigint      NOT NULL DEFAULT 0,
    holder          uuid,
    identity        uuid,
    region_id       integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    gap_files       integer     NOT NULL DEFAULT 0,
    is_archive      boolean     NOT NULL DEFAULT false,
    direction       text        NOT NULL,
    name            text        NOT NULL,
    place           text        NOT NULL,
    compression     text        NOT NULL,
    clients         text[]      NOT NULL,
    receivers       text[]      NOT NULL DEFAULT '{}',
    context         text[]      NOT NULL DEFAULT '{}',
    events          jsonb       NOT NULL DEFAULT '{}',
    body            text        NOT NULL,
    gap             text,
    error           text,

    CONSTRAINT region_pkey PRIMARY KEY (region_id),
    CONSTRAINT region_name_key UNIQUE (name),
    CONSTRAINT region_name_word CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    CONSTRAINT region_direction_word CHECK (direction IN ('send', 'receive')),
    CONSTRAINT region_compression_word CHECK (compression IN ('zstd', 'gzip')),
    CONSTRAINT region_has_clients CHECK (cardinality(clients) > 0),
    CONSTRAINT region_sends_hours CHECK ((direction = 'send') = (done_until IS NOT NULL)),
    CONSTRAINT region_gap_has_files CHECK ((gap_since IS NULL) = (gap_files = 0))
);
COMMENT ON TABLE region IS 'Where events are sent to and received from as files: a row for each file that an operator applied; see region_status and schema/REGIONS.md.';
COMMENT ON COLUMN region.created_at IS 'When its file was applied first.';
COMMENT ON COLUMN region.applied_at IS 'When its file was applied last: hours before are not counted again.';
COMMENT ON COLUMN region.done_until IS 'Events that were received before are in files; NULL where it receives.';
COMMENT ON COLUMN region.recounted_until IS 'Hours before were counted a second time, for events that were stored late; NULL where it receives.';
COMMENT ON COLUMN region.tried_at IS 'When the leader last tried.';
COMMENT ON COLUMN region.succeeded_at IS 'When all was written that was due, or when a new manifest was read and applied.';
COMMENT ON COLUMN region.gap_since IS 'Since when the receiver has lacked files; NULL while it lacks none.';
COMMENT ON COLUMN region.held_until IS 'When the lease of its writer ends.';
COMMENT ON COLUMN region.generation IS 'Number of the manifest that was last written or applied.';
COMMENT ON COLUMN region.holder IS 'The process that writes.';
COMMENT ON COLUMN region.identity IS 'Names the sender in its manifest. NULL where no manifest was read yet.';
COMMENT ON COLUMN region.region_id IS 'Key.';
COMMENT ON COLUMN region.gap_files IS 'Files that the receiver lacks.';
COMMENT ON COLUMN region.is_archive IS 'Whether all events and fields are sent, with the ids of users.';
COMMENT ON COLUMN region.direction IS 'send or receive.';
COMMENT ON COLUMN region.name IS 'Its name.';
COMMENT ON COLUMN region.place IS 'The directory, or s3://bucket/prefix.';
COMMENT ON COLUMN region.compression IS 'How its files are compressed: zstd or gzip.';
COMMENT ON COLUMN region.clients IS 'The clients whose events are sent or received.';
COMMENT ON COLUMN region.receivers IS 'The regions whose reports received-NAME.json the writer reads.';
COMMENT ON COLUMN region.context IS 'What is sent of every event besides its listed fields: country, region, sent_at, original_at.';
COMMENT ON COLUMN region.events IS 'Of each event that is sent, the fields, each free or pseudonym. What is not listed is not sent.';
COMMENT ON COLUMN region.body IS 'The file that declares it.';
COMMENT ON COLUMN region.gap IS 'The first of the files that the receiver lacks, and why.';
COMMENT ON COLUMN region.error IS 'Why the last try failed; NULL if it did not.';

CREATE TABLE region_key (
    region_id     integer NOT NULL REFERENCES region ON DELETE CASCADE,
    pseudonym_key bytea   NOT NULL,

    CONSTRAINT region_key_pkey PRIMARY KEY (region_id),
    CONSTRAINT region_key_long CHECK (octet_length(pseudonym_key) = 32)
);
COMMENT ON TABLE region_key IS 'The random keys of pseudonyms. Whoever has one can say whose a pseudonym is, so no view shows it, and neither analysts nor partners may read it.';
COMMENT ON COLUMN region_key.region_id IS 'The region to which events are sent.';
COMMENT ON COLUMN region_key.pseudonym_key IS 'Key of HMAC-SHA256.';

CREATE TABLE region_file (
    hour        timestamptz,
    after_at    timestamptz,
    until_at    timestamptz,
    written_at  timestamptz NOT NULL DEFAULT now(),
    sequence    bigint      NOT NULL,
    bytes       bigint      NOT NULL,
    region_id   integer     NOT NULL REFERENCES region ON DELETE CASCADE,
    events      integer     NOT NULL,
    after_name  integer,
    until_name  integer,
    client_id   smallint    REFERENCES event_client,
    is_stale    boolean     NOT NULL DEFAULT false,
    path        text        NOT NULL,
    sha256      text        NOT NULL,
    late_ids    uuid[],

    CONSTRAINT region_file_pkey PRIMARY KEY (region_id, sequence),
    CONSTRAINT region_file_of_hour CHECK ((hour IS NULL) = (client_id IS NULL)),
    CONSTRAINT region_file_after CHECK ((after_at IS NULL) = (after_name IS NULL)),
    CONSTRAINT region_file_until CHECK ((until_at IS NULL) = (until_name IS NULL))
);
-- The files of an hour (mark_stale_region_files, recount).
CREATE INDEX region_file_hour_idx ON region_file (region_id, hour, client_id);
COMMENT ON TABLE region_file IS 'The files that were sent and that the manifest lists.';
COMMENT ON COLUMN region_file.hour IS 'Begin of the hour of receipt of its events; NULL for a file of erasures.';
COMMENT ON COLUMN region_file.after_at IS 'Its first event is behind this time of receipt of after_name; NULL for the first of the hour.';
COMMENT ON COLUMN region_file.until_at IS 'Its last event is that of this time of receipt of until_name; NULL for the last of the hour.';
COMMENT ON COLUMN region_file.written_at IS 'When it was written last.';
COMMENT ON COLUMN region_file.sequence IS 'Its number; it keeps it when it is written again.';
COMMENT ON COLUMN region_file.bytes IS 'Its size.';
COMMENT ON COLUMN region_file.region_id IS 'The region.';
COMMENT ON COLUMN region_file.events IS 'Events, or erased users, in it.';
COMMENT ON COLUMN region_file.after_name IS 'With after_at, where it begins in the order of name and receipt.';
COMMENT ON COLUMN region_file.until_name IS 'With until_at, where it ends in this order.';
COMMENT ON COLUMN region_file.client_id IS 'The client of its events; NULL for a file of erasures.';
COMMENT ON COLUMN region_file.is_stale IS 'Whether it must be written again: it is lost or damaged, or an erased user is in it.';
COMMENT ON COLUMN region_file.path IS 'Its name below the place.';
COMMENT ON COLUMN region_file.sha256 IS 'Hash of its bytes, in hexadecimal.';
COMMENT ON COLUMN region_file.late_ids IS 'Of a file of events that were stored late: their ids in it; NULL for others.';

CREATE TABLE region_erasure (
    erased_at    timestamptz NOT NULL DEFAULT now(),
    number       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    sequence     bigint,
    region_id    integer     NOT NULL REFERENCES region ON DELETE CASCADE,
    erasure_id   integer     NOT NULL REFERENCES event_erasure,
    client_id    smallint    NOT NULL REFERENCES event_client,
    is_marked    boolean     NOT NULL DEFAULT false,
    pseudonym    text        NOT NULL,

    CONSTRAINT region_erasure_pkey PRIMARY KEY (number)
);
-- Those that wait, and those of a file.
CREATE INDEX region_erasure_sequence_idx ON region_erasure (region_id, sequence);
COMMENT ON TABLE region_erasure IS 'Erased users by the pseudonyms that regions know them by: written before the id is gone, in the same transaction.';
COMMENT ON COLUMN region_erasure.erased_at IS 'When the user was erased.';
COMMENT ON COLUMN region_erasure.number IS 'Key.';
COMMENT ON COLUMN region_erasure.sequence IS 'The file that says so to the region; NULL until it is written.';
COMMENT ON COLUMN region_erasure.region_id IS 'The region.';
COMMENT ON COLUMN region_erasure.erasure_id IS 'The erasure.';
COMMENT ON COLUMN region_erasure.client_id IS 'The client whose user it was.';
COMMENT ON COLUMN region_erasure.is_marked IS 'Whether the files with events of the user were marked, to be written again without properties.';
COMMENT ON COLUMN region_erasure.pseudonym IS 'What the region knows the user by; leads to nobody any more.';

CREATE TABLE region_applied (
    applied_at timestamptz NOT NULL DEFAULT now(),
    sequence   bigint      NOT NULL,
    bytes      bigint      NOT NULL,
    region_id  integer     NOT NULL REFERENCES region ON DELETE CASCADE,
    events     integer     NOT NULL,
    duplicates integer     NOT NULL,
    path       text        NOT NULL,

    CONSTRAINT region_applied_pkey PRIMARY KEY (region_id, sequence)
);
COMMENT ON TABLE region_applied IS 'The received files that were applied, each in the transaction that stored its events: none is applied twice.';
COMMENT ON COLUMN region_applied.applied_at IS 'When.';
COMMENT ON COLUMN region_applied.sequence IS 'Its number in the manifest.';
COMMENT ON COLUMN region_applied.bytes IS 'Its size.';
COMMENT ON COLUMN region_applied.region_id IS 'The region.';
COMMENT ON COLUMN region_applied.events IS 'Events that were stored, or users that were erased.';
COMMENT ON COLUMN region_applied.duplicates IS 'Events that had been stored before.';
COMMENT ON COLUMN region_applied.path IS 'Its name below the place.';

CREATE TABLE region_suppressed (
    erased_at timestamptz NOT NULL,
    region_id integer     NOT NULL REFERENCES region ON DELETE CASCADE,
    client_id smallint    NOT NULL REFERENCES event_client,
    user_hash bytea       NOT NULL,

    CONSTRAINT region_suppressed_pkey PRIMARY KEY (region_id, client_id, user_hash)
);
COMMENT ON TABLE region_suppressed IS 'Users that a sender erased: events of before that are received later are those of nobody.';
COMMENT ON COLUMN region_suppressed.erased_at IS 'When the sender erased the user, by its clock, as the times of receipt in its files.';
COMMENT ON COLUMN region_suppressed.region_id IS 'The region.';
COMMENT ON COLUMN region_suppressed.client_id IS 'The client whose user it was.';
COMMENT ON COLUMN region_suppressed.user_hash IS 'SHA-256 of the pseudonym.';

ALTER TABLE alert
    DROP CONSTRAINT alert_subject_kind_word,
    ADD CONSTRAINT alert_subject_kind_word CHECK (subject_kind IN (
        'fleet', 'source', 'limit_key', 'pod', 'pass', 'condition', 'receiver', 'rollup', 'table', 'data_set',
        'built_data_set', 'anomaly', 'client', 'region', 'server'));

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('region_status', 'operators', 'analytics');
