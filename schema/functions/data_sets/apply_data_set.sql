CREATE OR REPLACE FUNCTION apply_data_set(wanted jsonb)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET client_min_messages = warning
AS $$
DECLARE
    draft CONSTANT text := 'data_set_draft_' || pg_current_xact_id()::text;
    inputs CONSTANT text[] := ARRAY(SELECT jsonb_array_elements_text(wanted -> 'inputs') ORDER BY 1);
    made data_set;
    known data_set;
    inputs_before text[];
    part text;
    checked regclass;
    texts jsonb := '{}';
BEGIN
    IF NOT has_access() OR to_regrole('data_set_runner') IS NULL
        OR NOT pg_has_role('data_set_runner', 'fullhouse_analyst', 'USAGE')
        OR NOT has_function_privilege('data_set.compute(text, anyelement)', 'EXECUTE')
    THEN
        RAISE EXCEPTION 'the roles of analysts are not prepared' USING HINT = 'Run `coordinator access prepare`.';
    END IF;
    made := jsonb_populate_record(NULL::data_set, wanted);
    IF made.since < current_date - 4000 OR made.since > current_date + 366 THEN
        RAISE EXCEPTION 'it begins on %, which is more than 4,000 days ago or more than a year to come', made.since
            USING COLUMN = 'since';
    END IF;
    BEGIN
        PERFORM now() AT TIME ZONE made.zone;
    EXCEPTION WHEN invalid_parameter_value THEN
        RAISE EXCEPTION 'there is no time zone %', made.zone USING COLUMN = 'zone', HINT = 'Such as UTC or Europe/Paris.';
    END;
    -- One at a time, so that two do not close a circle; builds go on.
    LOCK TABLE data_set_input IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO known FROM data_set WHERE data_set.name = made.name FOR UPDATE;
    IF known.name IS NOT NULL AND (known.since IS NULL) <> (made.since IS NULL) THEN
        RAISE EXCEPTION 'it was built %, and would be built %',
                CASE WHEN known.since IS NULL THEN 'as a whole' ELSE 'by day' END,
                CASE WHEN made.since IS NULL THEN 'as a whole' ELSE 'by day' END
            USING COLUMN = 'partition', HINT = format('Use another name, or remove it first: coordinator data-set remove %s.', made.name);
    END IF;
    IF (made.files IS NULL) = (wanted ->> 'query' IS NULL)
        OR (made.files IS NULL) = EXISTS (SELECT FROM unnest(inputs) AS listed (input) WHERE listed.input LIKE 'files/%')
    THEN
        RAISE EXCEPTION 'it has a query or files as its input, and not both' USING COLUMN = 'query';
    END IF;
    PERFORM check_data_set_inputs(made.name, made.since, made.zone, inputs);

    EXECUTE format('CREATE SCHEMA %I', draft);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO data_set_runner', draft);
    IF made.files IS NOT NULL THEN
        PERFORM draft_load(draft, made.files, made.since IS NOT NULL);
        PERFORM make_data_set_table(made.name, made.since IS NOT NULL, format('%I.query', draft)::regclass);
    END IF;
    FOREACH part IN ARRAY ARRAY['query', 'check'] LOOP
        CONTINUE WHEN wanted ->> part IS NULL;
        IF strpos(rtrim(wanted ->> part, E'; \n\t'), ';') > 0 THEN
            RAISE EXCEPTION 'it is one SELECT, without a semicolon' USING COLUMN = part;
        END IF;
        PERFORM data_set.parse_query(draft, part, rtrim(wanted ->> part, E'; \n\t'));
        checked := format('%I.%I', draft, part)::regclass;
        PERFORM check_data_set_query(checked, made.name, inputs);
        PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
        texts := jsonb_set(texts, ARRAY[part], to_jsonb(rtrim(pg_get_viewdef(checked), ';')));
        PERFORM set_config('search_path', 'public, pg_temp', true);
        IF part = 'query' THEN
            IF made.since IS NOT NULL AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = checked AND attname = 'day' AND attnum > 0) THEN
                RAISE EXCEPTION 'its query gives a column "day", which every data set by day has already'
                    USING COLUMN = part, HINT = 'Leave the column out: the day that is built is written there.';
            ELSIF made.since IS NOT NULL AND texts ->> part !~ 'data_set\.day\(\)' THEN
                RAISE EXCEPTION 'it is built by day, and its query does not name :day'
                    USING COLUMN = part, HINT = 'Such as WHERE business_on = :day; or set partition = "none".';
            END IF;
            PERFORM make_data_set_table(made.name, made.since IS NOT NULL, checked);
        ELSIF (SELECT count(*) = 1 AND bool_and(atttypid = 'boolean'::regtype) FROM pg_attribute WHERE attrelid = checked AND attnum > 0) THEN
            texts := jsonb_set(texts, ARRAY[part], to_jsonb(format(
                'SELECT * FROM (%s) AS answer WHERE %I IS NOT TRUE', texts ->> part,
                (SELECT attname FROM pg_attribute WHERE attrelid = checked AND attnum > 0))));
        END IF;
        -- Plans it with the rights of analysts, and computes nothing.
        BEGIN
            PERFORM data_set.first_failure(format('SELECT * FROM (%s) AS nothing LIMIT 0', texts ->> part));
        EXCEPTION WHEN OTHERS THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, COLUMN = part;
        END;
    END LOOP;
    EXECUTE format('DROP SCHEMA %I CASCADE', draft);
    EXECUTE format('COMMENT ON TABLE data_set.%I IS %L', made.name, made.description);

    inputs_before := ARRAY(SELECT kind || '/' || input FROM data_set_input WHERE data_set_input.name = made.name ORDER BY 1);
    made.query := coalesce(texts ->> 'query', '');
    made.check_query := texts ->> 'check';
    IF (made.every, made.timeout, made.not_before, made.deadline, made.since, made.continues, made.description,
            made.zone, made.query, made.check_query, made.body, made.files, inputs)
        IS NOT DISTINCT FROM (known.every, known.timeout, known.not_before, known.deadline, known.since, known.continues,
            known.description, known.zone, known.query, known.check_query, known.body, known.files, inputs_before)
    THEN
        RETURN 'unchanged';
    END IF;
    INSERT INTO data_set (every, timeout, not_before, deadline, since, continues, name, description, zone, query, check_query, body, files)
    VALUES (made.every, made.timeout, made.not_before, made.deadline, made.since, made.continues, made.name,
        made.description, made.zone, made.query, made.check_query, made.body, made.files)
    ON CONFLICT (name) DO UPDATE
    SET every = excluded.every, timeout = excluded.timeout, not_before = excluded.not_before, deadline = excluded.deadline,
        since = excluded.since, continues = excluded.continues, description = excluded.description, zone = excluded.zone,
        query = excluded.query, check_query = excluded.check_query, body = excluded.body, files = excluded.files, applied_at = now(),
        version = data_set.version + (
            (data_set.query, data_set.check_query, data_set.files)
                IS DISTINCT FROM (excluded.query, excluded.check_query, excluded.files))::integer;
    IF inputs_before IS DISTINCT FROM inputs THEN
        -- Of another place or pattern; the listing finds those of this one.
        DELETE FROM load_day WHERE load_day.name = made.name;
        DELETE FROM load_file WHERE load_file.name = made.name;
        DELETE FROM load_error WHERE load_error.name = made.name;
    END IF;
    DELETE FROM load_listing WHERE load_listing.name = made.name;
    DELETE FROM data_set_input WHERE data_set_input.name = made.name;
    INSERT INTO data_set_input (name, kind, input)
    SELECT made.name, split_part(listed.input, '/', 1), substr(listed.input, strpos(listed.input, '/') + 1)
    FROM unnest(inputs) AS listed (input);
    PERFORM apply_deliveries(made.name, coalesce(wanted -> 'deliver', '[]'));
    -- This waits for a refresh that began without knowing that its changes are to be counted.
    UPDATE rollup
    SET is_followed = true, day_column = (
        SELECT pg_attribute.attname
        FROM pg_attribute
        WHERE pg_attribute.attrelid = to_regclass(format('rollup.%I', rollup.name)) AND pg_attribute.attnum > 0
            AND pg_attribute.attname = ANY (rollup.keys) AND pg_attribute.atttypid = 'date'::regtype
        ORDER BY pg_attribute.attname <> 'business_on', pg_attribute.attnum
        LIMIT 1)
    WHERE NOT rollup.is_followed AND 'rollup/' || rollup.name = ANY (inputs);
    IF known.since < made.since THEN
        EXECUTE format('DELETE FROM data_set.%I WHERE day < $1', made.name) USING made.since;
        DELETE FROM data_set_day WHERE data_set_day.name = made.name AND data_set_day.day < made.since;
        DELETE FROM load_day WHERE load_day.name = made.name AND load_day.day < made.since;
        DELETE FROM load_file WHERE load_file.name = made.name AND load_file.day < made.since;
        DELETE FROM load_error WHERE load_error.name = made.name AND load_error.day < made.since;
    END IF;
    RETURN CASE
        WHEN known.name IS NULL THEN 'made'
        WHEN (known.query, known.check_query, known.files, inputs_before)
            IS DISTINCT FROM (made.query, made.check_query, made.files, inputs) THEN 'rebuilt'
        ELSE 'changed' END;
END
$$;

COMMENT ON FUNCTION apply_data_set IS 'Makes a data set or changes it; for `coordinator data-set apply`. The query is parsed, checked and planned as the role data_set_runner. Returns made, rebuilt (all days are due), changed or unchanged. An error names the part of the file as its column. Example: SELECT apply_data_set(''{"name": "my_test", "query": "SELECT 1 AS one"}'');';
REVOKE EXECUTE ON FUNCTION apply_data_set FROM PUBLIC;
