-- Everything follows the works: scopes of partners, rollups, titles that are searched, exports.
--
-- A partner sees what a person or the trusted list decided, and nothing that only a rule joined:
-- film_work says with which film of the work such decisions join each film, and
-- partner_scope_film has the films that an operator saw when the scope was granted.

ALTER TABLE work ADD COLUMN title text;
COMMENT ON COLUMN work.title IS 'The title that most of its films have, without what listings say of their showings; of titles of as many films that of the film with the lowest number. NULL until its work was looked for.';

ALTER TABLE film_work
    ADD COLUMN confirmed_film_id integer REFERENCES film,
    DROP CONSTRAINT film_work_rule_word,
    DROP CONSTRAINT film_work_score_iff_rules,
    ADD CONSTRAINT film_work_rule_word CHECK (rule IN ('alone', 'rules', 'reference', 'person')),
    ADD CONSTRAINT film_work_score_iff_rules CHECK ((rule IN ('rules', 'reference')) = (score IS NOT NULL)),
    ADD CONSTRAINT film_work_confirmed_before CHECK (confirmed_film_id < film_id);
COMMENT ON COLUMN film_work.confirmed_film_id IS 'The film with the lowest number in the work to which decisions of people and the trusted list lead from this one, over other films too; NULL if that is the film itself. Films of one work that have the same are one for partners.';
COMMENT ON COLUMN film_work.rule IS 'alone: nothing matches it; rules: it matches another film of the work; reference: the trusted list has both as one work; person: a person decided.';

-- Filled again by the pass works, with the keys.
DELETE FROM work_title;
ALTER TABLE work_title ADD COLUMN key text;
-- Serves find_works_by_title.sql, find_showtimes.sql and the weights of films.
CREATE INDEX work_title_key_idx ON work_title (key);
COMMENT ON COLUMN work_title.key IS 'The title without spaces, accents, case and a leading English article: what titles are searched by.';

ALTER TABLE partner_scope
    ADD COLUMN work_id integer REFERENCES work,
    DROP CONSTRAINT partner_scope_once,
    DROP CONSTRAINT partner_scope_not_all,
    ADD CONSTRAINT partner_scope_once UNIQUE NULLS NOT DISTINCT (role_name, territory, source, film, work_id),
    ADD CONSTRAINT partner_scope_not_all CHECK (num_nonnulls(territory, source, film, work_id) >= 1),
    ADD CONSTRAINT partner_scope_one_film CHECK (num_nonnulls(film, work_id) <= 1);
COMMENT ON COLUMN partner_scope.work_id IS 'The work that was granted: that of the film for which work_id was made, whatever it is merged into. NULL for all films, or if films were granted by title.';
COMMENT ON COLUMN partner_scope.film IS 'Title in small letters by which films were granted before there were works; partner_scope_film has them, and no film is ever added. NULL else.';

CREATE TABLE partner_scope_film (
    granted_at       timestamptz NOT NULL DEFAULT now(),
    partner_scope_id integer     NOT NULL REFERENCES partner_scope ON DELETE CASCADE,
    film_id          integer     NOT NULL REFERENCES film,

    CONSTRAINT partner_scope_film_pkey PRIMARY KEY (partner_scope_id, film_id)
);
COMMENT ON TABLE partner_scope_film IS 'The films that an operator granted to a partner: those of the work at that time. See partner_film for what the partner sees now.';
COMMENT ON COLUMN partner_scope_film.granted_at IS 'When it was granted.';
COMMENT ON COLUMN partner_scope_film.partner_scope_id IS 'The scope.';
COMMENT ON COLUMN partner_scope_film.film_id IS 'The film.';

-- Scopes by title keep the films that they show today, and get no others.
INSERT INTO partner_scope_film (partner_scope_id, film_id)
SELECT partner_scope.partner_scope_id, film.film_id
FROM partner_scope
INNER JOIN film ON lower(film.title) = partner_scope.film;

INSERT INTO film_to_match (film_id)
SELECT film_id FROM film ORDER BY film_id;

-- showtime_sales has the work of each showtime; changes of film_work are noted in dirty_showtime.
INSERT INTO rollup_input (name, is_function) VALUES ('film_work', false);

DELETE FROM view_audience WHERE view_name = 'work_run';
INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('partner_film', 'operators', 'analytics'),
    ('daypart_occupancy', 'analysts', 'analytics'),
    ('market_share', 'analysts', 'analytics'),
    ('presale_curve', 'analysts', 'analytics'),
    ('sales_coverage', 'analysts', 'analytics'),
    ('work_price', 'analysts', 'analytics'),
    ('work_week_run', 'analysts', 'analytics');
