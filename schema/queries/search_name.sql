-- At most $3 each of the sources and pods whose name is like $1, a prefix, and of the cinemas and
-- films that have the words $2, a query of a full text search.
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
