CREATE OR REPLACE VIEW iceberg_tables WITH (security_invoker = true) AS
SELECT
    'fullhouse'::varchar(255) AS catalog_name,
    ('export_' || export_table.place_id)::varchar(255) AS table_namespace,
    replace(export_table.data_set, '-', '_')::varchar(255) AS table_name,
    export_table.metadata_location::varchar(1000) AS metadata_location,
    export_table.previous_location::varchar(1000) AS previous_metadata_location,
    'TABLE'::varchar(5) AS iceberg_type
FROM export_table;

COMMENT ON VIEW iceberg_tables IS 'What a JDBC catalog of Apache Iceberg reads (schema version V1): the tables of the exports, a namespace for each place. Use fullhouse as the name of the catalog. Example: SELECT table_namespace, table_name, metadata_location FROM iceberg_tables;';
COMMENT ON COLUMN iceberg_tables.catalog_name IS 'fullhouse.';
COMMENT ON COLUMN iceberg_tables.table_namespace IS 'export_ and the number of the place.';
COMMENT ON COLUMN iceberg_tables.table_name IS 'The data set, such as seat_records.';
COMMENT ON COLUMN iceberg_tables.metadata_location IS 'Address of its metadata file.';
COMMENT ON COLUMN iceberg_tables.previous_metadata_location IS 'Address of the one before it.';
COMMENT ON COLUMN iceberg_tables.iceberg_type IS 'TABLE.';
