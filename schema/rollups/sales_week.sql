SELECT fullhouse.create_rollup('sales_week', $$
    SELECT source_id, date_trunc('week', sold_on::timestamp)::date AS week_on, territory,
        sum(sold)::bigint AS sold, sum(released)::bigint AS released, sum(snapshots)::bigint AS snapshots
    FROM sales_day
    GROUP BY source_id, date_trunc('week', sold_on::timestamp)::date, territory
$$, '{source_id,territory,week_on}');
