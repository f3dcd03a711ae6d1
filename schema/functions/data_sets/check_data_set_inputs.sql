CREATE OR REPLACE FUNCTION check_data_set_inputs(of_name text, first_day date, of_zone text, inputs text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
    path text;
BEGIN
    FOR one IN
        SELECT listed.input AS label, split_part(listed.input, '/', 1) AS kind,
            substr(listed.input, strpos(listed.input, '/') + 1) AS name
        FROM unnest(inputs) AS listed (input)
    LOOP
        IF one.label = 'data_set/' || of_name THEN
            RAISE EXCEPTION 'it names itself as an input' USING HINT = 'Take its own name out.', COLUMN = 'inputs';
        END IF;
        IF (CASE one.kind
            WHEN 'data_set' THEN EXISTS (SELECT FROM data_set WHERE data_set.name = one.name)
            WHEN 'rollup' THEN EXISTS (SELECT FROM rollup WHERE rollup.name = one.name)
            WHEN 'events' THEN EXISTS (SELECT FROM event_client WHERE event_client.name = one.name)
            WHEN 'stored' THEN one.name IN ('snapshot', 'showtime_tariff', 'showtime')
            -- Whether they are there is known when they are listed.
            WHEN 'files' THEN true
            END) IS NOT TRUE
        THEN
            RAISE EXCEPTION 'there is no input %', one.label
                USING COLUMN = 'inputs', HINT = CASE one.kind
                    WHEN 'data_set' THEN 'Apply that data set first, or with this one; `coordinator data-set list` shows those there are.'
                    WHEN 'rollup' THEN 'SELECT name FROM analytics.rollup_status lists the rollups.'
                    WHEN 'events' THEN '`coordinator event clients` lists the clients.'
                    WHEN 'stored' THEN 'stored/snapshot, stored/showtime_tariff or stored/showtime.'
                    ELSE 'The name of a data set, rollup/NAME, events/CLIENT or stored/TABLE.' END;
        END IF;
        IF one.kind = 'stored' AND first_day IS NOT NULL AND of_zone <> 'UTC' THEN
            RAISE EXCEPTION 'the days of % are UTC, and those of this data set are of %', one.label, of_zone
                USING COLUMN = 'zone', HINT = 'Set zone = "UTC".';
        END IF;
        IF one.kind = 'data_set' AND first_day < (SELECT data_set.since FROM data_set WHERE data_set.name = one.name) THEN
            RAISE EXCEPTION 'its input % has no days before %', one.name,
                    (SELECT data_set.since FROM data_set WHERE data_set.name = one.name)
                USING COLUMN = 'since', HINT = 'Let it begin on that day, or apply the input with an earlier one first.';
        END IF;
    END LOOP;

    WITH RECURSIVE below AS (
        SELECT substr(listed.input, 10) AS name, ARRAY[of_name, substr(listed.input, 10)] AS path
        FROM unnest(inputs) AS listed (input)
        WHERE listed.input LIKE 'data\_set/%'
        UNION ALL
        SELECT data_set_input.input, below.path || data_set_input.input
        FROM below
        INNER JOIN data_set_input ON data_set_input.name = below.name AND data_set_input.kind = 'data_set'
        WHERE below.name <> of_name AND cardinality(below.path) < 100
    )
    SELECT array_to_string(below.path, ' reads ') INTO path FROM below WHERE below.name = of_name LIMIT 1;
    IF path IS NOT NULL THEN
        RAISE EXCEPTION 'its inputs go round in a circle: %', path
            USING COLUMN = 'inputs', HINT = 'Take one of these out of the inputs of another.';
    END IF;
END
$$;

COMMENT ON FUNCTION check_data_set_inputs IS 'Checks that the inputs of a data set are there, have its days, and do not read it themselves. Example: SELECT check_data_set_inputs(''my_test'', NULL, ''UTC'', ''{rollup/cinema_day}'');';
REVOKE EXECUTE ON FUNCTION check_data_set_inputs FROM PUBLIC;
