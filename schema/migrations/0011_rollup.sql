-- Rollups: totals that are kept up with what is stored, so that nobody adds up snapshots twice.
--
-- Whoever stores leaves the showtime in a log, in the same transaction, and nothing else.
-- A refresh takes entries from the log, deletes the buckets that they fall in and computes
-- these again from what is stored: whole buckets, so late, corrected and repeated data come
-- out right. No clock and no sequence says how far a rollup has read: an entry that is not
-- visible to a refresh stays for the next.
--
-- schema public: what the fleet needs. schema fullhouse: what analysts call and read.
-- schema rollup: the tables behind it, of each rollup its buckets and those that are dirty.

CREATE SCHEMA fullhouse;
CREATE SCHEMA rollup;
COMMENT ON SCHEMA fullhouse IS 'Rollups: functions that make and drop them, and a view of each. The views show all rows to whoever may read them: for analysts, not for partners.';
COMMENT ON SCHEMA rollup IS 'What stands behind the views of the schema fullhouse; nobody else reads it.';

-- The log.

CREATE TABLE dirty_showtime (
    marked_at   timestamptz NOT NULL DEFAULT now(),
    showtime_id integer     NOT NULL,
    business_on date,
    film_id     integer,
    cinema_id   integer,
    territory   char(2),

    CONSTRAINT dirty_showtime_was_whole
        CHECK (num_nulls(business_on, film_id, cinema_id, territory) IN (0, 4))
)
-- Filled and emptied all the time: vacuum by number, for the share of a table that is empty says nothing.
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000);
COMMENT ON TABLE dirty_showtime IS 'Showtimes of which something was stored that no rollup has heard of yet: append-only, without a key, so that writers never wait for each other.';
COMMENT ON COLUMN dirty_showtime.marked_at IS 'When the transaction began that stored it.';
COMMENT ON COLUMN dirty_showtime.showtime_id IS 'The showtime.';
COMMENT ON COLUMN dirty_showtime.business_on IS 'Its business day before it was changed; NULL where it was not.';
COMMENT ON COLUMN dirty_showtime.film_id IS 'Its film before it was changed.';
COMMENT ON COLUMN dirty_showtime.cinema_id IS 'Its cinema before it was changed.';
COMMENT ON COLUMN dirty_showtime.territory IS 'The territory of its cinema before that was changed.';

CREATE FUNCTION mark_dirty() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_id) SELECT showtime_id FROM stored;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_dirty IS 'Leaves the showtimes of all rows of a statement in dirty_showtime. Example: CREATE TRIGGER mark AFTER INSERT ON snapshot REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();';

CREATE FUNCTION mark_moved() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_id, business_on, film_id, cinema_id, territory)
    SELECT was.showtime_id, was.business_on, was.film_id, was.cinema_id, cinema.territory
    FROM was
    INNER JOIN stored ON stored.showtime_id = was.showtime_id
    INNER JOIN cinema ON cinema.cinema_id = was.cinema_id
    WHERE (was.starts_at, was.business_on, was.film_id, was.cinema_id, was.auditorium_id, was.seats_total)
        IS DISTINCT FROM
        (stored.starts_at, stored.business_on, stored.film_id, stored.cinema_id, stored.auditorium_id, stored.seats_total);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_moved IS 'Leaves showtimes that were changed in dirty_showtime, with the day, film and cinema that they had: both buckets are computed again. Example: CREATE TRIGGER mark_moved AFTER UPDATE ON showtime REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_moved();';

CREATE FUNCTION mark_removed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO dirty_showtime (showtime_id, business_on, film_id, cinema_id, territory)
    SELECT was.showtime_id, was.business_on, was.film_id, was.cinema_id, cinema.territory
    FROM was
    INNER JOIN cinema ON cinema.cinema_id = was.cinema_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_removed IS 'Leaves showtimes that were deleted in dirty_showtime, with the day, film and cinema that they had. Example: CREATE TRIGGER mark_removed AFTER DELETE ON showtime REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION mark_removed();';

CREATE FUNCTION mark_named() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO dirty_showtime (showtime_id, business_on, film_id, cinema_id, territory)
        SELECT showtime.showtime_id, showtime.business_on, showtime.film_id, showtime.cinema_id, %1$s
        FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        WHERE showtime.%2$I = ($1).%2$I AND %3$s',
        CASE WHEN TG_TABLE_NAME = 'cinema' THEN '($1).territory' ELSE 'cinema.territory' END,
        TG_TABLE_NAME || '_id',
        -- No index knows the showtimes of an auditorium, but one those of its cinema.
        CASE WHEN TG_TABLE_NAME = 'auditorium' THEN 'showtime.cinema_id = ($1).cinema_id' ELSE 'true' END)
    USING OLD;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_named IS 'Leaves the showtimes of a cinema, a film or an auditorium that is called otherwise now, or lies elsewhere, in dirty_showtime. Example: CREATE TRIGGER mark_named AFTER UPDATE ON film FOR EACH ROW WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_named();';

-- Snapshots are never updated but when they are counted again, and never deleted but when they
-- are sealed, which changes no value.
CREATE TRIGGER mark_dirty_stored AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
CREATE TRIGGER mark_dirty_counted AFTER UPDATE ON snapshot
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
CREATE TRIGGER mark_dirty_stored AFTER INSERT ON showtime_tariff
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
CREATE TRIGGER mark_dirty_changed AFTER INSERT ON showtime_change
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
CREATE TRIGGER mark_dirty_stored AFTER INSERT ON showtime
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty();
CREATE TRIGGER mark_moved AFTER UPDATE ON showtime
    REFERENCING OLD TABLE AS was NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION mark_moved();
CREATE TRIGGER mark_removed AFTER DELETE ON showtime
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION mark_removed();
CREATE TRIGGER mark_named AFTER UPDATE ON cinema FOR EACH ROW
    WHEN ((OLD.territory, OLD.name, OLD.timezone, OLD.city) IS DISTINCT FROM (NEW.territory, NEW.name, NEW.timezone, NEW.city))
    EXECUTE FUNCTION mark_named();
CREATE TRIGGER mark_named AFTER UPDATE ON film FOR EACH ROW
    WHEN (OLD.title <> NEW.title) EXECUTE FUNCTION mark_named();
CREATE TRIGGER mark_named AFTER UPDATE ON auditorium FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION mark_named();

CREATE FUNCTION dirty_buckets(entries dirty_showtime[])
RETURNS TABLE (
    marked_at timestamptz,
    showtime_id integer,
    business_on date,
    film_id integer,
    cinema_id integer,
    source_id integer,
    territory char(2)
)
LANGUAGE sql STABLE
AS $$
    SELECT entry.marked_at, showtime.showtime_id, showtime.business_on, showtime.film_id, showtime.cinema_id,
        cinema.source_id, cinema.territory
    FROM unnest(entries) AS entry
    INNER JOIN showtime ON showtime.showtime_id = entry.showtime_id
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    UNION ALL
    SELECT entry.marked_at, entry.showtime_id, entry.business_on, entry.film_id, entry.cinema_id,
        cinema.source_id, entry.territory
    FROM unnest(entries) AS entry
    INNER JOIN cinema ON cinema.cinema_id = entry.cinema_id
$$;
COMMENT ON FUNCTION dirty_buckets IS 'What a bucket may be named by, of each entry of the log: as it is now, and as it was before. Example: SELECT * FROM dirty_buckets(ARRAY(SELECT dirty_showtime FROM dirty_showtime));';

-- The rollups.

CREATE TABLE rollup (
    made_at          timestamptz NOT NULL DEFAULT now(),
    refreshed_at     timestamptz,
    backfilled_at    timestamptz,
    failed_at        timestamptz,
    backfill_buckets bigint      NOT NULL DEFAULT 0,
    depth            smallint    NOT NULL,
    name             text        NOT NULL,
    parent           text        REFERENCES rollup,
    made_by          text        NOT NULL,
    keys             text[]      NOT NULL,
    bucket           text[]      NOT NULL,
    query            text        NOT NULL,
    last_error       text,

    CONSTRAINT rollup_pkey PRIMARY KEY (name),
    CONSTRAINT rollup_name_plain CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$' AND name !~ '_(query|dirty|stale|fresh|idx|pkey)$'),
    CONSTRAINT rollup_bucket_not_empty CHECK (cardinality(bucket) >= 1 AND bucket <@ keys),
    CONSTRAINT rollup_deeper_than_parent CHECK ((depth = 0) = (parent IS NULL)),
    CONSTRAINT rollup_failed_has_error CHECK (failed_at IS NULL OR last_error IS NOT NULL)
);
COMMENT ON TABLE rollup IS 'The rollups; see rollup_status, fullhouse.create_rollup and fullhouse.drop_rollup.';
COMMENT ON COLUMN rollup.made_at IS 'When it was made.';
COMMENT ON COLUMN rollup.refreshed_at IS 'When it last had nothing left to refresh.';
COMMENT ON COLUMN rollup.backfilled_at IS 'When all of the past was in it; NULL until then.';
COMMENT ON COLUMN rollup.failed_at IS 'When it was set aside because its query failed; NULL while it is kept up. fullhouse.refresh_rollup takes it up again.';
COMMENT ON COLUMN rollup.backfill_buckets IS 'Buckets of the past when it was made, or taken up again.';
COMMENT ON COLUMN rollup.depth IS '0 for a rollup of what is stored, one more for a rollup of another.';
COMMENT ON COLUMN rollup.name IS 'Name; of its view in the schema fullhouse too.';
COMMENT ON COLUMN rollup.parent IS 'The rollup that it reads; NULL where it reads what is stored.';
COMMENT ON COLUMN rollup.made_by IS 'The role that made it and may drop it.';
COMMENT ON COLUMN rollup.keys IS 'Columns that name a row.';
COMMENT ON COLUMN rollup.bucket IS 'Those of the keys by which it is computed again: what a dirty showtime, or a changed row of the parent, names.';
COMMENT ON COLUMN rollup.query IS 'What is computed, as the database wrote it down.';
COMMENT ON COLUMN rollup.last_error IS 'Why it was set aside.';

CREATE TABLE rollup_input (
    is_function boolean NOT NULL,
    name        text    NOT NULL,

    CONSTRAINT rollup_input_pkey PRIMARY KEY (name, is_function)
);
COMMENT ON TABLE rollup_input IS 'What the query of a rollup may read besides another rollup: only what changes leave in dirty_showtime, and functions without secrets.';
COMMENT ON COLUMN rollup_input.is_function IS 'A function, else a table or view.';
COMMENT ON COLUMN rollup_input.name IS 'Its name; in the schema public, or a view of that name in analytics and analytics_detail.';
INSERT INTO rollup_input (name, is_function)
VALUES
    ('showtime', false), ('cinema', false), ('film', false), ('auditorium', false),
    ('seat_snapshot', false), ('occupancy', false), ('seat_record', false), ('seat_change', false),
    ('ticket_price', false), ('showtime_standing', false), ('code_at', true), ('changed_seats', true);

CREATE FUNCTION equal_columns(columns text[], one text, other text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT string_agg(format('%s.%I = %s.%I', one, name, other, name), ' AND ' ORDER BY place)
    FROM unnest(columns) WITH ORDINALITY AS listed (name, place)
$$;
COMMENT ON FUNCTION equal_columns IS 'A condition that two relations agree in columns. Example: SELECT equal_columns(''{film_id,business_on}'', ''kept'', ''dirty'');';

CREATE FUNCTION name_columns(columns text[], of_relation text DEFAULT NULL)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT string_agg(coalesce(of_relation || '.', '') || quote_ident(name), ', ' ORDER BY place)
    FROM unnest(columns) WITH ORDINALITY AS listed (name, place)
$$;
COMMENT ON FUNCTION name_columns IS 'Columns as they stand in a statement. Example: SELECT name_columns(''{film_id,business_on}'', ''kept'');';

CREATE FUNCTION query_reading(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- The query as the database wrote it names each relation with its schema.
    SELECT CASE WHEN of_rollup.parent IS NULL THEN of_rollup.query
        ELSE regexp_replace(of_rollup.query, '\yfullhouse\.' || of_rollup.parent || '\y', instead, 'g')
    END
$$;
COMMENT ON FUNCTION query_reading IS 'The query of a rollup, reading something else in place of its parent''s view. Example: SELECT query_reading(rollup, ''rollup.film_day'') FROM rollup WHERE name = ''film_week'';';

CREATE FUNCTION query_by_bucket(of_rollup rollup, instead text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    -- OFFSET 0 keeps the planner from joining later: so the names of the bucket are parameters,
    -- and reach the keys of what the query reads.
    SELECT format('(SELECT * FROM (%s) AS computed WHERE %s OFFSET 0)',
        query_reading(of_rollup, instead), equal_columns(of_rollup.bucket, 'computed', 'dirty'))
$$;
COMMENT ON FUNCTION query_by_bucket IS 'The query of a rollup for one bucket, to be joined laterally to a relation called dirty. Example: SELECT query_by_bucket(rollup, ''rollup.film_day'') FROM rollup WHERE name = ''film_week'';';

CREATE FUNCTION mark_children(of_rollup text, changed jsonb)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    child rollup;
BEGIN
    FOR child IN SELECT * FROM rollup WHERE parent = of_rollup AND failed_at IS NULL LOOP
        -- The child's own query over the rows that changed tells into which of its buckets they fall.
        EXECUTE format(
            'WITH %1$I AS (SELECT * FROM jsonb_populate_recordset(NULL::rollup.%1$I, $1))
            INSERT INTO rollup.%2$I (%3$s) SELECT DISTINCT %3$s FROM (%4$s) AS touched',
            of_rollup, child.name || '_dirty', name_columns(child.bucket), query_reading(child, quote_ident(of_rollup)))
        USING changed;
    END LOOP;
END
$$;
COMMENT ON FUNCTION mark_children IS 'Marks the buckets of the rollups over a rollup in which changed rows of it fall, as they were and as they are. Example: SELECT mark_children(''film_day'', ''[]'');';

CREATE FUNCTION spread_dirty(most integer DEFAULT 20000)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    taken dirty_showtime[];
    one rollup;
BEGIN
    -- One at a time, and none while a rollup is being made, which would miss what is taken now.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('fullhouse rollup log', 0)) THEN
        RETURN 0;
    END IF;
    WITH gone AS (
        DELETE FROM dirty_showtime AS entry
        WHERE entry.ctid = ANY (ARRAY(SELECT ctid FROM dirty_showtime LIMIT most))
        RETURNING entry
    )
    SELECT array_agg(gone.entry) INTO taken FROM gone;
    IF taken IS NULL THEN
        RETURN 0;
    END IF;
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL AND failed_at IS NULL LOOP
        EXECUTE format(
            'INSERT INTO rollup.%I (marked_at, %2$s) SELECT min(marked_at), %2$s FROM dirty_buckets($1) GROUP BY %2$s',
            one.name || '_dirty', name_columns(one.bucket))
        USING taken;
    END LOOP;
    RETURN cardinality(taken);
END
$$;
COMMENT ON FUNCTION spread_dirty IS 'Takes entries of the log, at most so many, and marks the buckets of every rollup of what is stored in which they fall; returns how many it took. Example: SELECT spread_dirty();';

CREATE FUNCTION refresh_buckets(of_rollup text, most integer DEFAULT 200)
RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    taken jsonb;
    gone jsonb;
    added jsonb;
    is_clean boolean;
BEGIN
    SELECT * INTO one FROM rollup WHERE name = of_rollup AND failed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF one.name IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM rollup.%1$I LIMIT $1)) RETURNING %2$s
        )
        SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT DISTINCT %2$s FROM gone) AS bucket',
        of_rollup || '_dirty', name_columns(one.bucket))
    INTO taken USING most;
    IF taken IS NULL AND one.backfilled_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    -- Each of these sees what was committed before it began, and so at least all that the
    -- entries were left for.
    EXECUTE format(
        'WITH gone AS (
            DELETE FROM rollup.%1$I AS kept
            USING jsonb_populate_recordset(NULL::rollup.%2$I, $1) AS dirty
            WHERE %3$s
            RETURNING kept.*
        )
        SELECT coalesce(jsonb_agg(to_jsonb(gone)), ''[]'') FROM gone',
        of_rollup, of_rollup || '_dirty', equal_columns(one.bucket, 'kept', 'dirty'))
    INTO gone USING taken;
    EXECUTE format(
        'WITH added AS (
            INSERT INTO rollup.%1$I
            SELECT fresh.* FROM jsonb_populate_recordset(NULL::rollup.%2$I, $1) AS dirty
            CROSS JOIN LATERAL %3$s AS fresh
            RETURNING *
        )
        SELECT coalesce(jsonb_agg(to_jsonb(added)), ''[]'') FROM added',
        of_rollup, of_rollup || '_dirty', query_by_bucket(one, 'rollup.' || quote_ident(one.parent)))
    INTO added USING taken;
    IF gone <> added AND EXISTS (SELECT FROM rollup WHERE parent = of_rollup) THEN
        PERFORM mark_children(of_rollup, changed.rows)
        FROM (
            SELECT jsonb_agg(row.value) AS rows
            FROM (
                (SELECT value FROM jsonb_array_elements(gone) EXCEPT SELECT value FROM jsonb_array_elements(added))
                UNION ALL
                (SELECT value FROM jsonb_array_elements(added) EXCEPT SELECT value FROM jsonb_array_elements(gone))
            ) AS row (value)
        ) AS changed
        WHERE changed.rows IS NOT NULL;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM rollup.%I)', of_rollup || '_dirty') INTO is_clean;
    IF is_clean THEN
        UPDATE rollup
        SET refreshed_at = now(), backfilled_at = coalesce(backfilled_at, now())
        WHERE name = of_rollup;
    END IF;
    RETURN coalesce(jsonb_array_length(taken), 0);
END
$$;
COMMENT ON FUNCTION refresh_buckets IS 'Computes dirty buckets of a rollup again, so many entries at most, and marks the rollups over it; returns how many buckets, NULL where another is at it or the rollup is set aside. Example: SELECT refresh_buckets(''film_day'', 200);';

CREATE FUNCTION mark_all(of_rollup text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    one rollup;
    buckets bigint;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE name = of_rollup;
    -- Buckets that are no more are computed as well, to nothing.
    EXECUTE format(
        'INSERT INTO rollup.%1$I (%2$s) SELECT %2$s FROM %3$s AS all_of_it UNION SELECT %2$s FROM rollup.%4$I',
        of_rollup || '_dirty', name_columns(one.bucket),
        CASE WHEN one.parent IS NULL
            THEN '(SELECT showtime.*, cinema.source_id, cinema.territory
                FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id)'
            ELSE '(' || query_reading(one, 'rollup.' || quote_ident(one.parent)) || ')'
        END,
        of_rollup);
    GET DIAGNOSTICS buckets = ROW_COUNT;
    UPDATE rollup SET backfill_buckets = buckets, backfilled_at = NULL WHERE name = of_rollup;
    RETURN buckets;
END
$$;
COMMENT ON FUNCTION mark_all IS 'Marks every bucket of a rollup: the leader computes them batch by batch; returns how many. Example: SELECT mark_all(''film_day'');';

CREATE FUNCTION rollups_due()
RETURNS SETOF text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    one rollup;
    is_due boolean;
    listed text[] := '{}';
BEGIN
    FOR one IN SELECT * FROM rollup WHERE failed_at IS NULL ORDER BY depth, name LOOP
        -- Dropped meanwhile.
        CONTINUE WHEN to_regclass(format('rollup.%I', one.name || '_dirty')) IS NULL;
        is_due := one.parent = ANY (listed);
        IF is_due IS NOT TRUE THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM rollup.%I)', one.name || '_dirty') INTO is_due;
        END IF;
        IF is_due THEN
            listed := listed || one.name;
            RETURN NEXT one.name;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION rollups_due IS 'The rollups that have dirty buckets, and those above them, each after the one that it reads. Example: SELECT * FROM rollups_due();';

CREATE FUNCTION set_rollup_aside(of_rollup text, error text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE rollup SET failed_at = now(), last_error = error WHERE name = of_rollup AND failed_at IS NULL;
    -- Nobody computes these; all is marked when it is taken up again.
    EXECUTE format('DELETE FROM rollup.%I', of_rollup || '_dirty');
END
$$;
COMMENT ON FUNCTION set_rollup_aside IS 'Stops keeping a rollup up, because its query failed: its view says so until fullhouse.refresh_rollup takes it up again, and after a week it no longer holds partitions. Example: SELECT set_rollup_aside(''my_test'', ''a column vanished'');';

CREATE FUNCTION note_rollups_read()
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    one rollup;
    oldest timestamptz;
BEGIN
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL LOOP
        IF one.failed_at < now() - interval '7 days' THEN
            DELETE FROM partition_reader WHERE reader = 'rollup ' || one.name;
        ELSIF one.failed_at IS NULL THEN
            EXECUTE format(
                'SELECT least((SELECT min(marked_at) FROM rollup.%I), (SELECT min(marked_at) FROM dirty_showtime), now())',
                one.name || '_dirty')
            INTO oldest;
            -- What was begun before and is not stored yet ends within minutes.
            INSERT INTO partition_reader AS known (parent, reader, read_until)
            SELECT read.parent, 'rollup ' || one.name,
                CASE WHEN one.backfilled_at IS NULL THEN '-infinity' ELSE oldest - interval '1 hour' END
            FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
            ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until
            WHERE known.read_until <> excluded.read_until;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION note_rollups_read IS 'Writes down in partition_reader how far each rollup has read. Example: SELECT note_rollups_read();';

-- What analysts call.

CREATE FUNCTION fullhouse.create_rollup(name text, query text, keys text[])
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
-- So the query is read; whoever calls may have another path.
SET search_path = fullhouse, public, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := create_rollup.name;
    made rollup;
    tree text;
    checked oid;
    refused text;
    index_columns text[];
    marked bigint;
BEGIN
    IF asked !~ '^[a-z][a-z0-9_]{0,39}$' OR asked ~ '_(query|dirty|stale|fresh|idx|pkey)$' THEN
        RAISE EXCEPTION 'a rollup cannot be called %', asked
            USING HINT = 'Up to 40 small letters, digits and underscores.';
    ELSIF to_regclass('public.' || quote_ident(asked)) IS NOT NULL OR to_regclass('fullhouse.' || quote_ident(asked)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a % already', asked;
    ELSIF strpos(rtrim(query, E'; \n\t'), ';') > 0 THEN
        RAISE EXCEPTION 'the query of a rollup is one SELECT, without a semicolon';
    ELSIF coalesce(cardinality(keys), 0) = 0 THEN
        RAISE EXCEPTION 'a rollup needs keys' USING HINT = 'The columns that the query is grouped by.';
    END IF;
    made.name := asked;
    made.keys := keys;
    made.made_by := session_user;

    -- A view of it is parsed, never run: what it reads and calls is looked at first.
    EXECUTE format(E'CREATE VIEW rollup.%I AS %s\n', asked || '_query', rtrim(query, E'; \n\t'));
    checked := to_regclass(format('rollup.%I', asked || '_query'));
    SELECT ev_action::text INTO tree FROM pg_rewrite WHERE ev_class = checked;

    SELECT string_agg(DISTINCT coalesce(pg_class.oid::regclass::text, '?'), ', ') INTO refused
    FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
    LEFT JOIN pg_class ON pg_class.oid = found.id[1]::oid
    WHERE found.id[1]::oid NOT IN (0, checked)
        AND NOT (pg_class.relnamespace = 'fullhouse'::regnamespace
            AND EXISTS (SELECT FROM rollup WHERE rollup.name = pg_class.relname))
        AND NOT (pg_class.relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
            AND EXISTS (SELECT FROM rollup_input WHERE rollup_input.name = pg_class.relname AND NOT is_function));
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a rollup cannot read %', refused
            USING HINT = 'It may read one other rollup, or what rollup_input lists: changes of these are followed.';
    END IF;

    -- Whatever is called must give the same for the same rows, and show nothing else.
    SELECT string_agg(DISTINCT pg_proc.oid::regprocedure::text, ', ') INTO refused
    FROM (
        SELECT found.id[1]::oid AS id
        FROM regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid|opfuncid) (\d+)', 'g') AS found (id)
        UNION
        SELECT pg_operator.oprcode::oid
        FROM regexp_matches(tree, ':opno (\d+)', 'g') AS found (id)
        INNER JOIN pg_operator ON pg_operator.oid = found.id[1]::oid
    ) AS called
    INNER JOIN pg_proc ON pg_proc.oid = called.id
    WHERE pg_proc.provolatile = 'v'
        OR pg_proc.pronamespace = 'pg_catalog'::regnamespace AND (
            pg_proc.proname ~ '^(pg_|has_|current_|inet_|txid_|to_reg|lo_)|_to_xml|xmlschema|_description$'
            OR pg_proc.proname IN ('now', 'transaction_timestamp', 'statement_timestamp', 'set_config', 'row_security_active')
            OR pg_proc.proname = 'age' AND pg_proc.pronargs = 1)
        OR pg_proc.pronamespace <> 'pg_catalog'::regnamespace AND NOT (
            pg_proc.pronamespace = 'public'::regnamespace
            AND EXISTS (SELECT FROM rollup_input WHERE rollup_input.name = pg_proc.proname AND is_function));
    IF refused IS NOT NULL OR tree ~ '\{(SQLVALUEFUNCTION|NEXTVALUEEXPR)' THEN
        RAISE EXCEPTION 'a rollup cannot call %', coalesce(refused, 'what depends on the moment or on who asks')
            USING HINT = 'What it computes must be the same whenever it is computed.';
    END IF;

    -- The parts of the outermost SELECT stand last in the tree.
    IF substring(tree FROM '.*:groupClause (\S+)') = '<>' THEN
        RAISE EXCEPTION 'the query of a rollup is SELECT ... GROUP BY';
    ELSIF substring(tree FROM '.*:havingQual (\S+)') <> '<>' OR substring(tree FROM '.*:groupingSets (\S+)') <> '<>'
        OR substring(tree FROM '.*:distinctClause (\S+)') <> '<>' OR substring(tree FROM '.*:setOperations (\S+)') <> '<>'
        OR substring(tree FROM '.*:limitCount (\S+)') <> '<>' OR substring(tree FROM '.*:limitOffset (\S+)') <> '<>'
        OR substring(tree FROM ':hasWindowFuncs (\S+)') = 'true' OR substring(tree FROM ':hasTargetSRFs (\S+)') = 'true' THEN
        RAISE EXCEPTION 'a rollup cannot have HAVING, DISTINCT, LIMIT, UNION, grouping sets, windows or sets of rows outside of its sub-selects'
            USING HINT = 'Leave it out, and say it when you read the rollup.';
    END IF;
    SELECT string_agg(listed.name, ', ') INTO refused
    FROM unnest(keys) AS listed (name)
    WHERE NOT EXISTS (
        SELECT FROM regexp_matches(tree, ':resname (\S+) :ressortgroupref (\d+)', 'g') AS target (found)
        WHERE target.found[1] = listed.name AND target.found[2] <> '0');
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'the query is not grouped by %', refused
            USING HINT = 'Keys name columns of the answer that stand in GROUP BY.';
    END IF;

    -- No entry of the log is taken from here on until this is committed: what comes later, or
    -- was not seen by mark_all, is then marked for this rollup as well.
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse rollup log', 0));
    SELECT array_agg(DISTINCT pg_class.relname), count(*) INTO index_columns, marked
    FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
    INNER JOIN pg_class ON pg_class.oid = found.id[1]::oid
    WHERE pg_class.relnamespace = 'fullhouse'::regnamespace;
    IF marked = 0 THEN
        made.depth := 0;
        -- A key that is called as what leads from a showtime to its buckets must be that.
        SELECT array_agg(listed.name ORDER BY listed.place) INTO made.bucket
        FROM unnest(keys) WITH ORDINALITY AS listed (name, place)
        WHERE listed.name IN ('showtime_id', 'business_on', 'film_id', 'cinema_id', 'source_id', 'territory')
            AND EXISTS (
                SELECT
                FROM regexp_matches(tree, ':resname (\S+) :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+)', 'g') AS target (found)
                INNER JOIN pg_attribute
                    ON pg_attribute.attrelid = target.found[2]::oid AND pg_attribute.attnum = target.found[3]::smallint
                WHERE target.found[1] = listed.name AND pg_attribute.attname = listed.name);
        IF made.bucket IS NULL THEN
            RAISE EXCEPTION 'no key leads from a showtime to its rows'
                USING HINT = 'One or more of showtime_id, business_on, film_id, cinema_id, source_id, territory, as they stand in showtime and cinema.';
        END IF;
    ELSIF marked > 1 OR (SELECT count(DISTINCT found.id[1]) FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
            WHERE found.id[1]::oid NOT IN (0, checked)) > 1 THEN
        RAISE EXCEPTION 'a rollup of a rollup reads that one alone, once'
            USING HINT = 'Join names when you read it.';
    ELSE
        made.parent := index_columns[1];
        made.bucket := keys;
        -- Whoever refreshes the parent is waited for, and its next refresh sees the child.
        SELECT rollup.depth + 1 INTO made.depth FROM rollup WHERE rollup.name = made.parent FOR NO KEY UPDATE;
    END IF;

    -- With no path every relation is written down with its schema.
    PERFORM set_config('search_path', 'pg_catalog', true);
    made.query := rtrim(pg_get_viewdef(checked), ';');
    PERFORM set_config('search_path', 'public, pg_temp', true);
    EXECUTE format('CREATE TABLE rollup.%I AS SELECT * FROM rollup.%I WITH NO DATA', asked, asked || '_query');
    EXECUTE format('ALTER TABLE rollup.%I ADD CONSTRAINT %I PRIMARY KEY (%s)', asked, asked || '_pkey', name_columns(keys));
    EXECUTE format('DROP VIEW rollup.%I', asked || '_query');
    EXECUTE format(
        'CREATE TABLE rollup.%I (marked_at timestamptz NOT NULL DEFAULT now(), %s)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)',
        asked || '_dirty', (
            SELECT string_agg(format('%I %s NOT NULL', attname, format_type(atttypid, -1)), ', ' ORDER BY attnum)
            FROM pg_attribute
            WHERE attrelid = to_regclass(format('rollup.%I', asked)) AND attnum > 0 AND attname = ANY (made.bucket)));
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', asked, 'The buckets of the rollup ' || asked || '; read fullhouse.' || asked || '.');
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', asked || '_dirty', 'The buckets of the rollup ' || asked || ' that are to be computed again.');

    -- A child finds the rows of its bucket in the parent by their columns, where no key of it does.
    IF made.parent IS NOT NULL THEN
        SELECT array_agg(listed.name ORDER BY listed.place) INTO index_columns
        FROM unnest(keys) WITH ORDINALITY AS listed (name, place)
        INNER JOIN pg_attribute
            ON pg_attribute.attrelid = to_regclass(format('rollup.%I', made.parent)) AND pg_attribute.attname = listed.name;
        IF NOT EXISTS (
            SELECT FROM pg_index
            INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_index.indrelid AND pg_attribute.attnum = pg_index.indkey[0]
            WHERE pg_index.indrelid = to_regclass(format('rollup.%I', made.parent)) AND pg_attribute.attname = ANY (index_columns)
        ) AND index_columns IS NOT NULL THEN
            EXECUTE format('CREATE INDEX %I ON rollup.%I (%s)', asked || '_idx', made.parent, name_columns(index_columns));
        END IF;
    END IF;

    -- What is dirty now: marked here, or in the log, or because the parent's rows are.
    EXECUTE format(
        $made$CREATE FUNCTION rollup.%1$I() RETURNS SETOF rollup.%2$I
        LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
        SET search_path = public, pg_temp SET timezone = 'UTC'
        AS $body$
        BEGIN
            IF EXISTS (SELECT FROM rollup WHERE rollup.name = %3$L AND rollup.failed_at IS NOT NULL) THEN
                RAISE EXCEPTION 'the rollup %4$s is set aside: %%', (SELECT last_error FROM rollup WHERE rollup.name = %3$L)
                    USING HINT = 'SELECT fullhouse.refresh_rollup(''%4$s'') takes it up again.';
            END IF;
            RETURN QUERY SELECT * FROM rollup.%2$I;
            %5$s
        END
        $body$
        $made$,
        asked || '_stale', asked || '_dirty', asked, asked,
        CASE WHEN made.parent IS NULL THEN format(
            'IF EXISTS (SELECT FROM dirty_showtime) THEN
                RETURN QUERY SELECT marked_at, %s FROM dirty_buckets(ARRAY(SELECT dirty_showtime FROM dirty_showtime));
            END IF;', (
                SELECT name_columns(array_agg(attname::text ORDER BY attnum))
                FROM pg_attribute
                WHERE attrelid = to_regclass(format('rollup.%I', asked || '_dirty')) AND attnum > 1))
        ELSE format(
            'IF EXISTS (SELECT FROM rollup.%2$I()) THEN
                RETURN QUERY
                WITH stale AS MATERIALIZED (SELECT DISTINCT %3$s FROM rollup.%2$I()),
                %1$I AS (
                    SELECT kept.* FROM rollup.%1$I AS kept INNER JOIN stale ON %4$s
                    UNION ALL
                    SELECT * FROM rollup.%5$I()
                )
                SELECT now(), %6$s FROM (%7$s) AS touched;
            END IF;',
            made.parent, made.parent || '_stale',
            name_columns((SELECT bucket FROM rollup WHERE rollup.name = made.parent)),
            equal_columns((SELECT bucket FROM rollup WHERE rollup.name = made.parent), 'kept', 'stale'),
            made.parent || '_fresh', (
                SELECT name_columns(array_agg(attname::text ORDER BY attnum))
                FROM pg_attribute
                WHERE attrelid = to_regclass(format('rollup.%I', asked || '_dirty')) AND attnum > 1),
            query_reading(made, quote_ident(made.parent)))
        END);
    EXECUTE format(
        $made$CREATE FUNCTION rollup.%1$I() RETURNS SETOF rollup.%2$I
        LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
        SET search_path = public, pg_temp SET timezone = 'UTC'
        AS $body$
        BEGIN
            IF EXISTS (SELECT FROM rollup.%3$I()) THEN
                RETURN QUERY
                SELECT fresh.*
                FROM (SELECT DISTINCT %4$s FROM rollup.%3$I()) AS dirty
                CROSS JOIN LATERAL %5$s AS fresh;
            END IF;
        END
        $body$
        $made$,
        asked || '_fresh', asked, asked || '_stale', name_columns(made.bucket),
        query_by_bucket(made, 'fullhouse.' || quote_ident(made.parent)));
    EXECUTE format('COMMENT ON FUNCTION rollup.%I IS %L', asked || '_stale', 'The buckets of the rollup ' || asked || ' that its table does not have as they are now. Example: SELECT * FROM rollup.' || asked || '_stale();');
    EXECUTE format('COMMENT ON FUNCTION rollup.%I IS %L', asked || '_fresh', 'These buckets, computed now. Example: SELECT * FROM rollup.' || asked || '_fresh();');
    EXECUTE format(
        'CREATE VIEW fullhouse.%1$I AS
        SELECT kept.* FROM rollup.%1$I AS kept
        WHERE NOT EXISTS (SELECT FROM rollup.%2$I() AS stale WHERE %3$s)
        UNION ALL
        SELECT * FROM rollup.%4$I()',
        asked, asked || '_stale', equal_columns(made.bucket, 'stale', 'kept'), asked || '_fresh');
    EXECUTE format('COMMENT ON VIEW fullhouse.%I IS %L', asked,
        format('The rollup %1$s, by %2$s, as of now. Example: SELECT * FROM fullhouse.%1$s LIMIT 10;', asked, array_to_string(keys, ', ')));

    INSERT INTO rollup (name, parent, depth, made_by, keys, bucket, query)
    VALUES (asked, made.parent, made.depth, made.made_by, keys, made.bucket, made.query);
    marked := mark_all(asked);
    -- The first bucket shows that the query runs, and that its keys are keys.
    PERFORM refresh_buckets(asked, 1);
    PERFORM note_rollups_read();
    RETURN marked;
END
$$;
COMMENT ON FUNCTION fullhouse.create_rollup IS 'Makes a rollup: a name, a SELECT ... GROUP BY over what rollup_input lists or over one other rollup, and the columns that name a row of it. Every row must be made of the showtimes of its bucket alone. Returns the number of buckets of the past, which the leader fills in batches (see rollup_status); read it as fullhouse.NAME from the start. Example: SELECT fullhouse.create_rollup(''late_film'', ''SELECT film_id, count(*) AS showtimes, sum(admissions) AS admissions FROM showtime_standing WHERE extract(hour FROM starts_at) >= 21 GROUP BY film_id'', ''{film_id}'');';

CREATE FUNCTION fullhouse.drop_rollup(name text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := drop_rollup.name;
    one rollup;
    over text;
BEGIN
    -- Whoever spreads the log, refreshes its parent or it is waited for, in the order of all.
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse rollup log', 0));
    PERFORM FROM rollup WHERE rollup.name = (SELECT child.parent FROM rollup AS child WHERE child.name = asked)
    FOR NO KEY UPDATE;
    SELECT * INTO one FROM rollup WHERE rollup.name = asked FOR UPDATE;
    IF one.name IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', asked;
    ELSIF one.made_by <> session_user AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'the rollup % was made by %', asked, one.made_by
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT string_agg(rollup.name, ', ') INTO over FROM rollup WHERE rollup.parent = asked;
    IF over IS NOT NULL THEN
        RAISE EXCEPTION 'the rollup % is read by %', asked, over USING HINT = 'Drop these first.';
    END IF;
    EXECUTE format('DROP VIEW fullhouse.%I', asked);
    EXECUTE format('DROP FUNCTION rollup.%I, rollup.%I', asked || '_fresh', asked || '_stale');
    EXECUTE format('DROP TABLE rollup.%I, rollup.%I', asked, asked || '_dirty');
    IF to_regclass(format('rollup.%I', asked || '_idx')) IS NOT NULL THEN
        EXECUTE format('DROP INDEX rollup.%I', asked || '_idx');
    END IF;
    DELETE FROM partition_reader WHERE reader = 'rollup ' || asked;
    DELETE FROM rollup WHERE rollup.name = asked;
END
$$;
COMMENT ON FUNCTION fullhouse.drop_rollup IS 'Drops a rollup without a trace; for whoever made it, and for the owner of the database. Example: SELECT fullhouse.drop_rollup(''late_film'');';

CREATE FUNCTION fullhouse.refresh_rollup(name text)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := refresh_rollup.name;
    line text[];
    one text;
    refreshed integer;
    buckets bigint := 0;
BEGIN
    WITH RECURSIVE above AS (
        SELECT rollup.name, rollup.parent, rollup.depth FROM rollup WHERE rollup.name = asked
        UNION ALL
        SELECT rollup.name, rollup.parent, rollup.depth FROM above INNER JOIN rollup ON rollup.name = above.parent
    )
    SELECT array_agg(above.name ORDER BY above.depth) INTO line FROM above;
    IF line IS NULL THEN
        RAISE EXCEPTION 'there is no rollup %', asked;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('fullhouse rollup log', 0));
    FOREACH one IN ARRAY line LOOP
        -- Whoever refreshes it now is waited for.
        PERFORM FROM rollup WHERE rollup.name = one FOR NO KEY UPDATE;
        UPDATE rollup SET failed_at = NULL, last_error = NULL WHERE rollup.name = one AND failed_at IS NOT NULL;
        IF FOUND THEN
            PERFORM mark_all(one);
        END IF;
    END LOOP;
    WHILE spread_dirty() > 0 LOOP
        NULL;
    END LOOP;
    FOREACH one IN ARRAY line LOOP
        LOOP
            refreshed := refresh_buckets(one, 1000);
            EXIT WHEN coalesce(refreshed, 0) = 0;
            buckets := buckets + refreshed;
        END LOOP;
    END LOOP;
    PERFORM note_rollups_read();
    RETURN buckets;
END
$$;
COMMENT ON FUNCTION fullhouse.refresh_rollup IS 'Brings a rollup, and those that it reads, up to date now, in one transaction; takes up one that was set aside. Returns how many buckets were computed. The leader does it all the time, so nobody needs to. Example: SELECT fullhouse.refresh_rollup(''film_day'');';

CREATE FUNCTION fullhouse.grant_rollups(grantee name)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA fullhouse TO %I', grantee);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA fullhouse TO %I', grantee);
    -- Those that are made later as well.
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA fullhouse GRANT SELECT ON TABLES TO %I', grantee);
    EXECUTE format('GRANT EXECUTE ON FUNCTION fullhouse.create_rollup, fullhouse.drop_rollup, fullhouse.refresh_rollup TO %I', grantee);
END
$$;
COMMENT ON FUNCTION fullhouse.grant_rollups IS 'Lets a role, such as analysts, read all rollups and make its own; called by the owner of the database. Example: SELECT fullhouse.grant_rollups(''analyst'');';
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fullhouse FROM PUBLIC;

CREATE FUNCTION rollup_backlog()
RETURNS TABLE (name text, entries bigint, oldest_at timestamptz, bytes bigint, rows_estimated bigint)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    one rollup;
BEGIN
    FOR one IN SELECT * FROM rollup LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %1$L::text, own.waiting + log.waiting, least(own.oldest_at, log.oldest_at),
                pg_total_relation_size(%2$L::regclass), (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %2$L::regclass)
            FROM (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM rollup.%3$I) AS own
            CROSS JOIN (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM dirty_showtime WHERE %4$L) AS log',
            one.name, format('rollup.%I', one.name), one.name || '_dirty', one.parent IS NULL);
    END LOOP;
END
$$;
COMMENT ON FUNCTION rollup_backlog IS 'Entries that each rollup has not read yet, and since when. Example: SELECT * FROM rollup_backlog();';

CREATE VIEW rollup_status AS
SELECT
    rollup.name,
    CASE
        WHEN rollup.failed_at IS NOT NULL THEN 'set aside'
        WHEN rollup.backfilled_at IS NULL THEN 'backfill'
        WHEN backlog.entries > 0 THEN 'behind'
        ELSE 'current'
    END AS state,
    backlog.entries,
    coalesce(extract(epoch FROM clock_timestamp() - backlog.oldest_at)::double precision, 0) AS lag_seconds,
    rollup.backfill_buckets,
    CASE
        WHEN rollup.backfilled_at IS NOT NULL THEN 1
        ELSE round(1 - least(backlog.entries::numeric / nullif(rollup.backfill_buckets, 0), 1), 4)
    END AS backfill_share,
    backlog.rows_estimated,
    backlog.bytes,
    rollup.refreshed_at,
    rollup.failed_at,
    rollup.last_error,
    rollup.parent,
    rollup.keys,
    rollup.made_by,
    rollup.made_at,
    rollup.query
FROM rollup
INNER JOIN rollup_backlog() AS backlog ON backlog.name = rollup.name;
COMMENT ON VIEW rollup_status IS 'Each rollup: whether it is current, behind, still filled with the past, or set aside and why. Example: SELECT name, state, entries, lag_seconds, backfill_share, last_error FROM rollup_status ORDER BY lag_seconds DESC;';
COMMENT ON COLUMN rollup_status.entries IS 'Entries of the log, and buckets, that it has not read yet; its view computes these when it is read.';
COMMENT ON COLUMN rollup_status.lag_seconds IS 'Age of the oldest of these.';
COMMENT ON COLUMN rollup_status.backfill_share IS 'How much of the past is in it, 0 to 1.';
COMMENT ON COLUMN rollup_status.rows_estimated IS 'As of the last vacuum or analyze.';
COMMENT ON COLUMN rollup_status.query IS 'What is computed.';

-- What is shipped.

CREATE VIEW showtime_standing AS
SELECT
    showtime.showtime_id,
    showtime.business_on,
    showtime.starts_at,
    showtime.film_id,
    showtime.cinema_id,
    cinema.source_id,
    cinema.territory,
    coalesce(stored.seats_before, stored.seats_after) AS seats,
    stored.sold_last AS sold,
    settled.admissions,
    CASE
        WHEN looks.after_at IS NULL THEN 'before_only'
        WHEN looks.before_at IS NULL THEN 'after_only'
        WHEN showtime.starts_at - looks.before_at <= interval '15 minutes'
            AND looks.after_at - showtime.starts_at <= interval '15 minutes' THEN 'exact'
        ELSE 'wide'
    END::admission_certainty AS certainty,
    listing.unlisted_at IS NOT NULL
        AND listing.unlisted_at <= showtime.starts_at - interval '1 hour'
        AND looks.after_at IS NULL
        AND stored.last_observed_at <= listing.unlisted_at AS is_cancelled,
    coalesce(price.currency, 'XXX') AS currency,
    price.median AS price_median,
    round((settled.admissions * price.median)::numeric, 2) AS gross,
    stored.snapshots,
    stored.first_observed_at,
    stored.last_observed_at,
    listing.unlisted_at
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN sealed_showtime AS sealed ON sealed.showtime_id = showtime.showtime_id
-- What was sealed brings its looks along.
LEFT JOIN LATERAL (
    SELECT around.before_at, around.after_at
    FROM looks_around_start(showtime.showtime_id, showtime.starts_at) AS around
    WHERE sealed.showtime_id IS NULL
) AS history ON true
CROSS JOIN LATERAL (
    SELECT
        count(*) AS snapshots,
        min(snapshot.observed_at) AS first_observed_at,
        max(snapshot.observed_at) AS last_observed_at,
        max(snapshot.observed_at) FILTER (WHERE snapshot.observed_at <= showtime.starts_at) AS before_at,
        min(snapshot.observed_at) FILTER (WHERE snapshot.observed_at > showtime.starts_at) AS after_at,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at DESC))[1] AS sold_last,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS sold_before,
        (array_agg(snapshot.sold ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS sold_after,
        (array_agg(snapshot.seats ORDER BY snapshot.observed_at DESC)
            FILTER (WHERE snapshot.observed_at <= showtime.starts_at))[1] AS seats_before,
        (array_agg(snapshot.seats ORDER BY snapshot.observed_at)
            FILTER (WHERE snapshot.observed_at > showtime.starts_at))[1] AS seats_after
    FROM occupancy AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    HAVING count(*) > 0
) AS stored
-- A snapshot is a look as well, whatever became of its job's history.
CROSS JOIN LATERAL (
    SELECT
        greatest(sealed.looked_before_at, history.before_at, stored.before_at) AS before_at,
        least(sealed.looked_after_at, history.after_at, stored.after_at) AS after_at
) AS looks
-- What the first look after the start saw unchanged is what stood before it.
CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE WHEN looks.after_at = stored.after_at THEN stored.sold_after END,
        stored.sold_before) AS admissions
) AS settled
LEFT JOIN LATERAL (
    SELECT CASE WHEN change.event = 'unlisted' THEN change.at END AS unlisted_at
    FROM showtime_change AS change
    WHERE change.showtime_id = showtime.showtime_id AND change.event IN ('unlisted', 'relisted')
    ORDER BY change.at DESC, change.event DESC
    LIMIT 1
) AS listing ON true
LEFT JOIN LATERAL (
    SELECT
        asked.currency,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY ((each.amount + coalesce(each.amount_max, each.amount)) / 2)::double precision) AS median
    FROM (
        SELECT tariff.currency, tariff.amount, tariff.amount_max
        FROM showtime_tariff
        INNER JOIN tariff ON tariff.tariff_id = showtime_tariff.tariff_id
        WHERE showtime_tariff.showtime_id = showtime.showtime_id
        ORDER BY showtime_tariff.observed_at DESC
        LIMIT 1
    ) AS asked
    CROSS JOIN LATERAL unnest(asked.amount, asked.amount_max) AS each (amount, amount_max)
    GROUP BY asked.currency
) AS price ON true;
COMMENT ON VIEW showtime_standing IS 'How each showtime stands whose seats were seen: who came, or has bought so far, what that is worth, and how certain it is; of its looks and snapshots alone, so the same at any time. Name showtimes, by value or by a join; fullhouse.showtime_sales has the same in a table. Example: SELECT admissions, seats, gross, currency, certainty FROM showtime_standing WHERE showtime_id = 1;';
COMMENT ON COLUMN showtime_standing.seats IS 'All seats, at the last snapshot before the start, else at the first after it.';
COMMENT ON COLUMN showtime_standing.sold IS 'Seats sold at its last snapshot, whenever that was.';
COMMENT ON COLUMN showtime_standing.admissions IS 'As in admission: seats sold at the first look after the start, else at the last before it; of a showtime that is still to come, those sold so far.';
COMMENT ON COLUMN showtime_standing.certainty IS 'As in admission.';
COMMENT ON COLUMN showtime_standing.is_cancelled IS 'Its source listed it no more an hour before its start or earlier, and no change of its seats and no look after its start has been seen since.';
COMMENT ON COLUMN showtime_standing.currency IS 'ISO 4217 code of its prices; XXX where none were seen.';
COMMENT ON COLUMN showtime_standing.price_median IS 'Median of the amounts of its last tariff, over all ticket types and areas, each counted once; of a range the middle; without booking fees; in major units. NULL where no prices were seen.';
COMMENT ON COLUMN showtime_standing.gross IS 'An estimate: admissions times price_median, to two decimals, as if every seat had been sold at the median of the last prices seen. NULL where no prices were seen.';
COMMENT ON COLUMN showtime_standing.unlisted_at IS 'Since when its source has not listed it.';

-- Each after the one that it reads.
SELECT fullhouse.create_rollup('showtime_sales', '
    SELECT starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross
    FROM showtime_standing
    GROUP BY starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross', '{showtime_id}');

DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT *
        FROM (VALUES
            ('cinema_day', 'cinema_id, business_on, currency'),
            ('film_day', 'film_id, business_on, currency'),
            ('chain_day', 'source_id, territory, business_on, currency')
        ) AS shipped (name, keys)
    LOOP
        PERFORM fullhouse.create_rollup(one.name, format('
            SELECT %1$s,
                count(*) FILTER (WHERE NOT is_cancelled) AS showtimes,
                count(*) FILTER (WHERE is_cancelled) AS cancelled,
                count(*) FILTER (WHERE NOT is_cancelled AND certainty = ''exact'') AS exact,
                sum(seats) FILTER (WHERE NOT is_cancelled) AS seats,
                sum(admissions) FILTER (WHERE NOT is_cancelled) AS admissions,
                round(sum(admissions) FILTER (WHERE NOT is_cancelled)::numeric
                    / nullif(sum(seats) FILTER (WHERE NOT is_cancelled), 0), 4) AS occupancy,
                sum(gross) FILTER (WHERE NOT is_cancelled) AS gross
            FROM showtime_sales
            GROUP BY %1$s', one.keys), regexp_split_to_array(one.keys, ', '));
    END LOOP;
    FOR one IN
        SELECT shipped.*, regexp_replace(shipped.grouped, '.* AS ', '') AS key
        FROM (VALUES
            ('territory_day', 'chain_day', 'territory', 'business_on'),
            ('cinema_week', 'cinema_day', 'cinema_id', 'date_trunc(''week'', business_on::timestamp)::date AS week_on'),
            ('film_week', 'film_day', 'film_id', 'date_trunc(''week'', business_on::timestamp)::date AS week_on'),
            ('chain_week', 'chain_day', 'source_id, territory', 'date_trunc(''week'', business_on::timestamp)::date AS week_on'),
            ('territory_week', 'territory_day', 'territory', 'date_trunc(''week'', business_on::timestamp)::date AS week_on')
        ) AS shipped (name, parent, subject, grouped)
    LOOP
        PERFORM fullhouse.create_rollup(one.name, format('
            SELECT %1$s, %2$s, currency,
                sum(showtimes)::bigint AS showtimes,
                sum(cancelled)::bigint AS cancelled,
                sum(exact)::bigint AS exact,
                sum(seats)::bigint AS seats,
                sum(admissions)::bigint AS admissions,
                round(sum(admissions) / nullif(sum(seats), 0), 4) AS occupancy,
                sum(gross) AS gross
            FROM %3$s
            GROUP BY %1$s, %4$s, currency',
            one.subject, one.grouped, one.parent, regexp_replace(one.grouped, ' AS .*', '')),
            regexp_split_to_array(one.subject, ', ') || one.key || 'currency'::text);
    END LOOP;
    FOR one IN
        SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'fullhouse'::regnamespace AND relkind = 'v' AND relname ~ '_(day|week)$'
    LOOP
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.showtimes IS %L', one.name, 'Showtimes whose seats were seen and that were not cancelled.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.cancelled IS %L', one.name, 'Showtimes that were cancelled (showtime_standing.is_cancelled); nothing else counts them.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.exact IS %L', one.name, 'Showtimes that were looked at within 15 minutes of their start on both sides.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.admissions IS %L', one.name, 'Sum of showtime_standing.admissions; of showtimes that are still to come, those sold so far.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.occupancy IS %L', one.name, 'Admissions over seats, 0 to 1.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.currency IS %L', one.name, 'ISO 4217 code; XXX for the showtimes of which no prices were seen. Add up over it for all admissions.');
        EXECUTE format('COMMENT ON COLUMN fullhouse.%I.gross IS %L', one.name, 'Sum of the estimates showtime_standing.gross, in this currency.');
    END LOOP;
END
$$;

SELECT fullhouse.create_rollup('cinema_sales_hour', '
    SELECT date_trunc(''hour'', flow.observed_at) AS hour_at, showtime.cinema_id, cinema.source_id, showtime.business_on, cinema.territory,
        sum(greatest(flow.sold - flow.sold_before, 0)) AS sold,
        sum(greatest(flow.sold_before - flow.sold, 0)) AS released,
        count(*) AS snapshots
    FROM showtime
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    CROSS JOIN LATERAL (
        SELECT occupancy.observed_at, occupancy.sold, lag(occupancy.sold) OVER (ORDER BY occupancy.observed_at) AS sold_before
        FROM occupancy
        WHERE occupancy.showtime_id = showtime.showtime_id
    ) AS flow
    WHERE flow.sold_before IS NOT NULL
    GROUP BY date_trunc(''hour'', flow.observed_at), showtime.cinema_id, cinema.source_id, showtime.business_on, cinema.territory',
    '{cinema_id,business_on,hour_at}');
SELECT fullhouse.create_rollup('sales_hour', '
    SELECT hour_at, source_id, territory, sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM cinema_sales_hour
    GROUP BY hour_at, source_id, territory', '{source_id,territory,hour_at}');
SELECT fullhouse.create_rollup('sales_day', '
    SELECT source_id, (hour_at AT TIME ZONE ''UTC'')::date AS sold_on, territory, sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM sales_hour
    GROUP BY source_id, (hour_at AT TIME ZONE ''UTC'')::date, territory', '{source_id,territory,sold_on}');
SELECT fullhouse.create_rollup('sales_week', '
    SELECT source_id, date_trunc(''week'', sold_on::timestamp)::date AS week_on, territory, sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM sales_day
    GROUP BY source_id, date_trunc(''week'', sold_on::timestamp)::date, territory', '{source_id,territory,week_on}');
