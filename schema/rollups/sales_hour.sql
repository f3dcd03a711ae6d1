SELECT fullhouse.create_rollup('sales_hour', $$
    SELECT hour_at, source_id, territory, sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM cinema_sales_hour
    GROUP BY hour_at, source_id, territory
$$, '{source_id,territory,hour_at}');
