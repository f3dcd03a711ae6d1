-- What ended in the last $1 seconds, in one row.
--
-- Everything is found by time, so it costs the same however much has been stored.
SELECT
    count(*) AS "jobs!",
    count(*) FILTER (WHERE outcome = 'failed') AS "failed!",
    count(*) FILTER (WHERE changed) AS "snapshots!",
    coalesce(sum(row_count) FILTER (WHERE changed), 0)::bigint AS "seat_records!"
FROM job
WHERE finished_at > now() - make_interval(secs => $1)
