-- Returns the day that is searched for anomalies next; no row if there is none.
--
-- $1 is the clock in tests, NULL elsewhere. A day is searched six hours after its end (UTC), when
-- its last showtimes are over and the rollups have them. Days that were missed follow each other,
-- from a week ago on: older ones help nobody.
SELECT min(day.day) AS "day?"
FROM (
    SELECT generate_series(
        (coalesce($1, now()) AT TIME ZONE 'UTC' - interval '6 hours')::date - 7,
        (coalesce($1, now()) AT TIME ZONE 'UTC' - interval '6 hours')::date - 1,
        interval '1 day')::date AS day
) AS day
WHERE day.day > coalesce((SELECT max(run.day) FROM anomaly_run AS run), '-infinity');
