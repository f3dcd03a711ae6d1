-- Takes up to $1 changes of what came with keys and adds them to its totals; gives how many.
WITH taken AS (
    DELETE FROM event_intake_change
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_intake_change LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING bucket_at, key_id, accepted, duplicates, rejected, limited
),
added AS (
    INSERT INTO event_intake AS known (bucket_at, key_id, accepted, duplicates, rejected, limited)
    SELECT bucket_at, key_id, sum(accepted), sum(duplicates), sum(rejected), sum(limited)
    FROM taken
    GROUP BY bucket_at, key_id
    ORDER BY key_id, bucket_at
    ON CONFLICT (key_id, bucket_at) DO UPDATE
    SET accepted = known.accepted + excluded.accepted,
        duplicates = known.duplicates + excluded.duplicates,
        rejected = known.rejected + excluded.rejected,
        limited = known.limited + excluded.limited
)
SELECT count(*) AS "count!" FROM taken
