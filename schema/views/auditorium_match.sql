CREATE OR REPLACE VIEW auditorium_match WITH (security_invoker = true) AS
SELECT
    cinema_venue.venue_id,
    venue_auditorium.same_as,
    venue_auditorium.auditorium_id,
    cinema.cinema_id,
    source.name AS source,
    auditorium.name,
    venue_auditorium.is_known,
    venue_auditorium.rule,
    venue_auditorium.reason
FROM venue_auditorium
INNER JOIN auditorium ON auditorium.auditorium_id = venue_auditorium.auditorium_id
INNER JOIN cinema ON cinema.cinema_id = auditorium.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
INNER JOIN cinema_venue ON cinema_venue.cinema_id = cinema.cinema_id;

COMMENT ON VIEW auditorium_match IS 'The auditoriums of venues that several sources list, and which of them are one. Example: SELECT same_as, source, name, rule FROM auditorium_match WHERE venue_id = 4 ORDER BY same_as, source;';
COMMENT ON COLUMN auditorium_match.same_as IS 'The same number for auditoriums that are one.';
COMMENT ON COLUMN auditorium_match.is_known IS 'Whether it can be distinguished from the other auditoriums of the venue.';
COMMENT ON COLUMN auditorium_match.rule IS 'alone: nothing matches it; unclear: several may; name, number, layout: what it was matched by.';
