-- Experiments: which users saw which variation, and what they did afterwards.

CREATE TABLE experiment (
    starts_at         timestamptz NOT NULL DEFAULT now(),
    ends_at           timestamptz,
    conversion_window interval    NOT NULL DEFAULT interval '7 days',
    covariate_window  interval    NOT NULL DEFAULT interval '14 days',
    experiment_id     integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_id         smallint    NOT NULL REFERENCES event_client,
    name              text        NOT NULL,
    exposure_event    text        NOT NULL,
    property          text        NOT NULL,
    variations        text[]      NOT NULL,
    weights           double precision[] NOT NULL,

    CONSTRAINT experiment_pkey PRIMARY KEY (experiment_id),
    CONSTRAINT experiment_name_key UNIQUE (name),
    CONSTRAINT experiment_name_word CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    CONSTRAINT experiment_ends_later CHECK (ends_at > starts_at),
    CONSTRAINT experiment_windows CHECK (
        conversion_window BETWEEN interval '1 minute' AND interval '90 days'
        AND covariate_window BETWEEN interval '0' AND interval '90 days'),
    CONSTRAINT experiment_variations CHECK (
        cardinality(variations) BETWEEN 2 AND 20 AND cardinality(weights) = cardinality(variations)
        AND 0 < ALL (weights))
);
COMMENT ON TABLE experiment IS 'Experiments of clients. A user belongs to the variation that its first exposure names; one that saw several is left out and counted.';
COMMENT ON COLUMN experiment.starts_at IS 'Exposures before are not counted.';
COMMENT ON COLUMN experiment.ends_at IS 'Exposures from then on are not counted; NULL while it runs.';
COMMENT ON COLUMN experiment.conversion_window IS 'What a user does for this long after its first exposure counts; users whose window is not over are left out and counted.';
COMMENT ON COLUMN experiment.covariate_window IS 'What a user did for this long before its first exposure reduces the variance; 0 for not at all.';
COMMENT ON COLUMN experiment.experiment_id IS 'Key.';
COMMENT ON COLUMN experiment.client_id IS 'The client whose users it is about.';
COMMENT ON COLUMN experiment.name IS 'Its name.';
COMMENT ON COLUMN experiment.exposure_event IS 'The event that says which variation a user sees, by its canonical name.';
COMMENT ON COLUMN experiment.property IS 'The property of that event that names the variation.';
COMMENT ON COLUMN experiment.variations IS 'Values of the property; the first is the control.';
COMMENT ON COLUMN experiment.weights IS 'How many users each variation is meant to get, relative to the others.';

CREATE TABLE experiment_metric (
    experiment_id integer  NOT NULL REFERENCES experiment ON DELETE CASCADE,
    metric_id     smallint NOT NULL,
    kind          text     NOT NULL,
    goal          text     NOT NULL DEFAULT 'increase',
    name          text     NOT NULL,
    event         text     NOT NULL,
    property      text,

    CONSTRAINT experiment_metric_pkey PRIMARY KEY (experiment_id, metric_id),
    CONSTRAINT experiment_metric_name_key UNIQUE (experiment_id, name),
    CONSTRAINT experiment_metric_kind_word CHECK (kind IN ('share', 'count', 'sum')),
    CONSTRAINT experiment_metric_goal_word CHECK (goal IN ('increase', 'decrease')),
    CONSTRAINT experiment_metric_sums_a_property CHECK ((kind = 'sum') = (property IS NOT NULL))
);
COMMENT ON TABLE experiment_metric IS 'What is measured of each user of an experiment.';
COMMENT ON COLUMN experiment_metric.experiment_id IS 'The experiment.';
COMMENT ON COLUMN experiment_metric.metric_id IS 'Its number within the experiment, from 1.';
COMMENT ON COLUMN experiment_metric.kind IS 'share: whether the user did it; count: how often; sum: the sum of a number in it.';
COMMENT ON COLUMN experiment_metric.goal IS 'increase or decrease: which is better.';
COMMENT ON COLUMN experiment_metric.name IS 'Its name.';
COMMENT ON COLUMN experiment_metric.event IS 'The event that is counted, by its canonical name.';
COMMENT ON COLUMN experiment_metric.property IS 'The property that is summed.';

CREATE TABLE experiment_result (
    computed_at    timestamptz      NOT NULL DEFAULT now(),
    users          bigint           NOT NULL,
    total          double precision NOT NULL,
    squares        double precision NOT NULL,
    before_total   double precision NOT NULL,
    before_squares double precision NOT NULL,
    products       double precision NOT NULL,
    experiment_id  integer          NOT NULL REFERENCES experiment ON DELETE CASCADE,
    metric_id      smallint         NOT NULL,
    variation      smallint         NOT NULL,

    CONSTRAINT experiment_result_pkey PRIMARY KEY (experiment_id, computed_at, metric_id, variation)
);
COMMENT ON TABLE experiment_result IS 'Sums over the users of each variation, the last of each day (UTC): what intervals are made of.';
COMMENT ON COLUMN experiment_result.computed_at IS 'When.';
COMMENT ON COLUMN experiment_result.users IS 'Users whose conversion window is over, and that saw one variation only.';
COMMENT ON COLUMN experiment_result.total IS 'Sum of the metric over these users.';
COMMENT ON COLUMN experiment_result.squares IS 'Sum of its squares.';
COMMENT ON COLUMN experiment_result.before_total IS 'Sum of the same metric before the exposure.';
COMMENT ON COLUMN experiment_result.before_squares IS 'Sum of the squares of that.';
COMMENT ON COLUMN experiment_result.products IS 'Sum of the products of both.';
COMMENT ON COLUMN experiment_result.experiment_id IS 'The experiment.';
COMMENT ON COLUMN experiment_result.metric_id IS 'The metric; 0 for all users that were exposed, whether their window is over or not.';
COMMENT ON COLUMN experiment_result.variation IS 'The variation, from 1; 0 for users that saw several, which are in no other row.';
