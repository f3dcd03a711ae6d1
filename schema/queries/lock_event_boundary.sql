-- Within a minute of midnight (UTC), transactions that store events take turns: two that store into
-- the partitions of two days do not see each other, and both would store an event that was sent
-- twice. No transaction that stores events lasts a minute: each of its three statements is ended after 15 s.
SELECT
    set_config('statement_timeout', '15s', true) AS statement_timeout,
    CASE WHEN abs(extract(epoch FROM now() - date_trunc('day', now() + interval '12 hours', 'UTC'))) < 60
        THEN pg_advisory_xact_lock(hashtext('store_events'))
END AS locked
