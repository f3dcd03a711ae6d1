-- Notes that the condition $1 is looked at, and locks it until the end of the transaction: two leaders
-- take turns. A failure that was noted is over if this transaction is stored. $2 stands in for the
-- clock in tests and is NULL otherwise.
INSERT INTO alert_check (condition, checked_at)
VALUES ($1, coalesce($2::timestamptz, now()))
ON CONFLICT (condition) DO UPDATE
SET checked_at = excluded.checked_at, failed_since = NULL, error = NULL
