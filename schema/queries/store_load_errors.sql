-- Stores rows of file $3 of data set $1 and day $2 that could not be mapped: their lines, columns, reasons
-- and beginnings.
INSERT INTO load_error (name, day, path, line, column_name, reason, excerpt)
SELECT $1, $2::date, $3, found.line, found.column_name, left(found.reason, 500), left(found.excerpt, 200)
FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[]) AS found (line, column_name, reason, excerpt)
