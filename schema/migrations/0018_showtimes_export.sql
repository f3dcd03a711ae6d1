-- The data set of showtimes: what the numbers in the others stand for.
--
-- A showtime belongs to the day on which it was first stored, for ever: it may move, and is in one
-- day still. Whatever is stored of a showtime is stored after that, so who has exported all
-- showtimes until a day knows those of all seat records until then.

ALTER TABLE showtime ADD COLUMN discovered_at timestamptz;
UPDATE showtime
SET discovered_at = coalesce(
    found.discovered_at,
    -- Whatever the history has forgotten: with the first of what is exported.
    (SELECT min(on_day)::timestamp AT TIME ZONE 'UTC' FROM first_day))
FROM (
    SELECT told.discovered_by, min(job.finished_at) AS discovered_at
    FROM (SELECT DISTINCT discovered_by FROM showtime) AS told
    LEFT JOIN job ON job.job_id = told.discovered_by
    GROUP BY told.discovered_by
) AS found
WHERE found.discovered_by = showtime.discovered_by;
ALTER TABLE showtime
    ALTER COLUMN discovered_at SET DEFAULT now(),
    ALTER COLUMN discovered_at SET NOT NULL;
-- Serves the export of a day; rows of one statement share an entry.
CREATE INDEX showtime_discovered_idx ON showtime (discovered_at);
COMMENT ON COLUMN showtime.discovered_at IS 'When it was first stored; where the history had forgotten that, the first day of which anything is exported.';

INSERT INTO first_day (on_day, of_table)
SELECT (coalesce(min(discovered_at), now()) AT TIME ZONE 'UTC')::date, 'showtime' FROM showtime;

CREATE FUNCTION mark_late_showtimes() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_day (on_day, of_table)
    SELECT DISTINCT (discovered_at AT TIME ZONE 'UTC')::date, 'showtime'
    FROM stored
    WHERE discovered_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_late_showtimes IS 'Leaves the days on which showtimes were discovered that change later in late_day. Example: CREATE TRIGGER mark_late AFTER UPDATE ON showtime REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();';
CREATE TRIGGER mark_late_stored AFTER INSERT ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();
CREATE TRIGGER mark_late_changed AFTER UPDATE ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();
CREATE TRIGGER mark_late_removed AFTER DELETE ON showtime
    REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_late_showtimes();

-- What is called otherwise is looked up when the log is taken, and not when it is stored: a
-- showtime that is given this film meanwhile, by a transaction that sees the old title, would
-- be missed; and who renames a chain does not wait for all its showtimes.
CREATE TABLE late_name (
    marked_at timestamptz NOT NULL DEFAULT now(),
    row_id    integer     NOT NULL,
    of_table  text        NOT NULL,

    CONSTRAINT late_name_of_table CHECK (of_table IN ('film', 'cinema', 'auditorium', 'source'))
);
COMMENT ON TABLE late_name IS 'Films, cinemas, auditoriums and sources that are called otherwise, or lie elsewhere, and of whose showtimes day_revision does not know it yet: append-only, without a key, as late_day.';
COMMENT ON COLUMN late_name.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN late_name.row_id IS 'Its key.';
COMMENT ON COLUMN late_name.of_table IS 'Of which table: film, cinema, auditorium or source.';

CREATE FUNCTION mark_late_name() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO late_name (row_id, of_table)
    VALUES ((to_jsonb(NEW) ->> (TG_TABLE_NAME || '_id'))::integer, TG_TABLE_NAME);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_late_name IS 'Leaves what is called otherwise now in late_name. Example: CREATE TRIGGER mark_late AFTER UPDATE ON film FOR EACH ROW WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_late_name();';
CREATE TRIGGER mark_late AFTER UPDATE ON film FOR EACH ROW
    WHEN ((OLD.key, OLD.title) IS DISTINCT FROM (NEW.key, NEW.title))
    EXECUTE FUNCTION mark_late_name();
CREATE TRIGGER mark_late AFTER UPDATE ON cinema FOR EACH ROW
    WHEN ((OLD.source_id, OLD.territory, OLD.key, OLD.name, OLD.timezone, OLD.city)
        IS DISTINCT FROM (NEW.source_id, NEW.territory, NEW.key, NEW.name, NEW.timezone, NEW.city))
    EXECUTE FUNCTION mark_late_name();
CREATE TRIGGER mark_late AFTER UPDATE ON auditorium FOR EACH ROW
    WHEN (OLD.name <> NEW.name)
    EXECUTE FUNCTION mark_late_name();
CREATE TRIGGER mark_late AFTER UPDATE ON source FOR EACH ROW
    WHEN ((OLD.name, OLD.title) IS DISTINCT FROM (NEW.name, NEW.title))
    EXECUTE FUNCTION mark_late_name();

COMMENT ON COLUMN late_day.of_table IS 'Where it was stored: snapshot, showtime_tariff or showtime; showtimes are of the day on which they were discovered.';
COMMENT ON COLUMN day_revision.of_table IS 'The table: snapshot, showtime_tariff or showtime.';
COMMENT ON COLUMN first_day.of_table IS 'The table: snapshot, showtime_tariff, job or showtime.';
COMMENT ON COLUMN exported_day.data_set IS 'showtimes, seat-records, snapshots, jobs or prices.';

CREATE OR REPLACE FUNCTION days_to_export(of_place integer, of_data_set text)
RETURNS TABLE (on_day date, revision integer)
LANGUAGE sql STABLE
AS $$
    SELECT day.on_day, coalesce(known.revision, 0)
    FROM (
        SELECT
            CASE of_data_set
                WHEN 'showtimes' THEN 'showtime'
                WHEN 'jobs' THEN 'job'
                WHEN 'prices' THEN 'showtime_tariff'
                ELSE 'snapshot'
            END AS of_table,
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

CREATE OR REPLACE VIEW export_status WITH (security_invoker = true) AS
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
CROSS JOIN (VALUES ('showtimes'), ('seat-records'), ('snapshots'), ('jobs'), ('prices')) AS data_set (name)
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
