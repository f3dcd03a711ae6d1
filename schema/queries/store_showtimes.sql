-- Stores the showtimes that job $2 of source $1 saw in cinema $3; gives every one with its id.
--
-- $4 key, $5 film_key, $6 film_title, $7 auditorium_key, $8 auditorium_name,
-- $9 starts_at, $10 business_on, $11 seats_total. Films and auditoriums that are
-- new are stored first; what did not change is not written. Where a listing has several names
-- for one of them, the one that is stored stands: every listing would write it again.
-- A large listing is stored in parts: $12 film_key with $13 film_title, and $14 auditorium_key
-- with $15 auditorium_name, are the names that other parts have for what is in this one.
-- $16 sold_out, of each showtime.
-- What changed in a showtime that was known, but for its numbers and whether it is sold out, is
-- noted beside it.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::timestamptz[], $10::date[], $11::integer[], $16::boolean[])
        AS seen (key, film_key, film_title, auditorium_key, auditorium_name, starts_at, business_on, seats_total,
            sold_out)
),
seen_film AS (
    SELECT named.film_key, array_agg(DISTINCT named.film_title ORDER BY named.film_title) AS titles
    FROM (
        SELECT seen.film_key, seen.film_title FROM seen
        UNION ALL
        SELECT * FROM unnest($12::text[], $13::text[])
    ) AS named (film_key, film_title)
    GROUP BY named.film_key
),
new_film AS (
    INSERT INTO film (source_id, discovered_by, key, title)
    SELECT $1::integer, $2::bigint, seen_film.film_key, seen_film.titles[1]
    FROM seen_film
    LEFT JOIN film AS same ON same.source_id = $1 AND same.key = seen_film.film_key
    WHERE same.film_id IS NULL OR same.title <> ALL (seen_film.titles)
    ON CONFLICT (source_id, key) DO UPDATE SET title = excluded.title
    RETURNING film_id, key
),
seen_auditorium AS (
    SELECT named.auditorium_key, array_agg(DISTINCT named.name ORDER BY named.name) AS names
    FROM (
        SELECT seen.auditorium_key, coalesce(seen.auditorium_name, seen.auditorium_key)
        FROM seen
        WHERE seen.auditorium_key IS NOT NULL
        UNION ALL
        SELECT * FROM unnest($14::text[], $15::text[])
    ) AS named (auditorium_key, name)
    GROUP BY named.auditorium_key
),
new_auditorium AS (
    INSERT INTO auditorium (cinema_id, discovered_by, key, name)
    SELECT $3::integer, $2::bigint, seen_auditorium.auditorium_key, seen_auditorium.names[1]
    FROM seen_auditorium
    LEFT JOIN auditorium AS same ON same.cinema_id = $3 AND same.key = seen_auditorium.auditorium_key
    WHERE same.auditorium_id IS NULL OR same.name <> ALL (seen_auditorium.names)
    ON CONFLICT (cinema_id, key) DO UPDATE SET name = excluded.name
    RETURNING auditorium_id, key
),
resolved AS MATERIALIZED (
    SELECT
        seen.key,
        seen.starts_at,
        seen.business_on,
        seen.seats_total,
        seen.sold_out,
        coalesce(new_film.film_id, film.film_id) AS film_id,
        coalesce(new_auditorium.auditorium_id, auditorium.auditorium_id) AS auditorium_id
    FROM seen
    LEFT JOIN new_film ON new_film.key = seen.film_key
    LEFT JOIN film ON film.source_id = $1 AND film.key = seen.film_key
    LEFT JOIN new_auditorium ON new_auditorium.key = seen.auditorium_key
    LEFT JOIN auditorium ON auditorium.cinema_id = $3 AND auditorium.key = seen.auditorium_key
),
differing AS MATERIALIZED (
    SELECT
        resolved.*,
        same.showtime_id,
        same.starts_at AS started_at,
        same.film_id AS old_film_id,
        same.auditorium_id AS old_auditorium_id
    FROM resolved
    LEFT JOIN showtime AS same ON same.cinema_id = $3 AND same.key = resolved.key
    WHERE (same.starts_at, same.film_id, same.auditorium_id, same.business_on, same.seats_total, same.sold_out)
        IS DISTINCT FROM
        (
            resolved.starts_at, resolved.film_id, resolved.auditorium_id, resolved.business_on,
            resolved.seats_total, resolved.sold_out
        )
),
noted AS (
    INSERT INTO showtime_change (job_id, showtime_id, event, before, after)
    SELECT $2, differing.showtime_id, what.event, what.before, what.after
    FROM differing
    CROSS JOIN LATERAL (
        VALUES
            (
                'moved'::showtime_event,
                to_char(differing.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                to_char(differing.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            ),
            ('film', differing.old_film_id::text, differing.film_id::text),
            ('auditorium', differing.old_auditorium_id::text, differing.auditorium_id::text)
    ) AS what (event, before, after)
    WHERE differing.showtime_id IS NOT NULL
        AND what.before IS DISTINCT FROM what.after
),
written AS (
    INSERT INTO showtime AS known (
        cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, seats_total,
        sold_out, key)
    SELECT
        $3, $2, $2, differing.starts_at, differing.film_id, differing.auditorium_id,
        differing.business_on, differing.seats_total, differing.sold_out, differing.key
    FROM differing
    ON CONFLICT (cinema_id, key) DO UPDATE
    SET changed_by = excluded.changed_by,
        starts_at = excluded.starts_at,
        film_id = excluded.film_id,
        auditorium_id = excluded.auditorium_id,
        business_on = excluded.business_on,
        seats_total = excluded.seats_total,
        sold_out = excluded.sold_out
    RETURNING known.showtime_id, known.key
)
SELECT showtime_id AS "showtime_id!", key AS "key!"
FROM written
UNION ALL
SELECT showtime.showtime_id, showtime.key
FROM resolved
INNER JOIN showtime ON showtime.cinema_id = $3 AND showtime.key = resolved.key
WHERE NOT EXISTS (SELECT FROM written WHERE written.key = resolved.key)
