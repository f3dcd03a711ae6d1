-- What has the number $1: a job that ended, a task, a showtime.
(
    SELECT
        'job' AS "kind!",
        job.job_id AS "id!",
        'job ' || job.job_id AS "name!",
        source.name || ' ' || step.name || ', ' || job.outcome::text AS "detail!",
        job.finished_at AS at
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    INNER JOIN source ON source.source_id = step.source_id
    WHERE job.job_id = $1::bigint
    LIMIT 1
)
UNION ALL
SELECT 'task', task.task_id, task.key, source.name || ' ' || step.name, NULL
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE task.task_id = $1
UNION ALL
SELECT 'showtime', showtime.showtime_id, film.title, cinema.name, showtime.starts_at
FROM showtime
INNER JOIN film ON film.film_id = showtime.film_id
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
WHERE showtime.showtime_id = $1
