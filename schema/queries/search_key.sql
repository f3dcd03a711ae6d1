-- At most $5 tasks and $5 showtimes whose key is like $1, a prefix; and the task of source $2 and
-- step $3 with key $4. An index of each key in the order of bytes serves the prefix.
(
    SELECT
        'task' AS "kind!",
        task.task_id AS "id!",
        task.key AS "name!",
        source.name || ' ' || step.name AS "detail!",
        NULL::timestamptz AS at
    FROM source
    INNER JOIN step ON step.source_id = source.source_id
    INNER JOIN task ON task.step_id = step.step_id
    WHERE source.name = $2 AND step.name = $3 AND task.key = $4
)
UNION ALL
(
    SELECT 'task', found.task_id, found.key, source.name || ' ' || step.name, NULL
    FROM (
        SELECT task.task_id, task.step_id, task.key
        FROM task
        WHERE task.key LIKE $1
        LIMIT $5
    ) AS found
    INNER JOIN step ON step.step_id = found.step_id
    INNER JOIN source ON source.source_id = step.source_id
)
UNION ALL
(
    SELECT 'showtime', found.showtime_id, film.title, cinema.name, found.starts_at
    FROM (
        SELECT showtime.showtime_id, showtime.film_id, showtime.cinema_id, showtime.starts_at
        FROM showtime
        WHERE showtime.key LIKE $1
        LIMIT $5
    ) AS found
    INNER JOIN film ON film.film_id = found.film_id
    INNER JOIN cinema ON cinema.cinema_id = found.cinema_id
)
