-- The catalogue: cinemas, auditoriums, films, showtimes, as their sources name them.

CREATE TABLE cinema (
    cinema_id     integer          GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer          NOT NULL REFERENCES source,
    discovered_by bigint           NOT NULL,
    changed_by    bigint           NOT NULL,
    latitude      double precision,
    longitude     double precision,
    territory     char(2)          NOT NULL,
    key           text             NOT NULL,
    name          text             NOT NULL,
    timezone      text             NOT NULL,
    city          text,

    CONSTRAINT cinema_source_key UNIQUE (source_id, key),
    CONSTRAINT cinema_territory_code CHECK (territory ~ '^[A-Z]{2}$'),
    CONSTRAINT cinema_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT cinema_longitude_range CHECK (longitude BETWEEN -180 AND 180)
);
COMMENT ON TABLE cinema IS 'One cinema of a source.';
COMMENT ON COLUMN cinema.cinema_id IS 'Key.';
COMMENT ON COLUMN cinema.source_id IS 'The source that lists it.';
COMMENT ON COLUMN cinema.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN cinema.changed_by IS 'The job that last saw it change.';
COMMENT ON COLUMN cinema.latitude IS 'Degrees north.';
COMMENT ON COLUMN cinema.longitude IS 'Degrees east.';
COMMENT ON COLUMN cinema.territory IS 'ISO 3166 code.';
COMMENT ON COLUMN cinema.key IS 'The source''s own key.';
COMMENT ON COLUMN cinema.name IS 'Name as displayed.';
COMMENT ON COLUMN cinema.timezone IS 'IANA zone; local times of its showtimes are in it.';
COMMENT ON COLUMN cinema.city IS 'Town or city.';

CREATE TABLE auditorium (
    auditorium_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cinema_id     integer NOT NULL REFERENCES cinema,
    discovered_by bigint  NOT NULL,
    key           text    NOT NULL,
    name          text    NOT NULL,

    CONSTRAINT auditorium_cinema_key UNIQUE (cinema_id, key)
);
COMMENT ON TABLE auditorium IS 'One auditorium of a cinema.';
COMMENT ON COLUMN auditorium.auditorium_id IS 'Key.';
COMMENT ON COLUMN auditorium.cinema_id IS 'The cinema it is in.';
COMMENT ON COLUMN auditorium.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN auditorium.key IS 'The source''s own key.';
COMMENT ON COLUMN auditorium.name IS 'Name as displayed.';

CREATE TABLE film (
    film_id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer NOT NULL REFERENCES source,
    discovered_by bigint  NOT NULL,
    key           text    NOT NULL,
    title         text    NOT NULL,

    CONSTRAINT film_source_key UNIQUE (source_id, key)
);
COMMENT ON TABLE film IS 'One film as one source names it.';
COMMENT ON COLUMN film.film_id IS 'Key.';
COMMENT ON COLUMN film.source_id IS 'The source that lists it.';
COMMENT ON COLUMN film.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN film.key IS 'The source''s own key.';
COMMENT ON COLUMN film.title IS 'Title as displayed.';

CREATE TABLE showtime (
    showtime_id   integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cinema_id     integer     NOT NULL REFERENCES cinema,
    discovered_by bigint      NOT NULL,
    changed_by    bigint      NOT NULL,
    starts_at     timestamptz NOT NULL,
    discovered_at timestamptz NOT NULL DEFAULT now(),
    film_id       integer     NOT NULL REFERENCES film,
    auditorium_id integer     REFERENCES auditorium,
    business_on   date        NOT NULL,
    seats_total   integer,
    sold_out      boolean,
    key           text        NOT NULL,

    CONSTRAINT showtime_cinema_key UNIQUE (cinema_id, key)
);
COMMENT ON TABLE showtime IS 'One showing of a film.';
COMMENT ON COLUMN showtime.showtime_id IS 'Key.';
COMMENT ON COLUMN showtime.cinema_id IS 'Where.';
COMMENT ON COLUMN showtime.discovered_by IS 'The job that saw it first.';
COMMENT ON COLUMN showtime.changed_by IS 'The job that last saw it change.';
COMMENT ON COLUMN showtime.starts_at IS 'When it starts.';
COMMENT ON COLUMN showtime.discovered_at IS 'When it was first stored; if the history no longer knew that, the first day that is exported.';
COMMENT ON COLUMN showtime.film_id IS 'The film.';
COMMENT ON COLUMN showtime.auditorium_id IS 'In which auditorium, if the source says.';
COMMENT ON COLUMN showtime.business_on IS 'The cinema''s business day.';
COMMENT ON COLUMN showtime.seats_total IS 'Number of seats by the listing.';
COMMENT ON COLUMN showtime.sold_out IS 'Whether the listing says that it is sold out; NULL where it does not say.';
COMMENT ON COLUMN showtime.key IS 'The source''s own key.';

-- Serve a film's showtimes and a cinema's day.
CREATE INDEX showtime_film_idx ON showtime (film_id, starts_at);

CREATE INDEX showtime_cinema_day_idx ON showtime (cinema_id, business_on);

CREATE TABLE listing_latest (
    observed_at timestamptz NOT NULL,
    task_id     bigint      NOT NULL,
    job_id      bigint      NOT NULL,
    row_ids     integer[]   NOT NULL,
    fields      text[]      NOT NULL,

    CONSTRAINT listing_latest_pkey PRIMARY KEY (task_id)
);
COMMENT ON TABLE listing_latest IS 'The last rows of each task that lists cinemas or showtimes: the next answer is compared with them before it is stored.';
COMMENT ON COLUMN listing_latest.observed_at IS 'When the answer was complete.';
COMMENT ON COLUMN listing_latest.task_id IS 'The task.';
COMMENT ON COLUMN listing_latest.job_id IS 'The job that saw it.';
COMMENT ON COLUMN listing_latest.row_ids IS 'The cinema_id or showtime_id of these rows.';
COMMENT ON COLUMN listing_latest.fields IS 'Optional fields for which nearly all of them had a value.';

-- Changes of showtimes during their sale.

CREATE TYPE showtime_event AS ENUM ('moved', 'film', 'auditorium', 'layout', 'unlisted', 'relisted');
COMMENT ON TYPE showtime_event IS 'moved: it starts at another time; film, auditorium, layout: it has another one; unlisted: its source no longer lists it, before its start; relisted: its source lists it again.';

CREATE TABLE showtime_change (
    at          timestamptz    NOT NULL DEFAULT now(),
    job_id      bigint         NOT NULL,
    showtime_id integer        NOT NULL,
    event       showtime_event NOT NULL,
    before      text,
    after       text
);
COMMENT ON TABLE showtime_change IS 'Changes of showtimes during their sale; written by the statements that store listings and seats, and never updated. See showtime_history.';
COMMENT ON COLUMN showtime_change.at IS 'When it was stored.';
COMMENT ON COLUMN showtime_change.job_id IS 'The job that saw it.';
COMMENT ON COLUMN showtime_change.showtime_id IS 'The showtime.';
COMMENT ON COLUMN showtime_change.event IS 'Kind of change.';
COMMENT ON COLUMN showtime_change.before IS 'Old value: a start, or film_id, auditorium_id or layout_id.';
COMMENT ON COLUMN showtime_change.after IS 'New value; NULL if there is none.';

-- Serves showtime_status and showtime_history.
CREATE INDEX showtime_change_showtime_idx ON showtime_change (showtime_id, at);

-- Serves nearest_cinema.
CREATE INDEX cinema_latitude_idx ON cinema (latitude) WHERE latitude IS NOT NULL AND longitude IS NOT NULL;

-- Serves the export of a day; rows of one statement share an entry.
CREATE INDEX showtime_discovered_idx ON showtime (discovered_at);
