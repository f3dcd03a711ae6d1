-- Counts the events of the names $1 that were received in the hour that begins at $2, live and sealed.
SELECT (
    SELECT count(*)
    FROM event
    WHERE name_id = ANY ($1) AND received_at >= $2 AND received_at < $2::timestamptz + interval '1 hour'
) + (
    SELECT count(*)
    FROM event_sealed
    WHERE name_id = ANY ($1)
        AND received_day > $2::timestamptz - interval '24 hours' AND received_day <= $2
        AND received_at >= $2 AND received_at < $2::timestamptz + interval '1 hour'
) AS "events!"
