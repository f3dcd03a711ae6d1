CREATE OR REPLACE FUNCTION fullhouse.adopt_rollup_draft(name text, keys text[])
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET client_min_messages = warning
AS $$
#variable_conflict use_column
DECLARE
    given_name CONSTANT text := adopt_rollup_draft.name;
    made rollup;
    tree text;
    checked oid;
    refused text;
    found_name text;
    count_found bigint;
    marked bigint;
BEGIN
    IF given_name IS NULL OR given_name !~ '^[a-z][a-z0-9_]{0,39}$' OR given_name ~ '_(query|dirty|stale|fresh|idx|pkey)$' THEN
        RAISE EXCEPTION 'a rollup cannot be called %', given_name
            USING HINT = 'Up to 40 small letters, digits and underscores.';
    ELSIF to_regclass('public.' || quote_ident(given_name)) IS NOT NULL OR to_regclass('fullhouse.' || quote_ident(given_name)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a % already', given_name;
    ELSIF to_regclass('rollup.' || quote_ident(given_name)) IS NOT NULL OR to_regclass('rollup.' || quote_ident(given_name || '_dirty')) IS NOT NULL THEN
        RAISE EXCEPTION 'the tables of the rollup % that was dropped are still there', given_name
            USING HINT = 'The leader removes them within seconds, once no transaction reads them: try again.';
    ELSIF coalesce(cardinality(keys), 0) = 0 THEN
        RAISE EXCEPTION 'a rollup needs keys' USING HINT = 'The columns that the query is grouped by.';
    END IF;
    made.name := given_name;
    made.keys := keys;
    made.made_by := session_user;

    -- Nobody else sees this view, and its author cannot change it before the end.
    SELECT pg_class.oid INTO checked
    FROM pg_class
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname = rollup_draft_name() AND pg_class.relname = 'query' AND pg_class.relkind = 'v';
    IF checked IS NULL THEN
        RAISE EXCEPTION 'there is no draft of a rollup in this transaction' USING HINT = 'Call fullhouse.create_rollup.';
    END IF;
    SELECT string_agg(quote_ident(attname), ', ') INTO refused
    FROM pg_attribute
    WHERE attrelid = checked AND attnum > 0 AND (attname !~ '^[a-z_][a-z0-9_]*$' OR attname = 'marked_at');
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a column of a rollup cannot be called %', refused
            USING HINT = 'Small letters, digits and underscores, and not marked_at.';
    END IF;
    PERFORM check_rollup_query(checked);
    SELECT ev_action::text INTO STRICT tree FROM pg_rewrite WHERE ev_class = checked AND rulename = '_RETURN';

    SELECT string_agg(coalesce(listed.name, 'NULL'), ', ') INTO refused
    FROM unnest(keys) AS listed (name)
    WHERE NOT EXISTS (
        SELECT FROM regexp_matches(tree, ':resname (\S+) :ressortgroupref (\d+)', 'g') AS target (found)
        WHERE target.found[1] = listed.name AND target.found[2] <> '0')
        OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = checked AND attname = listed.name AND attnum > 0);
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'the query is not grouped by %', refused
            USING HINT = 'Keys name columns of the answer that stand in GROUP BY.';
    END IF;

    SELECT min(pg_class.relname), count(*) INTO found_name, count_found
    FROM regexp_matches(tree, ':rtekind 0 :relid (\d+)', 'g') AS found (id)
    INNER JOIN pg_class ON pg_class.oid = found.id[1]::oid
    WHERE pg_class.relnamespace = 'fullhouse'::regnamespace;
    -- With no path every relation is written down with its schema.
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    made.query := rtrim(pg_get_viewdef(checked), ';');
    PERFORM set_config('search_path', 'public, pg_temp', true);
    IF count_found = 0 THEN
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
    ELSIF count_found > 1 OR (SELECT count(DISTINCT found.id[1]) FROM regexp_matches(tree, ':relid (\d+)', 'g') AS found (id)
            WHERE found.id[1]::oid NOT IN (0, checked)) > 1 THEN
        RAISE EXCEPTION 'a rollup of a rollup reads that one alone, once'
            USING HINT = 'Join names when you read it.';
    ELSE
        made.parent := found_name;
        made.bucket := keys;
        -- Its name is replaced where the query is computed over something else.
        IF cardinality(string_to_array(made.query, 'fullhouse.' || quote_ident(made.parent))) <> 2
            OR tree ~ format(':ctename %s ', made.parent) THEN
            RAISE EXCEPTION 'a rollup of % cannot say that name again, in a text, an alias or WITH', made.parent;
        END IF;
        SELECT rollup.depth + 1 INTO STRICT made.depth FROM rollup WHERE rollup.name = made.parent;
    END IF;

    -- In the order of the columns of NAME_dirty.
    made.bucket := ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = checked AND attnum > 0 AND attname = ANY (made.bucket)
        ORDER BY attnum);
    EXECUTE format('CREATE TABLE rollup.%I (%s, CONSTRAINT %I PRIMARY KEY (%s))', given_name, (
            SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
            FROM pg_attribute
            WHERE attrelid = checked AND attnum > 0 AND NOT attisdropped),
        given_name || '_pkey', name_columns(keys));
    EXECUTE format('DROP SCHEMA %I CASCADE', rollup_draft_name());
    DELETE FROM rollup_draft WHERE schema_name = rollup_draft_name();
    EXECUTE format(
        'CREATE TABLE rollup.%I (marked_at timestamptz NOT NULL DEFAULT now(), %s)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)',
        given_name || '_dirty', (
            SELECT string_agg(format('%I %s NOT NULL', attname, format_type(atttypid, -1)), ', ' ORDER BY attnum)
            FROM pg_attribute
            WHERE attrelid = to_regclass(format('rollup.%I', given_name)) AND attnum > 0 AND attname = ANY (made.bucket)));
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', given_name, 'The buckets of the rollup ' || given_name || '; read fullhouse.' || given_name || '.');
    EXECUTE format('COMMENT ON TABLE rollup.%I IS %L', given_name || '_dirty', 'The buckets of the rollup ' || given_name || ' that are to be computed again.');

    -- The leader marks its buckets once it sees it: what is stored until then is computed by the view.
    INSERT INTO rollup (name, parent, depth, made_by, keys, bucket, query)
    VALUES (given_name, made.parent, made.depth, made.made_by, keys, made.bucket, made.query);
    PERFORM write_rollup_view(given_name);
    EXECUTE format('COMMENT ON VIEW fullhouse.%I IS %L', given_name,
        format('The rollup %1$s, by %2$s, as of now. Example: SELECT * FROM fullhouse.%1$s LIMIT 10;', given_name, array_to_string(keys, ', ')));
    SELECT * INTO STRICT made FROM rollup WHERE rollup.name = given_name;
    EXECUTE format('SELECT count(*) FROM all_buckets($1, NULL::rollup.%I)', given_name || '_dirty') INTO marked USING made;
    UPDATE rollup SET backfill_buckets = marked WHERE rollup.name = given_name;
    -- The first bucket shows that the query runs, and that its keys are keys.
    EXECUTE format(
        'INSERT INTO rollup.%1$I
        SELECT * FROM rollup.compute_buckets($1, $2,
            (SELECT jsonb_agg(to_jsonb(bucket)) FROM (SELECT * FROM all_buckets($1, NULL::rollup.%2$I) LIMIT 1) AS bucket),
            NULL::rollup.%1$I)',
        given_name, given_name || '_dirty')
    USING made, 'rollup.' || quote_ident(made.parent);
    EXECUTE format('DELETE FROM rollup.%I', given_name);
    IF made.parent IS NULL THEN
        INSERT INTO partition_reader (parent, reader, read_until)
        SELECT read.parent, 'rollup ' || given_name, '-infinity'
        FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN marked;
END
$$;

COMMENT ON FUNCTION fullhouse.adopt_rollup_draft IS 'For fullhouse.create_rollup: makes the rollup of the view query that its caller made in the draft of this transaction. Example: SELECT fullhouse.adopt_rollup_draft(''late_film'', ''{film_id}'');';
REVOKE EXECUTE ON FUNCTION fullhouse.adopt_rollup_draft FROM PUBLIC;
