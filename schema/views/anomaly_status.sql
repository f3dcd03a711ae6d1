CREATE OR REPLACE VIEW anomaly_status WITH (security_invoker = true) AS
SELECT
    anomaly_id,
    state,
    subject_kind,
    subject_key,
    subject_name,
    metric,
    cause,
    CASE
        WHEN cause IN ('work_event', 'market_event') THEN 'market event'
        WHEN cause = 'unknown' THEN 'unknown'
        ELSE 'data fault'
    END AS nature,
    first_on,
    last_on,
    expected,
    observed,
    score,
    q_value,
    reason,
    parts,
    found_at,
    decided_at,
    decided_by,
    decision_reason
FROM anomaly;

COMMENT ON VIEW anomaly_status IS 'Anomalies with their evidence, and what people decided on them. Leave out of a comparison the days of those that are accepted. Example: SELECT first_on, last_on, subject_name, reason FROM anomaly_status WHERE state <> ''rejected'' AND nature = ''data fault'' ORDER BY last_on DESC LIMIT 20;';
COMMENT ON COLUMN anomaly_status.nature IS 'data fault: the data of one source are wrong, as far as the figures show; market event: they are right, and the market did it; unknown.';
COMMENT ON COLUMN anomaly_status.expected IS 'What was expected of the last day; of coverage a share of one, of prices the currency of the source.';
COMMENT ON COLUMN anomaly_status.observed IS 'What was observed on the last day.';
