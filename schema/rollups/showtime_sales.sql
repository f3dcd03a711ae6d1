SELECT fullhouse.create_rollup('showtime_sales', $$
    SELECT starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross, work_id
    FROM showtime_standing
    LEFT JOIN film_work USING (film_id)
    WHERE counted_as IS NULL
    GROUP BY starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id, business_on, seats, certainty,
        sold, admissions, is_cancelled, territory, currency, gross, work_id
$$, '{showtime_id}');

COMMENT ON COLUMN fullhouse.showtime_sales.work_id IS 'The work of its film, as in film_match; NULL for the seconds until the work of a new film is looked for.';
