CREATE OR REPLACE VIEW export_table_status WITH (security_invoker = true) AS
SELECT
    export_place.address,
    export_table.data_set,
    export_table.total_rows,
    export_table.total_files,
    export_table.snapshots,
    export_table.snapshot_id,
    export_table.committed_at,
    export_table.metadata_location
FROM export_table
INNER JOIN export_place USING (place_id);

COMMENT ON VIEW export_table_status IS 'The Iceberg tables of the exports. Example: SELECT data_set, total_rows, metadata_location FROM export_table_status;';
COMMENT ON COLUMN export_table_status.address IS 'The place.';
COMMENT ON COLUMN export_table_status.data_set IS 'The data set.';
COMMENT ON COLUMN export_table_status.total_rows IS 'Rows of the present snapshot.';
COMMENT ON COLUMN export_table_status.total_files IS 'Its Parquet files.';
COMMENT ON COLUMN export_table_status.snapshots IS 'Snapshots that can still be read.';
COMMENT ON COLUMN export_table_status.snapshot_id IS 'The present snapshot; NULL before the first row.';
COMMENT ON COLUMN export_table_status.committed_at IS 'When it was committed.';
COMMENT ON COLUMN export_table_status.metadata_location IS 'Address of its metadata file, which readers without a catalog take.';
