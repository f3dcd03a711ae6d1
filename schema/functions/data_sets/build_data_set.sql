CREATE OR REPLACE FUNCTION build_data_set(of_build bigint)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    began CONSTANT timestamptz := clock_timestamp();
    build data_set_build;
    one data_set;
    kept data_set_day;
    made data_set_day;
    only_day text := '';
    outcome text := 'built';
    failure jsonb;
BEGIN
    -- The lock says that this build is alive, for as long as its connection is.
    SELECT * INTO build FROM data_set_build WHERE build_id = of_build AND ended_at IS NULL FOR UPDATE;
    SELECT * INTO one FROM data_set WHERE data_set.name = build.name FOR KEY SHARE;
    IF one.name IS NULL THEN
        RETURN 'superseded';
    END IF;
    SELECT * INTO kept FROM data_set_day WHERE data_set_day.name = one.name AND data_set_day.day IS NOT DISTINCT FROM build.day;
    -- Another coordinator built it, or failed to, after this build was found to be due.
    IF kept.input_revisions = build.input_revisions OR kept.tried_at > build.started_at THEN
        UPDATE data_set_build SET ended_at = clock_timestamp(), state = 'superseded' WHERE build_id = of_build;
        RETURN 'superseded';
    END IF;
    BEGIN
        PERFORM set_config('fullhouse.day', coalesce(build.day::text, ''), true);
        IF one.since IS NOT NULL THEN
            only_day := format('WHERE day = %L', build.day);
        END IF;
        -- Readers see the rows of before until this transaction is committed.
        EXECUTE format('DELETE FROM data_set.%I %s', one.name, only_day);
        IF one.files IS NOT NULL THEN
            -- A program that knows nothing of files has staged nothing.
            IF current_setting('fullhouse.load', true) IS DISTINCT FROM of_build::text THEN
                RAISE EXCEPTION 'its files were not read: a coordinator of a newer version has to build it';
            END IF;
            PERFORM store_load_rows(one, build);
        ELSE
            EXECUTE format('INSERT INTO data_set.%1$I SELECT * FROM data_set.compute($1, NULL::data_set.%1$I)', one.name)
            USING format('SELECT %s FROM (%s) AS computed', (
                    SELECT string_agg(
                        CASE WHEN one.since IS NOT NULL AND attname = 'day' THEN format('%L::pg_catalog.date', build.day)
                        ELSE format('computed.%I', attname) END, ', ' ORDER BY attnum)
                    FROM pg_attribute
                    WHERE attrelid = format('data_set.%I', one.name)::regclass AND attnum > 0 AND NOT attisdropped),
                one.query);
        END IF;
        IF one.check_query IS NOT NULL THEN
            failure := data_set.first_failure(one.check_query);
            IF failure IS NOT NULL THEN
                RAISE EXCEPTION 'its check is not passed, first by %', left(failure::text, 500);
            END IF;
        END IF;
        EXECUTE format(
            'SELECT count(*), coalesce(sum(pg_column_size(stored.*)), 0), coalesce(sum(hashtextextended(stored::text, 0)::numeric), 0)
            FROM data_set.%I AS stored %s', one.name, only_day)
        INTO made.row_count, made.bytes, made.checksum;
    EXCEPTION
        WHEN query_canceled THEN
            outcome := 'timed_out';
            made.error := format('it took longer than its timeout of %s, or a person cancelled it', one.timeout);
        WHEN OTHERS THEN
            outcome := 'failed';
            made.error := left(SQLERRM, 2000);
    END;
    IF outcome = 'built' THEN
        IF kept.revision > 0 AND (kept.row_count, kept.checksum) = (made.row_count, made.checksum) THEN
            outcome := 'unchanged';
        END IF;
        INSERT INTO data_set_day AS known (took, revision, row_count, bytes, built_at, day, name, checksum, input_revisions)
        VALUES (clock_timestamp() - began, 1, made.row_count, made.bytes, clock_timestamp(), build.day, one.name,
            made.checksum, build.input_revisions)
        ON CONFLICT ON CONSTRAINT data_set_day_key DO UPDATE
        SET took = excluded.took, row_count = excluded.row_count, bytes = excluded.bytes, built_at = excluded.built_at,
            -- What reads it is due only if its rows changed.
            revision = known.revision + (outcome = 'built')::integer,
            checksum = excluded.checksum, input_revisions = excluded.input_revisions,
            tries = 0, tried_revisions = NULL, tried_at = NULL, retry_at = NULL, error = NULL;
    ELSE
        PERFORM note_data_set_failure(one.name, build.day, build.input_revisions, made.error);
    END IF;
    DELETE FROM load_row WHERE build_id = of_build;
    UPDATE data_set_build
    SET ended_at = clock_timestamp(), state = outcome, row_count = made.row_count, bytes = made.bytes, error = made.error
    WHERE build_id = of_build;
    RETURN outcome;
END
$$;

COMMENT ON FUNCTION build_data_set IS 'Runs a build that was claimed and records its outcome: built, unchanged, failed, timed_out, or superseded if another came first or it was given up. The statement timeout of the caller is that of the data set. For coordinators; people use coordinator data-set build. Example: SELECT build_data_set(4711);';
REVOKE EXECUTE ON FUNCTION build_data_set FROM PUBLIC;
