-- Stores that the manifest of region $1 lists file $2: of client $3 and hour $4, from behind ($5, $6) to ($7, $8)
-- in the order of name and receipt, with $9 events, $10 bytes, path $11, hash $12, and, if it is of late events,
-- their ids $13. One that is known was written again.
INSERT INTO region_file (
    region_id, sequence, client_id, hour, after_name, after_at, until_name, until_at, events, bytes, path, sha256, late_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (region_id, sequence) DO UPDATE
SET events = excluded.events,
    bytes = excluded.bytes,
    path = excluded.path,
    sha256 = excluded.sha256,
    written_at = now(),
    is_stale = false
