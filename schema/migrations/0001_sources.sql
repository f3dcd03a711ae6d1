-- Sources, their definitions, steps and limits.

CREATE TYPE source_state AS ENUM ('active', 'paused', 'blocked');
COMMENT ON TYPE source_state IS 'active: scheduled; paused: an operator stopped it; blocked: the site refused us and a person must decide.';

CREATE TYPE source_health AS ENUM ('healthy', 'degraded', 'quarantined');
COMMENT ON TYPE source_health IS 'healthy; degraded: some answers cannot be used, or have codes that are not mapped; quarantined: most answers cannot be used, only probes are sent. In order of gravity.';

CREATE TYPE step_yield AS ENUM ('cinemas', 'showtimes', 'seats', 'prices', 'items', 'observations');
COMMENT ON TYPE step_yield IS 'Kind of rows that a step gives.';

CREATE TABLE limit_key (
    limit_key_id    integer          GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    burst           integer          NOT NULL,
    rate_per_second double precision NOT NULL,
    rate_share      double precision NOT NULL DEFAULT 1,
    share_changed_at timestamptz     NOT NULL DEFAULT now(),
    paused_until    timestamptz,
    opens_at        time,
    closes_at       time,
    concurrency     integer,
    per_day         integer,
    day_on          date,
    day_reserved    integer          NOT NULL DEFAULT 0,
    name            text             NOT NULL,
    zone            text,
    pause_reason    text,
    share_reason    text,

    CONSTRAINT limit_key_name_key UNIQUE (name),
    CONSTRAINT limit_key_rate_positive CHECK (rate_per_second > 0),
    CONSTRAINT limit_key_burst_positive CHECK (burst >= 1),
    CONSTRAINT limit_key_concurrency_positive CHECK (concurrency >= 1),
    CONSTRAINT limit_key_share_at_most_whole CHECK (rate_share > 0 AND rate_share <= 1),
    CONSTRAINT limit_key_per_day_positive CHECK (per_day >= 1),
    CONSTRAINT limit_key_day_reserved_not_negative CHECK (day_reserved >= 0),
    CONSTRAINT limit_key_hours_whole CHECK ((opens_at IS NULL) = (closes_at IS NULL)),
    CONSTRAINT limit_key_days_have_zone CHECK (zone IS NOT NULL OR (per_day IS NULL AND opens_at IS NULL))
);
COMMENT ON TABLE limit_key IS 'What a rate limit applies to, usually a backend host; several sources may share one.';
COMMENT ON COLUMN limit_key.limit_key_id IS 'Key.';
COMMENT ON COLUMN limit_key.burst IS 'Requests that may come at once, over the whole fleet.';
COMMENT ON COLUMN limit_key.rate_per_second IS 'Requests per second in the long run, over the whole fleet.';
COMMENT ON COLUMN limit_key.rate_share IS 'Share of rate_per_second that the leader gives out now: less than 1 after the source was overloaded (429, 503, rising latency), never more than 1.';
COMMENT ON COLUMN limit_key.share_changed_at IS 'When rate_share last changed.';
COMMENT ON COLUMN limit_key.paused_until IS 'Nothing is claimed for this key before then; set from Retry-After.';
COMMENT ON COLUMN limit_key.opens_at IS 'Nothing is sent before this time of day in zone; NULL means at any time. Later than closes_at where the hours pass midnight.';
COMMENT ON COLUMN limit_key.closes_at IS 'Nothing is sent from this time of day on.';
COMMENT ON COLUMN limit_key.concurrency IS 'Jobs in flight at once at most; NULL means that only the rate limits them.';
COMMENT ON COLUMN limit_key.per_day IS 'Requests in one calendar day of zone, over the whole fleet; NULL means no such budget.';
COMMENT ON COLUMN limit_key.day_on IS 'The day to which day_reserved belongs.';
COMMENT ON COLUMN limit_key.day_reserved IS 'Permits of that day that the leader has reserved, a fiftieth of the budget at a time; a new leader counts all of them as spent.';
COMMENT ON COLUMN limit_key.name IS 'Name in the definitions, such as a host.';
COMMENT ON COLUMN limit_key.zone IS 'IANA zone of hours and days.';
COMMENT ON COLUMN limit_key.pause_reason IS 'Why it is paused, for a person.';
COMMENT ON COLUMN limit_key.share_reason IS 'Why rate_share is what it is, for a person.';

CREATE TABLE source (
    source_id        integer      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    definition_id    integer,
    codes_version    integer      NOT NULL DEFAULT 0,
    state_changed_at timestamptz  NOT NULL DEFAULT now(),
    health_changed_at timestamptz NOT NULL DEFAULT now(),
    health_job_id    bigint,
    state            source_state NOT NULL DEFAULT 'active',
    health           source_health NOT NULL DEFAULT 'healthy',
    name             text         NOT NULL,
    title            text         NOT NULL,
    state_reason     text,
    health_reason    text,

    CONSTRAINT source_name_key UNIQUE (name),
    CONSTRAINT source_name_word CHECK (name ~ '^[a-z0-9][a-z0-9-]*$'),
    CONSTRAINT source_stopped_has_reason CHECK (state = 'active' OR state_reason IS NOT NULL)
);
COMMENT ON TABLE source IS 'One chain or site.';
COMMENT ON COLUMN source.source_id IS 'Key.';
COMMENT ON COLUMN source.definition_id IS 'The definition in force.';
COMMENT ON COLUMN source.codes_version IS 'Counts the changes of meaning of known codes; a snapshot that was counted under an older version is counted again.';
COMMENT ON COLUMN source.state_changed_at IS 'When state last changed.';
COMMENT ON COLUMN source.health_changed_at IS 'When health or its reason last changed.';
COMMENT ON COLUMN source.health_job_id IS 'The job that changed it last; see job_lineage.';
COMMENT ON COLUMN source.state IS 'Whether it is scheduled.';
COMMENT ON COLUMN source.health IS 'The worst of its steps, as the leader judges from their answers.';
COMMENT ON COLUMN source.name IS 'Short name, as in its definition and in all logs and metrics.';
COMMENT ON COLUMN source.title IS 'Display name.';
COMMENT ON COLUMN source.state_reason IS 'Why it is paused or blocked, and since what.';
COMMENT ON COLUMN source.health_reason IS 'Why it is not healthy.';

CREATE TABLE weight (
    changed_at timestamptz NOT NULL DEFAULT now(),
    weight     real        NOT NULL,
    kind       text        NOT NULL,
    name       text        NOT NULL,

    CONSTRAINT weight_pkey PRIMARY KEY (kind, name),
    CONSTRAINT weight_kind_word CHECK (kind IN ('source', 'territory', 'film')),
    CONSTRAINT weight_range CHECK (weight BETWEEN 0 AND 1000)
);
COMMENT ON TABLE weight IS 'What a sale is worth to the operator: a factor for all sales of a source, territory or film. The factors of a showtime multiply; without a row the factor is 1.';
COMMENT ON COLUMN weight.changed_at IS 'When it was set.';
COMMENT ON COLUMN weight.weight IS 'The factor; with 0, only the looks that are owed remain.';
COMMENT ON COLUMN weight.kind IS 'Kind of thing that has the weight: source, territory or film.';
COMMENT ON COLUMN weight.name IS 'Name of the source, ISO 3166 code of the territory, or title of the film in small letters.';

CREATE TABLE definition (
    definition_id integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer     NOT NULL REFERENCES source,
    applied_at    timestamptz NOT NULL DEFAULT now(),
    version       integer     NOT NULL,
    body          text        NOT NULL,

    CONSTRAINT definition_version_key UNIQUE (source_id, version),
    CONSTRAINT definition_version_positive CHECK (version >= 1)
);
COMMENT ON TABLE definition IS 'Every version of every source definition; never changed, never removed.';
COMMENT ON COLUMN definition.definition_id IS 'Key; every job names the one it ran by.';
COMMENT ON COLUMN definition.source_id IS 'The source it defines.';
COMMENT ON COLUMN definition.applied_at IS 'When it came into force.';
COMMENT ON COLUMN definition.version IS 'Counts from 1 within the source.';
COMMENT ON COLUMN definition.body IS 'The TOML file, byte for byte.';

ALTER TABLE source ADD CONSTRAINT source_definition_fkey
    FOREIGN KEY (definition_id) REFERENCES definition;

CREATE TABLE step (
    step_id        integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id      integer     NOT NULL REFERENCES source,
    limit_key_id   integer     NOT NULL REFERENCES limit_key,
    parent_step_id integer     REFERENCES step,
    baseline_from    timestamptz,
    health_changed_at timestamptz NOT NULL DEFAULT now(),
    health_job_id  bigint,
    every_seconds  integer     NOT NULL,
    timeout_seconds integer    NOT NULL,
    priority       smallint    NOT NULL,
    yields         step_yield  NOT NULL,
    health         source_health NOT NULL DEFAULT 'healthy',
    retired        boolean     NOT NULL DEFAULT false,
    name           text        NOT NULL,
    health_reason  text,
    booking_curve  real[],

    CONSTRAINT step_name_key UNIQUE (source_id, name),
    CONSTRAINT step_every_positive CHECK (every_seconds >= 1),
    CONSTRAINT step_timeout_positive CHECK (timeout_seconds >= 1)
);
COMMENT ON TABLE step IS 'One step of a source: what one kind of task fetches.';
COMMENT ON COLUMN step.step_id IS 'Key.';
COMMENT ON COLUMN step.source_id IS 'The source it belongs to.';
COMMENT ON COLUMN step.limit_key_id IS 'The limit that its requests count against.';
COMMENT ON COLUMN step.parent_step_id IS 'The step whose rows it fans out over; NULL for a root, which has one task.';
COMMENT ON COLUMN step.baseline_from IS 'Time from which earlier answers count as the baseline; NULL means all. Set by `coordinator source accept`.';
COMMENT ON COLUMN step.health_changed_at IS 'When its health or the reason of it last changed.';
COMMENT ON COLUMN step.health_job_id IS 'The job that changed it last.';
COMMENT ON COLUMN step.every_seconds IS 'Seconds between two runs of one task.';
COMMENT ON COLUMN step.timeout_seconds IS 'Seconds after which a request is given up.';
COMMENT ON COLUMN step.priority IS 'Steps with a lower number run first when permits are scarce.';
COMMENT ON COLUMN step.yields IS 'Kind of rows it gives.';
COMMENT ON COLUMN step.health IS 'Health by its last answers.';
COMMENT ON COLUMN step.retired IS 'The definition in force no longer has this step.';
COMMENT ON COLUMN step.name IS 'Name in the definition.';
COMMENT ON COLUMN step.health_reason IS 'Why it is not healthy.';
COMMENT ON COLUMN step.booking_curve IS 'For seats of showtimes: sales by time to the start and by hour, as the leader learnt them; pairs of sales and exposure.';

CREATE TABLE source_change (
    source_change_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at               timestamptz NOT NULL DEFAULT now(),
    job_id           bigint,
    source_id        integer     NOT NULL REFERENCES source,
    step_id          integer     REFERENCES step,
    new_state        text        NOT NULL,
    reason           text
);
COMMENT ON TABLE source_change IS 'Each change of the state of a source and of the health of its steps, in order; see source_history.';
COMMENT ON COLUMN source_change.source_change_id IS 'Key, rising as they were written.';
COMMENT ON COLUMN source_change.at IS 'When it was written.';
COMMENT ON COLUMN source_change.job_id IS 'The job after which a health changed; NULL for a state.';
COMMENT ON COLUMN source_change.source_id IS 'The source.';
COMMENT ON COLUMN source_change.step_id IS 'The step whose health changed; NULL for a state, which belongs to the whole source.';
COMMENT ON COLUMN source_change.new_state IS 'The new health or state, in one word.';
COMMENT ON COLUMN source_change.reason IS 'Why; NULL for a return to healthy or active.';

-- Serves source_history.
CREATE INDEX source_change_source_idx ON source_change (source_id, at);

-- Sources that would exceed the tasks or layouts that a pod stores for one source: new ones are not
-- stored until a person raises the cap or corrects the definition.

CREATE TABLE source_over_cap (
    since     timestamptz NOT NULL DEFAULT now(),
    noted_at  timestamptz NOT NULL DEFAULT now(),
    found     bigint      NOT NULL,
    cap       bigint      NOT NULL,
    source_id integer     NOT NULL REFERENCES source,
    what      text        NOT NULL,

    CONSTRAINT source_over_cap_pkey PRIMARY KEY (source_id, what),
    CONSTRAINT source_over_cap_what_known CHECK (what IN ('tasks', 'layouts'))
);
COMMENT ON TABLE source_over_cap IS 'Sources that would have more tasks or layouts than agent.max_tasks_per_source or agent.max_layouts_per_source: the excess is not stored, and its jobs fail. A row that was not noted for two days no longer holds.';
COMMENT ON COLUMN source_over_cap.since IS 'When it was first noted.';
COMMENT ON COLUMN source_over_cap.noted_at IS 'When it was last noted.';
COMMENT ON COLUMN source_over_cap.found IS 'How many there would be.';
COMMENT ON COLUMN source_over_cap.cap IS 'How many there may be.';
COMMENT ON COLUMN source_over_cap.source_id IS 'The source.';
COMMENT ON COLUMN source_over_cap.what IS 'What exceeds its cap: tasks or layouts.';
