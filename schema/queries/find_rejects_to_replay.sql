-- At most $7 rejected events that are to be checked again: of the client $1, with the name $2, the text $3
-- in their reason, rejected within $4, or the number $5, each NULL for all; none that was tried since $6.
SELECT reject_id, rejected_at, key_id, client_id, body
FROM event_reject
WHERE replayed_at IS NULL
    AND ($1::text IS NULL OR client_id = (SELECT client_id FROM event_client WHERE name = $1))
    AND ($2::text IS NULL OR event = $2)
    AND ($3::text IS NULL OR position(lower($3) IN lower(reason)) > 0)
    AND ($4::interval IS NULL OR rejected_at > now() - $4)
    AND ($5::bigint IS NULL OR reject_id = $5)
    AND coalesce(tried_at < $6, true)
ORDER BY client_id, reject_id
LIMIT $7
