-- Export: what was written where, of which day, and which days changed since.
--
-- A day is UTC, as the days of partitions are. It is complete a quarter of an hour after its
-- end: by then every transaction that began in it has ended. What is stored later leaves the day
-- in a log, in its own transaction, so no clock and no sequence says what an export has not seen.

CREATE TABLE late_day (
    marked_at timestamptz NOT NULL DEFAULT now(),
    on_day    date        NOT NULL,
    of_table  text        NOT NULL
);
COMMENT ON TABLE late_day IS 'Days that were over when something of them was stored, and of which day_revision does not know yet: append-only, without a key, so that writers never wait for each other.';
COMMENT ON COLUMN late_day.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN late_day.on_day IS 'The day, UTC.';
COMMENT ON COLUMN late_day.of_table IS 'Where it was stored: snapshot or showtime_tariff.';

CREATE TABLE day_revision (
    changed_at timestamptz NOT NULL DEFAULT now(),
    revision   integer     NOT NULL DEFAULT 1,
    on_day     date        NOT NULL,
    of_table   text        NOT NULL,

    CONSTRAINT day_revision_pkey PRIMARY KEY (of_table, on_day)
);
COMMENT ON TABLE day_revision IS 'How often something was stored of a day that was over; a day without a row was never changed. What was exported of an older revision is exported again.';
COMMENT ON COLUMN day_revision.changed_at IS 'When it was noticed last.';
COMMENT ON COLUMN day_revision.revision IS 'Counts from 1.';
COMMENT ON COLUMN day_revision.on_day IS 'The day, UTC.';
COMMENT ON COLUMN day_revision.of_table IS 'The table: snapshot or showtime_tariff.';

CREATE TABLE first_day (
    on_day   date NOT NULL,
    of_table text NOT NULL,

    CONSTRAINT first_day_pkey PRIMARY KEY (of_table)
);
COMMENT ON TABLE first_day IS 'From which day on all days are exported; what is stored of earlier ones has a row in day_revision.';
COMMENT ON COLUMN first_day.on_day IS 'The first day of which something was stored when this table was made, UTC.';
COMMENT ON COLUMN first_day.of_table IS 'The table: snapshot, showtime_tariff or job.';
INSERT INTO first_day (on_day, of_table)
SELECT (coalesce(begun.first_at, now()) AT TIME ZONE 'UTC')::date, begun.of_table
FROM (
    SELECT 'snapshot', least(
        (SELECT min(observed_at) FROM snapshot), (SELECT min(first_observed_at) FROM sealed_showtime))
    UNION ALL
    SELECT 'showtime_tariff', min(observed_at) FROM showtime_tariff
    UNION ALL
    SELECT 'job', min(finished_at) FROM job
) AS begun (of_table, first_at);

CREATE FUNCTION mark_late() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_day (on_day, of_table)
    SELECT DISTINCT (observed_at AT TIME ZONE 'UTC')::date, TG_TABLE_NAME
    FROM stored
    WHERE observed_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_late IS 'Leaves the days of rows that are stored after their day in late_day. Example: CREATE TRIGGER mark_late AFTER INSERT ON snapshot REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();';

-- Snapshots are never updated but when they are counted again; an export counts by itself.
CREATE TRIGGER mark_late AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();
CREATE TRIGGER mark_late AFTER INSERT ON showtime_tariff
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late();

-- Serves the prices of a day for next to no cost: rows come nearly in the order of their time.
CREATE INDEX showtime_tariff_observed_idx ON showtime_tariff
    USING brin (observed_at) WITH (pages_per_range = 8, autosummarize = on);

CREATE TABLE export_place (
    place_id   integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity   uuid        NOT NULL DEFAULT gen_random_uuid(),
    holder     uuid,
    held_until timestamptz,
    address    text        NOT NULL,

    CONSTRAINT export_place_address_key UNIQUE (address),
    CONSTRAINT export_place_held_by_someone CHECK ((holder IS NULL) = (held_until IS NULL))
);
COMMENT ON TABLE export_place IS 'Where `coordinator export` writes to; one process at a time.';
COMMENT ON COLUMN export_place.place_id IS 'Key.';
COMMENT ON COLUMN export_place.identity IS 'Stands in the manifest there, so that two databases do not write into one place.';
COMMENT ON COLUMN export_place.holder IS 'The process that writes there now, or did.';
COMMENT ON COLUMN export_place.held_until IS 'Nobody else writes there before then, by the clock of the database.';
COMMENT ON COLUMN export_place.address IS 'Directory or bucket and prefix, as in file:///srv/export or s3://bucket/prefix.';

CREATE TABLE exported_day (
    exported_at  timestamptz NOT NULL DEFAULT now(),
    row_count    bigint      NOT NULL,
    bytes        bigint      NOT NULL,
    place_id     integer     NOT NULL REFERENCES export_place,
    revision     integer     NOT NULL,
    on_day       date        NOT NULL,
    data_set     text        NOT NULL,
    files        text[]      NOT NULL,
    source_ids   integer[]   NOT NULL,
    code_indexes smallint[]  NOT NULL,
    statuses     seat_status[] NOT NULL,

    CONSTRAINT exported_day_pkey PRIMARY KEY (place_id, data_set, on_day),
    CONSTRAINT exported_day_codes_agree CHECK (
        cardinality(code_indexes) = cardinality(source_ids)
        AND cardinality(statuses) = cardinality(source_ids))
);
COMMENT ON TABLE exported_day IS 'What was exported of a day, and by which meaning of codes; agrees with the manifest of the place.';
COMMENT ON COLUMN exported_day.exported_at IS 'When it was last looked at and found so.';
COMMENT ON COLUMN exported_day.row_count IS 'Rows in its files.';
COMMENT ON COLUMN exported_day.bytes IS 'Size of its files.';
COMMENT ON COLUMN exported_day.place_id IS 'Where.';
COMMENT ON COLUMN exported_day.revision IS 'The day_revision.revision that was read; 0 for none.';
COMMENT ON COLUMN exported_day.on_day IS 'The day, UTC.';
COMMENT ON COLUMN exported_day.data_set IS 'seat-records, snapshots, jobs or prices.';
COMMENT ON COLUMN exported_day.files IS 'Names of its files below the place; none of a day without rows.';
COMMENT ON COLUMN exported_day.source_ids IS 'With code_indexes: the seat codes that occur in it.';
COMMENT ON COLUMN exported_day.code_indexes IS 'See source_ids.';
COMMENT ON COLUMN exported_day.statuses IS 'What each of these codes meant; NULL where nothing mapped it. It is exported again when one means something else.';

CREATE FUNCTION days_to_export(of_place integer, of_data_set text)
RETURNS TABLE (on_day date, revision integer)
LANGUAGE sql STABLE
AS $$
    SELECT day.on_day, coalesce(known.revision, 0)
    FROM (
        SELECT
            CASE of_data_set WHEN 'jobs' THEN 'job' WHEN 'prices' THEN 'showtime_tariff' ELSE 'snapshot' END AS of_table,
            -- The first day that is not complete.
            ((now() - interval '15 minutes') AT TIME ZONE 'UTC')::date AS until_on
    ) AS asked
    CROSS JOIN LATERAL (
        SELECT generate_series(first_day.on_day, asked.until_on - 1, interval '1 day')::date AS on_day
        FROM first_day
        WHERE first_day.of_table = asked.of_table
        UNION
        SELECT changed.on_day
        FROM day_revision AS changed
        WHERE changed.of_table = asked.of_table AND changed.on_day < asked.until_on
    ) AS day
    LEFT JOIN day_revision AS known ON known.of_table = asked.of_table AND known.on_day = day.on_day
    LEFT JOIN exported_day AS done
        ON done.place_id = of_place AND done.data_set = of_data_set AND done.on_day = day.on_day
    WHERE done.place_id IS NULL
        OR done.revision <> coalesce(known.revision, 0)
        OR EXISTS (
            SELECT
            FROM unnest(done.source_ids, done.code_indexes, done.statuses) AS used (source_id, code_index, status)
            INNER JOIN seat_code
                ON seat_code.source_id = used.source_id AND seat_code.code_index = used.code_index
            WHERE seat_code.status IS DISTINCT FROM used.status
        )
    ORDER BY day.on_day
$$;
COMMENT ON FUNCTION days_to_export IS 'The complete days of a data set that were not exported to a place yet, or of which something was stored since, or whose codes mean something else now. Example: SELECT place.address, due.on_day FROM export_place AS place CROSS JOIN LATERAL days_to_export(place.place_id, ''seat-records'') AS due;';

CREATE VIEW export_status WITH (security_invoker = true) AS
SELECT
    export_place.address,
    data_set.name AS data_set,
    coalesce(done.days, 0) AS days,
    done.first_on,
    done.last_on,
    coalesce(done.row_count, 0) AS row_count,
    coalesce(done.bytes, 0) AS bytes,
    done.exported_at,
    waiting.days AS days_waiting,
    waiting.first_on AS waiting_from_on,
    export_place.held_until > now() AS is_under_way
FROM export_place
CROSS JOIN (VALUES ('seat-records'), ('snapshots'), ('jobs'), ('prices')) AS data_set (name)
LEFT JOIN LATERAL (
    SELECT
        count(*) AS days,
        min(exported_day.on_day) AS first_on,
        max(exported_day.on_day) AS last_on,
        sum(exported_day.row_count)::bigint AS row_count,
        sum(exported_day.bytes)::bigint AS bytes,
        max(exported_day.exported_at) AS exported_at
    FROM exported_day
    WHERE exported_day.place_id = export_place.place_id AND exported_day.data_set = data_set.name
) AS done ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS days, min(due.on_day) AS first_on
    FROM days_to_export(export_place.place_id, data_set.name) AS due
) AS waiting;
COMMENT ON VIEW export_status IS 'What was exported where, and what waits to be. Example: SELECT address, data_set, last_on, row_count, days_waiting FROM export_status;';
COMMENT ON COLUMN export_status.days IS 'Days that were exported.';
COMMENT ON COLUMN export_status.bytes IS 'Size of their files.';
COMMENT ON COLUMN export_status.exported_at IS 'When a day was exported last.';
COMMENT ON COLUMN export_status.days_waiting IS 'Complete days that are to be exported, for the first time or again.';
COMMENT ON COLUMN export_status.waiting_from_on IS 'The first of these.';
COMMENT ON COLUMN export_status.is_under_way IS 'Whether a process is writing there, or ended a moment ago without saying so.';
INSERT INTO view_audience (view_name, audience) VALUES ('export_status', 'operators');
