CREATE OR REPLACE FUNCTION materialise_rows(
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
                -- The statement timeout passed, which happens once per transaction: the rest waits
                -- for another transaction. One row takes too long, or all of them together.
                bad_keys := bad_keys || keys[low:high];
                bad_states := bad_states || array_fill(SQLSTATE, ARRAY[high - low + 1]);
                bad_errors := bad_errors || array_fill(
                    format('cut off after %s s', watched.timeout_seconds), ARRAY[high - low + 1]);
                is_cut_off := true;
                spans := '{}';
            WHEN OTHERS THEN
                -- Errors that no row causes: lost races, missing resources, a server that goes
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

    -- Rows that were cut off together are suspects: each is tried alone, and has no failure yet.
    WITH noted AS (
        INSERT INTO materialisation_error AS known (
            row_key, retry_at, failures, table_name, column_name, sqlstate, error)
        SELECT
            bad.row_key,
            CASE
                WHEN blame.failures = 0 THEN now()
                WHEN blame.failures < watched.max_failures THEN now() + interval '10 s'
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
                WHEN known.failures + excluded.failures < watched.max_failures
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

COMMENT ON FUNCTION materialise_rows IS 'Computes rows of a watched table, all columns or one; halves a failed batch until it has found the rows that fail, and records them. For materialise_batch. Example: SELECT materialise_rows(watched, NULL, ''{1,2}'', false) FROM materialised_table AS watched WHERE name = ''cinema_fact'';';
