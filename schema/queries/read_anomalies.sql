-- Lists anomalies, those found last first and of one day the most certain.
--
-- $1 is a state, or NULL for all; $2 the number of one, or NULL; $3 a number that all have to be
-- below, or NULL; $4 how many at most.
SELECT
    anomaly_id AS "anomaly_id!", state AS "state!", subject_kind AS "subject_kind!", subject_key AS "subject_key!",
    subject_name AS "subject_name!", metric AS "metric!", cause AS "cause!", nature AS "nature!",
    first_on AS "first_on!", last_on AS "last_on!", expected AS "expected!", observed AS "observed!",
    score AS "score!", q_value AS "q_value!", reason AS "reason!", parts AS "parts!", found_at AS "found_at!",
    decided_at, decided_by, decision_reason
FROM anomaly_status
WHERE ($1::text IS NULL OR state = $1)
    AND ($2::integer IS NULL OR anomaly_id = $2)
    AND ($3::integer IS NULL OR anomaly_id < $3)
ORDER BY anomaly_id DESC
LIMIT $4;
