-- Sealing: the snapshots of a showtime that is over, packed into one row; the views
-- that show live and sealed snapshots alike; what changes in mid-sale; who came; and
-- how long partitions are kept.

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
-- Serves seat_snapshots_between for next to no cost: rows come nearly in the order of their time.
CREATE INDEX sealed_showtime_observed_idx ON sealed_showtime
    USING brin (first_observed_at, last_observed_at) WITH (pages_per_range = 4, autosummarize = on);
COMMENT ON TABLE sealed_showtime IS 'All snapshots of a showtime that is over, in one row; read them through seat_snapshot.';
COMMENT ON COLUMN sealed_showtime.first_observed_at IS 'Time of its first snapshot; the times of the others count from it.';
COMMENT ON COLUMN sealed_showtime.last_observed_at IS 'Time of its last snapshot.';
COMMENT ON COLUMN sealed_showtime.looked_before_at IS 'The last look before it started, changed or not; kept here because the history of jobs is dropped some day. NULL if there was none.';
COMMENT ON COLUMN sealed_showtime.looked_after_at IS 'The first look after it started, changed or not; NULL if there was none.';
COMMENT ON COLUMN sealed_showtime.showtime_id IS 'The showtime.';
COMMENT ON COLUMN sealed_showtime.snapshot_count IS 'How many snapshots are in it.';
COMMENT ON COLUMN sealed_showtime.data IS 'Times, jobs, and seats: one whole state, then only the bytes that changed. Codes are kept, not what they mean. The module seal::pack of the crate schema says how; unseal reads it.';

CREATE FUNCTION code_at(packed bytea, seat_count integer, seat integer)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN octet_length(packed) = seat_count THEN get_byte(packed, seat)
        ELSE (get_byte(packed, seat / 2) >> (4 * (seat % 2))) & 15
    END
$$;
COMMENT ON FUNCTION code_at IS 'The seat_code.code_index of a seat in packed seats; the first seat of the layout is 0. Example: SELECT code_at(seats, 120, 0) FROM seat_snapshot WHERE showtime_id = 1;';

CREATE FUNCTION unseal(first_observed_at timestamptz, snapshot_count integer, data bytea)
RETURNS TABLE (
    observed_at timestamptz,
    job_id bigint,
    layout_id integer,
    available smallint,
    sold smallint,
    held smallint,
    blocked smallint,
    broken smallint,
    house smallint,
    unknown smallint,
    unmapped smallint,
    seats bytea
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
COST 2000 ROWS 10
AS $$
#variable_conflict use_variable
DECLARE
    -- Copied once: a long one is compressed, and would be unpacked for every byte that is read.
    stored CONSTANT bytea := data || ''::bytea;
    time_width CONSTANT integer := get_byte(stored, 1);
    job_width CONSTANT integer := get_byte(stored, 2);
    -- Where the next time and job are read, and where the next change.
    head integer := 3;
    place integer := 3 + snapshot_count * (time_width + job_width);
    -- Which counter counts a code, and what the eight have counted.
    counter_of smallint[];
    counted smallint[];
    seat_count integer;
    is_wide boolean;
    changes integer;
    position integer;
    step integer;
    was integer;
    becomes integer;
    counter integer;
BEGIN
    IF get_byte(stored, 0) <> 1 THEN
        RAISE EXCEPTION 'sealed data of format % is not known', get_byte(stored, 0);
    END IF;
    FOR number IN 1 .. snapshot_count LOOP
        observed_at := first_observed_at + interval '1 microsecond'
            * ('x' || lpad(encode(substr(stored, head + 1, time_width), 'hex'), 16, '0'))::bit(64)::bigint;
        job_id := ('x' || lpad(encode(substr(stored, head + time_width + 1, job_width), 'hex'), 16, '0'))::bit(64)::bigint;
        head := head + time_width + job_width;

        changes := get_byte(stored, place);
        place := place + 1;
        IF changes > 127 THEN
            changes := (changes - 128) * 256 + get_byte(stored, place);
            place := place + 1;
        END IF;
        IF changes < 2 THEN
            -- A whole state: its layout, its number of seats, and the seats as packed.
            is_wide := changes = 1;
            layout_id := ('x' || encode(substr(stored, place + 1, 4), 'hex'))::bit(32)::integer;
            seat_count := get_byte(stored, place + 4) * 256 + get_byte(stored, place + 5);
            step := CASE WHEN is_wide THEN seat_count ELSE (seat_count + 1) / 2 END;
            seats := substr(stored, place + 7, step);
            place := place + 6 + step;
            IF counter_of IS NULL THEN
                SELECT array_agg(coalesce(array_position(enum_range(NULL::seat_status), seat_code.status), 8)
                    ORDER BY code.code_index)
                INTO counter_of
                FROM layout
                CROSS JOIN generate_series(0, (
                    SELECT max(known.code_index) FROM seat_code AS known WHERE known.source_id = layout.source_id
                )) AS code (code_index)
                LEFT JOIN seat_code
                    ON seat_code.source_id = layout.source_id AND seat_code.code_index = code.code_index
                WHERE layout.layout_id = unseal.layout_id;
            END IF;
            counted := '{0,0,0,0,0,0,0,0}';
            FOR at IN 0 .. step - 1 LOOP
                becomes := get_byte(seats, at);
                IF is_wide THEN
                    counter := coalesce(counter_of[becomes + 1], 8);
                    counted[counter] := counted[counter] + 1;
                ELSE
                    counter := coalesce(counter_of[(becomes & 15) + 1], 8);
                    counted[counter] := counted[counter] + 1;
                    IF at * 2 + 1 < seat_count THEN
                        counter := coalesce(counter_of[(becomes >> 4) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                END IF;
            END LOOP;
        ELSE
            -- The bytes that changed: how many were passed over, and what it becomes.
            position := -1;
            FOR change IN 3 .. changes LOOP
                step := get_byte(stored, place);
                place := place + 1;
                IF step > 127 THEN
                    step := (step - 128) * 256 + get_byte(stored, place);
                    place := place + 1;
                END IF;
                position := position + 1 + step;
                was := get_byte(seats, position);
                becomes := get_byte(stored, place);
                place := place + 1;
                seats := set_byte(seats, position, becomes);
                IF is_wide THEN
                    counter := coalesce(counter_of[was + 1], 8);
                    counted[counter] := counted[counter] - 1;
                    counter := coalesce(counter_of[becomes + 1], 8);
                    counted[counter] := counted[counter] + 1;
                ELSE
                    IF (was & 15) <> (becomes & 15) THEN
                        counter := coalesce(counter_of[(was & 15) + 1], 8);
                        counted[counter] := counted[counter] - 1;
                        counter := coalesce(counter_of[(becomes & 15) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                    IF (was >> 4) <> (becomes >> 4) AND position * 2 + 1 < seat_count THEN
                        counter := coalesce(counter_of[(was >> 4) + 1], 8);
                        counted[counter] := counted[counter] - 1;
                        counter := coalesce(counter_of[(becomes >> 4) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                END IF;
            END LOOP;
        END IF;
        available := counted[1];
        sold := counted[2];
        held := counted[3];
        blocked := counted[4];
        broken := counted[5];
        house := counted[6];
        unknown := counted[7];
        unmapped := counted[8];
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION unseal IS 'The snapshots in a row of sealed_showtime as they were, counted by what their codes mean now. Example: SELECT unsealed.* FROM sealed_showtime AS sealed CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed WHERE sealed.showtime_id = 1;';

-- From the side of the showtime, so that whatever names showtimes, a join as well as a
-- value, reaches the keys of both: of a plain union, a join would unseal everything.
CREATE VIEW seat_snapshot AS
SELECT
    showtime.showtime_id,
    stored.observed_at,
    stored.job_id,
    stored.layout_id,
    stored.available,
    stored.sold,
    stored.held,
    stored.blocked,
    stored.broken,
    stored.house,
    stored.unknown,
    stored.unmapped,
    stored.seats,
    stored.is_sealed
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.job_id,
        snapshot.layout_id,
        snapshot.available,
        snapshot.sold,
        snapshot.held,
        snapshot.blocked,
        snapshot.broken,
        snapshot.house,
        snapshot.unknown,
        snapshot.unmapped,
        snapshot.seats,
        false AS is_sealed
    FROM snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    UNION ALL
    SELECT
        unsealed.observed_at,
        unsealed.job_id,
        unsealed.layout_id,
        unsealed.available,
        unsealed.sold,
        unsealed.held,
        unsealed.blocked,
        unsealed.broken,
        unsealed.house,
        unsealed.unknown,
        unsealed.unmapped,
        unsealed.seats,
        true
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.showtime_id = showtime.showtime_id
) AS stored;
COMMENT ON VIEW seat_snapshot IS 'A row per snapshot, live and sealed alike: counters, and the seats packed. Name showtimes, by value or by a join; for a time, ask seat_snapshots_between. Example: SELECT observed_at, sold FROM seat_snapshot WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN seat_snapshot.seats IS 'As in snapshot.seats; code_at takes one out.';
COMMENT ON COLUMN seat_snapshot.is_sealed IS 'Whether it was read from sealed_showtime.';

CREATE FUNCTION seat_snapshots_between(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (
    showtime_id integer,
    observed_at timestamptz,
    job_id bigint,
    layout_id integer,
    available smallint,
    sold smallint,
    held smallint,
    blocked smallint,
    broken smallint,
    house smallint,
    unknown smallint,
    unmapped smallint,
    seats bytea
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        snapshot.showtime_id, snapshot.observed_at, snapshot.job_id, snapshot.layout_id,
        snapshot.available, snapshot.sold, snapshot.held, snapshot.blocked,
        snapshot.broken, snapshot.house, snapshot.unknown, snapshot.unmapped, snapshot.seats
    FROM snapshot
    WHERE snapshot.observed_at >= from_at AND snapshot.observed_at < until_at
    UNION ALL
    SELECT sealed.showtime_id, unsealed.*
    FROM sealed_showtime AS sealed
    CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed
    WHERE sealed.last_observed_at >= from_at AND sealed.first_observed_at < until_at
        AND unsealed.observed_at >= from_at AND unsealed.observed_at < until_at
$$;
COMMENT ON FUNCTION seat_snapshots_between IS 'The rows of seat_snapshot from one time until before another: only the partitions and the sealed rows of that time are read. Example: SELECT sum(sold) FROM seat_snapshots_between(now() - interval ''1 hour'', now());';

CREATE OR REPLACE VIEW seat_record AS
SELECT
    snapshot.showtime_id,
    snapshot.observed_at,
    seat.seat_key,
    seat.row_label,
    seat.seat_number,
    seat.area,
    seat.kind,
    seat_code.status,
    seat_code.code,
    seat.seat_group,
    seat.x,
    seat.y,
    snapshot.layout_id,
    snapshot.job_id
FROM seat_snapshot AS snapshot
INNER JOIN layout ON layout.layout_id = snapshot.layout_id
CROSS JOIN LATERAL unnest(
    layout.seat_key, layout.row_label, layout.seat_number, layout.area,
    layout.kind, layout.seat_group, layout.x, layout.y
) WITH ORDINALITY AS seat (seat_key, row_label, seat_number, area, kind, seat_group, x, y, position)
INNER JOIN seat_code
    ON seat_code.source_id = layout.source_id
    AND seat_code.code_index = code_at(snapshot.seats, layout.seat_count, (seat.position - 1)::integer);
COMMENT ON VIEW seat_record IS 'A row per seat and snapshot. Name showtimes, by value or by a join. Example: SELECT seat_key, status FROM seat_record WHERE showtime_id = 1 AND observed_at > now() - interval ''1 hour'';';

CREATE VIEW seat_latest AS
SELECT
    showtime.showtime_id,
    last.observed_at,
    seat.seat_key,
    seat.row_label,
    seat.seat_number,
    seat.area,
    seat.kind,
    seat_code.status,
    seat_code.code,
    seat.seat_group,
    seat.x,
    seat.y,
    last.layout_id,
    last.job_id
FROM showtime
CROSS JOIN LATERAL (
    SELECT snapshot.observed_at, snapshot.job_id, snapshot.layout_id, snapshot.seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    ORDER BY snapshot.observed_at DESC
    LIMIT 1
) AS last
INNER JOIN layout ON layout.layout_id = last.layout_id
CROSS JOIN LATERAL unnest(
    layout.seat_key, layout.row_label, layout.seat_number, layout.area,
    layout.kind, layout.seat_group, layout.x, layout.y
) WITH ORDINALITY AS seat (seat_key, row_label, seat_number, area, kind, seat_group, x, y, position)
INNER JOIN seat_code
    ON seat_code.source_id = layout.source_id
    AND seat_code.code_index = code_at(last.seats, layout.seat_count, (seat.position - 1)::integer);
COMMENT ON VIEW seat_latest IS 'A row per seat as it was seen last. Name showtimes, by value or by a join. Example: SELECT row_label, seat_number, status FROM seat_latest WHERE showtime_id = 1;';
COMMENT ON COLUMN seat_latest.observed_at IS 'Since when it is known so; later looks may have seen no change: see job.changed.';

CREATE VIEW occupancy AS
SELECT
    snapshot.showtime_id,
    snapshot.observed_at,
    counted.seats,
    snapshot.available,
    snapshot.sold,
    snapshot.held,
    snapshot.blocked,
    snapshot.broken,
    snapshot.house,
    snapshot.unknown,
    snapshot.unmapped,
    round(snapshot.sold::numeric / counted.seats, 4) AS share_sold,
    snapshot.layout_id,
    snapshot.job_id
FROM seat_snapshot AS snapshot
CROSS JOIN LATERAL (
    SELECT snapshot.available + snapshot.sold + snapshot.held + snapshot.blocked
        + snapshot.broken + snapshot.house + snapshot.unknown + snapshot.unmapped AS seats
) AS counted;
COMMENT ON VIEW occupancy IS 'The occupancy curve of a showtime: a row each time that its seats were seen to change. Name showtimes, by value or by a join. Example: SELECT observed_at, sold, share_sold FROM occupancy WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN occupancy.share_sold IS 'Seats sold over all seats, 0 to 1.';

CREATE FUNCTION changed_seats(before bytea, after bytea, seat_count integer)
RETURNS TABLE (seat integer, from_index integer, to_index integer)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
COST 500 ROWS 3
AS $$
DECLARE
    was integer;
    becomes integer;
BEGIN
    IF octet_length(before) <> octet_length(after) THEN
        -- One of them is a byte per seat.
        FOR place IN 0 .. seat_count - 1 LOOP
            seat := place;
            from_index := code_at(before, seat_count, place);
            to_index := code_at(after, seat_count, place);
            IF from_index <> to_index THEN
                RETURN NEXT;
            END IF;
        END LOOP;
        RETURN;
    END IF;
    -- Bytes that differ are few, and only their seats are looked at.
    FOR position IN 0 .. octet_length(after) - 1 LOOP
        was := get_byte(before, position);
        becomes := get_byte(after, position);
        CONTINUE WHEN was = becomes;
        IF octet_length(after) = seat_count THEN
            seat := position;
            from_index := was;
            to_index := becomes;
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF was & 15 <> becomes & 15 THEN
            seat := position * 2;
            from_index := was & 15;
            to_index := becomes & 15;
            RETURN NEXT;
        END IF;
        IF was >> 4 <> becomes >> 4 AND position * 2 + 1 < seat_count THEN
            seat := position * 2 + 1;
            from_index := was >> 4;
            to_index := becomes >> 4;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION changed_seats IS 'The seats of one layout, the first is 0, whose code differs between two snapshots. Example: SELECT change.* FROM changed_seats(''\x10'', ''\x11'', 2) AS change;';

CREATE VIEW seat_change AS
SELECT
    showtime.showtime_id,
    seen.observed_at,
    seen.previous_at,
    change.seat_key,
    change.row_label,
    change.seat_number,
    change.area,
    was.status AS from_status,
    becomes.status AS to_status,
    was.code AS from_code,
    becomes.code AS to_code,
    seen.layout_id,
    seen.job_id
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.job_id,
        snapshot.layout_id,
        snapshot.seats,
        lag(snapshot.observed_at) OVER earlier AS previous_at,
        lag(snapshot.layout_id) OVER earlier AS previous_layout_id,
        lag(snapshot.seats) OVER earlier AS previous_seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    WINDOW earlier AS (ORDER BY snapshot.observed_at)
) AS seen
INNER JOIN layout ON layout.layout_id = seen.layout_id
CROSS JOIN LATERAL (
    SELECT
        layout.seat_key[cell.seat + 1] AS seat_key,
        layout.row_label[cell.seat + 1] AS row_label,
        layout.seat_number[cell.seat + 1] AS seat_number,
        layout.area[cell.seat + 1] AS area,
        cell.from_index,
        cell.to_index
    FROM changed_seats(seen.previous_seats, seen.seats, layout.seat_count) AS cell
    WHERE seen.previous_layout_id = seen.layout_id
    UNION ALL
    -- Another layout: seats are the same where their keys are.
    SELECT pair.seat_key, pair.row_label, pair.seat_number, pair.area, pair.from_index, pair.to_index
    FROM layout AS previous
    CROSS JOIN LATERAL (
        SELECT
            coalesce(present.seat_key, past.seat_key) AS seat_key,
            coalesce(present.row_label, past.row_label) AS row_label,
            coalesce(present.seat_number, past.seat_number) AS seat_number,
            coalesce(present.area, past.area) AS area,
            code_at(seen.previous_seats, previous.seat_count, (past.position - 1)::integer) AS from_index,
            code_at(seen.seats, layout.seat_count, (present.position - 1)::integer) AS to_index
        FROM unnest(previous.seat_key, previous.row_label, previous.seat_number, previous.area)
            WITH ORDINALITY AS past (seat_key, row_label, seat_number, area, position)
        FULL JOIN unnest(layout.seat_key, layout.row_label, layout.seat_number, layout.area)
            WITH ORDINALITY AS present (seat_key, row_label, seat_number, area, position)
            ON present.seat_key = past.seat_key
    ) AS pair
    WHERE previous.layout_id = seen.previous_layout_id
        AND previous.layout_id <> seen.layout_id
        AND pair.from_index IS DISTINCT FROM pair.to_index
) AS change
LEFT JOIN seat_code AS was
    ON was.source_id = layout.source_id AND was.code_index = change.from_index
LEFT JOIN seat_code AS becomes
    ON becomes.source_id = layout.source_id AND becomes.code_index = change.to_index;
COMMENT ON VIEW seat_change IS 'A row per seat whose code was seen to change, between one snapshot and the next; the first snapshot of a showtime changes nothing. Name showtimes, by value or by a join. Example: SELECT observed_at, row_label, seat_number, from_status, to_status, job_id FROM seat_change WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN seat_change.observed_at IS 'When it was seen changed; it happened after previous_at.';
COMMENT ON COLUMN seat_change.previous_at IS 'The snapshot before; later looks that saw no change are in the history of jobs.';
COMMENT ON COLUMN seat_change.from_code IS 'NULL for a seat that a new layout brought.';
COMMENT ON COLUMN seat_change.to_code IS 'NULL for a seat that a new layout no longer has.';
COMMENT ON COLUMN seat_change.to_status IS 'NULL for a seat that is gone, and where the code is not mapped yet.';

-- What changes in mid-sale.

CREATE TYPE showtime_event AS ENUM ('moved', 'film', 'auditorium', 'layout', 'unlisted', 'relisted');
COMMENT ON TYPE showtime_event IS 'moved: it starts at another time; film, auditorium, layout: it has another one; unlisted: before its start its source lists it no more; relisted: it does again.';

CREATE TABLE showtime_change (
    at          timestamptz    NOT NULL DEFAULT now(),
    job_id      bigint         NOT NULL,
    showtime_id integer        NOT NULL,
    event       showtime_event NOT NULL,
    before      text,
    after       text
);
-- Serves showtime_status and showtime_history.
CREATE INDEX showtime_change_showtime_idx ON showtime_change (showtime_id, at);
COMMENT ON TABLE showtime_change IS 'What became of showtimes in mid-sale; written by the statements that store listings and seats, and never changed. See showtime_history.';
COMMENT ON COLUMN showtime_change.at IS 'When it was stored.';
COMMENT ON COLUMN showtime_change.job_id IS 'The job that saw it.';
COMMENT ON COLUMN showtime_change.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_change.event IS 'What became of it.';
COMMENT ON COLUMN showtime_change.before IS 'What it was: a start, or the key of a film, an auditorium or a layout here.';
COMMENT ON COLUMN showtime_change.after IS 'What it is now; NULL where it is none.';

CREATE VIEW showtime_history AS
SELECT
    showtime_change.showtime_id,
    showtime_change.at,
    showtime_change.event,
    CASE showtime_change.event
        WHEN 'film' THEN old_film.title
        WHEN 'auditorium' THEN old_auditorium.name
        WHEN 'layout' THEN old_layout.seat_count || ' seats'
        ELSE showtime_change.before
    END AS before,
    CASE showtime_change.event
        WHEN 'film' THEN new_film.title
        WHEN 'auditorium' THEN new_auditorium.name
        WHEN 'layout' THEN new_layout.seat_count || ' seats'
        ELSE showtime_change.after
    END AS after,
    showtime_change.job_id
FROM showtime_change
LEFT JOIN film AS old_film
    ON old_film.film_id = CASE WHEN showtime_change.event = 'film' THEN showtime_change.before::integer END
LEFT JOIN film AS new_film
    ON new_film.film_id = CASE WHEN showtime_change.event = 'film' THEN showtime_change.after::integer END
LEFT JOIN auditorium AS old_auditorium
    ON old_auditorium.auditorium_id = CASE WHEN showtime_change.event = 'auditorium' THEN showtime_change.before::integer END
LEFT JOIN auditorium AS new_auditorium
    ON new_auditorium.auditorium_id = CASE WHEN showtime_change.event = 'auditorium' THEN showtime_change.after::integer END
LEFT JOIN layout AS old_layout
    ON old_layout.layout_id = CASE WHEN showtime_change.event = 'layout' THEN showtime_change.before::integer END
LEFT JOIN layout AS new_layout
    ON new_layout.layout_id = CASE WHEN showtime_change.event = 'layout' THEN showtime_change.after::integer END;
COMMENT ON VIEW showtime_history IS 'What became of showtimes in mid-sale, in words: moved, swapped, rebuilt, no longer listed. Example: SELECT at, event, before, after FROM showtime_history WHERE showtime_id = 1 ORDER BY at;';

-- Looks around the start of a showtime.

-- Serves the looks at a showtime.
CREATE INDEX task_subject_idx ON task (subject_id) WHERE subject_id IS NOT NULL;

CREATE FUNCTION looks_around_start(of_showtime integer, starts_at timestamptz)
RETURNS TABLE (before_at timestamptz, after_at timestamptz)
LANGUAGE plpgsql STABLE
COST 1000 ROWS 1
AS $$
#variable_conflict use_column
BEGIN
    -- A few days of history only: each day more is a partition more for every showtime.
    RETURN QUERY
    SELECT max(last_before.observed_at), min(first_after.observed_at)
    FROM task
    INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
    LEFT JOIN LATERAL (
        SELECT job.observed_at
        FROM job
        WHERE job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.changed IS NOT NULL
            AND job.observed_at <= looks_around_start.starts_at
            AND job.finished_at >= looks_around_start.starts_at - interval '2 days'
            AND job.finished_at <= looks_around_start.starts_at + interval '1 hour'
        ORDER BY job.finished_at DESC
        LIMIT 1
    ) AS last_before ON true
    LEFT JOIN LATERAL (
        SELECT job.observed_at
        FROM job
        WHERE job.task_id = task.task_id
            AND job.outcome = 'succeeded'
            AND job.changed IS NOT NULL
            AND job.observed_at > looks_around_start.starts_at
            AND job.finished_at > looks_around_start.starts_at
            AND job.finished_at <= looks_around_start.starts_at + interval '2 days'
        ORDER BY job.finished_at
        LIMIT 1
    ) AS first_after ON true
    WHERE task.subject_id = of_showtime;
END
$$;
COMMENT ON FUNCTION looks_around_start IS 'The last look at the seats of a showtime before a time and the first after it, whether they saw a change or not, as the history of jobs within two days of it tells. Example: SELECT looks.* FROM showtime CROSS JOIN LATERAL looks_around_start(showtime_id, starts_at) AS looks WHERE showtime_id = 1;';

CREATE TYPE admission_certainty AS ENUM ('exact', 'wide', 'before_only', 'after_only', 'none');
COMMENT ON TYPE admission_certainty IS 'exact: looks within 15 minutes of the start on both sides; wide: looks on both sides, one of them further away; before_only, after_only: looks on one side; none: nobody looked.';

CREATE VIEW admission AS
SELECT
    showtime.showtime_id,
    showtime.starts_at,
    CASE
        WHEN looks.before_at IS NULL AND looks.after_at IS NULL THEN 'none'
        WHEN looks.after_at IS NULL THEN 'before_only'
        WHEN looks.before_at IS NULL THEN 'after_only'
        WHEN showtime.starts_at - looks.before_at <= interval '15 minutes'
            AND looks.after_at - showtime.starts_at <= interval '15 minutes' THEN 'exact'
        ELSE 'wide'
    END::admission_certainty AS certainty,
    coalesce((seen.after).sold, (seen.before).sold) AS admissions,
    (seen.before).sold AS sold_before,
    (seen.after).sold AS sold_after,
    (seen.before).held AS held_before,
    (seen.after).held AS held_after,
    flow.sold_late,
    flow.holds_sold,
    flow.holds_released,
    flow.sales_released,
    looks.before_at,
    looks.after_at,
    extract(epoch FROM showtime.starts_at - looks.before_at)::double precision AS gap_before_seconds,
    extract(epoch FROM looks.after_at - showtime.starts_at)::double precision AS gap_after_seconds,
    (seen.before).job_id AS before_job_id,
    (seen.after).job_id AS after_job_id
FROM showtime
LEFT JOIN sealed_showtime AS sealed ON sealed.showtime_id = showtime.showtime_id
-- What was sealed brings its looks along.
LEFT JOIN LATERAL (
    SELECT around.before_at, around.after_at
    FROM looks_around_start(showtime.showtime_id, showtime.starts_at) AS around
    WHERE sealed.showtime_id IS NULL
) AS history ON true
CROSS JOIN LATERAL (
    SELECT
        (array_agg(snapshot ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS last_before,
        (array_agg(snapshot ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS first_after
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
) AS stored
-- A snapshot is a look as well, whatever became of its job's history.
CROSS JOIN LATERAL (
    SELECT
        greatest(sealed.looked_before_at, history.before_at, (stored.last_before).observed_at) AS before_at,
        least(sealed.looked_after_at, history.after_at, (stored.first_after).observed_at) AS after_at
) AS looks
-- What the first look after the start saw unchanged is what stood before it.
CROSS JOIN LATERAL (
    SELECT
        stored.last_before AS before,
        CASE
            WHEN looks.after_at = (stored.first_after).observed_at THEN stored.first_after
            WHEN looks.after_at IS NOT NULL THEN stored.last_before
        END AS after
    OFFSET 0
) AS seen
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE was.status = 'available' AND becomes.status = 'sold') AS sold_late,
        count(*) FILTER (WHERE was.status = 'held' AND becomes.status = 'sold') AS holds_sold,
        count(*) FILTER (WHERE was.status = 'held' AND becomes.status = 'available') AS holds_released,
        count(*) FILTER (WHERE was.status = 'sold' AND becomes.status = 'available') AS sales_released
    FROM layout
    LEFT JOIN LATERAL changed_seats((seen.before).seats, (seen.after).seats, layout.seat_count) AS cell ON true
    LEFT JOIN seat_code AS was
        ON was.source_id = layout.source_id AND was.code_index = cell.from_index
    LEFT JOIN seat_code AS becomes
        ON becomes.source_id = layout.source_id AND becomes.code_index = cell.to_index
    WHERE layout.layout_id = (seen.before).layout_id AND layout.layout_id = (seen.after).layout_id
    GROUP BY layout.layout_id
) AS flow ON true
WHERE showtime.starts_at <= now();
COMMENT ON VIEW admission IS 'Who came to each showtime that has started, as far as it was seen: the last look before the start and the first after. Name showtimes, by value or by a join. Example: SELECT admissions, certainty, sold_before, sold_after, holds_released FROM admission WHERE showtime_id = 1;';
COMMENT ON COLUMN admission.certainty IS 'How close to the start it was looked at.';
COMMENT ON COLUMN admission.admissions IS 'Seats sold at the first look after the start, else at the last before it; NULL where nobody looked.';
COMMENT ON COLUMN admission.sold_late IS 'Seats that were available before and sold after; NULL without looks on both sides, or where the layout changed between them.';
COMMENT ON COLUMN admission.holds_sold IS 'Seats that were held before and sold after.';
COMMENT ON COLUMN admission.holds_released IS 'Seats that were held before and available after: reservations that nobody came for.';
COMMENT ON COLUMN admission.sales_released IS 'Seats that were sold before and available after: refunds, and sold seats that a source frees when nobody comes.';
COMMENT ON COLUMN admission.before_at IS 'The last look before the start, changed or not.';
COMMENT ON COLUMN admission.after_at IS 'The first look after the start, changed or not.';
COMMENT ON COLUMN admission.gap_before_seconds IS 'From that look to the start.';
COMMENT ON COLUMN admission.gap_after_seconds IS 'From the start to that look.';
COMMENT ON COLUMN admission.before_job_id IS 'The job whose snapshot stood at the last look before the start.';
COMMENT ON COLUMN admission.after_job_id IS 'The job whose snapshot stood at the first look after the start.';

CREATE VIEW showtime_status AS
SELECT
    showtime.showtime_id,
    showtime.starts_at,
    CASE
        WHEN listing.event = 'unlisted'
            AND listing.at <= showtime.starts_at - interval '1 hour'
            AND looks.last_at IS NULL THEN 'cancelled'
        WHEN showtime.starts_at <= now() THEN 'over'
        WHEN listing.event = 'unlisted' THEN 'unlisted'
        ELSE 'scheduled'
    END AS status,
    CASE WHEN listing.event = 'unlisted' THEN listing.at END AS unlisted_at,
    CASE WHEN listing.event = 'unlisted' THEN listing.job_id END AS unlisted_by
FROM showtime
LEFT JOIN LATERAL (
    SELECT change.at, change.event, change.job_id
    FROM showtime_change AS change
    WHERE change.showtime_id = showtime.showtime_id AND change.event IN ('unlisted', 'relisted')
    ORDER BY change.at DESC
    LIMIT 1
) AS listing ON true
-- Any look at its seats since then: by the history of its jobs, or as it was sealed.
LEFT JOIN LATERAL (
    SELECT greatest(history.after_at, sealed.looked_before_at, sealed.looked_after_at) AS last_at
    FROM looks_around_start(showtime.showtime_id, listing.at) AS history
    LEFT JOIN sealed_showtime AS sealed
        ON sealed.showtime_id = showtime.showtime_id
        AND greatest(sealed.looked_before_at, sealed.looked_after_at) > listing.at
    WHERE listing.event = 'unlisted'
) AS looks ON true;
COMMENT ON VIEW showtime_status IS 'Whether a showtime is scheduled, unlisted (its source lists it no more), cancelled (unlisted an hour or more before its start, and its seats could not be read any more since) or over. Example: SELECT status, unlisted_at FROM showtime_status WHERE showtime_id = 1;';
COMMENT ON COLUMN showtime_status.unlisted_at IS 'Since when its source has not listed it; NULL while it does, and where it was listed until its start.';
COMMENT ON COLUMN showtime_status.unlisted_by IS 'The job that read the listing without it.';

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
COMMENT ON COLUMN retention.keep_for IS 'A partition is dropped when its last moment is this long ago and nothing holds it; NULL keeps all. Snapshots: only partitions that sealing has emptied are dropped, whatever their age.';
COMMENT ON COLUMN retention.move_after IS 'A partition is moved to the tablespace when its last moment is this long ago; NULL moves none.';
COMMENT ON COLUMN retention.parent IS 'The partitioned table.';
COMMENT ON COLUMN retention.tablespace IS 'Where old partitions are moved to, such as a slower disk.';
COMMENT ON COLUMN retention.needs IS 'Readers without which nothing is dropped, even before they have begun to read: names of exports, for example.';
INSERT INTO retention (parent, keep_for)
-- What every data point leads to is kept until an operator says for how long.
VALUES ('job', NULL), ('job_log', NULL), ('snapshot', '3 days'), ('observation', NULL);

CREATE TABLE partition_reader (
    read_until timestamptz NOT NULL,
    parent     text        NOT NULL REFERENCES retention,
    reader     text        NOT NULL,

    CONSTRAINT partition_reader_pkey PRIMARY KEY (parent, reader)
);
COMMENT ON TABLE partition_reader IS 'Who reads a partitioned table and how far: nothing is dropped that a rollup or an export has not read. Delete the row of a reader that is no more.';
COMMENT ON COLUMN partition_reader.read_until IS 'It has read everything before this, by the column that the table is partitioned by.';
COMMENT ON COLUMN partition_reader.parent IS 'The partitioned table.';
COMMENT ON COLUMN partition_reader.reader IS 'Its name.';

CREATE FUNCTION is_empty(partition regclass)
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    answer boolean;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', partition) INTO answer;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION is_empty IS 'Whether a table has no row. Example: SELECT is_empty(''snapshot_default'');';

CREATE VIEW partition_status AS
SELECT
    retention.parent,
    child.relname::text AS partition,
    span.from_at,
    span.until_at,
    pg_total_relation_size(child.oid) AS bytes,
    greatest(child.reltuples, 0)::bigint AS rows_estimated,
    coalesce(tablespace.spcname, base.spcname)::text AS tablespace,
    CASE
        WHEN span.until_at < now() - retention.keep_for AND holder.reason IS NULL THEN 'drop'
        WHEN span.until_at < now() - retention.move_after
            AND retention.tablespace <> coalesce(tablespace.spcname, base.spcname) THEN 'move'
    END AS due,
    CASE WHEN span.until_at < now() - retention.keep_for THEN holder.reason END AS held_because
FROM retention
INNER JOIN pg_class AS parent
    ON parent.relname = retention.parent AND parent.relkind = 'p'
    AND parent.relnamespace = 'public'::regnamespace
INNER JOIN pg_inherits ON pg_inherits.inhparent = parent.oid
INNER JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
INNER JOIN pg_database ON pg_database.datname = current_database()
INNER JOIN pg_tablespace AS base ON base.oid = pg_database.dattablespace
LEFT JOIN pg_tablespace AS tablespace ON tablespace.oid = child.reltablespace
-- The default partition has no span, and nothing is ever due of it.
CROSS JOIN LATERAL (
    SELECT bound.said[1]::timestamptz AS from_at, bound.said[2]::timestamptz AS until_at
    FROM (
        SELECT regexp_match(
            pg_get_expr(child.relpartbound, child.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') AS said
    ) AS bound
) AS span
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE WHEN retention.parent = 'snapshot' AND span.until_at < now() - retention.keep_for
            AND NOT is_empty(child.oid) THEN 'not all of it is sealed' END,
        (SELECT needed.reader || ' has not begun to read'
            FROM unnest(retention.needs) AS needed (reader)
            WHERE NOT EXISTS (
                SELECT FROM partition_reader
                WHERE partition_reader.parent = retention.parent AND partition_reader.reader = needed.reader)
            LIMIT 1),
        (SELECT partition_reader.reader || ' has read until ' || partition_reader.read_until
            FROM partition_reader
            WHERE partition_reader.parent = retention.parent AND partition_reader.read_until < span.until_at
            ORDER BY partition_reader.read_until
            LIMIT 1)
    ) AS reason
) AS holder;
COMMENT ON VIEW partition_status IS 'Each partition: its span, its size, where it is, what is due (drop or move), and why it is not dropped yet. Example: SELECT parent, partition, pg_size_pretty(bytes), due, held_because FROM partition_status ORDER BY parent, from_at;';
COMMENT ON COLUMN partition_status.from_at IS 'Its first moment; NULL for the default partition, which takes what no other does.';
COMMENT ON COLUMN partition_status.until_at IS 'What comes at this moment or later is not in it.';
COMMENT ON COLUMN partition_status.bytes IS 'With indexes.';
COMMENT ON COLUMN partition_status.rows_estimated IS 'As of the last vacuum or analyze.';
COMMENT ON COLUMN partition_status.held_because IS 'Why a partition that is old enough to be dropped is not.';

CREATE FUNCTION retire_partition(of_partition text, wait interval DEFAULT '100 ms')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    status partition_status;
    target text;
    index_name regclass;
BEGIN
    SELECT * INTO status FROM partition_status WHERE partition_status.partition = of_partition;
    IF status.due IS NULL THEN
        RETURN NULL;
    END IF;
    -- Whoever waits for a lock is waited for by others: rather try again later.
    PERFORM set_config('lock_timeout', (extract(epoch FROM wait) * 1000)::integer::text, true);
    IF status.due = 'drop' THEN
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', status.parent);
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', of_partition);
        -- What was stored meanwhile, and what a reader set back, counts.
        SELECT * INTO status FROM partition_status WHERE partition_status.partition = of_partition;
        IF status.due IS DISTINCT FROM 'drop' THEN
            RETURN NULL;
        END IF;
        EXECUTE format('DROP TABLE %I', of_partition);
        RETURN 'dropped';
    END IF;
    SELECT retention.tablespace INTO target FROM retention WHERE retention.parent = status.parent;
    EXECUTE format('ALTER TABLE %I SET TABLESPACE %I', of_partition, target);
    FOR index_name IN
        SELECT pg_index.indexrelid FROM pg_index WHERE pg_index.indrelid = of_partition::regclass
    LOOP
        EXECUTE format('ALTER INDEX %s SET TABLESPACE %I', index_name, target);
    END LOOP;
    RETURN 'moved';
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 'busy';
END
$$;
COMMENT ON FUNCTION retire_partition IS 'Drops or moves a partition if that is due, and says which; busy where others use it, NULL where nothing is due. Example: SELECT partition, retire_partition(partition) FROM partition_status WHERE due IS NOT NULL;';
