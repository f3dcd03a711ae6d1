-- Reads the weather of each territory by local day, from $2 to $3, as it was known at the origin $1: the
-- mean over its places of the highest temperature and of the rain of each day.
--
-- Of each hour the value counts that was observed last by then, so forecasts of the weather give way to
-- what came. A place is a subject that a person linked to a cinema, or SOURCE/KEY of one; ten of a
-- territory at most, of which the temperature was observed in the three days before the origin.
WITH observed AS MATERIALIZED (
    SELECT DISTINCT observation.source_id, observation.subject
    FROM observation
    WHERE observation.metric = 'temperature_celsius'
        AND observation.observed_at > $1::timestamptz - interval '3 days'
        AND observation.observed_at <= $1
),
place AS (
    SELECT observed.source_id, observed.subject, cinema.territory, cinema.timezone
    FROM observed
    LEFT JOIN observation_subject AS link
        ON link.source_id = observed.source_id AND link.subject = observed.subject
    LEFT JOIN source AS own
        ON link.subject IS NULL AND own.name = split_part(observed.subject, '/', 1)
    INNER JOIN cinema
        ON cinema.cinema_id = link.cinema_id
        OR (cinema.source_id = own.source_id AND cinema.key = substr(observed.subject, length(own.name) + 2))
),
chosen AS (
    SELECT place.*, row_number() OVER (PARTITION BY place.territory ORDER BY place.source_id, place.subject) AS number
    FROM place
),
of_place AS (
    SELECT
        chosen.territory,
        (hour.at AT TIME ZONE chosen.timezone)::date AS day,
        max(hour.observed_at) AS observed_at,
        max(hour.value) FILTER (WHERE hour.metric = 'temperature_celsius') AS temperature,
        sum(hour.value) FILTER (WHERE hour.metric = 'precipitation_mm') AS precipitation
    FROM chosen
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (seen.metric, seen.at) seen.metric, seen.at, seen.value, seen.observed_at
        FROM observation AS seen
        WHERE seen.source_id = chosen.source_id
            AND seen.subject = chosen.subject
            AND seen.metric IN ('temperature_celsius', 'precipitation_mm')
            AND seen.at >= $2::date::timestamp AT TIME ZONE chosen.timezone
            AND seen.at < ($3::date + 1)::timestamp AT TIME ZONE chosen.timezone
            AND seen.observed_at <= $1
        ORDER BY seen.metric, seen.at, seen.observed_at DESC
    ) AS hour
    WHERE chosen.number <= 10
    GROUP BY chosen.territory, chosen.source_id, chosen.subject, day
)
SELECT
    of_place.territory AS "territory!",
    of_place.day AS "day!",
    max(of_place.observed_at) AS "observed_at!",
    avg(of_place.temperature) AS "temperature!",
    coalesce(avg(of_place.precipitation), 0) AS "precipitation!"
FROM of_place
WHERE of_place.temperature IS NOT NULL
GROUP BY of_place.territory, of_place.day
