-- The columns of the table of data set $1, in their order.
SELECT
    pg_attribute.attname AS "name!",
    coalesce(item.typname, pg_type.typname) AS "type_name!",
    item.oid IS NOT NULL AS "is_array!"
FROM pg_class
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace AND pg_namespace.nspname = 'data_set'
INNER JOIN pg_attribute
    ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped
INNER JOIN pg_type ON pg_type.oid = pg_attribute.atttypid
LEFT JOIN pg_type AS item ON pg_type.typcategory = 'A' AND item.oid = pg_type.typelem
WHERE pg_class.relname = $1 AND pg_class.relkind = 'r'
ORDER BY pg_attribute.attnum
