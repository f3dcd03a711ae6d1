CREATE OR REPLACE FUNCTION nearest_cinema(of_cinema integer, OUT cinema_id integer, OUT km double precision)
LANGUAGE sql STABLE
AS $$
    WITH own AS MATERIALIZED (
        SELECT cinema.source_id, cinema.latitude, cinema.longitude
        FROM cinema
        WHERE cinema.cinema_id = of_cinema AND cinema.latitude IS NOT NULL AND cinema.longitude IS NOT NULL
    ),
    -- A quarter of a degree is 27.8 km: a cinema outside of the band is farther away.
    near AS MATERIALIZED (
        SELECT
            other.cinema_id,
            distance_km(own.latitude, own.longitude, other.latitude, other.longitude) AS km
        FROM own
        INNER JOIN cinema AS other
            ON other.source_id <> own.source_id
            AND other.latitude BETWEEN own.latitude - 0.25 AND own.latitude + 0.25
            AND other.longitude IS NOT NULL
        ORDER BY km, other.cinema_id
        LIMIT 1
    ),
    -- Any nearer cinema is within a band of the best distance so far.
    reach AS MATERIALIZED (
        SELECT coalesce(max(near.km) / 111, 180) AS degrees FROM near
    )
    SELECT near.cinema_id, near.km FROM near WHERE near.km < 27.5
    UNION ALL
    SELECT far.cinema_id, far.km
    FROM (
        SELECT
            other.cinema_id,
            distance_km(own.latitude, own.longitude, other.latitude, other.longitude) AS km
        FROM own
        CROSS JOIN reach
        INNER JOIN cinema AS other
            ON other.source_id <> own.source_id
            AND other.latitude BETWEEN own.latitude - reach.degrees AND own.latitude + reach.degrees
            AND other.longitude IS NOT NULL
        ORDER BY km, other.cinema_id
        LIMIT 1
    ) AS far
    WHERE NOT EXISTS (SELECT FROM near WHERE near.km < 27.5)
$$;

COMMENT ON FUNCTION nearest_cinema IS 'The nearest cinema of another source, and how far it is; no row without a position. Example: SELECT cinema.name, near.km FROM nearest_cinema(1) AS near INNER JOIN cinema ON cinema.cinema_id = near.cinema_id;';
