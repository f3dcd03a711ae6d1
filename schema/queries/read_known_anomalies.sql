-- Reads what is known when a day is searched: anomalies whose days may be in the past that trains.
--
-- $1 is the first day of that past.
SELECT anomaly_id, subject_kind, subject_key, metric, cause, state, first_on, last_on
FROM anomaly
WHERE last_on >= $1
ORDER BY anomaly_id;
