CREATE OR REPLACE FUNCTION distance_km(
    latitude double precision, longitude double precision,
    other_latitude double precision, other_longitude double precision
)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 2 * 6371.0088 * asin(sqrt(least(1,
    power(sin(radians(other_latitude - latitude) / 2), 2)
    + cos(radians(latitude)) * cos(radians(other_latitude))
        * power(sin(radians(other_longitude - longitude) / 2), 2))));

COMMENT ON FUNCTION distance_km IS 'Kilometres between two places given in degrees: haversine formula on a sphere of the mean radius of the earth, at most 0.6 % off. Example: SELECT distance_km(48.8566, 2.3522, 51.5074, -0.1278);';
