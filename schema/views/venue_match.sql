CREATE OR REPLACE VIEW venue_match WITH (security_invoker = true) AS
SELECT
    cinema_venue.venue_id,
    cinema_venue.cinema_id,
    source.name AS source,
    cinema.key,
    cinema.name,
    cinema.city,
    cinema.territory,
    cinema_venue.is_shared,
    cinema_venue.rule,
    cinema_venue.score,
    cinema_venue.reason,
    cinema_venue.decided_at
FROM cinema_venue
INNER JOIN cinema ON cinema.cinema_id = cinema_venue.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id;

COMMENT ON VIEW venue_match IS 'Each cinema with its venue, and why it is that. To add up over all sources, join by cinema_id and group by venue_id. Example: SELECT venue_id, min(name), sum(admissions) FROM fullhouse.cinema_day JOIN venue_match USING (cinema_id) GROUP BY venue_id;';
COMMENT ON COLUMN venue_match.is_shared IS 'Whether several sources list the venue.';
COMMENT ON COLUMN venue_match.rule IS 'alone: nothing matches it; rules: it matches another cinema of the venue; person: a person decided.';
COMMENT ON COLUMN venue_match.score IS 'Score of its best match in the venue, 0 to 1.';
