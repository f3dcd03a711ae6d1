-- Loads: data sets whose rows come from files instead of a query.
--
-- The leader lists the files of each day. A day is due when their set changed, by the same comparison of
-- revisions as all other inputs. A build reads the files, maps each row in Rust, and stages rows in
-- load_row, from which build_data_set takes them in the same transaction.

ALTER TABLE data_set ADD COLUMN files jsonb;
COMMENT ON COLUMN data_set.files IS 'Where its files are and how their rows become columns; NULL for one with a query.';
COMMENT ON COLUMN data_set.query IS 'Its query, as the database prints it; empty for one that is read from files.';

ALTER TABLE data_set_input
    DROP CONSTRAINT data_set_input_kind_word,
    ADD CONSTRAINT data_set_input_kind_word CHECK (kind IN ('data_set', 'rollup', 'events', 'stored', 'files'));
COMMENT ON COLUMN data_set_input.kind IS 'data_set; rollup; events (of a client); stored (snapshot, showtime_tariff or showtime); files (place and pattern).';

CREATE TABLE load_listing (
    listed_at timestamptz,
    failed_at timestamptz,
    retry_at  timestamptz,
    failures  integer NOT NULL DEFAULT 0,
    name      text    NOT NULL REFERENCES data_set ON DELETE CASCADE,
    error     text,

    CONSTRAINT load_listing_pkey PRIMARY KEY (name),
    CONSTRAINT load_listing_failed_has_error CHECK ((failures > 0) = (error IS NOT NULL))
)
WITH (fillfactor = 70);
COMMENT ON TABLE load_listing IS 'How the last listing of the files of each data set went.';
COMMENT ON COLUMN load_listing.listed_at IS 'When its files were last listed.';
COMMENT ON COLUMN load_listing.failed_at IS 'When a listing last failed.';
COMMENT ON COLUMN load_listing.retry_at IS 'When they are listed next after a failure; NULL if the last listing succeeded.';
COMMENT ON COLUMN load_listing.failures IS 'Listings that failed in a row.';
COMMENT ON COLUMN load_listing.name IS 'The data set.';
COMMENT ON COLUMN load_listing.error IS 'Why the last listing failed.';

CREATE TABLE load_day (
    revision   bigint  NOT NULL DEFAULT 0,
    listed_at  timestamptz,
    day        date,
    file_count integer NOT NULL DEFAULT 0,
    is_asked   boolean NOT NULL DEFAULT false,
    name       text    NOT NULL REFERENCES data_set ON DELETE CASCADE,

    CONSTRAINT load_day_key UNIQUE NULLS NOT DISTINCT (name, day)
)
WITH (fillfactor = 70);
COMMENT ON TABLE load_day IS 'Days of data sets whose files were listed; a day that was never listed has no row.';
COMMENT ON COLUMN load_day.revision IS 'Counts changes of the set of its files.';
COMMENT ON COLUMN load_day.listed_at IS 'When its files were last listed.';
COMMENT ON COLUMN load_day.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN load_day.file_count IS 'Files that the last listing found; the day waits while there are none.';
COMMENT ON COLUMN load_day.is_asked IS 'Whether a person asked to build it, so that it is listed even if it is old.';
COMMENT ON COLUMN load_day.name IS 'The data set.';

CREATE TABLE load_file (
    bytes       bigint      NOT NULL,
    modified_at timestamptz NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz,
    row_count   bigint,
    error_count bigint,
    day         date,
    name        text        NOT NULL REFERENCES data_set ON DELETE CASCADE,
    path        text        NOT NULL,
    e_tag       text,

    CONSTRAINT load_file_key UNIQUE NULLS NOT DISTINCT (name, day, path),
    CONSTRAINT load_file_read_is_counted CHECK ((read_at IS NULL) = (row_count IS NULL) AND (read_at IS NULL) = (error_count IS NULL))
);
COMMENT ON TABLE load_file IS 'The files of each listed day as they are now, and how they were last read.';
COMMENT ON COLUMN load_file.bytes IS 'Size, as stored.';
COMMENT ON COLUMN load_file.modified_at IS 'When it was last modified, by the clock of its store.';
COMMENT ON COLUMN load_file.found_at IS 'When it was first seen like this.';
COMMENT ON COLUMN load_file.read_at IS 'When a build last read it, whether or not the build succeeded; NULL if none did since it changed.';
COMMENT ON COLUMN load_file.row_count IS 'Rows in it, with those that could not be mapped.';
COMMENT ON COLUMN load_file.error_count IS 'Rows that could not be mapped.';
COMMENT ON COLUMN load_file.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN load_file.name IS 'The data set.';
COMMENT ON COLUMN load_file.path IS 'Its path below the place.';
COMMENT ON COLUMN load_file.e_tag IS 'The version of its content as its store names it, if it does.';

CREATE TABLE load_error (
    line        bigint      NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT now(),
    day         date,
    name        text        NOT NULL REFERENCES data_set ON DELETE CASCADE,
    path        text        NOT NULL,
    column_name text        NOT NULL,
    reason      text        NOT NULL,
    excerpt     text        NOT NULL,

    CONSTRAINT load_error_short CHECK (length(excerpt) <= 200 AND length(reason) <= 500)
);
-- Those of a day, and of a file that is read again (read_load_errors, note_load_files).
CREATE INDEX load_error_name_idx ON load_error (name, day, path);
-- Old ones go (end_lost_data_set_builds).
CREATE INDEX load_error_found_idx ON load_error (found_at);
COMMENT ON TABLE load_error IS 'Rows of files that could not be mapped when the file was last read: the first 100 of each file, for 30 days.';
COMMENT ON COLUMN load_error.line IS 'Line of the file, unpacked, from 1.';
COMMENT ON COLUMN load_error.found_at IS 'When the file was read.';
COMMENT ON COLUMN load_error.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN load_error.name IS 'The data set.';
COMMENT ON COLUMN load_error.path IS 'Path of the file below its place.';
COMMENT ON COLUMN load_error.column_name IS 'The column that could not be mapped; empty if the row as a whole could not be read.';
COMMENT ON COLUMN load_error.reason IS 'Why.';
COMMENT ON COLUMN load_error.excerpt IS 'The first 200 letters of the row.';

-- Staged within the transaction of a build, which deletes them: nothing is left after a crash.
CREATE UNLOGGED TABLE load_row (
    build_id bigint NOT NULL,
    rows     jsonb  NOT NULL
);
-- Of one build (build_data_set).
CREATE INDEX load_row_build_idx ON load_row (build_id);
COMMENT ON TABLE load_row IS 'Mapped rows of the build that is under way, from its files to its table; empty for all other transactions.';
COMMENT ON COLUMN load_row.build_id IS 'The build.';
COMMENT ON COLUMN load_row.rows IS 'An array of rows; each an array of texts or nulls in the order of the columns.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('load_status', 'analysts', 'analytics');
