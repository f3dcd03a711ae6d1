-- Writes down the last commit of the Iceberg table of data set $2 at place $1.
INSERT INTO export_table (
    place_id, data_set, committed_at, snapshot_id, total_rows, total_files, version, snapshots,
    metadata_location, previous_location, metadata)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (place_id, data_set) DO UPDATE
SET committed_at = excluded.committed_at,
    snapshot_id = excluded.snapshot_id,
    total_rows = excluded.total_rows,
    total_files = excluded.total_files,
    version = excluded.version,
    snapshots = excluded.snapshots,
    metadata_location = excluded.metadata_location,
    previous_location = excluded.previous_location,
    metadata = excluded.metadata
