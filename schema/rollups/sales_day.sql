SELECT fullhouse.create_rollup('sales_day', $$
    SELECT source_id, (hour_at AT TIME ZONE 'UTC')::date AS sold_on, territory,
        sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM sales_hour
    GROUP BY source_id, (hour_at AT TIME ZONE 'UTC')::date, territory
$$, '{source_id,territory,sold_on}');
