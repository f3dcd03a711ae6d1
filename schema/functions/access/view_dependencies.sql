CREATE OR REPLACE FUNCTION view_dependencies(of_views regclass[])
RETURNS TABLE (relation regclass, column_name name)
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE beneath AS (
        SELECT 'pg_class'::regclass::oid AS class, unnest(of_views)::oid AS object, 0 AS part
        UNION
        SELECT pg_depend.refclassid, pg_depend.refobjid, pg_depend.refobjsubid
        FROM beneath
        -- In pg_depend, a view depends through its rule, a function with a parsed body directly.
        LEFT JOIN pg_rewrite ON beneath.class = 'pg_class'::regclass AND pg_rewrite.ev_class = beneath.object
        LEFT JOIN pg_class ON beneath.class = 'pg_class'::regclass AND pg_class.oid = beneath.object
        INNER JOIN pg_depend
            ON pg_depend.classid = CASE WHEN pg_rewrite.oid IS NULL THEN 'pg_proc'::regclass ELSE 'pg_rewrite'::regclass END
            AND pg_depend.objid = coalesce(pg_rewrite.oid, beneath.object)
        -- The tables behind a materialised view are not read through it.
        WHERE pg_class.relkind IS DISTINCT FROM 'm'
            AND (pg_rewrite.oid IS NOT NULL OR beneath.class = 'pg_proc'::regclass)
            AND pg_depend.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
            AND (pg_depend.refclassid, pg_depend.refobjid) <> (beneath.class, beneath.object)
    )
    SELECT DISTINCT pg_class.oid::regclass, pg_attribute.attname
    FROM beneath
    INNER JOIN pg_class ON beneath.class = 'pg_class'::regclass AND pg_class.oid = beneath.object
    INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND NOT pg_attribute.attisdropped
        -- If no column of a table is named, its first column stands for the table.
        AND pg_attribute.attnum = CASE WHEN beneath.part > 0 THEN beneath.part ELSE 1 END
    WHERE pg_class.relnamespace = 'public'::regnamespace AND NOT beneath.object = ANY (of_views::oid[])
$$;

COMMENT ON FUNCTION view_dependencies IS 'The relations and columns that views read, through other views as well. Example: SELECT * FROM view_dependencies(''{seat_record}'') ORDER BY 1, 2;';
