-- Sets permits of a day aside for the leader $1 of epoch $2: $3 limit_key_id, $4 day,
-- $5 how many in all; one each per key. Gives the keys that have them now.
--
-- What is set aside is written before it is given out, so a new leader that takes it
-- all for spent never exceeds the budget. The share lock is the fence of enqueue_tasks:
-- a leader whose term is over sets nothing aside. A day never goes back, and what was set
-- aside of it never shrinks.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
)
UPDATE limit_key
SET day_on = wanted.day_on,
    day_reserved = wanted.reserved
FROM fence
CROSS JOIN unnest($3::integer[], $4::date[], $5::integer[]) AS wanted (limit_key_id, day_on, reserved)
WHERE limit_key.limit_key_id = wanted.limit_key_id
    AND (limit_key.day_on IS NULL
        OR limit_key.day_on < wanted.day_on
        OR (limit_key.day_on = wanted.day_on AND limit_key.day_reserved <= wanted.reserved))
RETURNING limit_key.limit_key_id
