CREATE OR REPLACE VIEW limit_status
WITH (security_invoker = true) AS
SELECT
    limit_key.limit_key_id,
    limit_key.name AS limit_key,
    limit_key.rate_per_second,
    limit_key.burst,
    limit_key.rate_per_second * limit_key.rate_share AS rate_now,
    limit_key.rate_share,
    limit_key.share_reason,
    limit_key.share_changed_at,
    CASE WHEN limit_key.paused_until > now() THEN limit_key.paused_until END AS paused_until,
    CASE WHEN limit_key.paused_until > now() THEN limit_key.pause_reason END AS pause_reason,
    limit_key.concurrency,
    limit_key.per_day,
    CASE WHEN limit_key.day_on = (now() AT TIME ZONE limit_key.zone)::date
        THEN limit_key.day_reserved ELSE 0 END AS day_reserved,
    limit_key.opens_at,
    limit_key.closes_at,
    limit_key.zone,
    CASE
        WHEN limit_key.opens_at IS NULL THEN true
        WHEN limit_key.opens_at < limit_key.closes_at THEN
            clock.local_time >= limit_key.opens_at AND clock.local_time < limit_key.closes_at
        ELSE clock.local_time >= limit_key.opens_at OR clock.local_time < limit_key.closes_at
    END AS is_open
FROM limit_key
CROSS JOIN LATERAL (
    SELECT (now() AT TIME ZONE coalesce(limit_key.zone, 'UTC'))::time AS local_time
) AS clock;

COMMENT ON VIEW limit_status IS 'Each limit key: the rate that its definition allows, the rate that the leader gives out now, and why it is lower. Example: SELECT limit_key, rate_now, share_reason, paused_until FROM limit_status WHERE rate_share < 1 OR paused_until IS NOT NULL OR NOT is_open;';
COMMENT ON COLUMN limit_status.rate_now IS 'Requests per second that are given out now while the key is open and not paused.';
COMMENT ON COLUMN limit_status.day_reserved IS 'Requests of today that are spent, or set aside to be.';
COMMENT ON COLUMN limit_status.is_open IS 'Whether the hours of the key let it send now.';
