-- Claims for $1 up to $2 builds that are due, of data set $3 or of all. $4 replaces the clock in tests.
--
-- The earliest deadline first, then the newest day, which readers miss most. Two that claim at the same
-- time: the second finds the first one's build open; build_data_set refuses what was built meanwhile.
WITH due AS MATERIALIZED (
    SELECT listed.name, listed.day, listed.input_revisions
    FROM data_set_days($4) AS listed
    WHERE listed.state IN ('due', 'retrying')
        AND coalesce(listed.next_try_at <= coalesce($4, now()), true)
        AND ($3::text IS NULL OR listed.name = $3)
    ORDER BY listed.due_by NULLS LAST, listed.day DESC, listed.name
    LIMIT $2
),
claimed AS (
    INSERT INTO data_set_build (name, day, input_revisions, started_by)
    SELECT due.name, due.day, due.input_revisions, $1 FROM due
    ON CONFLICT (name, day) WHERE ended_at IS NULL DO NOTHING
    RETURNING build_id, name, day
)
SELECT
    claimed.build_id,
    claimed.name,
    claimed.day,
    data_set.files,
    (extract(epoch FROM data_set.timeout) * 1000)::bigint AS "timeout_millis!"
FROM claimed
INNER JOIN data_set USING (name)
ORDER BY claimed.build_id
