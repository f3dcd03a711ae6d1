-- The alerts of the condition $1 about which messages are to be written now.
--
-- new: open, and no receiver was notified. still: open, and the last notification is $2 seconds old or
-- older. resolved: over, and receivers were notified that it was open; a silence does not hold the end
-- back. $3 stands in for the clock in tests and is NULL otherwise.
SELECT
    CASE WHEN alert.resolved_at IS NOT NULL THEN 'resolved' WHEN alert.notified_at IS NULL THEN 'new' ELSE 'still' END
        AS "kind!",
    alert.alert_id AS "alert_id!",
    alert.subject AS "subject!",
    alert.opened_at AS "opened_at!",
    alert.last_seen_at AS "last_seen_at!",
    alert.resolved_at,
    alert.value AS "value!",
    alert.threshold AS "threshold!",
    alert.text AS "text!",
    alert.next_step AS "next_step!",
    alert.details
FROM alert
CROSS JOIN (SELECT coalesce($3::timestamptz, now()) AS now) AS clock
WHERE alert.condition = $1
    AND alert.opened_at IS NOT NULL
    AND CASE
        WHEN alert.resolved_at IS NOT NULL THEN
            alert.notified_at < alert.resolved_at AND alert.resolved_at > clock.now - interval '7 days'
        ELSE
            (alert.notified_at IS NULL OR alert.notified_at <= clock.now - make_interval(secs => $2))
            AND NOT EXISTS (
                SELECT
                FROM alert_silence
                WHERE alert_silence.until_at > clock.now
                    AND alert_silence.created_at <= clock.now
                    AND alert.condition LIKE alert_silence.condition
                    AND alert.subject LIKE alert_silence.subject)
    END
ORDER BY alert.alert_id
