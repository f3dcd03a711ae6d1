-- At most $3 each of the sources and pods whose name is like $1, a prefix, and of the works, cinemas and
-- films that have the words $2, a query of a full text search. A work has those of its films.
(
    SELECT
        'source' AS "kind!",
        source.source_id::bigint AS "id!",
        source.name AS "name!",
        source.title AS "detail!",
        NULL::timestamptz AS at
    FROM source
    WHERE source.name ILIKE $1 OR source.title ILIKE $1
    ORDER BY source.name
    LIMIT $3
)
UNION ALL
(
    SELECT 'pod', max(pod.pod_id)::bigint, pod.name, 'the pod of this name', max(pod.started_at)
    FROM pod
    WHERE pod.name LIKE $1 AND (pod.ended_at IS NULL OR pod.ended_at > now() - interval '1 day')
    GROUP BY pod.name
    ORDER BY pod.name
    LIMIT $3
)
UNION ALL
(
    SELECT 'work', film_work.work_id::bigint, mode() WITHIN GROUP (ORDER BY film.title),
        concat_ws(' ', count(*), CASE count(*) WHEN 1 THEN 'film' ELSE 'films' END, 'of', string_agg(DISTINCT source.name, ', ')),
        NULL
    FROM film
    INNER JOIN film_work ON film_work.film_id = film.film_id
    INNER JOIN source ON source.source_id = film.source_id
    WHERE to_tsvector('simple', film.title) @@ to_tsquery('simple', $2)
    GROUP BY film_work.work_id
    ORDER BY count(*) DESC, film_work.work_id
    LIMIT $3
)
UNION ALL
(
    SELECT 'cinema', cinema.cinema_id::bigint, cinema.name,
        concat_ws(', ', cinema.city, cinema.territory, source.name), NULL
    FROM cinema
    INNER JOIN source ON source.source_id = cinema.source_id
    WHERE to_tsvector('simple', cinema.name || ' ' || coalesce(cinema.city, '')) @@ to_tsquery('simple', $2)
    LIMIT $3
)
UNION ALL
(
    SELECT 'film', film.film_id::bigint, film.title, source.name, NULL
    FROM film
    INNER JOIN source ON source.source_id = film.source_id
    WHERE to_tsvector('simple', film.title) @@ to_tsquery('simple', $2)
    LIMIT $3
)
