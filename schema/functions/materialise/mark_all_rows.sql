CREATE OR REPLACE FUNCTION mark_all_rows() RETURNS void
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

COMMENT ON FUNCTION mark_all_rows IS 'Marks all rows of all watched tables, after a crash of the database lost marks. Example: SELECT mark_all_rows();';
