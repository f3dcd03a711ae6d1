-- Notes that the files of data set $1 were listed, or with $2 why not: then they are listed again after a
-- pause that grows from one minute to an hour. A data set that is gone has none.
INSERT INTO load_listing AS known (name, listed_at, failed_at, retry_at, failures, error)
SELECT
    data_set.name,
    CASE WHEN $2::text IS NULL THEN now() END,
    CASE WHEN $2::text IS NOT NULL THEN now() END,
    CASE WHEN $2::text IS NOT NULL THEN now() + interval '1 minute' END,
    ($2::text IS NOT NULL)::integer,
    left($2, 2000)
FROM data_set
WHERE data_set.name = $1
ON CONFLICT (name) DO UPDATE
SET listed_at = coalesce(excluded.listed_at, known.listed_at),
    failed_at = coalesce(excluded.failed_at, known.failed_at),
    retry_at = excluded.retry_at + interval '1 minute' * (least(2 ^ known.failures, 60) - 1),
    failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE known.failures + 1 END,
    error = excluded.error
