CREATE OR REPLACE VIEW observation_record WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    observation.subject,
    observation.metric,
    observation.at,
    observation.value,
    observation.properties,
    observation.observed_at,
    observation.job_id
FROM observation
INNER JOIN source ON source.source_id = observation.source_id;

COMMENT ON VIEW observation_record IS 'Values over time other than seats: weather, views of a video, mentions of a film. Example: SELECT at, value FROM observation_record WHERE metric = ''views'' ORDER BY at DESC LIMIT 10;';
