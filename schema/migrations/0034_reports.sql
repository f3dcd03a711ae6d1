-- Reports: one a day for the fleet and for each partner that gets one, and the mails with them.

CREATE TABLE report (
    made_at   timestamptz NOT NULL DEFAULT now(),
    day       date        NOT NULL,
    role_name text        NOT NULL DEFAULT '',
    content   jsonb       NOT NULL,

    CONSTRAINT report_pkey PRIMARY KEY (day, role_name)
);
COMMENT ON TABLE report IS 'The report of each business day, as it was when it was made. Its key keeps two leaders from making, and mailing, a report twice.';
COMMENT ON COLUMN report.made_at IS 'When it was made.';
COMMENT ON COLUMN report.day IS 'The business day of the cinemas.';
COMMENT ON COLUMN report.role_name IS 'The partner whose showtimes it is of; empty for the whole fleet.';
COMMENT ON COLUMN report.content IS 'What it says, as `coordinator report --json` prints it.';

ALTER TABLE message
    DROP CONSTRAINT message_kind_word,
    DROP CONSTRAINT message_about_something,
    ADD CONSTRAINT message_kind_word CHECK (kind IN ('new', 'still', 'resolved', 'report')),
    ADD CONSTRAINT message_about_something CHECK ((kind = 'report') = (cardinality(alert_ids) = 0));
COMMENT ON COLUMN message.kind IS 'new, still (open after a time), resolved, or report.';
COMMENT ON COLUMN message.alert_ids IS 'The alerts that it is about, all of one condition; none for a report.';
