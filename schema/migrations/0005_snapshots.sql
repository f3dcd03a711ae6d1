-- Seats and prices over time. A snapshot is one row: counters, and one nibble
-- (or byte) per seat in layout order. A row per seat would take fifty times
-- the space; the view seat_record gives one.

CREATE TYPE seat_status AS ENUM (
    'available', 'sold', 'held', 'blocked', 'broken', 'house', 'unknown');
COMMENT ON TYPE seat_status IS 'available; sold; held: in a basket or reserved; blocked: kept back; broken; house: for the cinema''s own use; unknown: the source says that it does not know.';

CREATE TABLE layout (
    layout_id     integer  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer  NOT NULL REFERENCES source,
    discovered_by bigint   NOT NULL,
    content_hash  uuid     NOT NULL,
    seat_count    smallint NOT NULL,
    x             integer[] NOT NULL,
    y             integer[] NOT NULL,
    seat_key      text[]   NOT NULL,
    row_label     text[]   NOT NULL,
    seat_number   text[]   NOT NULL,
    area          text[]   NOT NULL,
    kind          text[]   NOT NULL,
    seat_group    text[]   NOT NULL,

    CONSTRAINT layout_content_key UNIQUE (source_id, content_hash),
    CONSTRAINT layout_not_empty CHECK (seat_count >= 1),
    CONSTRAINT layout_arrays_agree CHECK (
        cardinality(x) = seat_count AND cardinality(y) = seat_count
        AND cardinality(seat_key) = seat_count AND cardinality(row_label) = seat_count
        AND cardinality(seat_number) = seat_count AND cardinality(area) = seat_count
        AND cardinality(kind) = seat_count AND cardinality(seat_group) = seat_count)
);
COMMENT ON TABLE layout IS 'The seats of an auditorium in a fixed order; never changed, shared by all snapshots that have these seats.';
COMMENT ON COLUMN layout.layout_id IS 'Key.';
COMMENT ON COLUMN layout.source_id IS 'The source that shows it.';
COMMENT ON COLUMN layout.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN layout.content_hash IS '128-bit hash of all the arrays.';
COMMENT ON COLUMN layout.seat_count IS 'Seats; the length of every array.';
-- If the source gives no position for a seat, its entry in the array is NULL, and so is its value in
-- seat_record. The constraints of the table allow that.

COMMENT ON COLUMN layout.x IS 'Position from the left, in the source''s unit; an entry is NULL where the source gives none.';
COMMENT ON COLUMN layout.y IS 'Position from the front, in the source''s unit; an entry is NULL where the source gives none.';
COMMENT ON COLUMN layout.seat_key IS 'Stable key, unique in the layout.';
COMMENT ON COLUMN layout.row_label IS 'Row as displayed.';
COMMENT ON COLUMN layout.seat_number IS 'Number as displayed.';
COMMENT ON COLUMN layout.area IS 'Area or price zone.';
COMMENT ON COLUMN layout.kind IS 'Kind of seat.';
COMMENT ON COLUMN layout.seat_group IS 'Seats sold together share a group; empty for none.';

CREATE TABLE seat_code (
    source_id     integer     NOT NULL REFERENCES source,
    code_index    smallint    NOT NULL,
    discovered_by bigint      NOT NULL,
    status        seat_status,
    code          text        NOT NULL,

    CONSTRAINT seat_code_pkey PRIMARY KEY (source_id, code_index),
    CONSTRAINT seat_code_code_key UNIQUE (source_id, code),
    CONSTRAINT seat_code_index_is_byte CHECK (code_index BETWEEN 0 AND 255)
);
COMMENT ON TABLE seat_code IS 'Meaning of the status codes of each source. Snapshots keep the code, so mapping a code later corrects the past.';
COMMENT ON COLUMN seat_code.source_id IS 'The source that says it.';
COMMENT ON COLUMN seat_code.code_index IS 'Number that snapshots store for it.';
COMMENT ON COLUMN seat_code.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN seat_code.status IS 'Status that it means; NULL while it is not mapped.';
COMMENT ON COLUMN seat_code.code IS 'The code as it came, several fields joined by |.';

CREATE TABLE snapshot (
    observed_at timestamptz NOT NULL,
    job_id      bigint      NOT NULL,
    showtime_id integer     NOT NULL,
    layout_id   integer     NOT NULL,
    available   smallint    NOT NULL,
    sold        smallint    NOT NULL,
    held        smallint    NOT NULL,
    blocked     smallint    NOT NULL,
    broken      smallint    NOT NULL,
    house       smallint    NOT NULL,
    unknown     smallint    NOT NULL,
    unmapped    smallint    NOT NULL,
    seats       bytea       NOT NULL,

    CONSTRAINT snapshot_pkey PRIMARY KEY (showtime_id, observed_at),
    CONSTRAINT snapshot_seats_packed CHECK (octet_length(seats) IN (
        available + sold + held + blocked + broken + house + unknown + unmapped,
        (available + sold + held + blocked + broken + house + unknown + unmapped + 1) / 2))
) PARTITION BY RANGE (observed_at);
COMMENT ON TABLE snapshot IS 'The state of all seats of a showtime at one time; stored when it differs from the one before.';
COMMENT ON COLUMN snapshot.observed_at IS 'When the answer was complete, by the clock of the database.';
COMMENT ON COLUMN snapshot.job_id IS 'The job that saw it.';
COMMENT ON COLUMN snapshot.showtime_id IS 'The showtime.';
COMMENT ON COLUMN snapshot.layout_id IS 'Which seats, in which order.';
COMMENT ON COLUMN snapshot.available IS 'Seats that can be bought.';
COMMENT ON COLUMN snapshot.sold IS 'Seats sold.';
COMMENT ON COLUMN snapshot.held IS 'Seats in a basket or reserved.';
COMMENT ON COLUMN snapshot.blocked IS 'Seats kept back.';
COMMENT ON COLUMN snapshot.broken IS 'Seats out of order.';
COMMENT ON COLUMN snapshot.house IS 'House seats.';
COMMENT ON COLUMN snapshot.unknown IS 'Seats of which the source says that it does not know.';
COMMENT ON COLUMN snapshot.unmapped IS 'Seats whose code was not mapped when it was stored.';
COMMENT ON COLUMN snapshot.seats IS 'seat_code.code_index per seat in layout order: two to a byte, the first in the low half; a whole byte each if an index is above 15.';

CREATE TABLE tariff (
    tariff_id     integer   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer   NOT NULL REFERENCES source,
    discovered_by bigint    NOT NULL,
    content_hash  uuid      NOT NULL,
    currency      char(3)   NOT NULL,
    amount        numeric[] NOT NULL,
    amount_max    numeric[] NOT NULL,
    fee           numeric[] NOT NULL,
    tax_included  boolean[] NOT NULL,
    ticket        text[]    NOT NULL,
    area          text[]    NOT NULL,

    CONSTRAINT tariff_content_key UNIQUE (source_id, content_hash),
    CONSTRAINT tariff_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT tariff_arrays_agree CHECK (
        cardinality(amount) >= 1
        AND cardinality(amount_max) = cardinality(amount)
        AND cardinality(fee) = cardinality(amount)
        AND cardinality(tax_included) = cardinality(amount)
        AND cardinality(ticket) = cardinality(amount)
        AND cardinality(area) = cardinality(amount))
);
COMMENT ON TABLE tariff IS 'A set of prices, shared by all showtimes that have it.';
COMMENT ON COLUMN tariff.tariff_id IS 'Key.';
COMMENT ON COLUMN tariff.source_id IS 'The source that has it.';
COMMENT ON COLUMN tariff.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN tariff.content_hash IS '128-bit hash of currency and arrays.';
COMMENT ON COLUMN tariff.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN tariff.amount IS 'Amounts in major units.';
COMMENT ON COLUMN tariff.amount_max IS 'Upper end of each amount, where the source gives a range, else NULL.';
COMMENT ON COLUMN tariff.fee IS 'Booking fee on top of each amount, else NULL.';
COMMENT ON COLUMN tariff.tax_included IS 'Whether tax is in each amount; NULL where the source does not say.';
COMMENT ON COLUMN tariff.ticket IS 'Ticket type of each amount.';
COMMENT ON COLUMN tariff.area IS 'Area of each amount; empty if the amount holds in all areas.';

CREATE TABLE showtime_tariff (
    observed_at timestamptz NOT NULL,
    job_id      bigint      NOT NULL,
    showtime_id integer     NOT NULL,
    tariff_id   integer     NOT NULL,

    CONSTRAINT showtime_tariff_pkey PRIMARY KEY (showtime_id, observed_at)
);
COMMENT ON TABLE showtime_tariff IS 'Prices of a showtime over time: a row when they change.';
COMMENT ON COLUMN showtime_tariff.observed_at IS 'When these prices were seen first.';
COMMENT ON COLUMN showtime_tariff.job_id IS 'The job that saw it.';
COMMENT ON COLUMN showtime_tariff.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_tariff.tariff_id IS 'Its prices.';

CREATE TABLE showtime_latest (
    observed_at     timestamptz NOT NULL,
    job_id          bigint      NOT NULL,
    price_median    double precision,
    showtime_id     integer     NOT NULL,
    layout_id       integer,
    tariff_id       integer,
    auditorium_id   integer,
    seat_count      smallint,
    sold            smallint,
    unmapped        smallint,
    repeated_labels smallint,
    label_fields    smallint,
    state_hash      uuid,

    CONSTRAINT showtime_latest_pkey PRIMARY KEY (showtime_id),
    CONSTRAINT showtime_latest_seats_whole CHECK ((layout_id IS NULL) = (state_hash IS NULL))
)
-- No indexed column ever changes, so updates stay on their page.
WITH (fillfactor = 60);
COMMENT ON TABLE showtime_latest IS 'The last stored state of each showtime; an answer that equals it is an observation without change.';
COMMENT ON COLUMN showtime_latest.observed_at IS 'Time of its last stored snapshot or tariff.';
COMMENT ON COLUMN showtime_latest.job_id IS 'The job that saw it.';
COMMENT ON COLUMN showtime_latest.price_median IS 'Median amount of its last prices, in major units.';
COMMENT ON COLUMN showtime_latest.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_latest.layout_id IS 'Layout of its last snapshot; NULL while only prices were seen.';
COMMENT ON COLUMN showtime_latest.tariff_id IS 'Its last tariff.';
COMMENT ON COLUMN showtime_latest.auditorium_id IS 'Its auditorium when it was seen first.';
COMMENT ON COLUMN showtime_latest.seat_count IS 'Seats of its last snapshot.';
COMMENT ON COLUMN showtime_latest.sold IS 'Seats sold in its last snapshot.';
COMMENT ON COLUMN showtime_latest.unmapped IS 'Seats of its last snapshot whose code was not mapped.';
COMMENT ON COLUMN showtime_latest.repeated_labels IS 'Seats of its layout that share row, number and area with another.';
COMMENT ON COLUMN showtime_latest.label_fields IS 'Labels that nearly all seats of its layout have, as a sum: 1 row, 2 number, 4 area, 8 kind.';
COMMENT ON COLUMN showtime_latest.state_hash IS '128-bit hash of the seats as packed.';

-- Serves the claim of a showtime that was never seen: it reads the last state in its auditorium.
CREATE INDEX showtime_latest_auditorium_idx ON showtime_latest (auditorium_id, showtime_id)
    WHERE auditorium_id IS NOT NULL;

CREATE TABLE observation (
    value       double precision NOT NULL,
    at          timestamptz      NOT NULL,
    observed_at timestamptz      NOT NULL,
    job_id      bigint           NOT NULL,
    source_id   integer          NOT NULL,
    subject     text             NOT NULL,
    metric      text             NOT NULL,
    properties  jsonb            NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (observed_at);
COMMENT ON TABLE observation IS 'Values over time other than seats: weather, views of a video, mentions of a film.';
COMMENT ON COLUMN observation.value IS 'The value.';
COMMENT ON COLUMN observation.at IS 'When it held; the time of the answer where the source does not say.';
COMMENT ON COLUMN observation.observed_at IS 'When the answer was complete.';
COMMENT ON COLUMN observation.job_id IS 'The job that saw it; see job_lineage.';
COMMENT ON COLUMN observation.source_id IS 'The source that says it.';
COMMENT ON COLUMN observation.subject IS 'Key, at the source, of the thing that was measured.';
COMMENT ON COLUMN observation.metric IS 'What was measured, with its unit where it has one.';
COMMENT ON COLUMN observation.properties IS 'Further properties from the source.';

-- Serves the values of one subject over time.
CREATE INDEX observation_subject_idx ON observation (source_id, subject, metric, at);

CREATE TABLE snapshot_default PARTITION OF snapshot DEFAULT;
COMMENT ON TABLE snapshot_default IS 'Snapshots that fit into no daily partition.';

CREATE TABLE observation_default PARTITION OF observation DEFAULT;
COMMENT ON TABLE observation_default IS 'Observations that fit into no daily partition.';

-- Sealing: the snapshots of a past showtime, packed into one row; and how long partitions are kept.

CREATE TABLE sealed_showtime (
    first_observed_at timestamptz NOT NULL,
    last_observed_at  timestamptz NOT NULL,
    looked_before_at  timestamptz,
    looked_after_at   timestamptz,
    showtime_id       integer     NOT NULL,
    snapshot_count    smallint    NOT NULL,
    data              bytea       NOT NULL,

    CONSTRAINT sealed_showtime_pkey PRIMARY KEY (showtime_id),
    CONSTRAINT sealed_showtime_in_order CHECK (first_observed_at <= last_observed_at),
    CONSTRAINT sealed_showtime_not_empty CHECK (snapshot_count >= 1)
);
COMMENT ON TABLE sealed_showtime IS 'All snapshots of a showtime that is over, in one row; read them through seat_snapshot.';
COMMENT ON COLUMN sealed_showtime.first_observed_at IS 'Time of its first snapshot; the times of the others count from it.';
COMMENT ON COLUMN sealed_showtime.last_observed_at IS 'Time of its last snapshot.';
COMMENT ON COLUMN sealed_showtime.looked_before_at IS 'The last look before it started, changed or not; kept here because the history of jobs is dropped some day. NULL if there was none.';
COMMENT ON COLUMN sealed_showtime.looked_after_at IS 'The first look after it started, changed or not; NULL if there was none.';
COMMENT ON COLUMN sealed_showtime.showtime_id IS 'The showtime.';
COMMENT ON COLUMN sealed_showtime.snapshot_count IS 'How many snapshots are in it.';
COMMENT ON COLUMN sealed_showtime.data IS 'Times, jobs, and seats: one whole state, then only the bytes that changed. It has codes, not their meaning. The module seal::pack of the crate schema describes the format; unseal reads it.';

-- Serves seat_snapshots_between at almost no cost: rows come nearly in the order of their time.
CREATE INDEX sealed_showtime_observed_idx ON sealed_showtime
    USING brin (first_observed_at, last_observed_at) WITH (pages_per_range = 4, autosummarize = on);

CREATE TYPE admission_certainty AS ENUM ('exact', 'wide', 'before_only', 'after_only', 'none');
COMMENT ON TYPE admission_certainty IS 'exact: looks within 15 minutes of the start on both sides; wide: looks on both sides, one of them further away; before_only, after_only: looks on one side; none: no looks.';

-- How long partitions are kept.

CREATE TABLE retention (
    keep_for   interval,
    move_after interval,
    parent     text     NOT NULL,
    tablespace text,
    needs      text[]   NOT NULL DEFAULT '{}',

    CONSTRAINT retention_pkey PRIMARY KEY (parent),
    -- Yesterday's partition is made again where it is missing.
    CONSTRAINT retention_not_too_short CHECK (keep_for >= interval '3 days'),
    CONSTRAINT retention_moves_whole_days CHECK (move_after >= interval '1 day'),
    CONSTRAINT retention_moves_somewhere CHECK ((move_after IS NULL) = (tablespace IS NULL))
);
COMMENT ON TABLE retention IS 'How long the partitions of each table are kept; change it as you like, the leader follows within half an hour. See partition_status.';
COMMENT ON COLUMN retention.keep_for IS 'A partition is dropped when its last moment is this long ago and nothing holds it; NULL keeps all. Of snapshot, only partitions that sealing has emptied are dropped, at any age.';
COMMENT ON COLUMN retention.move_after IS 'A partition is moved to the tablespace when its last moment is this long ago; NULL moves none.';
COMMENT ON COLUMN retention.parent IS 'The partitioned table.';
COMMENT ON COLUMN retention.tablespace IS 'Where old partitions are moved to, such as a slower disk.';
COMMENT ON COLUMN retention.needs IS 'Readers without which nothing is dropped, even before they have begun to read: names of exports, for example.';

INSERT INTO retention (parent, keep_for)
-- The tables of provenance are kept until an operator sets a time.
VALUES ('job', NULL), ('job_log', NULL), ('snapshot', '3 days'), ('observation', NULL);

CREATE TABLE partition_reader (
    read_until timestamptz NOT NULL,
    parent     text        NOT NULL REFERENCES retention,
    reader     text        NOT NULL,

    CONSTRAINT partition_reader_pkey PRIMARY KEY (parent, reader)
);
COMMENT ON TABLE partition_reader IS 'Readers of partitioned tables: no partition is dropped that a rollup or an export has not read. Delete the row of a reader that no longer exists.';
COMMENT ON COLUMN partition_reader.read_until IS 'It has read all rows before this time, by the partition column.';
COMMENT ON COLUMN partition_reader.parent IS 'The partitioned table.';
COMMENT ON COLUMN partition_reader.reader IS 'Its name.';

-- Serves the prices of a day at almost no cost: rows come nearly in the order of their time.
CREATE INDEX showtime_tariff_observed_idx ON showtime_tariff
    USING brin (observed_at) WITH (pages_per_range = 8, autosummarize = on);
