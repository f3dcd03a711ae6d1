-- Anomalies: values of a day that are not what was expected.
--
-- A row is one anomaly with all of its days: one that goes on moves its last day. What a person
-- decides stays in the row, so that accepted days leave training and rejected ones stay quiet.

CREATE TABLE anomaly_run (
    run_at    timestamptz NOT NULL DEFAULT now(),
    day       date        NOT NULL,
    tests     integer     NOT NULL,
    found     integer     NOT NULL,
    quiet     integer     NOT NULL,
    explained integer     NOT NULL,

    CONSTRAINT anomaly_run_pkey PRIMARY KEY (day)
);
COMMENT ON TABLE anomaly_run IS 'Days that were searched for anomalies.';
COMMENT ON COLUMN anomaly_run.run_at IS 'When it was searched.';
COMMENT ON COLUMN anomaly_run.day IS 'The business day.';
COMMENT ON COLUMN anomaly_run.tests IS 'Tests that were made; the false discovery rate is held over them.';
COMMENT ON COLUMN anomaly_run.found IS 'Anomalies that were found, those that go on included.';
COMMENT ON COLUMN anomaly_run.quiet IS 'Anomalies that were not reported, because a person rejected the same lately.';
COMMENT ON COLUMN anomaly_run.explained IS 'Deviations of aggregates that an anomaly of a part, or an event of the market, explains.';

CREATE TABLE anomaly (
    found_at        timestamptz      NOT NULL DEFAULT now(),
    expected        double precision NOT NULL,
    observed        double precision NOT NULL,
    decided_at      timestamptz,
    first_on        date             NOT NULL,
    last_on         date             NOT NULL,
    anomaly_id      integer          NOT NULL GENERATED ALWAYS AS IDENTITY,
    score           real             NOT NULL,
    q_value         real             NOT NULL,
    state           text             NOT NULL DEFAULT 'open',
    subject_kind    text             NOT NULL,
    subject_key     text             NOT NULL,
    subject_name    text             NOT NULL,
    metric          text             NOT NULL,
    cause           text             NOT NULL,
    reason          text             NOT NULL,
    parts           text[]           NOT NULL,
    decided_by      text,
    decision_reason text,

    CONSTRAINT anomaly_pkey PRIMARY KEY (anomaly_id),
    CONSTRAINT anomaly_state_word CHECK (state IN ('open', 'accepted', 'rejected')),
    CONSTRAINT anomaly_subject_word CHECK (subject_kind IN ('fleet', 'territory', 'source', 'cinema', 'work', 'work_at_source')),
    CONSTRAINT anomaly_metric_word CHECK (metric IN ('admissions', 'sold', 'showtimes', 'price', 'coverage', 'occupancy')),
    CONSTRAINT anomaly_cause_word CHECK (cause IN ('seat_codes', 'coverage', 'price_scale', 'double_listing', 'frozen', 'silent', 'one_source', 'work_event', 'market_event', 'unknown')),
    CONSTRAINT anomaly_days_in_order CHECK (first_on <= last_on),
    CONSTRAINT anomaly_decided_iff_not_open CHECK (
        (state <> 'open') = (decided_at IS NOT NULL)
        AND (state <> 'open') = (decided_by IS NOT NULL)
        AND (state <> 'open') = (decision_reason IS NOT NULL)
    )
);
-- Serves read_known_anomalies.sql.
CREATE INDEX anomaly_last_on_idx ON anomaly (last_on);
COMMENT ON TABLE anomaly IS 'Anomalies, a row for each with all of its days. See anomaly_status.';
COMMENT ON COLUMN anomaly.found_at IS 'When it was found first.';
COMMENT ON COLUMN anomaly.expected IS 'What was expected of the last day.';
COMMENT ON COLUMN anomaly.observed IS 'What was observed on the last day.';
COMMENT ON COLUMN anomaly.decided_at IS 'When a person decided; NULL while it is open.';
COMMENT ON COLUMN anomaly.first_on IS 'The first business day on which it was found.';
COMMENT ON COLUMN anomaly.last_on IS 'The last business day on which it was found.';
COMMENT ON COLUMN anomaly.anomaly_id IS 'Key.';
COMMENT ON COLUMN anomaly.score IS 'Minus the decimal logarithm of the probability of a value so far out.';
COMMENT ON COLUMN anomaly.q_value IS 'False discovery rate of a run that reports it and all that score at least as high.';
COMMENT ON COLUMN anomaly.state IS 'open: nobody decided; accepted: it is one, and its days leave training; rejected: it is none, its days train, and the same is not reported again for four weeks.';
COMMENT ON COLUMN anomaly.subject_kind IS 'fleet, territory, source, cinema, work (in a territory) or work_at_source.';
COMMENT ON COLUMN anomaly.subject_key IS 'Code of the territory, name of the source, SOURCE/KEY of the cinema, number of the work with its territory or source; empty for the fleet.';
COMMENT ON COLUMN anomaly.subject_name IS 'Its name for people, as it was when the anomaly was found.';
COMMENT ON COLUMN anomaly.metric IS 'What deviates: admissions, sold, showtimes, price, coverage.';
COMMENT ON COLUMN anomaly.cause IS 'Faults of one source: seat_codes, coverage, price_scale, double_listing, frozen, silent, one_source. Events of the market: work_event, market_event. Else unknown.';
COMMENT ON COLUMN anomaly.reason IS 'The evidence in words.';
COMMENT ON COLUMN anomaly.parts IS 'Smaller subjects that deviate in the same way, at most twenty: kind and key of each.';
COMMENT ON COLUMN anomaly.decided_by IS 'Who decided.';
COMMENT ON COLUMN anomaly.decision_reason IS 'Why.';

CREATE TABLE anomaly_special_day (
    day       date NOT NULL,
    territory char(2),
    name      text NOT NULL,

    CONSTRAINT anomaly_special_day_once UNIQUE NULLS NOT DISTINCT (day, territory),
    CONSTRAINT anomaly_special_day_named CHECK (name <> '')
);
COMMENT ON TABLE anomaly_special_day IS 'Holidays and other days that differ for a known reason; see `coordinator anomaly special`.';
COMMENT ON COLUMN anomaly_special_day.day IS 'The business day.';
COMMENT ON COLUMN anomaly_special_day.territory IS 'ISO 3166 code of the territory; NULL for all of them.';
COMMENT ON COLUMN anomaly_special_day.name IS 'Its name.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES ('anomaly_status', 'analysts', 'analytics');
