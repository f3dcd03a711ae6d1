-- Iceberg tables over exported files: where the metadata of each stands, so that a client that finds
-- tables by a JDBC catalog finds them here.

CREATE TABLE export_table (
    committed_at      timestamptz NOT NULL,
    snapshot_id       bigint,
    total_rows        bigint      NOT NULL,
    total_files       bigint      NOT NULL,
    version           bigint      NOT NULL,
    place_id          integer     NOT NULL REFERENCES export_place,
    snapshots         integer     NOT NULL,
    data_set          text        NOT NULL,
    metadata_location text        NOT NULL,
    previous_location text,
    metadata          jsonb       NOT NULL,

    CONSTRAINT export_table_pkey PRIMARY KEY (place_id, data_set)
);
COMMENT ON TABLE export_table IS 'The Iceberg table of each data set of a place, after its last commit; the manifest of the place says more.';
COMMENT ON COLUMN export_table.committed_at IS 'When its last metadata file was written.';
COMMENT ON COLUMN export_table.snapshot_id IS 'Its present snapshot; NULL before the first row.';
COMMENT ON COLUMN export_table.total_rows IS 'Rows of that snapshot.';
COMMENT ON COLUMN export_table.total_files IS 'Parquet files of that snapshot.';
COMMENT ON COLUMN export_table.version IS 'Number of its last metadata file.';
COMMENT ON COLUMN export_table.place_id IS 'The place.';
COMMENT ON COLUMN export_table.snapshots IS 'Snapshots that can still be read.';
COMMENT ON COLUMN export_table.data_set IS 'The data set.';
COMMENT ON COLUMN export_table.metadata_location IS 'Address of its last metadata file.';
COMMENT ON COLUMN export_table.previous_location IS 'Address of the metadata file before that; NULL for none.';
COMMENT ON COLUMN export_table.metadata IS 'What is in its last metadata file, for the REST catalog.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('iceberg_tables', 'analysts', 'analytics'),
    ('iceberg_namespace_properties', 'analysts', 'analytics'),
    ('export_table_status', 'analysts', 'analytics');
