SELECT fullhouse.create_rollup('cinema_sales_hour', $$
    SELECT date_trunc('hour', flow.observed_at) AS hour_at, showtime.cinema_id, cinema.source_id, showtime.business_on, cinema.territory,
        sum(greatest(flow.sold - flow.sold_before, 0)) AS sold,
        sum(greatest(flow.sold_before - flow.sold, 0)) AS released,
        count(*) AS snapshots
    FROM showtime
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    CROSS JOIN LATERAL (
        SELECT occupancy.observed_at, occupancy.sold, lag(occupancy.sold) OVER (ORDER BY occupancy.observed_at) AS sold_before
        FROM occupancy
        WHERE occupancy.showtime_id = showtime.showtime_id
    ) AS flow
    WHERE flow.sold_before IS NOT NULL
        AND NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
    GROUP BY date_trunc('hour', flow.observed_at), showtime.cinema_id, cinema.source_id, showtime.business_on, cinema.territory
$$, '{cinema_id,business_on,hour_at}');
