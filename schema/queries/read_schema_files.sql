-- The files of functions, views and rollups that were applied, and whether one of the objects that a
-- file made is gone: a migration that changes a column drops the views that read it.
--
-- A rollup may have been dropped by its users, and stays dropped.
SELECT schema_file.name, schema_file.checksum, schema_file.objects,
    EXISTS (
        SELECT
        FROM unnest(schema_file.objects) AS object (name)
        WHERE CASE
            WHEN object.name LIKE 'ROLLUP %' THEN false
            WHEN object.name LIKE 'FUNCTION %' THEN to_regproc(substr(object.name, 10)) IS NULL
            WHEN object.name LIKE 'VIEW %' THEN to_regclass(substr(object.name, 6)) IS NULL
            WHEN object.name LIKE 'MATERIALIZED VIEW %' THEN to_regclass(substr(object.name, 19)) IS NULL
            ELSE NOT EXISTS (
                SELECT FROM pg_trigger
                WHERE object.name = format('TRIGGER %I ON %s', tgname, tgrelid::regclass) AND tgparentid = 0)
        END
    ) AS "lacks_object!"
FROM schema_file;
