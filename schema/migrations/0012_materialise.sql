-- Materialised columns, filled in small batches by any coordinator, and materialised
-- views, refreshed by a schedule.
--
-- What is computed stands in tables beside those that are written all the time:
-- `materialized_at` changes with every computation and is indexed, so no update of such
-- a row is heap-only (evidence: 0 of 22,000).

-- What is watched.

CREATE TABLE materialised_table (
    expires_after   interval,
    paused_until    timestamptz,
    batch_size      integer  NOT NULL DEFAULT 100,
    timeout_seconds integer  NOT NULL DEFAULT 10,
    most_failures   smallint NOT NULL DEFAULT 3,
    name            text     NOT NULL,
    key_column      text     NOT NULL,
    of_table        text,
    dependents      text,
    pause_reason    text,

    CONSTRAINT materialised_table_pkey PRIMARY KEY (name),
    CONSTRAINT materialised_table_batch_positive CHECK (batch_size >= 1),
    CONSTRAINT materialised_table_timeout_positive CHECK (timeout_seconds >= 1),
    CONSTRAINT materialised_table_failures_positive CHECK (most_failures >= 1),
    CONSTRAINT materialised_table_pause_has_reason CHECK (paused_until IS NULL OR pause_reason IS NOT NULL)
);
COMMENT ON TABLE materialised_table IS 'Tables with computed columns. Each has a column materialized_at timestamptz, best indexed: NULL means that the row is due, -infinity that it is set aside. Rows that are due, or older than they may be, are computed by any coordinator within seconds. See materialisation_status.';
COMMENT ON COLUMN materialised_table.expires_after IS 'A row is computed again when it was computed this long ago; NULL means only when it is due.';
COMMENT ON COLUMN materialised_table.paused_until IS 'Nothing is computed before then: an expression of a column cannot be run at all, or the query of dependents takes too long.';
COMMENT ON COLUMN materialised_table.batch_size IS 'Rows computed, and marks taken, in one transaction.';
COMMENT ON COLUMN materialised_table.timeout_seconds IS 'Seconds after which a transaction is cut off; its rows are then computed one by one.';
COMMENT ON COLUMN materialised_table.most_failures IS 'Failures after which a row is set aside.';
COMMENT ON COLUMN materialised_table.name IS 'The table that has the columns, in the schema public.';
COMMENT ON COLUMN materialised_table.key_column IS 'Its key: one column of whole numbers.';
COMMENT ON COLUMN materialised_table.of_table IS 'The table whose rows it describes, with a column of the same name as the key: a row is made for each that is marked. NULL where the rows are made elsewhere.';
COMMENT ON COLUMN materialised_table.dependents IS 'A query of the keys of other rows that are to be computed because the rows $1 (bigint[]) changed; run for marks that spread.';
COMMENT ON COLUMN materialised_table.pause_reason IS 'What the database said.';

CREATE TABLE materialised_column (
    backfilled_through bigint      NOT NULL DEFAULT -9223372036854775808,
    backfilled_rows    bigint      NOT NULL DEFAULT 0,
    defined_at         timestamptz NOT NULL DEFAULT now(),
    backfilled_at      timestamptz,
    table_name         text        NOT NULL REFERENCES materialised_table,
    column_name        text        NOT NULL,
    expression         text        NOT NULL,

    CONSTRAINT materialised_column_pkey PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE materialised_column IS 'Computed columns, and how far each is filled in for the rows that were computed before it was defined. Use materialise_column to add one or to change what it says.';
COMMENT ON COLUMN materialised_column.backfilled_through IS 'Rows up to this key have been filled in.';
COMMENT ON COLUMN materialised_column.backfilled_rows IS 'How many were.';
COMMENT ON COLUMN materialised_column.defined_at IS 'When its expression was given.';
COMMENT ON COLUMN materialised_column.backfilled_at IS 'When the last old row was filled in; NULL while that goes on.';
COMMENT ON COLUMN materialised_column.table_name IS 'The table.';
COMMENT ON COLUMN materialised_column.column_name IS 'The column.';
COMMENT ON COLUMN materialised_column.expression IS 'SQL of its value, in which fact is the row: a query goes in parentheses.';

-- Only ever inserted into by those who store: a storing transaction must wait for no
-- computation, and never for another that marks the same row. Out of the log, for marks live
-- for seconds; a crash of the database, or a failover, empties it, and the row without a table
-- that is missing then has all rows marked (materialise_batch).
CREATE UNLOGGED TABLE materialised_mark (
    mark_id    bigint      GENERATED ALWAYS AS IDENTITY,
    row_key    bigint      NOT NULL,
    marked_at  timestamptz NOT NULL DEFAULT now(),
    spreads    boolean     NOT NULL DEFAULT false,
    table_name text        NOT NULL,

    CONSTRAINT materialised_mark_pkey PRIMARY KEY (table_name, mark_id)
)
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
INSERT INTO materialised_mark (mark_id, row_key, table_name) OVERRIDING SYSTEM VALUE VALUES (0, 0, '');
COMMENT ON TABLE materialised_mark IS 'Rows whose columns must be computed because something that they are computed from changed; written in the transaction of the change, taken within seconds.';
COMMENT ON COLUMN materialised_mark.mark_id IS 'Key, in the order of the changes.';
COMMENT ON COLUMN materialised_mark.row_key IS 'Key of the row.';
COMMENT ON COLUMN materialised_mark.marked_at IS 'When it changed.';
COMMENT ON COLUMN materialised_mark.spreads IS 'Other rows depend on it: see materialised_table.dependents.';
COMMENT ON COLUMN materialised_mark.table_name IS 'The table with the columns; empty in the row that is there while no mark was lost.';

CREATE TABLE materialisation_error (
    row_key     bigint      NOT NULL,
    first_at    timestamptz NOT NULL DEFAULT now(),
    last_at     timestamptz NOT NULL DEFAULT now(),
    retry_at    timestamptz,
    failures    smallint    NOT NULL,
    table_name  text        NOT NULL REFERENCES materialised_table,
    column_name text        NOT NULL,
    sqlstate    text        NOT NULL,
    error       text        NOT NULL,

    CONSTRAINT materialisation_error_pkey PRIMARY KEY (table_name, row_key, column_name)
);
-- Serves the next row to try again.
CREATE INDEX materialisation_error_retry_idx ON materialisation_error (table_name, retry_at)
    WHERE retry_at IS NOT NULL;
COMMENT ON TABLE materialisation_error IS 'Rows that could not be computed, each with its error. They are tried again alone; those that failed too often are set aside until they change, or until retry_at is set to now(): UPDATE materialisation_error SET retry_at = now(), failures = 0 WHERE retry_at IS NULL.';
COMMENT ON COLUMN materialisation_error.row_key IS 'Key of the row.';
COMMENT ON COLUMN materialisation_error.first_at IS 'When it failed first.';
COMMENT ON COLUMN materialisation_error.last_at IS 'When it failed last.';
COMMENT ON COLUMN materialisation_error.retry_at IS 'When it is tried again; NULL: it is set aside.';
COMMENT ON COLUMN materialisation_error.failures IS 'How often it failed; 0 for a row of a batch that was cut off, which may be innocent.';
COMMENT ON COLUMN materialisation_error.table_name IS 'The table with the columns.';
COMMENT ON COLUMN materialisation_error.column_name IS 'The column that was being filled in; empty where the whole row was computed.';
COMMENT ON COLUMN materialisation_error.sqlstate IS 'Code of the error in the table of Postgres.';
COMMENT ON COLUMN materialisation_error.error IS 'What the database said.';

-- The engine.

CREATE FUNCTION materialise_rows(
    watched materialised_table,
    of_column text,
    keys bigint[],
    is_retry boolean,
    OUT computed integer,
    OUT failed integer,
    OUT set_aside integer,
    OUT is_cut_off boolean
)
LANGUAGE plpgsql
AS $$
DECLARE
    statement text;
    -- Spans of keys that are still to be computed, as pairs of first and last.
    spans integer[] := ARRAY[1, cardinality(keys)];
    low integer;
    high integer;
    rows integer;
    bad_keys bigint[] := '{}';
    bad_states text[] := '{}';
    bad_errors text[] := '{}';
BEGIN
    computed := 0;
    failed := 0;
    set_aside := 0;
    is_cut_off := false;
    SELECT format(
        'UPDATE %I AS fact SET %s%s WHERE fact.%I = ANY ($1)',
        watched.name,
        string_agg(format('%I = (%s)', one.column_name, one.expression), ', ' ORDER BY one.column_name),
        CASE WHEN of_column IS NULL THEN ', materialized_at = now()' ELSE '' END,
        watched.key_column)
    INTO statement
    FROM materialised_column AS one
    WHERE one.table_name = watched.name AND (of_column IS NULL OR one.column_name = of_column);

    WHILE cardinality(spans) > 0 LOOP
        low := spans[cardinality(spans) - 1];
        high := spans[cardinality(spans)];
        spans := spans[1:cardinality(spans) - 2];
        CONTINUE WHEN low > high;
        BEGIN
            EXECUTE statement USING keys[low:high];
            GET DIAGNOSTICS rows = ROW_COUNT;
            computed := computed + rows;
            -- A row that could be computed has no error any more.
            DELETE FROM materialisation_error
            WHERE table_name = watched.name
                AND row_key = ANY (keys[low:high])
                AND (of_column IS NULL OR column_name = of_column);
        EXCEPTION
            WHEN query_canceled THEN
                -- The time is up, and will not be up a second time: whatever is left waits
                -- for another transaction. One of these rows takes too long, or many a little.
                bad_keys := bad_keys || keys[low:high];
                bad_states := bad_states || array_fill(SQLSTATE, ARRAY[high - low + 1]);
                bad_errors := bad_errors || array_fill(
                    format('cut off after %s s', watched.timeout_seconds), ARRAY[high - low + 1]);
                is_cut_off := true;
                spans := '{}';
            WHEN OTHERS THEN
                -- What no row can be blamed for: lost races, no resources, a server that goes
                -- down, and expressions that cannot be run at all.
                IF left(SQLSTATE, 2) IN ('40', '42', '53', '55', '57', '58', 'XX') THEN
                    RAISE;
                END IF;
                IF low < high THEN
                    spans := spans || ARRAY[(low + high) / 2 + 1, high, low, (low + high) / 2];
                ELSE
                    bad_keys := bad_keys || keys[low];
                    bad_states := bad_states || SQLSTATE;
                    bad_errors := bad_errors || SQLERRM;
                END IF;
        END;
    END LOOP;
    IF cardinality(bad_keys) = 0 THEN
        RETURN;
    END IF;

    -- Rows that were cut off together are suspects: tried alone, at once, and not blamed yet.
    WITH noted AS (
        INSERT INTO materialisation_error AS known (
            row_key, retry_at, failures, table_name, column_name, sqlstate, error)
        SELECT
            bad.row_key,
            CASE
                WHEN blame.failures = 0 THEN now()
                WHEN blame.failures < watched.most_failures THEN now() + interval '10 s'
            END,
            blame.failures,
            watched.name,
            coalesce(of_column, ''),
            bad.state,
            bad.error
        FROM unnest(bad_keys, bad_states, bad_errors) AS bad (row_key, state, error)
        CROSS JOIN LATERAL (
            SELECT CASE WHEN bad.state = '57014' AND NOT is_retry THEN 0 ELSE 1 END AS failures
        ) AS blame
        ON CONFLICT (table_name, row_key, column_name) DO UPDATE
        SET last_at = now(),
            sqlstate = excluded.sqlstate,
            error = excluded.error,
            failures = least(CASE WHEN is_retry THEN known.failures ELSE 0 END + excluded.failures, 32767),
            retry_at = CASE
                WHEN NOT is_retry THEN excluded.retry_at
                WHEN known.failures + excluded.failures < watched.most_failures
                    THEN now() + interval '10 s' * power(4, least(known.failures, 4))
            END
        RETURNING known.retry_at, known.failures
    )
    SELECT count(*) FILTER (WHERE noted.failures > 0), count(*) FILTER (WHERE noted.retry_at IS NULL)
    INTO failed, set_aside
    FROM noted;
    IF of_column IS NULL THEN
        EXECUTE format(
            'UPDATE %I SET materialized_at = ''-infinity'' WHERE %I = ANY ($1)',
            watched.name, watched.key_column)
        USING bad_keys;
    END IF;
END
$$;
COMMENT ON FUNCTION materialise_rows IS 'Computes rows of a watched table, all columns or one; halves a batch that fails until it has the rows that do, and notes them. For materialise_batch. Example: SELECT materialise_rows(watched, NULL, ''{1,2}'', false) FROM materialised_table AS watched WHERE name = ''cinema_fact'';';

CREATE FUNCTION mark_materialised() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    watched materialised_table;
BEGIN
    INSERT INTO materialised_mark (mark_id, row_key, table_name) OVERRIDING SYSTEM VALUE VALUES (0, 0, '')
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR watched IN SELECT * FROM materialised_table LOOP
        EXECUTE format(
            'INSERT INTO materialised_mark (table_name, row_key) SELECT $1, %I FROM %I',
            watched.key_column, coalesce(watched.of_table, watched.name))
        USING watched.name;
    END LOOP;
END
$$;
COMMENT ON FUNCTION mark_materialised IS 'Marks all rows of all watched tables, where marks were lost by a crash of the database. Example: SELECT mark_materialised();';

CREATE FUNCTION materialise_batch(
    watched_table text,
    OUT marks integer,
    OUT computed integer,
    OUT backfilled integer,
    OUT failed integer,
    OUT set_aside integer,
    OUT paused text
)
LANGUAGE plpgsql
AS $$
DECLARE
    watched materialised_table;
    marked bigint[];
    spreading bigint[];
    made bigint[];
    keys bigint[];
    retried record;
    filling materialised_column;
    done record;
    is_cut_off boolean := false;
BEGIN
    marks := 0;
    computed := 0;
    backfilled := 0;
    failed := 0;
    set_aside := 0;
    -- Shared by all who compute; materialise_column waits for them and they for it, so that
    -- no row is computed by an older set of columns after the new one has been filled in.
    SELECT * INTO watched
    FROM materialised_table
    WHERE name = watched_table AND (paused_until IS NULL OR paused_until <= now())
    FOR KEY SHARE;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM materialised_column WHERE table_name = watched_table) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM materialised_mark WHERE table_name = '') THEN
        PERFORM mark_materialised();
    END IF;

    BEGIN
        -- Rows that are new are made; they are computed below, by an update that changes no
        -- indexed column. In the order of the keys, as whoever waits for rows here does, so
        -- that two do not wait for each other.
        EXECUTE format(
            'WITH taken AS MATERIALIZED (
                DELETE FROM materialised_mark
                WHERE table_name = $1 AND mark_id = ANY (ARRAY(
                    SELECT mark_id FROM materialised_mark
                    WHERE table_name = $1 ORDER BY mark_id LIMIT $2 FOR UPDATE SKIP LOCKED))
                RETURNING row_key, spreads
            ),
            made AS (%s)
            SELECT count(*), array_agg(DISTINCT row_key), array_agg(DISTINCT row_key) FILTER (WHERE spreads),
                ARRAY(SELECT made.key FROM made)
            FROM taken',
            CASE WHEN watched.of_table IS NULL THEN 'SELECT row_key AS key FROM taken WHERE false'
            ELSE
                format('INSERT INTO %1$I (%2$I, materialized_at)
                    SELECT DISTINCT marked.%2$I, now()
                    FROM taken INNER JOIN %3$I AS marked ON marked.%2$I = taken.row_key
                    ORDER BY marked.%2$I
                    ON CONFLICT (%2$I) DO NOTHING
                    RETURNING %2$I::bigint AS key',
                    watched.name, watched.key_column, watched.of_table)
            END)
        INTO marks, marked, spreading, made
        USING watched.name, watched.batch_size;
        IF spreading IS NOT NULL AND watched.dependents IS NOT NULL THEN
            EXECUTE format(
                'INSERT INTO materialised_mark (table_name, row_key)
                SELECT DISTINCT $2, dependent.row_key::bigint FROM (%s) AS dependent (row_key)',
                watched.dependents)
            USING spreading, watched.name;
        END IF;

        -- Rows that were there are locked before the statement that computes them begins: so it
        -- sees all that they were marked for, whoever computed them last.
        EXECUTE format(
            'WITH known AS MATERIALIZED (
                SELECT %1$I AS key FROM %2$I WHERE %1$I = ANY ($3) AND %1$I <> ALL ($4)
                ORDER BY %1$I FOR UPDATE
            ),
            due AS MATERIALIZED (
                SELECT %1$I AS key FROM %2$I WHERE materialized_at IS NULL
                LIMIT $1 FOR UPDATE SKIP LOCKED
            ),
            expired AS MATERIALIZED (%3$s)
            SELECT array_agg(found.key) FROM (
                SELECT key FROM known UNION SELECT key FROM due UNION SELECT key FROM expired
                UNION SELECT unnest($4)
            ) AS found',
            watched.key_column, watched.name,
            CASE WHEN watched.expires_after IS NULL THEN 'SELECT key FROM due WHERE false'
            ELSE format(
                'SELECT %1$I AS key FROM %2$I
                WHERE materialized_at > ''-infinity'' AND materialized_at < now() - $2
                ORDER BY materialized_at
                LIMIT $1 - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED',
                watched.key_column, watched.name)
            END)
        INTO keys
        USING watched.batch_size, watched.expires_after, marked, made;
        IF keys IS NOT NULL THEN
            SELECT * INTO done FROM materialise_rows(watched, NULL, keys, false);
            computed := computed + done.computed;
            failed := failed + done.failed;
            set_aside := set_aside + done.set_aside;
            is_cut_off := done.is_cut_off;
        END IF;

        -- One column of rows that were computed before there was such a column.
        SELECT * INTO filling
        FROM materialised_column
        WHERE table_name = watched.name AND backfilled_at IS NULL AND NOT is_cut_off
        ORDER BY column_name
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            EXECUTE format(
                'SELECT array_agg(key ORDER BY key) FROM (
                    SELECT %1$I AS key FROM %2$I WHERE %1$I > $1 AND materialized_at > ''-infinity''
                    ORDER BY %1$I LIMIT $2 FOR UPDATE
                ) AS found',
                watched.key_column, watched.name)
            INTO keys
            USING filling.backfilled_through, watched.batch_size;
            IF keys IS NOT NULL THEN
                SELECT * INTO done FROM materialise_rows(watched, filling.column_name, keys, false);
                backfilled := done.computed;
                failed := failed + done.failed;
                set_aside := set_aside + done.set_aside;
                is_cut_off := done.is_cut_off;
            END IF;
            UPDATE materialised_column
            SET backfilled_through = coalesce(keys[cardinality(keys)], backfilled_through),
                backfilled_rows = backfilled_rows + backfilled,
                backfilled_at = CASE WHEN keys IS NULL THEN now() END
            WHERE table_name = filling.table_name AND column_name = filling.column_name;
        END IF;

        -- Rows that failed before, each alone.
        FOR retried IN
            SELECT row_key, column_name
            FROM materialisation_error
            WHERE table_name = watched.name AND retry_at <= now() AND NOT is_cut_off
            ORDER BY retry_at
            LIMIT watched.batch_size
            FOR UPDATE SKIP LOCKED
        LOOP
            SELECT * INTO done
            FROM materialise_rows(
                watched, nullif(retried.column_name, ''), ARRAY[retried.row_key], true);
            computed := computed + done.computed;
            failed := failed + done.failed;
            set_aside := set_aside + done.set_aside;
            EXIT WHEN done.is_cut_off;
            IF done.computed = 0 AND done.failed = 0 THEN
                -- The row is gone.
                DELETE FROM materialisation_error
                WHERE table_name = watched.name AND row_key = retried.row_key;
            END IF;
        END LOOP;
        UPDATE materialised_table SET paused_until = NULL, pause_reason = NULL
        WHERE name = watched.name AND paused_until IS NOT NULL;
    EXCEPTION
        WHEN syntax_error_or_access_rule_violation OR query_canceled THEN
            -- An expression, not a row, is at fault, or what looks for the rows takes too
            -- long: nothing of this batch stands.
            marks := 0;
            computed := 0;
            backfilled := 0;
            failed := 0;
            set_aside := 0;
            paused := SQLERRM;
            UPDATE materialised_table
            SET paused_until = now() + interval '1 minute', pause_reason = SQLERRM
            WHERE name = watched.name;
    END;
END
$$;
COMMENT ON FUNCTION materialise_batch IS 'Does one batch of a watched table and says what it did: takes marks, computes rows that are due or expired, fills in one new column, tries rows again that failed. Any number may run at once. Coordinators call it all the time. Example: SELECT * FROM materialise_batch(''cinema_fact'');';

CREATE FUNCTION materialise_column(watched_table text, new_column text, column_type text, new_expression text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM materialised_table WHERE name = watched_table FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no table % in materialised_table', watched_table;
    END IF;
    EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS %I %s', watched_table, new_column, column_type::regtype);
    -- Refused now rather than by the first coordinator.
    EXECUTE format('EXPLAIN UPDATE %I AS fact SET %I = (%s)', watched_table, new_column, new_expression);
    INSERT INTO materialised_column (table_name, column_name, expression)
    VALUES (watched_table, new_column, new_expression)
    ON CONFLICT (table_name, column_name) DO UPDATE
    SET expression = excluded.expression,
        defined_at = now(),
        backfilled_at = NULL,
        backfilled_through = -9223372036854775808,
        backfilled_rows = 0;
    UPDATE materialised_table SET paused_until = NULL, pause_reason = NULL WHERE name = watched_table;
END
$$;
COMMENT ON FUNCTION materialise_column IS 'Adds a computed column to a watched table, or changes what it says; old rows are filled in by the coordinators, without touching other columns. Give it a COMMENT, too. Example: SELECT materialise_column(''cinema_fact'', ''name_length'', ''integer'', ''(SELECT length(cinema.name) FROM cinema WHERE cinema.cinema_id = fact.cinema_id)'');';

CREATE FUNCTION count_materialised(
    watched_table text,
    OUT rows bigint,
    OUT due bigint,
    OUT expired bigint,
    OUT oldest_at timestamptz
)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    EXECUTE (
        SELECT format(
            'SELECT count(*), count(*) FILTER (WHERE materialized_at IS NULL),
                count(*) FILTER (WHERE materialized_at > ''-infinity'' AND materialized_at < now() - $1),
                min(materialized_at) FILTER (WHERE materialized_at > ''-infinity'')
            FROM %I', name)
        FROM materialised_table
        WHERE name = watched_table)
    INTO rows, due, expired, oldest_at
    USING (SELECT expires_after FROM materialised_table WHERE name = watched_table);
END
$$;
COMMENT ON FUNCTION count_materialised IS 'Counts the rows of a watched table; reads all of it. Example: SELECT * FROM count_materialised(''cinema_fact'');';

CREATE VIEW materialisation_status WITH (security_invoker = true) AS
SELECT
    watched.name AS table_name,
    counted.rows,
    marked.marks,
    counted.due,
    counted.expired,
    trouble.retrying,
    trouble.set_aside,
    now() - marked.oldest_at AS lag,
    counted.oldest_at AS oldest_row_at,
    filling.columns AS columns_filling,
    filling.rows AS rows_filled,
    CASE WHEN watched.paused_until > now() THEN watched.paused_until END AS paused_until,
    watched.pause_reason,
    trouble.last_error
FROM materialised_table AS watched
CROSS JOIN LATERAL count_materialised(watched.name) AS counted
CROSS JOIN LATERAL (
    SELECT count(*) AS marks, min(marked_at) AS oldest_at
    FROM materialised_mark
    WHERE materialised_mark.table_name = watched.name
) AS marked
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE retry_at IS NOT NULL) AS retrying,
        count(*) FILTER (WHERE retry_at IS NULL) AS set_aside,
        (array_agg(error ORDER BY last_at DESC))[1] AS last_error
    FROM materialisation_error
    WHERE materialisation_error.table_name = watched.name
) AS trouble
CROSS JOIN LATERAL (
    SELECT array_agg(column_name ORDER BY column_name) AS columns, sum(backfilled_rows)::bigint AS rows
    FROM materialised_column
    WHERE materialised_column.table_name = watched.name AND backfilled_at IS NULL
) AS filling;
COMMENT ON VIEW materialisation_status IS 'How far each table of computed columns is: rows that wait, that failed, that are set aside, and columns that are being filled in. Counts all rows. Example: SELECT table_name, due, lag, set_aside, last_error FROM materialisation_status;';
COMMENT ON COLUMN materialisation_status.marks IS 'Changes that were not looked at yet.';
COMMENT ON COLUMN materialisation_status.lag IS 'How long the oldest of them waits; NULL if none does.';
COMMENT ON COLUMN materialisation_status.set_aside IS 'Rows that failed too often: see materialisation_error.';
COMMENT ON COLUMN materialisation_status.columns_filling IS 'Columns that are being filled in for old rows; NULL if none is.';
COMMENT ON COLUMN materialisation_status.rows_filled IS 'Rows filled in of those columns so far.';

-- What ships: facts of cinemas.

CREATE FUNCTION distance_km(
    latitude double precision, longitude double precision,
    other_latitude double precision, other_longitude double precision
)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 2 * 6371.0088 * asin(sqrt(least(1,
    power(sin(radians(other_latitude - latitude) / 2), 2)
    + cos(radians(latitude)) * cos(radians(other_latitude))
        * power(sin(radians(other_longitude - longitude) / 2), 2))));
COMMENT ON FUNCTION distance_km IS 'Kilometres between two places given in degrees: haversine formula on a sphere of the mean radius of the earth, at most 0.6 % off. Example: SELECT distance_km(48.8566, 2.3522, 51.5074, -0.1278);';

-- Serves nearest_cinema.
CREATE INDEX cinema_latitude_idx ON cinema (latitude) WHERE latitude IS NOT NULL AND longitude IS NOT NULL;

CREATE FUNCTION nearest_cinema(of_cinema integer, OUT cinema_id integer, OUT km double precision)
LANGUAGE sql STABLE
AS $$
    WITH own AS MATERIALIZED (
        SELECT cinema.source_id, cinema.latitude, cinema.longitude
        FROM cinema
        WHERE cinema.cinema_id = of_cinema AND cinema.latitude IS NOT NULL AND cinema.longitude IS NOT NULL
    ),
    -- A quarter of a degree is 27.8 km: what is outside of the band is farther than that.
    near AS MATERIALIZED (
        SELECT
            other.cinema_id,
            distance_km(own.latitude, own.longitude, other.latitude, other.longitude) AS km
        FROM own
        INNER JOIN cinema AS other
            ON other.source_id <> own.source_id
            AND other.latitude BETWEEN own.latitude - 0.25 AND own.latitude + 0.25
            AND other.longitude IS NOT NULL
        ORDER BY km, other.cinema_id
        LIMIT 1
    ),
    -- What is nearer than the best of the band is within a band of that distance.
    reach AS MATERIALIZED (
        SELECT coalesce(max(near.km) / 111, 180) AS degrees FROM near
    )
    SELECT near.cinema_id, near.km FROM near WHERE near.km < 27.5
    UNION ALL
    SELECT far.cinema_id, far.km
    FROM (
        SELECT
            other.cinema_id,
            distance_km(own.latitude, own.longitude, other.latitude, other.longitude) AS km
        FROM own
        CROSS JOIN reach
        INNER JOIN cinema AS other
            ON other.source_id <> own.source_id
            AND other.latitude BETWEEN own.latitude - reach.degrees AND own.latitude + reach.degrees
            AND other.longitude IS NOT NULL
        ORDER BY km, other.cinema_id
        LIMIT 1
    ) AS far
    WHERE NOT EXISTS (SELECT FROM near WHERE near.km < 27.5)
$$;
COMMENT ON FUNCTION nearest_cinema IS 'The nearest cinema of another source, and how far it is; no row without a position. Example: SELECT cinema.name, near.km FROM nearest_cinema(1) AS near INNER JOIN cinema ON cinema.cinema_id = near.cinema_id;';

CREATE TABLE cinema_fact (
    nearest_km         double precision,
    materialized_at    timestamptz,
    cinema_id          integer  NOT NULL REFERENCES cinema,
    nearest_cinema_id  integer,
    seat_count         integer,
    auditorium_count   integer,
    utc_offset_minutes integer,

    CONSTRAINT cinema_fact_pkey PRIMARY KEY (cinema_id)
);
-- Serves the rows that are due or expired.
CREATE INDEX cinema_fact_materialized_idx ON cinema_fact (materialized_at);
COMMENT ON TABLE cinema_fact IS 'What is computed of each cinema; see materialised_table.';
COMMENT ON COLUMN cinema_fact.nearest_km IS 'Kilometres to that cinema, as the crow flies.';
COMMENT ON COLUMN cinema_fact.materialized_at IS 'When it was computed; NULL: it is due; -infinity: it could not be.';
COMMENT ON COLUMN cinema_fact.cinema_id IS 'The cinema.';
COMMENT ON COLUMN cinema_fact.nearest_cinema_id IS 'The nearest cinema of another source; NULL where no position is known.';
COMMENT ON COLUMN cinema_fact.seat_count IS 'Seats of its auditoriums, each as it was seen last; NULL while none was.';
COMMENT ON COLUMN cinema_fact.auditorium_count IS 'Auditoriums that its source has named.';
COMMENT ON COLUMN cinema_fact.utc_offset_minutes IS 'Minutes that its clocks are ahead of UTC now.';

INSERT INTO materialised_table (name, key_column, of_table, expires_after, dependents)
VALUES (
    'cinema_fact', 'cinema_id', 'cinema',
    -- Clocks change; and a change of a neighbour that ran beside a computation is made good.
    interval '6 hours',
    'SELECT fact.cinema_id
    FROM cinema AS moved
    INNER JOIN cinema AS other ON other.source_id <> moved.source_id
    INNER JOIN cinema_fact AS fact ON fact.cinema_id = other.cinema_id
    WHERE moved.cinema_id = ANY ($1)
        AND (fact.nearest_cinema_id = moved.cinema_id
            OR moved.latitude IS NOT NULL AND moved.longitude IS NOT NULL
            AND other.latitude IS NOT NULL AND other.longitude IS NOT NULL
            AND (fact.nearest_km IS NULL
                OR abs(other.latitude - moved.latitude) * 111 <= fact.nearest_km
                AND distance_km(moved.latitude, moved.longitude, other.latitude, other.longitude) <= fact.nearest_km))');
INSERT INTO materialised_column (table_name, column_name, expression, backfilled_at)
VALUES
    ('cinema_fact', 'nearest_cinema_id', '(SELECT near.cinema_id FROM nearest_cinema(fact.cinema_id) AS near)', now()),
    ('cinema_fact', 'nearest_km', '(SELECT near.km FROM nearest_cinema(fact.cinema_id) AS near)', now()),
    ('cinema_fact', 'auditorium_count',
        '(SELECT count(*) FROM auditorium WHERE auditorium.cinema_id = fact.cinema_id)', now()),
    ('cinema_fact', 'seat_count',
        '(SELECT sum(last.seat_count)
        FROM auditorium
        CROSS JOIN LATERAL (
            SELECT latest.seat_count
            FROM showtime_latest AS latest
            WHERE latest.auditorium_id = auditorium.auditorium_id AND latest.seat_count IS NOT NULL
            ORDER BY latest.showtime_id DESC
            LIMIT 1
        ) AS last
        WHERE auditorium.cinema_id = fact.cinema_id)', now()),
    ('cinema_fact', 'utc_offset_minutes',
        '(SELECT extract(epoch FROM (now() AT TIME ZONE cinema.timezone) - (now() AT TIME ZONE ''UTC'')) / 60
        FROM cinema WHERE cinema.cinema_id = fact.cinema_id)', now());

-- What ships: facts of showtimes.

CREATE TABLE showtime_fact (
    materialized_at timestamptz,
    starts_local    timestamp,
    showtime_id     integer NOT NULL REFERENCES showtime,
    seat_count      integer,
    weekday         smallint,

    CONSTRAINT showtime_fact_pkey PRIMARY KEY (showtime_id)
)
-- Each row is written twice.
WITH (fillfactor = 60);
-- Serves the rows that are due.
CREATE INDEX showtime_fact_materialized_idx ON showtime_fact (showtime_id) WHERE materialized_at IS NULL;
COMMENT ON TABLE showtime_fact IS 'What is computed of each showtime; see materialised_table.';
COMMENT ON COLUMN showtime_fact.materialized_at IS 'When it was computed; NULL: it is due; -infinity: it could not be.';
COMMENT ON COLUMN showtime_fact.starts_local IS 'When it starts, by the clock on the wall of its cinema.';
COMMENT ON COLUMN showtime_fact.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_fact.seat_count IS 'Seats that were seen; those that the listing says while none was.';
COMMENT ON COLUMN showtime_fact.weekday IS 'Day of the week of its business day: 1 is Monday, 7 is Sunday.';

INSERT INTO materialised_table (name, key_column, of_table) VALUES ('showtime_fact', 'showtime_id', 'showtime');
INSERT INTO materialised_column (table_name, column_name, expression, backfilled_at)
VALUES
    ('showtime_fact', 'starts_local',
        '(SELECT showtime.starts_at AT TIME ZONE cinema.timezone
        FROM showtime INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        WHERE showtime.showtime_id = fact.showtime_id)', now()),
    ('showtime_fact', 'weekday',
        '(SELECT extract(isodow FROM showtime.business_on)
        FROM showtime WHERE showtime.showtime_id = fact.showtime_id)', now()),
    ('showtime_fact', 'seat_count',
        '(SELECT coalesce(latest.seat_count, showtime.seats_total)
        FROM showtime LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
        WHERE showtime.showtime_id = fact.showtime_id)', now());

-- What makes a row due.

CREATE FUNCTION mark_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key, spreads)
    VALUES (TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint, TG_ARGV[2]::boolean);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_row IS 'Marks a row of a table of computed columns: its name, the column here that has its key, and whether others depend on it. Example: CREATE TRIGGER mark AFTER INSERT ON auditorium FOR EACH ROW EXECUTE FUNCTION mark_row(''cinema_fact'', ''cinema_id'', false);';

CREATE FUNCTION mark_showtimes_of_cinema() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key)
    SELECT 'showtime_fact', showtime.showtime_id FROM showtime WHERE showtime.cinema_id = NEW.cinema_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_showtimes_of_cinema IS 'Marks the facts of all showtimes of a cinema whose zone changed. Example: UPDATE cinema SET timezone = ''Europe/Paris'' WHERE cinema_id = 1;';

CREATE FUNCTION mark_seat_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO materialised_mark (table_name, row_key) VALUES ('showtime_fact', NEW.showtime_id);
    -- Most showtimes have the seats that their auditorium had the last time.
    IF NEW.auditorium_id IS NOT NULL AND NEW.seat_count IS DISTINCT FROM (
        SELECT latest.seat_count
        FROM showtime_latest AS latest
        WHERE latest.auditorium_id = NEW.auditorium_id
            AND latest.showtime_id <> NEW.showtime_id
            AND latest.seat_count IS NOT NULL
        ORDER BY latest.showtime_id DESC
        LIMIT 1)
    THEN
        INSERT INTO materialised_mark (table_name, row_key)
        SELECT 'cinema_fact', auditorium.cinema_id
        FROM auditorium
        WHERE auditorium.auditorium_id = NEW.auditorium_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_seat_count IS 'Marks the facts of a showtime whose number of seats was seen or changed, and those of its cinema where its auditorium had another. Example: UPDATE showtime_latest SET seat_count = 120 WHERE showtime_id = 1;';

CREATE TRIGGER cinema_found AFTER INSERT ON cinema
    FOR EACH ROW EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', true);
CREATE TRIGGER cinema_moved AFTER UPDATE ON cinema
    FOR EACH ROW
    WHEN ((OLD.latitude, OLD.longitude, OLD.timezone) IS DISTINCT FROM (NEW.latitude, NEW.longitude, NEW.timezone))
    EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', true);
CREATE TRIGGER cinema_zone_changed AFTER UPDATE ON cinema
    FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone)
    EXECUTE FUNCTION mark_showtimes_of_cinema();
CREATE TRIGGER auditorium_found AFTER INSERT ON auditorium
    FOR EACH ROW EXECUTE FUNCTION mark_row('cinema_fact', 'cinema_id', false);
CREATE TRIGGER showtime_found AFTER INSERT ON showtime
    FOR EACH ROW EXECUTE FUNCTION mark_row('showtime_fact', 'showtime_id', false);
CREATE TRIGGER showtime_changed AFTER UPDATE ON showtime
    FOR EACH ROW
    WHEN ((OLD.starts_at, OLD.business_on, OLD.seats_total) IS DISTINCT FROM (NEW.starts_at, NEW.business_on, NEW.seats_total))
    EXECUTE FUNCTION mark_row('showtime_fact', 'showtime_id', false);
-- A snapshot that changes no number of seats, as nearly all do, costs the comparison alone.
CREATE TRIGGER seats_counted AFTER INSERT ON showtime_latest
    FOR EACH ROW WHEN (NEW.seat_count IS NOT NULL)
    EXECUTE FUNCTION mark_seat_count();
CREATE TRIGGER seats_recounted AFTER UPDATE ON showtime_latest
    FOR EACH ROW WHEN (OLD.seat_count IS DISTINCT FROM NEW.seat_count)
    EXECUTE FUNCTION mark_seat_count();

-- What was there before this migration.
INSERT INTO materialised_mark (table_name, row_key) SELECT 'cinema_fact', cinema_id FROM cinema;
INSERT INTO materialised_mark (table_name, row_key) SELECT 'showtime_fact', showtime_id FROM showtime;

CREATE VIEW cinema_profile WITH (security_invoker = true) AS
SELECT
    cinema.cinema_id,
    source.name AS source,
    cinema.key,
    cinema.name,
    cinema.city,
    cinema.territory,
    cinema.timezone,
    fact.utc_offset_minutes,
    cinema.latitude,
    cinema.longitude,
    fact.auditorium_count,
    fact.seat_count,
    nearest.cinema_id AS nearest_cinema_id,
    nearest.name AS nearest_cinema,
    CASE WHEN nearest.cinema_id IS NOT NULL THEN fact.nearest_km END AS nearest_km,
    nullif(fact.materialized_at, '-infinity') AS materialized_at
FROM cinema
INNER JOIN source ON source.source_id = cinema.source_id
LEFT JOIN cinema_fact AS fact ON fact.cinema_id = cinema.cinema_id
LEFT JOIN cinema AS nearest ON nearest.cinema_id = fact.nearest_cinema_id;
COMMENT ON VIEW cinema_profile IS 'Each cinema: where it is, how large, and which cinema of another source is nearest. Example: SELECT name, nearest_cinema, round(nearest_km::numeric, 1) AS km FROM cinema_profile WHERE territory = ''GB'' ORDER BY nearest_km LIMIT 10;';
COMMENT ON COLUMN cinema_profile.nearest_cinema_id IS 'The nearest cinema of another source; to a partner, only if that is its own to see.';
COMMENT ON COLUMN cinema_profile.materialized_at IS 'When what is computed was; NULL where it is not yet, or could not be.';

CREATE VIEW showtime_profile WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    source.name AS source,
    cinema.cinema_id,
    cinema.name AS cinema,
    cinema.territory,
    auditorium.name AS auditorium,
    film.film_id,
    film.title AS film,
    showtime.starts_at,
    cinema.timezone,
    fact.starts_local,
    showtime.business_on,
    fact.weekday,
    fact.seat_count,
    latest.sold,
    latest.unmapped,
    latest.price_median,
    latest.observed_at,
    latest.job_id,
    nullif(fact.materialized_at, '-infinity') AS materialized_at
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN film ON film.film_id = showtime.film_id
LEFT JOIN auditorium ON auditorium.auditorium_id = showtime.auditorium_id
LEFT JOIN showtime_fact AS fact ON fact.showtime_id = showtime.showtime_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id;
COMMENT ON VIEW showtime_profile IS 'Each showtime: where, what and when, in the time of the place too, and how it stood when it was stored last. Example: SELECT cinema, film, starts_local, sold, seat_count FROM showtime_profile WHERE business_on = current_date ORDER BY sold DESC NULLS LAST LIMIT 10;';
COMMENT ON COLUMN showtime_profile.starts_local IS 'By the clock on the wall of its cinema.';
COMMENT ON COLUMN showtime_profile.weekday IS 'Of its business day: 1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN showtime_profile.sold IS 'Seats sold when it was stored last.';
COMMENT ON COLUMN showtime_profile.price_median IS 'Median amount of its last prices, in major units.';
COMMENT ON COLUMN showtime_profile.observed_at IS 'When seats or prices were stored last.';
COMMENT ON COLUMN showtime_profile.job_id IS 'The job that saw them.';

-- Materialised views.

CREATE TABLE refresh_schedule (
    refresh_every     interval    NOT NULL,
    maximum_duration  interval    NOT NULL DEFAULT '30 minutes',
    last_attempted_at timestamptz,
    is_concurrent     boolean     NOT NULL DEFAULT true,
    view_name         text        NOT NULL,

    CONSTRAINT refresh_schedule_pkey PRIMARY KEY (view_name),
    CONSTRAINT refresh_schedule_every_positive CHECK (refresh_every > interval '0'),
    CONSTRAINT refresh_schedule_duration_positive CHECK (maximum_duration >= interval '1 ms')
);
COMMENT ON TABLE refresh_schedule IS 'Materialised views that coordinators refresh. Add a row for one of your own.';
COMMENT ON COLUMN refresh_schedule.refresh_every IS 'Time between the beginnings of two refreshes.';
COMMENT ON COLUMN refresh_schedule.maximum_duration IS 'A refresh that takes longer is cut off.';
COMMENT ON COLUMN refresh_schedule.last_attempted_at IS 'When a refresh last began.';
COMMENT ON COLUMN refresh_schedule.is_concurrent IS 'Readers are not locked out; the view needs a unique index for that, and rows.';
COMMENT ON COLUMN refresh_schedule.view_name IS 'The materialised view, in the schema public.';

CREATE TABLE refresh_execution (
    execution_id  bigint      GENERATED ALWAYS AS IDENTITY,
    started_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    terminated_at timestamptz,
    succeeded     boolean,
    view_name     text        NOT NULL REFERENCES refresh_schedule,
    started_by    text        NOT NULL,
    error         text,

    CONSTRAINT refresh_execution_pkey PRIMARY KEY (execution_id),
    CONSTRAINT refresh_execution_ended_has_outcome CHECK ((ended_at IS NULL) = (succeeded IS NULL)),
    CONSTRAINT refresh_execution_terminated_ended CHECK (terminated_at IS NULL OR ended_at IS NOT NULL),
    CONSTRAINT refresh_execution_failed_has_error CHECK (succeeded IS NOT FALSE OR error IS NOT NULL)
);
-- A view is never refreshed twice at a time.
CREATE UNIQUE INDEX refresh_execution_open_key ON refresh_execution (view_name) WHERE ended_at IS NULL;
-- Serves refresh_status.
CREATE INDEX refresh_execution_view_idx ON refresh_execution (view_name, started_at);
COMMENT ON TABLE refresh_execution IS 'Every refresh of a materialised view; kept for 30 days.';
COMMENT ON COLUMN refresh_execution.execution_id IS 'Key.';
COMMENT ON COLUMN refresh_execution.started_at IS 'When it began.';
COMMENT ON COLUMN refresh_execution.ended_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN refresh_execution.terminated_at IS 'When it was cut off because it took too long.';
COMMENT ON COLUMN refresh_execution.succeeded IS 'Whether the view is new; NULL while it runs.';
COMMENT ON COLUMN refresh_execution.view_name IS 'The materialised view.';
COMMENT ON COLUMN refresh_execution.started_by IS 'The coordinator that refreshes it.';
COMMENT ON COLUMN refresh_execution.error IS 'Why it failed.';

CREATE FUNCTION refresh_view(of_execution bigint)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    execution refresh_execution;
    may_be_concurrent boolean;
    outcome text := 'refreshed';
    reason text;
BEGIN
    -- The lock says that this execution is alive, for as long as its connection is.
    SELECT * INTO execution
    FROM refresh_execution
    WHERE execution_id = of_execution AND ended_at IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'superseded';
    END IF;
    BEGIN
        SELECT schedule.is_concurrent AND pg_class.relispopulated INTO STRICT may_be_concurrent
        FROM refresh_schedule AS schedule
        INNER JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(schedule.view_name))
        WHERE schedule.view_name = execution.view_name;
        EXECUTE format(
            'REFRESH MATERIALIZED VIEW %s %I',
            CASE WHEN may_be_concurrent THEN 'CONCURRENTLY' ELSE '' END, execution.view_name);
    EXCEPTION
        WHEN query_canceled THEN
            outcome := 'terminated';
            reason := 'it took longer than its maximum duration, or a person cancelled it';
        WHEN no_data_found THEN
            outcome := 'failed';
            reason := 'there is no such materialised view';
        WHEN OTHERS THEN
            outcome := 'failed';
            reason := SQLERRM;
    END;
    UPDATE refresh_execution
    SET ended_at = clock_timestamp(),
        terminated_at = CASE WHEN outcome = 'terminated' THEN clock_timestamp() END,
        succeeded = outcome = 'refreshed',
        error = reason
    WHERE execution_id = of_execution;
    RETURN outcome;
END
$$;
COMMENT ON FUNCTION refresh_view IS 'Runs a refresh that was claimed and writes down how it ended: refreshed, terminated, failed, or superseded where the execution had been given up. The statement timeout of the caller is its maximum duration. For coordinators; a person says: coordinator view refresh NAME. Example: SELECT refresh_view(4711);';

CREATE VIEW refresh_status WITH (security_invoker = true) AS
SELECT
    schedule.view_name,
    schedule.refresh_every,
    schedule.maximum_duration,
    schedule.last_attempted_at,
    success.ended_at AS last_success_at,
    success.ended_at - success.started_at AS last_duration,
    running.started_at AS running_since,
    running.started_by AS running_by,
    CASE WHEN NOT last.succeeded THEN last.error END AS error
FROM refresh_schedule AS schedule
LEFT JOIN LATERAL (
    SELECT execution.started_at, execution.ended_at
    FROM refresh_execution AS execution
    WHERE execution.view_name = schedule.view_name AND execution.succeeded
    ORDER BY execution.started_at DESC
    LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT execution.succeeded, execution.error
    FROM refresh_execution AS execution
    WHERE execution.view_name = schedule.view_name AND execution.ended_at IS NOT NULL
    ORDER BY execution.started_at DESC
    LIMIT 1
) AS last ON true
LEFT JOIN refresh_execution AS running
    ON running.view_name = schedule.view_name AND running.ended_at IS NULL;
COMMENT ON VIEW refresh_status IS 'Each materialised view that is refreshed by schedule: how old it is, how long it takes, and why its last refresh failed. Example: SELECT view_name, now() - last_success_at AS age, error FROM refresh_status;';
COMMENT ON COLUMN refresh_status.running_since IS 'NULL where it is not refreshed now.';
COMMENT ON COLUMN refresh_status.error IS 'Why the last refresh failed; NULL where it did not.';

CREATE MATERIALIZED VIEW film_run AS
SELECT
    lower(film.title) AS film,
    cinema.territory,
    min(showtime.business_on) AS first_on,
    max(showtime.business_on) AS last_on,
    count(DISTINCT cinema.source_id)::integer AS sources,
    count(DISTINCT showtime.cinema_id)::integer AS cinemas,
    count(*) AS showtimes,
    count(latest.seat_count) AS showtimes_seen,
    sum(latest.seat_count) AS seats,
    sum(latest.sold) AS sold,
    now() AS computed_at
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
GROUP BY lower(film.title), cinema.territory
WITH DATA;
CREATE UNIQUE INDEX film_run_key ON film_run (film, territory);
COMMENT ON MATERIALIZED VIEW film_run IS 'Each film in each territory over all sources: since when and until when, in how many cinemas and showtimes, and how many seats were sold when they were seen last. Films of different sources are one if their titles are, in small letters. Refreshed every quarter of an hour. Example: SELECT film, cinemas, showtimes, sold FROM film_run WHERE territory = ''GB'' ORDER BY sold DESC NULLS LAST LIMIT 10;';
COMMENT ON COLUMN film_run.showtimes_seen IS 'Showtimes whose seats were seen.';
COMMENT ON COLUMN film_run.seats IS 'Seats of those showtimes.';
COMMENT ON COLUMN film_run.sold IS 'Seats sold in those showtimes when they were seen last.';
COMMENT ON COLUMN film_run.computed_at IS 'When this was computed.';
INSERT INTO refresh_schedule (view_name, refresh_every) VALUES ('film_run', interval '15 minutes');
