-- What listings say of films and showtimes beside title and start: facts and numbers of films, the
-- name of a film at the time of each showtime, and attributes.
--
-- All of it is stored as it came. What an attribute means is beside its code, so mapping a code
-- later corrects the past.

CREATE TABLE film_fact (
    changed_at      timestamptz NOT NULL DEFAULT now(),
    changed_by      bigint      NOT NULL,
    film_id         integer     NOT NULL REFERENCES film,
    released_on     date,
    year            smallint,
    runtime_minutes smallint,
    original_title  text,
    distributor     text,
    directors       text[],

    CONSTRAINT film_fact_pkey PRIMARY KEY (film_id),
    CONSTRAINT film_fact_year_range CHECK (year BETWEEN 1888 AND 2100),
    CONSTRAINT film_fact_runtime_range CHECK (runtime_minutes BETWEEN 1 AND 1440)
);
COMMENT ON TABLE film_fact IS 'The newest facts of a film, as its source lists them; a fact that an answer leaves out keeps its last value. A film without facts has no row.';
COMMENT ON COLUMN film_fact.changed_at IS 'When it last changed.';
COMMENT ON COLUMN film_fact.changed_by IS 'The job that last saw it change.';
COMMENT ON COLUMN film_fact.film_id IS 'The film.';
COMMENT ON COLUMN film_fact.released_on IS 'When it is released, where the source is.';
COMMENT ON COLUMN film_fact.year IS 'Year of the film, as the source says it: of some sources that of a re-release.';
COMMENT ON COLUMN film_fact.runtime_minutes IS 'Length in minutes; sources differ by a few, and some add the programme before.';
COMMENT ON COLUMN film_fact.original_title IS 'Title in the language in which it was made.';
COMMENT ON COLUMN film_fact.distributor IS 'Who distributes it.';
COMMENT ON COLUMN film_fact.directors IS 'Directors, in the order of the source.';

CREATE TABLE film_identifier (
    discovered_by bigint  NOT NULL,
    film_id       integer NOT NULL REFERENCES film,
    scheme        text    NOT NULL,
    value         text    NOT NULL,

    CONSTRAINT film_identifier_pkey PRIMARY KEY (film_id, scheme, value)
);
COMMENT ON TABLE film_identifier IS 'Numbers that others than the source give to a film, as its source lists them. Many are wrong; none is ever removed.';
COMMENT ON COLUMN film_identifier.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN film_identifier.film_id IS 'The film.';
COMMENT ON COLUMN film_identifier.scheme IS 'Who gives the number: imdb, edi, visa.';
COMMENT ON COLUMN film_identifier.value IS 'The number as it came.';

CREATE TABLE film_title (
    film_title_id integer GENERATED ALWAYS AS IDENTITY,
    film_id       integer NOT NULL REFERENCES film,
    title         text    NOT NULL,

    CONSTRAINT film_title_pkey PRIMARY KEY (film_title_id),
    CONSTRAINT film_title_film_key UNIQUE (film_id, title)
);
COMMENT ON TABLE film_title IS 'All names that a source has given to a film; film.title is the newest.';
COMMENT ON COLUMN film_title.film_title_id IS 'Key.';
COMMENT ON COLUMN film_title.film_id IS 'The film.';
COMMENT ON COLUMN film_title.title IS 'Title as displayed.';

CREATE TABLE attribute (
    discovered_by bigint      NOT NULL,
    mapped_at     timestamptz,
    attribute_id  integer     GENERATED ALWAYS AS IDENTITY,
    source_id     integer     NOT NULL REFERENCES source,
    code          text        NOT NULL,
    kind          text,
    meaning       text,

    CONSTRAINT attribute_pkey PRIMARY KEY (attribute_id),
    CONSTRAINT attribute_source_key UNIQUE (source_id, code),
    CONSTRAINT attribute_kind_word
        CHECK (kind IN ('format', 'dimension', 'sound', 'language', 'subtitles', 'audience', 'event')),
    CONSTRAINT attribute_mapped_as_a_whole
        CHECK (num_nulls(mapped_at, kind, meaning) IN (0, 3))
);
COMMENT ON TABLE attribute IS 'What the codes of each source say of a showtime. Showtimes keep the code, so mapping a code later corrects the past.';
COMMENT ON COLUMN attribute.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN attribute.mapped_at IS 'When it got its present meaning; NULL while it is not mapped.';
COMMENT ON COLUMN attribute.attribute_id IS 'Key.';
COMMENT ON COLUMN attribute.source_id IS 'The source that says it.';
COMMENT ON COLUMN attribute.code IS 'The code as it came.';
COMMENT ON COLUMN attribute.kind IS 'What it is about: format, dimension, sound, language, subtitles, audience, event; NULL while it is not mapped.';
COMMENT ON COLUMN attribute.meaning IS 'The word of this kind, such as imax or 3d; NULL while it is not mapped.';

-- A list of numbers in the row of the showtime: with three attributes it takes 41 bytes, where a
-- table of pairs takes 176 with its key (Postgres 15, 200,000 showtimes).
ALTER TABLE showtime
    ADD COLUMN film_title_id integer REFERENCES film_title,
    ADD COLUMN attribute_ids integer[];
COMMENT ON COLUMN showtime.film_title_id IS 'The name of the film when the showtime was listed last before its start; NULL if it was last listed before names were kept.';
COMMENT ON COLUMN showtime.attribute_ids IS 'What the source says of it: each attribute.attribute_id once, the lowest first; NULL where the source is not asked.';

INSERT INTO row_scope (table_name, by_column)
VALUES
    ('film_fact', 'film_id'),
    ('film_identifier', 'film_id'),
    ('film_title', 'film_id'),
    ('attribute', 'source_id');

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('showtime_attribute', 'partners', 'analytics'),
    ('unmapped_attribute', 'analysts', 'analytics');
