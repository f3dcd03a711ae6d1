-- Stores the showtimes that job $2 of source $1 saw in cinema $3; gives every one with its id.
--
-- $4 key, $5 film_key, $6 film_title, $7 auditorium_key, $8 auditorium_name,
-- $9 starts_at, $10 business_on, $11 seats_total. Films and auditoriums that are
-- new are stored first; what did not change is not written. Where a listing has several names
-- for one of them, the one that is stored stands: every listing would write it again.
-- A large listing is stored in parts: $12 film_key with $13 film_title, and $14 auditorium_key
-- with $15 auditorium_name, are the names that other parts have for what is in this one.
-- $16 sold_out, of each showtime.
-- $17 codes of attributes, each once, with $18 kind and $19 meaning by the definition; $20, of each
-- showtime, the positions of its codes in $17 as the text of an array, NULL where it is not asked.
-- $21 facts of films, a JSON list of objects: film_key, original_title, year, runtime_minutes,
-- directors, distributor, released_on, schemes with numbers. One that is left out stays as it was.
-- The name that a film had at the start of a showtime stays with it.
-- A source has 5,000 codes of attributes at most that its definition does not map.
-- What changed in a showtime that was known, but for its numbers and whether it is sold out, is
-- noted beside it.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::timestamptz[], $10::date[], $11::integer[], $16::boolean[], $20::text[])
        AS seen (key, film_key, film_title, auditorium_key, auditorium_name, starts_at, business_on, seats_total,
            sold_out, code_positions)
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
seen_fact AS MATERIALIZED (
    SELECT fact.*, coalesce(new_film.film_id, film.film_id) AS film_id
    FROM jsonb_to_recordset($21::jsonb) AS fact (
        film_key text, original_title text, year smallint, runtime_minutes smallint, directors text[],
        distributor text, released_on date, schemes text[], numbers text[])
    LEFT JOIN new_film ON new_film.key = fact.film_key
    LEFT JOIN film ON film.source_id = $1 AND film.key = fact.film_key
),
new_fact AS (
    INSERT INTO film_fact AS known (
        changed_by, film_id, released_on, year, runtime_minutes, original_title, distributor, directors)
    SELECT
        $2::bigint, seen_fact.film_id, seen_fact.released_on, seen_fact.year, seen_fact.runtime_minutes,
        seen_fact.original_title, seen_fact.distributor, seen_fact.directors
    FROM seen_fact
    LEFT JOIN film_fact AS same ON same.film_id = seen_fact.film_id
    WHERE (
            same.released_on, same.year, same.runtime_minutes, same.original_title, same.distributor, same.directors
        )
        IS DISTINCT FROM
        (
            coalesce(seen_fact.released_on, same.released_on), coalesce(seen_fact.year, same.year),
            coalesce(seen_fact.runtime_minutes, same.runtime_minutes),
            coalesce(seen_fact.original_title, same.original_title),
            coalesce(seen_fact.distributor, same.distributor), coalesce(seen_fact.directors, same.directors)
        )
    ORDER BY seen_fact.film_id
    ON CONFLICT (film_id) DO UPDATE
    SET changed_at = now(),
        changed_by = excluded.changed_by,
        released_on = coalesce(excluded.released_on, known.released_on),
        year = coalesce(excluded.year, known.year),
        runtime_minutes = coalesce(excluded.runtime_minutes, known.runtime_minutes),
        original_title = coalesce(excluded.original_title, known.original_title),
        distributor = coalesce(excluded.distributor, known.distributor),
        directors = coalesce(excluded.directors, known.directors)
    -- Another listing may have stored the same meanwhile.
    WHERE (known.released_on, known.year, known.runtime_minutes, known.original_title, known.distributor, known.directors)
        IS DISTINCT FROM
        (
            coalesce(excluded.released_on, known.released_on), coalesce(excluded.year, known.year),
            coalesce(excluded.runtime_minutes, known.runtime_minutes),
            coalesce(excluded.original_title, known.original_title),
            coalesce(excluded.distributor, known.distributor), coalesce(excluded.directors, known.directors)
        )
),
new_identifier AS (
    INSERT INTO film_identifier (discovered_by, film_id, scheme, value)
    SELECT $2::bigint, seen_fact.film_id, given.scheme, given.value
    FROM seen_fact
    CROSS JOIN LATERAL unnest(seen_fact.schemes, seen_fact.numbers) AS given (scheme, value)
    WHERE NOT EXISTS (
        SELECT FROM film_identifier AS same
        WHERE same.film_id = seen_fact.film_id AND same.scheme = given.scheme AND same.value = given.value
    )
    ORDER BY seen_fact.film_id, given.scheme, given.value
    ON CONFLICT (film_id, scheme, value) DO NOTHING
),
seen_code AS MATERIALIZED (
    SELECT *
    FROM unnest($17::text[], $18::text[], $19::text[]) WITH ORDINALITY AS seen_code (code, kind, meaning, position)
),
new_attribute AS (
    INSERT INTO attribute AS known (discovered_by, mapped_at, source_id, code, kind, meaning)
    SELECT
        $2::bigint, CASE WHEN seen_code.kind IS NOT NULL THEN now() END, $1::integer, seen_code.code,
        seen_code.kind, seen_code.meaning
    FROM seen_code
    LEFT JOIN attribute AS same ON same.source_id = $1 AND same.code = seen_code.code
    WHERE same.kind IS NULL
        AND (
            seen_code.kind IS NOT NULL
            OR same.attribute_id IS NULL AND (SELECT count(*) FROM attribute WHERE source_id = $1) < 5000
        )
    ORDER BY seen_code.code
    ON CONFLICT (source_id, code) DO UPDATE
    SET mapped_at = coalesce(known.mapped_at, excluded.mapped_at),
        kind = coalesce(known.kind, excluded.kind),
        meaning = coalesce(known.meaning, excluded.meaning)
    RETURNING known.attribute_id, known.code
),
attribute_ids AS MATERIALIZED (
    SELECT array_agg(coalesce(new_attribute.attribute_id, attribute.attribute_id) ORDER BY seen_code.position)
        AS by_position
    FROM seen_code
    LEFT JOIN new_attribute ON new_attribute.code = seen_code.code
    LEFT JOIN attribute ON attribute.source_id = $1 AND attribute.code = seen_code.code
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
        seen.film_title,
        CASE WHEN seen.code_positions IS NOT NULL THEN
            coalesce(
                (
                    SELECT array_agg(DISTINCT one.attribute_id ORDER BY one.attribute_id)
                    FROM attribute_ids
                    CROSS JOIN LATERAL unnest(seen.code_positions::integer[]) AS at (position)
                    CROSS JOIN LATERAL (VALUES (attribute_ids.by_position[at.position])) AS one (attribute_id)
                    WHERE one.attribute_id IS NOT NULL
                ),
                '{}')
        END AS attribute_ids,
        coalesce(new_film.film_id, film.film_id) AS film_id,
        coalesce(new_auditorium.auditorium_id, auditorium.auditorium_id) AS auditorium_id
    FROM seen
    LEFT JOIN new_film ON new_film.key = seen.film_key
    LEFT JOIN film ON film.source_id = $1 AND film.key = seen.film_key
    LEFT JOIN new_auditorium ON new_auditorium.key = seen.auditorium_key
    LEFT JOIN auditorium ON auditorium.cinema_id = $3 AND auditorium.key = seen.auditorium_key
),
new_title AS (
    INSERT INTO film_title AS known (film_id, title)
    SELECT DISTINCT resolved.film_id, resolved.film_title
    FROM resolved
    LEFT JOIN film_title AS same ON same.film_id = resolved.film_id AND same.title = resolved.film_title
    WHERE same.film_title_id IS NULL
    ORDER BY resolved.film_id, resolved.film_title
    ON CONFLICT (film_id, title) DO UPDATE SET title = excluded.title
    RETURNING known.film_title_id, known.film_id, known.title
),
differing AS MATERIALIZED (
    SELECT
        resolved.key,
        resolved.starts_at,
        resolved.business_on,
        resolved.seats_total,
        resolved.sold_out,
        resolved.film_id,
        resolved.auditorium_id,
        now_known.film_title_id,
        now_known.attribute_ids,
        same.showtime_id,
        same.starts_at AS started_at,
        same.film_id AS old_film_id,
        same.auditorium_id AS old_auditorium_id
    FROM resolved
    LEFT JOIN showtime AS same ON same.cinema_id = $3 AND same.key = resolved.key
    LEFT JOIN new_title ON new_title.film_id = resolved.film_id AND new_title.title = resolved.film_title
    LEFT JOIN film_title ON film_title.film_id = resolved.film_id AND film_title.title = resolved.film_title
    CROSS JOIN LATERAL (
        VALUES (
            CASE
                WHEN same.starts_at <= now() AND same.film_id = resolved.film_id AND same.film_title_id IS NOT NULL
                    THEN same.film_title_id
                ELSE coalesce(new_title.film_title_id, film_title.film_title_id)
            END,
            coalesce(resolved.attribute_ids, same.attribute_ids)
        )
    ) AS now_known (film_title_id, attribute_ids)
    WHERE (
            same.starts_at, same.film_id, same.auditorium_id, same.business_on, same.seats_total, same.sold_out,
            same.film_title_id, same.attribute_ids
        )
        IS DISTINCT FROM
        (
            resolved.starts_at, resolved.film_id, resolved.auditorium_id, resolved.business_on,
            resolved.seats_total, resolved.sold_out, now_known.film_title_id, now_known.attribute_ids
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
        sold_out, film_title_id, attribute_ids, key)
    SELECT
        $3, $2, $2, differing.starts_at, differing.film_id, differing.auditorium_id,
        differing.business_on, differing.seats_total, differing.sold_out, differing.film_title_id,
        differing.attribute_ids, differing.key
    FROM differing
    ON CONFLICT (cinema_id, key) DO UPDATE
    SET changed_by = excluded.changed_by,
        starts_at = excluded.starts_at,
        film_id = excluded.film_id,
        auditorium_id = excluded.auditorium_id,
        business_on = excluded.business_on,
        seats_total = excluded.seats_total,
        sold_out = excluded.sold_out,
        film_title_id = excluded.film_title_id,
        attribute_ids = excluded.attribute_ids
    RETURNING known.showtime_id, known.key
)
SELECT showtime_id AS "showtime_id!", key AS "key!"
FROM written
UNION ALL
SELECT showtime.showtime_id, showtime.key
FROM resolved
INNER JOIN showtime ON showtime.cinema_id = $3 AND showtime.key = resolved.key
WHERE NOT EXISTS (SELECT FROM written WHERE written.key = resolved.key)
