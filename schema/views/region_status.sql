CREATE OR REPLACE VIEW region_status
WITH (security_invoker = true) AS
SELECT
    region.name,
    region.direction,
    region.place,
    region.clients,
    region.is_archive,
    region.done_until,
    coalesce(sent.last_sequence, received.last_sequence) AS last_sequence,
    coalesce(sent.last_path, received.last_path) AS last_path,
    coalesce(sent.last_at, received.last_at) AS last_at,
    coalesce(sent.files, received.files, 0) AS files,
    coalesce(sent.events, received.events, 0) AS events,
    coalesce(sent.bytes, received.bytes, 0) AS bytes,
    coalesce(sent.stale_files, 0) AS stale_files,
    (
        SELECT count(*) FROM region_erasure
        WHERE region_erasure.region_id = region.region_id AND NOT region_erasure.is_marked
    ) AS open_erasures,
    region.gap_files,
    region.gap_since,
    region.gap,
    region.tried_at,
    region.succeeded_at,
    region.error
FROM region
LEFT JOIN LATERAL (
    SELECT
        max(region_file.sequence) AS last_sequence,
        (array_agg(region_file.path ORDER BY region_file.sequence DESC))[1] AS last_path,
        max(region_file.written_at) AS last_at,
        count(*) AS files,
        sum(region_file.events) FILTER (WHERE region_file.hour IS NOT NULL) AS events,
        sum(region_file.bytes) AS bytes,
        count(*) FILTER (WHERE region_file.is_stale) AS stale_files
    FROM region_file
    WHERE region_file.region_id = region.region_id
) AS sent ON region.direction = 'send'
LEFT JOIN LATERAL (
    SELECT
        max(region_applied.sequence) AS last_sequence,
        (array_agg(region_applied.path ORDER BY region_applied.sequence DESC))[1] AS last_path,
        max(region_applied.applied_at) AS last_at,
        count(*) AS files,
        sum(region_applied.events) AS events,
        sum(region_applied.bytes) AS bytes
    FROM region_applied
    WHERE region_applied.region_id = region.region_id
) AS received ON region.direction = 'receive';

COMMENT ON VIEW region_status IS 'A row for each region to which events are sent or from which they are received: how far it is, what is missing, and why the last try failed. Example: SELECT name, direction, last_at, gap_files, error FROM region_status;';
COMMENT ON COLUMN region_status.done_until IS 'Events that were received before are in files; NULL where it receives.';
COMMENT ON COLUMN region_status.last_sequence IS 'Number of the last file that was written or applied.';
COMMENT ON COLUMN region_status.last_at IS 'When a file was last written or applied.';
COMMENT ON COLUMN region_status.stale_files IS 'Files that must be written again.';
COMMENT ON COLUMN region_status.open_erasures IS 'Erased users whose files are not marked yet to be written again without properties.';
COMMENT ON COLUMN region_status.gap_files IS 'Files that the receiver lacks.';
COMMENT ON COLUMN region_status.gap_since IS 'Since when; NULL while it lacks none.';
