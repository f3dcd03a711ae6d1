-- A page of at most $6 works in the order of their titles, behind the row ($4, $5): with a source
-- that has cinemas in territory $1, of kind $2, with $3 in one of their titles; each filter is NULL
-- for all. With the admissions of the last 28 days, the oldest first.
--
-- The first and the last day are single look-ups
-- for each film in the index of showtimes by film and start.
WITH found AS MATERIALIZED (
    SELECT film_work.work_id
    FROM film
    INNER JOIN film_work ON film_work.film_id = film.film_id
    WHERE strpos(lower(film.title), lower($3)) > 0
    UNION
    SELECT work_title.work_id FROM work_title WHERE strpos(lower(work_title.title), lower($3)) > 0
),
within AS MATERIALIZED (
    SELECT film_work.work_id
    FROM film
    INNER JOIN film_work ON film_work.film_id = film.film_id
    WHERE film.source_id IN (SELECT cinema.source_id FROM cinema WHERE cinema.territory = upper($1)::char(2))
),
named AS (
    SELECT work.work_id, work.kind, coalesce(work.title, film.title) AS title
    FROM work
    INNER JOIN film ON film.film_id = work.film_id
    WHERE work.merged_into IS NULL
        AND ($1::text IS NULL OR work.work_id IN (SELECT within.work_id FROM within))
        AND ($2::text IS NULL OR work.kind = $2)
        AND ($3::text IS NULL OR work.work_id IN (SELECT found.work_id FROM found))
),
page AS MATERIALIZED (
    SELECT named.work_id, named.kind, named.title
    FROM named
    WHERE $4::text IS NULL OR (named.title, named.work_id) > ($4, $5::integer)
    ORDER BY named.title, named.work_id
    LIMIT $6
),
listed AS MATERIALIZED (
    SELECT page.work_id, film.film_id, film.source_id
    FROM page
    INNER JOIN film_work ON film_work.work_id = page.work_id
    INNER JOIN film ON film.film_id = film_work.film_id
),
home AS MATERIALIZED (
    SELECT DISTINCT cinema.source_id, cinema.territory
    FROM cinema
    WHERE cinema.source_id IN (SELECT listed.source_id FROM listed)
),
shown AS (
    SELECT
        listed.work_id,
        count(*) AS films,
        array_agg(DISTINCT source.name) AS sources,
        min(first.business_on) AS first_on,
        max(last.business_on) AS last_on
    FROM listed
    INNER JOIN source ON source.source_id = listed.source_id
    LEFT JOIN LATERAL (
        SELECT showtime.business_on
        FROM showtime
        WHERE showtime.film_id = listed.film_id
        ORDER BY showtime.starts_at
        LIMIT 1
    ) AS first ON true
    LEFT JOIN LATERAL (
        SELECT showtime.business_on
        FROM showtime
        WHERE showtime.film_id = listed.film_id
        ORDER BY showtime.starts_at DESC
        LIMIT 1
    ) AS last ON true
    GROUP BY listed.work_id
),
total AS MATERIALIZED (
    SELECT total.work_id, total.business_on, sum(total.admissions) AS admissions
    FROM work_totals((SELECT array_agg(page.work_id) FROM page), current_date - 27) AS total
    GROUP BY total.work_id, total.business_on
)
SELECT
    page.work_id,
    page.kind,
    page.title AS "title!",
    coalesce(shown.films, 0) AS "films!",
    coalesce(shown.sources, '{}') AS "sources!",
    coalesce(place.territories, '{}') AS "territories!",
    shown.first_on,
    shown.last_on,
    recent.admissions AS "recent!"
FROM page
LEFT JOIN shown ON shown.work_id = page.work_id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT home.territory::text) AS territories
    FROM listed
    INNER JOIN home ON home.source_id = listed.source_id
    WHERE listed.work_id = page.work_id
) AS place ON true
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(total.admissions, 0)::bigint ORDER BY day.back DESC) AS admissions
    FROM generate_series(0, 27) AS day (back)
    LEFT JOIN total ON total.work_id = page.work_id AND total.business_on = current_date - day.back
) AS recent
ORDER BY page.title, page.work_id
