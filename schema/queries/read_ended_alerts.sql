-- The $2 alerts that ended last, within the last $1 seconds.
SELECT alert_id, condition, subject_kind, subject, severity, opened_at AS "opened_at!", resolved_at AS "resolved_at!", text
FROM alert
WHERE resolved_at > now() - make_interval(secs => $1)
ORDER BY resolved_at DESC, alert_id DESC
LIMIT $2
