-- Takes or renews the leadership for process $1, called $2, for $3 seconds.
--
-- Gives the epoch if $1 leads now, and no row if another does. Only a change
-- of holder begins a new epoch, so a holder that renews late, but before
-- anyone took over, goes on with its own. Each epoch is noted once.
WITH led AS (
    INSERT INTO leader AS current (epoch, expires_at, holder, name)
    VALUES (1, now() + make_interval(secs => $3), $1, $2)
    ON CONFLICT (one) DO UPDATE
    SET epoch = current.epoch + CASE WHEN current.holder = excluded.holder THEN 0 ELSE 1 END,
        elected_at = CASE WHEN current.holder = excluded.holder THEN current.elected_at ELSE now() END,
        expires_at = excluded.expires_at,
        stall = CASE WHEN current.holder = excluded.holder THEN current.stall END,
        holder = excluded.holder,
        name = excluded.name
    WHERE current.holder = excluded.holder OR current.expires_at < now()
    RETURNING current.epoch, current.elected_at, current.name
),
noted AS (
    INSERT INTO leader_term (epoch, elected_at, name)
    SELECT epoch, elected_at, name FROM led
    ON CONFLICT DO NOTHING
)
SELECT epoch FROM led
