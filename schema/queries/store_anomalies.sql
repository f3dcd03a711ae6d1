-- Stores the anomalies of a day: new ones as rows, those that go on in theirs.
--
-- $1 is the day, $2 the number of the anomaly that goes on, or NULL, for each; the other arrays are
-- in the same order. $12 has the parts of each as a JSON array, because arrays of arrays have to be
-- of one length. The most certain come first, and get the highest number. Returns how many are new.
WITH found AS (
    SELECT *
    FROM unnest(
        $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::double precision[],
        $9::double precision[], $10::real[], $11::real[], $12::jsonb[], $13::text[]
    ) WITH ORDINALITY AS one (
        anomaly_id, subject_kind, subject_key, subject_name, metric, cause, expected, observed, score, q_value,
        parts, reason, place
    )
),

continued AS (
    UPDATE anomaly
    SET last_on = greatest(anomaly.last_on, $1),
        expected = found.expected,
        observed = found.observed,
        score = found.score,
        q_value = found.q_value,
        reason = found.reason
    FROM found
    WHERE found.anomaly_id = anomaly.anomaly_id
),

stored AS (
    INSERT INTO anomaly (
        first_on, last_on, subject_kind, subject_key, subject_name, metric, cause, expected, observed, score,
        q_value, parts, reason)
    SELECT
        $1, $1, subject_kind, subject_key, subject_name, metric, cause, expected, observed, score, q_value,
        ARRAY(SELECT jsonb_array_elements_text(found.parts)), reason
    FROM found
    WHERE anomaly_id IS NULL
    ORDER BY place DESC
    RETURNING anomaly_id
)

SELECT count(*) AS "new!" FROM stored;
