-- Notes that the condition $1 (severity $2, threshold $3, about subjects of the kind $4, meaning $5) holds
-- now for the subjects $6, with values $7, texts $8, next steps $9 and details $10, and for no others.
--
-- $11 is for how many seconds it must hold before it is an alert, $12 for how many it must be over
-- before the alert is. What ends before it was an alert leaves no row. $13 stands in for the clock in
-- tests and is NULL otherwise. The caller has locked the condition (begin_alert_check), so no other
-- leader does the same meanwhile.
WITH clock AS (
    SELECT coalesce($13::timestamptz, now()) AS now
),
seen AS (
    INSERT INTO alert AS known (
        first_seen_at, last_seen_at, opened_at, value, threshold, severity, condition, subject_kind, subject, text,
        means, next_step, details)
    SELECT
        clock.now, clock.now, CASE WHEN $11::double precision <= 0 THEN clock.now END,
        found.value, $3, $2, $1, $4, found.subject, found.text, $5, found.next_step, found.details
    FROM unnest($6::text[], $7::double precision[], $8::text[], $9::text[], $10::text[])
        AS found (subject, value, text, next_step, details)
    CROSS JOIN clock
    ON CONFLICT (condition, subject) WHERE resolved_at IS NULL DO UPDATE
    SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
        opened_at = coalesce(
            known.opened_at,
            CASE WHEN excluded.last_seen_at >= known.first_seen_at + make_interval(secs => $11)
                THEN excluded.last_seen_at END),
        value = excluded.value,
        threshold = excluded.threshold,
        severity = excluded.severity,
        subject_kind = excluded.subject_kind,
        text = excluded.text,
        means = excluded.means,
        next_step = excluded.next_step,
        details = excluded.details
    RETURNING known.opened_at
),
blip AS (
    DELETE FROM alert
    WHERE condition = $1 AND resolved_at IS NULL AND opened_at IS NULL AND subject <> ALL ($6)
),
over AS (
    UPDATE alert
    SET resolved_at = clock.now
    FROM clock
    WHERE alert.condition = $1
        AND alert.resolved_at IS NULL
        AND alert.opened_at IS NOT NULL
        AND alert.subject <> ALL ($6)
        AND alert.last_seen_at <= clock.now - make_interval(secs => $12)
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM seen WHERE opened_at = clock.now) AS "opened!",
    (SELECT count(*) FROM over) AS "resolved!"
FROM clock
