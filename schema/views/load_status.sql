CREATE OR REPLACE VIEW load_status WITH (security_invoker = true) AS
SELECT
    load_file.name,
    load_file.day,
    load_file.path,
    load_file.bytes,
    load_file.modified_at,
    load_file.found_at,
    load_file.read_at,
    load_file.row_count,
    load_file.error_count,
    load_listing.listed_at,
    load_listing.error AS listing_error
FROM load_file
LEFT JOIN load_listing ON load_listing.name = load_file.name
UNION ALL
-- Days without files, and data sets that were not listed yet.
SELECT data_set.name, load_day.day, NULL, NULL, NULL, NULL, NULL, NULL, NULL, load_listing.listed_at, load_listing.error
FROM data_set
LEFT JOIN load_listing ON load_listing.name = data_set.name
LEFT JOIN load_day ON load_day.name = data_set.name
WHERE data_set.files IS NOT NULL AND coalesce(load_day.file_count, 0) = 0;

COMMENT ON VIEW load_status IS 'The files of data sets that are read from files, by day, with the rows that were read and those that could not be; a day without files has one row without a path. Example: SELECT name, day, path, row_count, error_count FROM load_status WHERE error_count > 0 ORDER BY name, day, path;';
COMMENT ON COLUMN load_status.path IS 'Path of the file below its place; NULL for a day without files.';
COMMENT ON COLUMN load_status.bytes IS 'Size, as stored.';
COMMENT ON COLUMN load_status.found_at IS 'When it was first seen with this size, time and content.';
COMMENT ON COLUMN load_status.read_at IS 'When a build last read it; NULL if none did since it changed.';
COMMENT ON COLUMN load_status.row_count IS 'Rows in it, with those that could not be mapped.';
COMMENT ON COLUMN load_status.error_count IS 'Rows that could not be mapped.';
COMMENT ON COLUMN load_status.listed_at IS 'When the files of the data set were last listed.';
COMMENT ON COLUMN load_status.listing_error IS 'Why the last listing failed; NULL if it succeeded.';
