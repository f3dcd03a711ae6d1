CREATE OR REPLACE FUNCTION dirty_buckets(entries dirty_showtime[])
RETURNS TABLE (
    marked_at timestamptz,
    showtime_id integer,
    business_on date,
    film_id integer,
    cinema_id integer,
    source_id integer,
    territory char(2)
)
LANGUAGE sql STABLE
AS $$
    SELECT entry.marked_at, showtime.showtime_id, showtime.business_on, showtime.film_id, showtime.cinema_id,
        cinema.source_id, cinema.territory
    FROM unnest(entries) AS entry
    CROSS JOIN LATERAL unnest(entry.showtime_ids) AS marked (showtime_id)
    INNER JOIN showtime ON showtime.showtime_id = marked.showtime_id
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    UNION ALL
    SELECT entry.marked_at, entry.showtime_ids[1], entry.business_on, entry.film_id, entry.cinema_id,
        cinema.source_id, entry.territory
    FROM unnest(entries) AS entry
    INNER JOIN cinema ON cinema.cinema_id = entry.cinema_id
$$;

COMMENT ON FUNCTION dirty_buckets IS 'For each log entry, the values that can name a bucket: the present ones, and those before the change. Example: SELECT * FROM dirty_buckets(ARRAY(SELECT dirty_showtime FROM dirty_showtime));';
