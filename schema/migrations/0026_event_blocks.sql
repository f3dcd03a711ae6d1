-- Sealing of events: those of a day that is over by more than every duplicate window are packed by
-- name, some thousand to a row, column by column. Message keys are not kept: no duplicate is looked
-- for so far back.

CREATE TABLE event_block (
    received_day timestamptz NOT NULL,
    base_at      timestamptz NOT NULL,
    block_id     bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    name_id      integer     NOT NULL,
    events       integer     NOT NULL,
    users        smallint[]  COMPRESSION pglz NOT NULL,
    numbers      smallint[]  COMPRESSION pglz NOT NULL,
    offsets      integer[]   COMPRESSION pglz NOT NULL,
    keys         text[]      COMPRESSION pglz NOT NULL,
    dictionary   jsonb       COMPRESSION pglz NOT NULL,

    -- Serves a day of an event, and its sealing.
    CONSTRAINT event_block_pkey PRIMARY KEY (name_id, received_day, block_id),
    CONSTRAINT event_block_not_empty CHECK (events >= 1),
    CONSTRAINT event_block_has_users CHECK (cardinality(users) = 2 * events),
    CONSTRAINT event_block_has_lines CHECK (cardinality(numbers) = (18 + cardinality(keys)) * events),
    CONSTRAINT event_block_has_offsets CHECK (cardinality(offsets) = cardinality(keys))
) PARTITION BY RANGE (received_day);
COMMENT ON TABLE event_block IS 'Sealed events of one name and day, some thousand to a row, in the order of receipt; read them through event_sealed. Arrays have a line for each column and a place for each event, as equal things compress well side by side. Partitioned by the day of receipt.';
COMMENT ON COLUMN event_block.received_day IS 'Begin of the day (UTC) on which they were received.';
COMMENT ON COLUMN event_block.base_at IS 'When the first was received: times count from it.';
COMMENT ON COLUMN event_block.block_id IS 'Key, with name and day.';
COMMENT ON COLUMN event_block.name_id IS 'Their name.';
COMMENT ON COLUMN event_block.events IS 'How many.';
COMMENT ON COLUMN event_block.users IS 'Two lines: the high and the low 16 bits of user_id, the low ones less 32768. A column of its own, so that erasure reads no more.';
COMMENT ON COLUMN event_block.numbers IS 'Lines 1 to 4: sent_at; 5 to 8: original_at; 9 to 12: received_at; 13 to 16: occurred_at; 17: place_id; 18: flags; then one for each key. A time is the milliseconds after base_at as three numbers of 16 bits, the lower two less 32768, and the microseconds beyond, -1 for no time. The number of a key leads to its value in dictionary; -1 where an event has no such property.';
COMMENT ON COLUMN event_block.offsets IS 'Where in dictionary the values of each key begin.';
COMMENT ON COLUMN event_block.keys IS 'Names of the properties; empty for one that erasure left no value of.';
COMMENT ON COLUMN event_block.dictionary IS 'The different values of all properties, key by key; null for one that was erased.';
CREATE TABLE event_block_default PARTITION OF event_block DEFAULT;
COMMENT ON TABLE event_block_default IS 'Blocks of days that have no partition.';

-- Kept until an operator sets a time.
INSERT INTO retention (parent, keep_for) VALUES ('event_block', NULL);
COMMENT ON COLUMN retention.keep_for IS 'A partition is dropped when its last moment is this long ago and nothing holds it; NULL keeps all. Of snapshot and event, only partitions that sealing has emptied are dropped, at any age: set that of event_block for how long events are kept.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('event_sealed', 'analysts', 'analytics_detail');

-- Events are exported from now on.
INSERT INTO first_day (on_day, of_table) VALUES ((now() AT TIME ZONE 'UTC')::date, 'event');
COMMENT ON COLUMN first_day.of_table IS 'The table: snapshot, showtime_tariff, job, showtime or event.';
COMMENT ON TABLE late_day IS 'Past days for which rows were stored or changed and that day_revision does not count yet: append-only, without a key, so that writers never wait for each other.';
COMMENT ON COLUMN late_day.of_table IS 'The table of these rows: snapshot, showtime_tariff, showtime or event; the day of a showtime is that of its discovery, that of an event the one on which it was received.';
COMMENT ON COLUMN day_revision.of_table IS 'The table: snapshot, showtime_tariff, showtime or event.';
COMMENT ON COLUMN exported_day.data_set IS 'showtimes, seat-records, snapshots, jobs, prices or events.';
