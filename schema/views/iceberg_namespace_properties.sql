CREATE OR REPLACE VIEW iceberg_namespace_properties WITH (security_invoker = true) AS
SELECT DISTINCT
    'fullhouse'::varchar(255) AS catalog_name,
    ('export_' || export_table.place_id)::varchar(255) AS namespace,
    'location'::varchar(255) AS property_key,
    export_place.address::varchar(1000) AS property_value
FROM export_table
INNER JOIN export_place USING (place_id);

COMMENT ON VIEW iceberg_namespace_properties IS 'What a JDBC catalog of Apache Iceberg reads: the address of each place. Example: SELECT namespace, property_value FROM iceberg_namespace_properties;';
COMMENT ON COLUMN iceberg_namespace_properties.catalog_name IS 'fullhouse.';
COMMENT ON COLUMN iceberg_namespace_properties.namespace IS 'export_ and the number of the place.';
COMMENT ON COLUMN iceberg_namespace_properties.property_key IS 'location.';
COMMENT ON COLUMN iceberg_namespace_properties.property_value IS 'The address.';
