SELECT fullhouse.create_rollup('showtime_sales', $$
    SELECT starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross
    FROM showtime_standing
    WHERE counted_as IS NULL
    GROUP BY starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross
$$, '{showtime_id}');
