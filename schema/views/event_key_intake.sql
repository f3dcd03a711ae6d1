CREATE OR REPLACE VIEW event_key_intake
WITH (security_invoker = true) AS
SELECT
    event_client.name AS client,
    event_key.name AS key,
    event_key.key_id,
    counted.bucket_at,
    sum(counted.accepted)::bigint AS accepted,
    sum(counted.duplicates)::bigint AS duplicates,
    sum(counted.rejected)::bigint AS rejected,
    sum(counted.limited)::bigint AS limited
FROM (
    SELECT key_id, bucket_at, accepted, duplicates, rejected, limited
    FROM event_intake
    UNION ALL
    SELECT key_id, bucket_at, accepted, duplicates, rejected, limited
    FROM event_intake_change
) AS counted
INNER JOIN event_key ON event_key.key_id = counted.key_id
INNER JOIN event_client ON event_client.client_id = event_key.client_id
GROUP BY event_client.name, event_key.name, event_key.key_id, counted.bucket_at;

COMMENT ON VIEW event_key_intake IS 'What came with each key in spans of five minutes, by the time of receipt: stored, duplicate, rejected, turned away. Example: SELECT key, key_id, sum(accepted), sum(rejected) FROM event_key_intake WHERE bucket_at > now() - interval ''1 hour'' GROUP BY key, key_id;';
COMMENT ON COLUMN event_key_intake.key_id IS 'Number of the key: two may share a name while one takes the place of the other.';
COMMENT ON COLUMN event_key_intake.bucket_at IS 'Begin of the span.';
COMMENT ON COLUMN event_key_intake.accepted IS 'Events that were stored.';
COMMENT ON COLUMN event_key_intake.duplicates IS 'Events that had been stored before.';
COMMENT ON COLUMN event_key_intake.rejected IS 'Events that were rejected.';
COMMENT ON COLUMN event_key_intake.limited IS 'Events that were turned away because the key sent too many.';
