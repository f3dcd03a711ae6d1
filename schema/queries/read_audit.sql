-- The newest $4 actions before $3, of one subject or of all.
--
-- $1 is the subject or NULL, $2 the action or NULL, $3 the number of the last row of the page
-- before, or NULL.
SELECT audit_id, at, how, action, who, subject, reason, details
FROM audit
WHERE ($1::text IS NULL OR subject = $1)
    AND ($2::text IS NULL OR action = $2)
    AND ($3::bigint IS NULL OR audit_id < $3)
ORDER BY audit_id DESC
LIMIT $4
