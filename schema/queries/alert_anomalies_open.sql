-- Anomalies of the last week that look like a fault of the data, and on which nobody decided; those
-- with a score of at least $1.
SELECT
    anomaly_id::text AS "subject!",
    score::double precision AS "value!",
    format('%s %s "%s": %s', subject_kind, subject_key, subject_name, reason) AS details
FROM anomaly_status
WHERE state = 'open'
    AND nature = 'data fault'
    AND last_on > current_date - 8
    AND score >= $1::double precision
ORDER BY anomaly_id
LIMIT 1000
