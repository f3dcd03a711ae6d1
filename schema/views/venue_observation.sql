-- Three ways lead from an observation to a venue: a link that a person made, SOURCE/KEY of a cinema, and
-- the key of a cinema of the observing source. A link outranks the others.
CREATE OR REPLACE VIEW venue_observation WITH (security_invoker = true) AS
SELECT
    cinema_venue.venue_id,
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
INNER JOIN cinema_venue ON cinema_venue.cinema_id = link.cinema_id
INNER JOIN source ON source.source_id = link.source_id
INNER JOIN observation ON observation.source_id = link.source_id AND observation.subject = link.subject
UNION ALL
SELECT
    cinema_venue.venue_id,
    source.name,
    observation.subject,
    observation.metric,
    observation.at,
    observation.value,
    observation.properties,
    observation.observed_at,
    observation.job_id,
    'key'
FROM cinema_venue
INNER JOIN cinema ON cinema.cinema_id = cinema_venue.cinema_id
INNER JOIN source AS own ON own.source_id = cinema.source_id
CROSS JOIN source
CROSS JOIN LATERAL (
    SELECT own.name || '/' || cinema.key AS subject
    UNION ALL
    SELECT cinema.key WHERE source.source_id = cinema.source_id
) AS named
INNER JOIN observation ON observation.source_id = source.source_id AND observation.subject = named.subject
WHERE NOT EXISTS (
    SELECT FROM observation_subject AS link
    WHERE link.source_id = observation.source_id AND link.subject = observation.subject)
    -- A key that is also one of a film says nothing.
    AND NOT EXISTS (
        SELECT FROM film AS other
        WHERE other.source_id = cinema.source_id AND other.key = cinema.key);

COMMENT ON VIEW venue_observation IS 'Values over time that are about venues, such as the weather. A subject is a venue if it was linked to it, or is SOURCE/KEY of a cinema, or a cinema''s key in the observing source. Ask for one venue. Example: SELECT at, value FROM venue_observation WHERE venue_id = 4 AND metric = ''temperature_celsius'' ORDER BY at DESC LIMIT 24;';
COMMENT ON COLUMN venue_observation.linked_by IS 'link: a person said what the subject is; key: it is the key of a cinema.';
