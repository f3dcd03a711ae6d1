-- Venues: one cinema across all sources; which of its showtimes several sources list; and what
-- observations are about.
--
-- As with works, every cinema has a venue of its own, those that are one point to the venue of the
-- first of them, and the others redirect to it. So a grouping can be undone exactly.

ALTER TABLE source
    ADD COLUMN precedence smallint,
    ADD CONSTRAINT source_precedence_positive CHECK (precedence >= 1);
COMMENT ON COLUMN source.precedence IS 'Of several sources that list one showtime, that with the lowest number counts; NULL comes after all numbers: then a source that reads seats, then the older one.';

CREATE TABLE venue (
    venue_id    integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    cinema_id   integer NOT NULL REFERENCES cinema,
    merged_into integer REFERENCES venue,

    CONSTRAINT venue_pkey PRIMARY KEY (venue_id),
    CONSTRAINT venue_cinema_key UNIQUE (cinema_id),
    CONSTRAINT venue_merged_elsewhere CHECK (merged_into <> venue_id)
);
-- Serves the venues that redirect to one.
CREATE INDEX venue_merged_into_idx ON venue (merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON TABLE venue IS 'Venues: one cinema across all sources. See cinema_venue for the cinemas of each.';
COMMENT ON COLUMN venue.venue_id IS 'Key.';
COMMENT ON COLUMN venue.cinema_id IS 'The cinema that it was made for.';
COMMENT ON COLUMN venue.merged_into IS 'The venue that this one was found to be; NULL while it stands for itself.';

CREATE TABLE cinema_venue (
    decided_at timestamptz NOT NULL DEFAULT now(),
    cinema_id  integer     NOT NULL REFERENCES cinema,
    venue_id   integer     NOT NULL REFERENCES venue,
    score      real,
    is_shared  boolean     NOT NULL,
    rule       text        NOT NULL,
    reason     text        NOT NULL,

    CONSTRAINT cinema_venue_pkey PRIMARY KEY (cinema_id),
    CONSTRAINT cinema_venue_rule_word CHECK (rule IN ('alone', 'rules', 'person')),
    CONSTRAINT cinema_venue_score_iff_rules CHECK ((rule = 'rules') = (score IS NOT NULL))
);
-- Serves the cinemas of a venue.
CREATE INDEX cinema_venue_venue_idx ON cinema_venue (venue_id);
COMMENT ON TABLE cinema_venue IS 'The venue of each cinema, and why. A cinema that nothing matches is a venue by itself.';
COMMENT ON COLUMN cinema_venue.decided_at IS 'When it came to this venue.';
COMMENT ON COLUMN cinema_venue.cinema_id IS 'The cinema.';
COMMENT ON COLUMN cinema_venue.venue_id IS 'Its venue.';
COMMENT ON COLUMN cinema_venue.score IS 'Score of its best match in the venue, 0 to 1; NULL without one.';
COMMENT ON COLUMN cinema_venue.is_shared IS 'Whether the venue has other cinemas: only then its showtimes may be listed twice.';
COMMENT ON COLUMN cinema_venue.rule IS 'alone: nothing matches it; rules: it matches another cinema of the venue; person: a person decided.';
COMMENT ON COLUMN cinema_venue.reason IS 'The evidence in words.';

CREATE TABLE cinema_key (
    cinema_id integer NOT NULL REFERENCES cinema,
    key       text    NOT NULL,

    CONSTRAINT cinema_key_pkey PRIMARY KEY (cinema_id, key)
);
-- Serves find_cinema_candidates.sql.
CREATE INDEX cinema_key_key_idx ON cinema_key (key, cinema_id);
COMMENT ON TABLE cinema_key IS 'Blocking keys: only cinemas of which one has a key that the other seeks are compared.';
COMMENT ON COLUMN cinema_key.cinema_id IS 'The cinema.';
COMMENT ON COLUMN cinema_key.key IS 'A corner of the cell of a grid in which it is, or a word of its name with its territory.';

CREATE TABLE cinema_verdict (
    decided_at timestamptz NOT NULL DEFAULT now(),
    cinema_a   integer     NOT NULL REFERENCES cinema,
    cinema_b   integer     NOT NULL REFERENCES cinema,
    is_same    boolean     NOT NULL,
    decided_by text        NOT NULL,
    reason     text        NOT NULL,

    CONSTRAINT cinema_verdict_pkey PRIMARY KEY (cinema_a, cinema_b),
    CONSTRAINT cinema_verdict_in_order CHECK (cinema_a < cinema_b),
    CONSTRAINT cinema_verdict_reason_given CHECK (reason <> '')
);
-- Serves the verdicts on a cinema.
CREATE INDEX cinema_verdict_b_idx ON cinema_verdict (cinema_b);
COMMENT ON TABLE cinema_verdict IS 'What people decided on pairs of cinemas. It outranks the rules, and stands however often the cinemas are listed again.';
COMMENT ON COLUMN cinema_verdict.decided_at IS 'When it was decided; of two that contradict each other the later holds.';
COMMENT ON COLUMN cinema_verdict.cinema_a IS 'The cinema with the lower number.';
COMMENT ON COLUMN cinema_verdict.cinema_b IS 'The other cinema.';
COMMENT ON COLUMN cinema_verdict.is_same IS 'Whether they are one venue.';
COMMENT ON COLUMN cinema_verdict.decided_by IS 'Who decided.';
COMMENT ON COLUMN cinema_verdict.reason IS 'Why.';

CREATE TABLE cinema_pair_doubt (
    noted_at timestamptz NOT NULL DEFAULT now(),
    cinema_a integer     NOT NULL REFERENCES cinema,
    cinema_b integer     NOT NULL REFERENCES cinema,
    score    real        NOT NULL,
    reasons  jsonb       NOT NULL,

    CONSTRAINT cinema_pair_doubt_pkey PRIMARY KEY (cinema_a, cinema_b),
    CONSTRAINT cinema_pair_doubt_in_order CHECK (cinema_a < cinema_b)
);
-- Serves the doubts of a cinema.
CREATE INDEX cinema_pair_doubt_b_idx ON cinema_pair_doubt (cinema_b);
COMMENT ON TABLE cinema_pair_doubt IS 'Pairs of cinemas on which a person should decide: one for each pair of venues. See doubtful_venue_pair.';
COMMENT ON COLUMN cinema_pair_doubt.noted_at IS 'When the doubt arose.';
COMMENT ON COLUMN cinema_pair_doubt.cinema_a IS 'The cinema with the lower number.';
COMMENT ON COLUMN cinema_pair_doubt.cinema_b IS 'The other cinema.';
COMMENT ON COLUMN cinema_pair_doubt.score IS 'Score of the pair, 0 to 1.';
COMMENT ON COLUMN cinema_pair_doubt.reasons IS 'The evidence: signal, whether it is a veto, and text.';

CREATE TABLE cinema_to_match (
    noted_at           timestamptz NOT NULL DEFAULT now(),
    cinema_to_match_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    cinema_id          integer     NOT NULL,

    CONSTRAINT cinema_to_match_pkey PRIMARY KEY (cinema_to_match_id)
);
COMMENT ON TABLE cinema_to_match IS 'Cinemas that are new, or of which the name, the place, an auditorium or a verdict changed: an append-only log that the leader''s pass venues takes from.';
COMMENT ON COLUMN cinema_to_match.noted_at IS 'When it was noted.';
COMMENT ON COLUMN cinema_to_match.cinema_to_match_id IS 'Key.';
COMMENT ON COLUMN cinema_to_match.cinema_id IS 'The cinema.';

CREATE TABLE venue_auditorium (
    looked_at     timestamptz NOT NULL DEFAULT now(),
    auditorium_id integer     NOT NULL REFERENCES auditorium,
    same_as       integer     NOT NULL REFERENCES auditorium,
    is_known      boolean     NOT NULL,
    rule          text        NOT NULL,
    reason        text        NOT NULL,

    CONSTRAINT venue_auditorium_pkey PRIMARY KEY (auditorium_id),
    CONSTRAINT venue_auditorium_rule_word CHECK (rule IN ('alone', 'unclear', 'name', 'number', 'layout'))
);
COMMENT ON TABLE venue_auditorium IS 'Which auditoriums of venues with several cinemas are one, and why. See auditorium_match.';
COMMENT ON COLUMN venue_auditorium.looked_at IS 'When it was last compared.';
COMMENT ON COLUMN venue_auditorium.auditorium_id IS 'The auditorium.';
COMMENT ON COLUMN venue_auditorium.same_as IS 'The one with the lowest number of those that are one: itself, if nothing matches it.';
COMMENT ON COLUMN venue_auditorium.is_known IS 'Whether it can be distinguished from the other auditoriums of the venue, of whatever source.';
COMMENT ON COLUMN venue_auditorium.rule IS 'alone: nothing matches it; unclear: several may; name, number, layout: what it was matched by.';
COMMENT ON COLUMN venue_auditorium.reason IS 'The evidence in words.';

CREATE TABLE showtime_to_pair (
    noted_at            timestamptz NOT NULL DEFAULT now(),
    showtime_to_pair_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    starts_at           timestamptz,
    venue_id            integer     NOT NULL,

    CONSTRAINT showtime_to_pair_pkey PRIMARY KEY (showtime_to_pair_id)
);
COMMENT ON TABLE showtime_to_pair IS 'Starts at venues of which the listings changed: an append-only log that the leader''s pass venues takes from.';
COMMENT ON COLUMN showtime_to_pair.noted_at IS 'When it was noted.';
COMMENT ON COLUMN showtime_to_pair.showtime_to_pair_id IS 'Key.';
COMMENT ON COLUMN showtime_to_pair.starts_at IS 'The start; NULL for all of the venue.';
COMMENT ON COLUMN showtime_to_pair.venue_id IS 'The venue.';

CREATE TABLE showtime_duplicate (
    noted_at    timestamptz NOT NULL DEFAULT now(),
    showtime_id integer     NOT NULL REFERENCES showtime ON DELETE CASCADE,
    counted_as  integer     NOT NULL REFERENCES showtime ON DELETE CASCADE,
    reason      text        NOT NULL,

    CONSTRAINT showtime_duplicate_pkey PRIMARY KEY (showtime_id),
    CONSTRAINT showtime_duplicate_of_another CHECK (counted_as <> showtime_id)
);
-- Serves the other listings of a showtime, and the deletion of one.
CREATE INDEX showtime_duplicate_counted_idx ON showtime_duplicate (counted_as);
COMMENT ON TABLE showtime_duplicate IS 'Showtimes that another source lists, too, and that are left out of what is added up.';
COMMENT ON COLUMN showtime_duplicate.noted_at IS 'When that was found.';
COMMENT ON COLUMN showtime_duplicate.showtime_id IS 'The showtime that does not count.';
COMMENT ON COLUMN showtime_duplicate.counted_as IS 'The showtime of the other source, which counts.';
COMMENT ON COLUMN showtime_duplicate.reason IS 'The evidence in words.';

CREATE TABLE observation_subject (
    linked_at timestamptz NOT NULL DEFAULT now(),
    source_id integer     NOT NULL REFERENCES source,
    film_id   integer     REFERENCES film,
    cinema_id integer     REFERENCES cinema,
    subject   text        NOT NULL,
    linked_by text        NOT NULL,

    CONSTRAINT observation_subject_pkey PRIMARY KEY (source_id, subject),
    CONSTRAINT observation_subject_is_one CHECK (num_nonnulls(film_id, cinema_id) = 1)
);
-- Serve work_observation and venue_observation.
CREATE INDEX observation_subject_film_idx ON observation_subject (film_id) WHERE film_id IS NOT NULL;
CREATE INDEX observation_subject_cinema_idx ON observation_subject (cinema_id) WHERE cinema_id IS NOT NULL;
COMMENT ON TABLE observation_subject IS 'What subjects of observations are, where people said so. A subject that is SOURCE/KEY of a film or cinema, or a key of the observing source, needs no entry.';
COMMENT ON COLUMN observation_subject.linked_at IS 'When it was said.';
COMMENT ON COLUMN observation_subject.source_id IS 'The source of the observations.';
COMMENT ON COLUMN observation_subject.film_id IS 'A film of the work that it is; NULL for a venue.';
COMMENT ON COLUMN observation_subject.cinema_id IS 'A cinema of the venue that it is; NULL for a work.';
COMMENT ON COLUMN observation_subject.subject IS 'The subject, as its observations have it.';
COMMENT ON COLUMN observation_subject.linked_by IS 'Who said so.';

INSERT INTO cinema_to_match (cinema_id)
SELECT cinema_id FROM cinema ORDER BY cinema_id;

INSERT INTO rollup_input (name, is_function)
VALUES ('showtime_duplicate', false);

INSERT INTO row_scope (table_name, by_column)
VALUES ('showtime_duplicate', 'showtime_id');

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('auditorium_match', 'analysts', 'analytics'),
    ('doubtful_venue_pair', 'operators', 'analytics'),
    ('venue_match', 'analysts', 'analytics'),
    ('venue_observation', 'analysts', 'analytics'),
    ('venue_weather_day', 'analysts', 'analytics'),
    ('work_observation', 'analysts', 'analytics');
