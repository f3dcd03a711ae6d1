-- Background passes that failed at least $1 times in a row and ran within a quarter of an hour, each
-- with its last error. A pass counts once, whichever coordinators run it.
SELECT
    pass AS "subject!",
    max(failures)::double precision AS "value!",
    (array_agg(coordinator || ': ' || error ORDER BY failures DESC))[1] AS details
FROM background_pass
WHERE failures >= $1::double precision AND run_at > now() - interval '15 minutes'
GROUP BY pass
ORDER BY pass
LIMIT 1000
