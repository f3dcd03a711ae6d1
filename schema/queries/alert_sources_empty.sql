-- Scheduled sources that should list showtimes, of which fewer than $1 are to come.
--
-- A showtime whose seats are looked at no more is not listed any more. A definition has two hours to
-- bring the first showtimes. The count ends at the limit, so a full source costs little.
SELECT source.name AS "subject!", listed.showtimes::double precision AS "value!", NULL::text AS details
FROM source
INNER JOIN definition ON definition.definition_id = source.definition_id
CROSS JOIN LATERAL (
    SELECT count(*) AS showtimes
    FROM (
        SELECT
        FROM cinema
        INNER JOIN showtime ON showtime.cinema_id = cinema.cinema_id
        WHERE cinema.source_id = source.source_id
            AND showtime.business_on >= (now() - interval '2 days')::date
            AND showtime.starts_at > now()
            AND NOT EXISTS (
                SELECT
                FROM task
                INNER JOIN step ON step.step_id = task.step_id
                WHERE task.subject_id = showtime.showtime_id
                    AND step.source_id = source.source_id
                    AND step.yields = 'seats'
                    AND task.retired_at IS NOT NULL)
        LIMIT ceil($1::double precision)::bigint
    ) AS found
) AS listed
WHERE source.state = 'active'
    AND definition.applied_at < now() - interval '2 hours'
    AND EXISTS (
        SELECT
        FROM step
        WHERE step.source_id = source.source_id AND NOT step.retired AND step.yields = 'showtimes')
    AND listed.showtimes < $1::double precision
ORDER BY source.name
LIMIT 1000
