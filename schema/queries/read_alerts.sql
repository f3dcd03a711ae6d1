-- The newest $3 alerts with numbers below $2, or of all; those that are over only if $1.
--
-- What has not held for long enough to be an alert is none yet.
SELECT
    alert.alert_id,
    alert.condition,
    alert.subject_kind,
    alert.subject,
    alert.severity,
    alert.opened_at AS "opened_at!",
    alert.last_seen_at,
    alert.resolved_at,
    alert.notified_at,
    alert.value,
    alert.threshold,
    alert.text,
    alert.means,
    alert.next_step,
    alert.details,
    silence.silence_id AS "silence_id?",
    silence.until_at AS "silenced_until?",
    silence.reason AS "silence_reason?"
FROM alert
LEFT JOIN LATERAL (
    SELECT alert_silence.silence_id, alert_silence.until_at, alert_silence.reason
    FROM alert_silence
    WHERE alert.resolved_at IS NULL
        AND alert_silence.until_at > now()
        AND alert.condition LIKE alert_silence.condition
        AND alert.subject LIKE alert_silence.subject
    ORDER BY alert_silence.until_at DESC
    LIMIT 1
) AS silence ON true
WHERE alert.opened_at IS NOT NULL
    AND ($1 OR alert.resolved_at IS NULL)
    AND ($2::bigint IS NULL OR alert.alert_id < $2)
ORDER BY alert.alert_id DESC
LIMIT $3
