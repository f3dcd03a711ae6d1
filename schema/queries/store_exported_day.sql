-- Writes down what was exported of day $3 of data set $2 to place $1: revision $4, rows $5,
-- bytes $6, files $7, and the codes $8, $9 with their meanings $10.
INSERT INTO exported_day (
    place_id, data_set, on_day, revision, row_count, bytes, files,
    source_ids, code_indexes, statuses)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (place_id, data_set, on_day) DO UPDATE
SET exported_at = now(),
    revision = excluded.revision,
    row_count = excluded.row_count,
    bytes = excluded.bytes,
    files = excluded.files,
    source_ids = excluded.source_ids,
    code_indexes = excluded.code_indexes,
    statuses = excluded.statuses
