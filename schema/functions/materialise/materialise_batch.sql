CREATE OR REPLACE FUNCTION materialise_batch(
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
        PERFORM mark_all_rows();
    END IF;

    BEGIN
        -- Rows that are new are made; they are computed below, by an update that changes no
        -- indexed column. In the order of the keys, as every statement that waits for rows here, so
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
        -- sees all that they were marked for, whichever process computed them last.
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
            -- The error is of an expression, not of a row, or the query of the rows takes too long:
            -- the whole batch is undone.
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

COMMENT ON FUNCTION materialise_batch IS 'Processes one batch of a watched table and returns the numbers: takes marks, computes rows that are due or expired, fills in one new column, tries failed rows again. Any number of sessions may call it at once; coordinators call it all the time. Example: SELECT * FROM materialise_batch(''cinema_fact'');';
