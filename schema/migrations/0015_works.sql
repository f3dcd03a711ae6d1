-- Works: one film across all sources.
--
-- Every film has a work of its own, from the moment at which it is first looked at. Films that are
-- one work point to the work of the first of them; the works of the others redirect to it. So a
-- grouping can be undone exactly: each film falls back to its own work.

CREATE TABLE work (
    work_id     integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    film_id     integer NOT NULL REFERENCES film,
    merged_into integer REFERENCES work,
    kind        text    NOT NULL DEFAULT 'unknown',

    CONSTRAINT work_pkey PRIMARY KEY (work_id),
    CONSTRAINT work_film_key UNIQUE (film_id),
    CONSTRAINT work_kind_word CHECK (kind IN ('feature', 'short', 'event', 'programme', 'unknown')),
    CONSTRAINT work_merged_elsewhere CHECK (merged_into <> work_id)
);
-- Serves the works that redirect to one.
CREATE INDEX work_merged_into_idx ON work (merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON TABLE work IS 'Works: one film, event or programme across all sources. See film_work for the films of each.';
COMMENT ON COLUMN work.work_id IS 'Key.';
COMMENT ON COLUMN work.film_id IS 'The film that it was made for.';
COMMENT ON COLUMN work.merged_into IS 'The work that this one was found to be; NULL while it stands for itself.';
COMMENT ON COLUMN work.kind IS 'feature: 40 minutes or more; short: less; event: a performance; programme: several works shown together, which are not added to it; unknown: its length is not known.';

CREATE TABLE film_work (
    decided_at timestamptz NOT NULL DEFAULT now(),
    film_id    integer     NOT NULL REFERENCES film,
    work_id    integer     NOT NULL REFERENCES work,
    score      real,
    rule       text        NOT NULL,
    reason     text        NOT NULL,

    CONSTRAINT film_work_pkey PRIMARY KEY (film_id),
    CONSTRAINT film_work_rule_word CHECK (rule IN ('alone', 'rules', 'person')),
    CONSTRAINT film_work_score_iff_rules CHECK ((rule = 'rules') = (score IS NOT NULL))
);
-- Serves the films of a work.
CREATE INDEX film_work_work_idx ON film_work (work_id);
COMMENT ON TABLE film_work IS 'The work of each film, and why. A film that nothing matches is a work by itself.';
COMMENT ON COLUMN film_work.decided_at IS 'When it came to this work.';
COMMENT ON COLUMN film_work.film_id IS 'The film.';
COMMENT ON COLUMN film_work.work_id IS 'Its work.';
COMMENT ON COLUMN film_work.score IS 'Score of its best match in the work, in bits; NULL without one.';
COMMENT ON COLUMN film_work.rule IS 'alone: nothing matches it; rules: it matches another film of the work; person: a person decided.';
COMMENT ON COLUMN film_work.reason IS 'The evidence in words.';

CREATE TABLE work_title (
    work_title_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    work_id       integer NOT NULL REFERENCES work,
    territory     char(2),
    language      text,
    title         text    NOT NULL,

    CONSTRAINT work_title_pkey PRIMARY KEY (work_title_id),
    CONSTRAINT work_title_once UNIQUE NULLS NOT DISTINCT (work_id, territory, language, title)
);
COMMENT ON TABLE work_title IS 'Titles of works, without what listings say of their showings.';
COMMENT ON COLUMN work_title.work_title_id IS 'Key.';
COMMENT ON COLUMN work_title.work_id IS 'The work.';
COMMENT ON COLUMN work_title.territory IS 'ISO 3166 code of the territory in which it is listed so; NULL for an original title, and for a source of several territories.';
COMMENT ON COLUMN work_title.language IS 'Language of the title, where it is known.';
COMMENT ON COLUMN work_title.title IS 'The title.';

CREATE TABLE work_identifier (
    work_id integer NOT NULL REFERENCES work,
    scheme  text    NOT NULL,
    value   text    NOT NULL,

    CONSTRAINT work_identifier_pkey PRIMARY KEY (work_id, scheme, value)
);
COMMENT ON TABLE work_identifier IS 'Identifiers of works: those that two of its films have, of different sources. One that a single source gives is often that of another film.';
COMMENT ON COLUMN work_identifier.work_id IS 'The work.';
COMMENT ON COLUMN work_identifier.scheme IS 'Who gave it, such as imdb or edi.';
COMMENT ON COLUMN work_identifier.value IS 'The identifier.';

CREATE TABLE film_key (
    film_id integer NOT NULL REFERENCES film,
    key     text    NOT NULL,

    CONSTRAINT film_key_pkey PRIMARY KEY (film_id, key)
);
-- Serves find_film_candidates.sql.
CREATE INDEX film_key_key_idx ON film_key (key, film_id);
COMMENT ON TABLE film_key IS 'Blocking keys: only films that share one are compared.';
COMMENT ON COLUMN film_key.film_id IS 'The film.';
COMMENT ON COLUMN film_key.key IS 'A name without spaces, an identifier, a director with a year, or a long word with a year.';

CREATE TABLE film_verdict (
    decided_at timestamptz NOT NULL DEFAULT now(),
    film_a     integer     NOT NULL REFERENCES film,
    film_b     integer     NOT NULL REFERENCES film,
    is_same    boolean     NOT NULL,
    decided_by text        NOT NULL,
    reason     text        NOT NULL,

    CONSTRAINT film_verdict_pkey PRIMARY KEY (film_a, film_b),
    CONSTRAINT film_verdict_in_order CHECK (film_a < film_b),
    CONSTRAINT film_verdict_reason_given CHECK (reason <> '')
);
-- Serves the verdicts on a film.
CREATE INDEX film_verdict_b_idx ON film_verdict (film_b);
COMMENT ON TABLE film_verdict IS 'What people decided on pairs of films. It outranks the rules, and stands however often the films are listed again: a film keeps its number as long as its source keeps its key.';
COMMENT ON COLUMN film_verdict.decided_at IS 'When it was decided; of two that contradict each other the later holds.';
COMMENT ON COLUMN film_verdict.film_a IS 'The film with the lower number.';
COMMENT ON COLUMN film_verdict.film_b IS 'The other film.';
COMMENT ON COLUMN film_verdict.is_same IS 'Whether they are one work.';
COMMENT ON COLUMN film_verdict.decided_by IS 'Who decided.';
COMMENT ON COLUMN film_verdict.reason IS 'Why.';

CREATE TABLE film_pair_doubt (
    noted_at timestamptz NOT NULL DEFAULT now(),
    film_a   integer     NOT NULL REFERENCES film,
    film_b   integer     NOT NULL REFERENCES film,
    score    real        NOT NULL,
    reasons  jsonb       NOT NULL,

    CONSTRAINT film_pair_doubt_pkey PRIMARY KEY (film_a, film_b),
    CONSTRAINT film_pair_doubt_in_order CHECK (film_a < film_b)
);
-- Serves the doubts of a film.
CREATE INDEX film_pair_doubt_b_idx ON film_pair_doubt (film_b);
COMMENT ON TABLE film_pair_doubt IS 'Pairs of films on which a person should decide: one for each pair of works. See doubtful_pair.';
COMMENT ON COLUMN film_pair_doubt.noted_at IS 'When the doubt arose.';
COMMENT ON COLUMN film_pair_doubt.film_a IS 'The film with the lower number.';
COMMENT ON COLUMN film_pair_doubt.film_b IS 'The other film.';
COMMENT ON COLUMN film_pair_doubt.score IS 'Score of the pair, in bits.';
COMMENT ON COLUMN film_pair_doubt.reasons IS 'The evidence: signal, weight, whether it is a veto, and text.';

CREATE TABLE film_to_match (
    noted_at         timestamptz NOT NULL DEFAULT now(),
    film_to_match_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    film_id          integer     NOT NULL,

    CONSTRAINT film_to_match_pkey PRIMARY KEY (film_to_match_id)
);
COMMENT ON TABLE film_to_match IS 'Films that are new, or of which a title, a fact or a verdict changed: an append-only log that the leader''s pass works takes from.';
COMMENT ON COLUMN film_to_match.noted_at IS 'When it was noted.';
COMMENT ON COLUMN film_to_match.film_to_match_id IS 'Key.';
COMMENT ON COLUMN film_to_match.film_id IS 'The film.';

CREATE TABLE reference_title (
    reference_title_id integer  NOT NULL GENERATED ALWAYS AS IDENTITY,
    year               smallint,
    runtime_minutes    smallint,
    territory          char(2),
    directors          text[]   NOT NULL,
    keys               text[]   NOT NULL,
    work               text     NOT NULL,
    title              text     NOT NULL,

    CONSTRAINT reference_title_pkey PRIMARY KEY (reference_title_id)
);
-- Serves find_reference.
CREATE INDEX reference_title_keys_idx ON reference_title USING gin (keys);
COMMENT ON TABLE reference_title IS 'Titles of works by a list that the operator trusts; see `coordinator film reference`. Empty without one.';
COMMENT ON COLUMN reference_title.reference_title_id IS 'Key.';
COMMENT ON COLUMN reference_title.year IS 'Year of the work''s first release.';
COMMENT ON COLUMN reference_title.runtime_minutes IS 'Length in minutes.';
COMMENT ON COLUMN reference_title.territory IS 'ISO 3166 code of the territory in which it has this title; NULL if the list does not say.';
COMMENT ON COLUMN reference_title.directors IS 'Names of its directors.';
COMMENT ON COLUMN reference_title.keys IS 'The title without spaces, accents and articles, in each of its forms.';
COMMENT ON COLUMN reference_title.work IS 'The work, by the name that the list gives it.';
COMMENT ON COLUMN reference_title.title IS 'The title.';

INSERT INTO film_to_match (film_id)
SELECT film_id FROM film ORDER BY film_id;

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('doubtful_pair', 'operators', 'analytics'),
    ('film_match', 'analysts', 'analytics'),
    ('work_run', 'analysts', 'analytics');
