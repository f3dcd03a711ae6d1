-- Reads the admissions of the first seven days of works that had been on sale before their release
-- and whose first week was over at the origin $1, from releases of $2 on.
SELECT
    release.work_id,
    release.territory,
    release.released_on,
    sum(outcome.admissions)::integer AS "admissions!",
    max(outcome.known_at) AS "known_at!"
FROM (
    SELECT DISTINCT ON (work_id, territory) work_id, territory, released_on
    FROM work_presale
    WHERE released_on >= $2 AND seen_at <= $1
    ORDER BY work_id, territory, days
) AS release
INNER JOIN film_work ON film_work.work_id = release.work_id
INNER JOIN showtime
    ON showtime.film_id = film_work.film_id
    AND showtime.business_on >= release.released_on
    AND showtime.business_on < release.released_on + 7
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id AND cinema.territory = release.territory
INNER JOIN showtime_outcome AS outcome ON outcome.showtime_id = showtime.showtime_id
WHERE release.released_on + interval '8 days' <= $1
    AND outcome.known_at <= $1
    AND outcome.admissions IS NOT NULL
GROUP BY release.work_id, release.territory, release.released_on
