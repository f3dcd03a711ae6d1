-- Stores the cinemas that job $2 of source $1 saw; gives every one with its id.
--
-- $3 key, $4 name, $5 timezone, $6 territory, $7 city, $8 latitude, $9 longitude.
-- A cinema that did not change is not written.
WITH seen AS (
    SELECT *
    FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::double precision[], $9::double precision[])
        AS seen (key, name, timezone, territory, city, latitude, longitude)
),
written AS (
    INSERT INTO cinema AS known (
        source_id, discovered_by, changed_by, latitude, longitude, territory, key, name, timezone, city)
    SELECT $1, $2, $2, seen.latitude, seen.longitude, seen.territory, seen.key, seen.name, seen.timezone, seen.city
    FROM seen
    LEFT JOIN cinema AS same ON same.source_id = $1 AND same.key = seen.key
    WHERE (same.name, same.timezone, same.territory, same.city, same.latitude, same.longitude)
        IS DISTINCT FROM (seen.name, seen.timezone, seen.territory::char(2), seen.city, seen.latitude, seen.longitude)
    ON CONFLICT (source_id, key) DO UPDATE
    SET changed_by = excluded.changed_by,
        latitude = excluded.latitude,
        longitude = excluded.longitude,
        territory = excluded.territory,
        name = excluded.name,
        timezone = excluded.timezone,
        city = excluded.city
    RETURNING known.cinema_id, known.key
)
SELECT cinema_id AS "cinema_id!", key AS "key!"
FROM written
UNION ALL
SELECT cinema.cinema_id, cinema.key
FROM seen
INNER JOIN cinema ON cinema.source_id = $1 AND cinema.key = seen.key
WHERE NOT EXISTS (SELECT FROM written WHERE written.key = seen.key)
