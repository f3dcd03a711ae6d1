-- Stores the booking curve $4 of step $3 for the leader $1 of epoch $2; fenced as enqueue_tasks.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
)
UPDATE step
SET booking_curve = $4
FROM fence
WHERE step.step_id = $3
