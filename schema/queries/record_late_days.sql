-- Takes the log of days to which rows were added late, and with it the days of the showtimes of
-- whatever was renamed: each of these days then has another revision.
--
-- What another transaction has not committed yet is not seen, so it is not taken either.
WITH taken AS (
    DELETE FROM late_day
    RETURNING on_day, of_table
),
renamed AS (
    DELETE FROM late_rename
    RETURNING row_id, of_table
),
touched AS (
    SELECT showtime.discovered_at
    FROM renamed
    INNER JOIN showtime ON showtime.film_id = renamed.row_id
    WHERE renamed.of_table = 'film'
    UNION ALL
    SELECT showtime.discovered_at
    FROM renamed
    INNER JOIN showtime ON showtime.cinema_id = renamed.row_id
    WHERE renamed.of_table = 'cinema'
    UNION ALL
    -- No index knows the showtimes of an auditorium, but one those of its cinema.
    SELECT showtime.discovered_at
    FROM renamed
    INNER JOIN auditorium ON auditorium.auditorium_id = renamed.row_id
    INNER JOIN showtime
        ON showtime.cinema_id = auditorium.cinema_id AND showtime.auditorium_id = auditorium.auditorium_id
    WHERE renamed.of_table = 'auditorium'
    UNION ALL
    SELECT showtime.discovered_at
    FROM renamed
    INNER JOIN cinema ON cinema.source_id = renamed.row_id
    INNER JOIN showtime ON showtime.cinema_id = cinema.cinema_id
    WHERE renamed.of_table = 'source'
)
INSERT INTO day_revision AS known (on_day, of_table)
SELECT on_day, of_table
FROM taken
UNION
SELECT (discovered_at AT TIME ZONE 'UTC')::date, 'showtime'
FROM touched
WHERE discovered_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
ON CONFLICT (of_table, on_day) DO UPDATE
SET revision = known.revision + 1,
    changed_at = now()
