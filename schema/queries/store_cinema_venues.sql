-- Stores the venues of cinemas: $1 cinema_id, $2 cinema of whose venue it is, $3 rule, $4 score,
-- $5 reason, $6 whether the venue has other cinemas. Every cinema has a venue of its own already.
--
-- The venue of a cinema that is of another redirects there; one that stands for itself redirects
-- nowhere. What did not change is not written, so that nothing is marked for it.
WITH wanted AS MATERIALIZED (
    SELECT
        given.cinema_id, own.venue_id AS own_venue_id, shared.venue_id,
        given.rule, given.score, given.reason, given.is_shared
    FROM unnest($1::integer[], $2::integer[], $3::text[], $4::real[], $5::text[], $6::boolean[])
        AS given (cinema_id, of_cinema_id, rule, score, reason, is_shared)
    INNER JOIN venue AS own ON own.cinema_id = given.cinema_id
    INNER JOIN venue AS shared ON shared.cinema_id = given.of_cinema_id
),
redirected AS (
    UPDATE venue
    SET merged_into = nullif(wanted.venue_id, wanted.own_venue_id)
    FROM wanted
    WHERE venue.venue_id = wanted.own_venue_id
        AND venue.merged_into IS DISTINCT FROM nullif(wanted.venue_id, wanted.own_venue_id)
),
before AS MATERIALIZED (
    SELECT cinema_venue.cinema_id, cinema_venue.venue_id
    FROM cinema_venue
    INNER JOIN wanted ON wanted.cinema_id = cinema_venue.cinema_id
),
stored AS (
    INSERT INTO cinema_venue AS known (cinema_id, venue_id, rule, score, reason, is_shared)
    SELECT cinema_id, venue_id, rule, score, reason, is_shared FROM wanted
    ON CONFLICT (cinema_id) DO UPDATE
    SET venue_id = excluded.venue_id, rule = excluded.rule, score = excluded.score, reason = excluded.reason,
        is_shared = excluded.is_shared, decided_at = now()
    WHERE (known.venue_id, known.rule, known.score, known.reason, known.is_shared)
        IS DISTINCT FROM (excluded.venue_id, excluded.rule, excluded.score, excluded.reason, excluded.is_shared)
    RETURNING known.cinema_id, known.venue_id
)
SELECT
    count(*) FILTER (WHERE before.cinema_id IS NULL) AS "new!",
    count(*) FILTER (WHERE before.venue_id <> stored.venue_id) AS "moved!"
FROM stored
LEFT JOIN before ON before.cinema_id = stored.cinema_id
