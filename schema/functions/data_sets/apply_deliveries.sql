CREATE OR REPLACE FUNCTION apply_deliveries(of_name text, wanted jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one record;
    part text;
BEGIN
    FOR one IN
        SELECT listed.item ->> 'to' AS destination, listed.item ->> 'index' AS index_name, listed.number,
            ARRAY(SELECT jsonb_array_elements_text(listed.item -> 'key')) AS key_columns
        FROM jsonb_array_elements(wanted) WITH ORDINALITY AS listed (item, number)
    LOOP
        FOREACH part IN ARRAY one.key_columns LOOP
            IF NOT EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = format('data_set.%I', of_name)::regclass AND attname = part AND attnum > 0 AND NOT attisdropped)
            THEN
                RAISE EXCEPTION 'its key names "%", which is no column', part
                    USING COLUMN = 'deliver.' || one.number, HINT = format('Its columns are %s.', (
                        SELECT string_agg(attname, ', ' ORDER BY attnum)
                        FROM pg_attribute
                        WHERE attrelid = format('data_set.%I', of_name)::regclass AND attnum > 0 AND NOT attisdropped));
            END IF;
        END LOOP;
        INSERT INTO data_set_destination AS known (name, destination, index_name, key_columns)
        VALUES (of_name, one.destination, coalesce(one.index_name, of_name), one.key_columns)
        ON CONFLICT (name, destination) DO UPDATE
        SET index_name = excluded.index_name, key_columns = excluded.key_columns;
    END LOOP;
    -- What these have of it is removed there.
    DELETE FROM data_set_destination
    WHERE data_set_destination.name = of_name
        AND data_set_destination.destination NOT IN (SELECT listed.item ->> 'to' FROM jsonb_array_elements(wanted) AS listed (item));
    -- What failed may succeed with this file.
    UPDATE data_set_delivery SET next_try_at = NULL
    WHERE data_set_delivery.name = of_name AND data_set_delivery.next_try_at IS NOT NULL;
END
$$;

COMMENT ON FUNCTION apply_deliveries IS 'Stores where a data set is delivered to; refuses a key that is no column. Example: SELECT apply_deliveries(''my_test'', ''[{"to": "search", "key": ["id"]}]'');';
REVOKE EXECUTE ON FUNCTION apply_deliveries FROM PUBLIC;
