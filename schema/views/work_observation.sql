-- Three ways lead from an observation to a work: a link that a person made, SOURCE/KEY of a film, and
-- the key of a film of the observing source. A link outranks the others.
CREATE OR REPLACE VIEW work_observation WITH (security_invoker = true) AS
SELECT
    film_work.work_id,
    source.name AS source,
    observation.subject,
    observation.metric,
    observation.at,
    observation.value,
    observation.properties,
    observation.observed_at,
    observation.job_id,
    'link' AS linked_by
FROM observation_subject AS link
INNER JOIN film_work ON film_work.film_id = link.film_id
INNER JOIN source ON source.source_id = link.source_id
INNER JOIN observation ON observation.source_id = link.source_id AND observation.subject = link.subject
UNION ALL
SELECT
    film_work.work_id,
    source.name,
    observation.subject,
    observation.metric,
    observation.at,
    observation.value,
    observation.properties,
    observation.observed_at,
    observation.job_id,
    'key'
FROM film_work
INNER JOIN film ON film.film_id = film_work.film_id
INNER JOIN source AS own ON own.source_id = film.source_id
CROSS JOIN source
CROSS JOIN LATERAL (
    SELECT own.name || '/' || film.key AS subject
    UNION ALL
    SELECT film.key WHERE source.source_id = film.source_id
) AS named
INNER JOIN observation ON observation.source_id = source.source_id AND observation.subject = named.subject
WHERE NOT EXISTS (
    SELECT FROM observation_subject AS link
    WHERE link.source_id = observation.source_id AND link.subject = observation.subject)
    -- A key that is also one of a cinema says nothing.
    AND NOT EXISTS (
        SELECT FROM cinema AS other
        WHERE other.source_id = film.source_id AND other.key = film.key);

COMMENT ON VIEW work_observation IS 'Values over time that are about works: views of a video, mentions. A subject is a work if it was linked to it, or is SOURCE/KEY of a film, or a film''s key in the observing source. Ask for one work. Example: SELECT metric, date_trunc(''day'', at) AS day, sum(value) FROM work_observation WHERE work_id = 4711 GROUP BY 1, 2 ORDER BY 2;';
COMMENT ON COLUMN work_observation.linked_by IS 'link: a person said what the subject is; key: it is the key of a film.';
