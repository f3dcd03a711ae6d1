-- Counts the open alerts of each severity that nobody has silenced.
SELECT
    count(*) FILTER (WHERE severity = 'critical') AS "critical!",
    count(*) FILTER (WHERE severity = 'warning') AS "warning!",
    count(*) FILTER (WHERE severity = 'info') AS "info!"
FROM alert
WHERE resolved_at IS NULL
    AND opened_at IS NOT NULL
    AND NOT EXISTS (
        SELECT
        FROM alert_silence
        WHERE alert_silence.until_at > now()
            AND alert.condition LIKE alert_silence.condition
            AND alert.subject LIKE alert_silence.subject)
