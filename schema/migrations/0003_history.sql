-- History: one row for every run that ended, and its log lines. Both are
-- written once, partitioned by day, and never updated.

CREATE TYPE job_outcome AS ENUM ('succeeded', 'failed', 'lost', 'returned', 'continued', 'cancelled');
COMMENT ON TYPE job_outcome IS 'succeeded: its result is stored; failed: see error_class; lost: its pod died; returned: given back unrun; continued: its request was answered, and another job sends the next one; cancelled: a person ended it, and a later result was refused.';

CREATE TYPE error_class AS ENUM (
    'timeout', 'unreachable', 'throttled', 'unavailable', 'refused', 'missing',
    'rejected', 'redirected', 'oversized', 'malformed', 'unexpected', 'forbidden', 'definition');
COMMENT ON TYPE error_class IS 'timeout; unreachable: no connection, or a cut one; throttled: 429; unavailable: 5xx; refused: 401, 403, 451; missing: 404, 410; rejected: another 4xx; redirected: 3xx that is not followed; oversized: body beyond the limit; malformed: not what the definition expects; unexpected: not what the source gave before; forbidden: by robots.txt; definition: the definition could not build the request.';

CREATE TYPE log_level AS ENUM ('info', 'warn', 'error');
COMMENT ON TYPE log_level IS 'error: a person must look; warn: the fleet coped; info: worth knowing.';

CREATE SEQUENCE job_ended_seq AS bigint CACHE 1;
COMMENT ON SEQUENCE job_ended_seq IS 'Order in which jobs ended; the leader reads new jobs by it.';

CREATE TABLE job (
    job_id           bigint      NOT NULL,
    task_id          bigint      NOT NULL,
    parent_job_id    bigint,
    ended_seq        bigint      NOT NULL DEFAULT nextval('job_ended_seq'),
    enqueued_at      timestamptz NOT NULL,
    claimed_at       timestamptz NOT NULL,
    observed_at      timestamptz,
    finished_at      timestamptz NOT NULL DEFAULT now(),
    pod_id           integer     NOT NULL,
    definition_id    integer     NOT NULL,
    step_id          integer     NOT NULL,
    fetch_micros     integer,
    response_bytes   integer,
    row_count        integer,
    missing          integer,
    retry_after_seconds integer,
    outcome          job_outcome NOT NULL,
    error_class      error_class,
    http_status      smallint,
    requests         smallint    NOT NULL DEFAULT 0,
    attempt          smallint    NOT NULL,
    unmapped         smallint,
    sold             smallint,
    changed          boolean,
    request_url      text,
    error            text,

    CONSTRAINT job_pkey PRIMARY KEY (job_id, finished_at),
    CONSTRAINT job_failed_iff_error CHECK ((outcome = 'failed') = (error_class IS NOT NULL)),
    CONSTRAINT job_succeeded_is_observed CHECK (outcome <> 'succeeded' OR observed_at IS NOT NULL)
) PARTITION BY RANGE (finished_at);
COMMENT ON TABLE job IS 'History: one row for every claim that ended.';
COMMENT ON COLUMN job.job_id IS 'The claim.';
COMMENT ON COLUMN job.task_id IS 'The task that it ran.';
COMMENT ON COLUMN job.parent_job_id IS 'The job that discovered its task.';
COMMENT ON COLUMN job.ended_seq IS 'Order in which jobs ended.';
COMMENT ON COLUMN job.enqueued_at IS 'When the leader placed it in the queue.';
COMMENT ON COLUMN job.claimed_at IS 'When a pod claimed it.';
COMMENT ON COLUMN job.observed_at IS 'When its answer was complete: the time of its data.';
COMMENT ON COLUMN job.finished_at IS 'When this row was written.';
COMMENT ON COLUMN job.pod_id IS 'The pod that ran it.';
COMMENT ON COLUMN job.definition_id IS 'The definition that it ran by.';
COMMENT ON COLUMN job.step_id IS 'The step that it ran.';
COMMENT ON COLUMN job.fetch_micros IS 'Microseconds from request sent to body complete.';
COMMENT ON COLUMN job.response_bytes IS 'Bytes of the body after decompression.';
COMMENT ON COLUMN job.row_count IS 'Rows extracted: cinemas, showtimes or seats.';
COMMENT ON COLUMN job.missing IS 'Rows of its answer that could not be read, or that moved between pages: rows absent from the answer then do not count as gone. 0: there were no rows, and the answer did not say that it is empty; NULL: it was read as a whole.';
COMMENT ON COLUMN job.retry_after_seconds IS 'Wait that the source asked for in Retry-After, in seconds.';
COMMENT ON COLUMN job.outcome IS 'How it ended.';
COMMENT ON COLUMN job.error_class IS 'Why it failed, in one word.';
COMMENT ON COLUMN job.http_status IS 'Status code of the answer.';
COMMENT ON COLUMN job.requests IS 'Requests that it sent.';
COMMENT ON COLUMN job.attempt IS '1 for a first run, one more for each failure in a row.';
COMMENT ON COLUMN job.unmapped IS 'Seats whose code is not mapped; NULL if there are none.';
COMMENT ON COLUMN job.sold IS 'For seats: number sold, from which the leader learns how fast a showtime sells.';
COMMENT ON COLUMN job.changed IS 'For seats: whether the answer differed from the last one; false is an observation without change.';
COMMENT ON COLUMN job.request_url IS 'The request, secrets removed.';
COMMENT ON COLUMN job.error IS 'Why it failed, for a person.';

-- Serves the leader's read of the jobs that ended since its last tick.
CREATE INDEX job_ended_seq_idx ON job (ended_seq);

-- Serves the observations of one showtime, and a task's own history.
CREATE INDEX job_task_idx ON job (task_id, finished_at);

-- Serves the rates of the last seconds and queries of a span of time, at almost no cost: rows come
-- in the order of their time.
CREATE INDEX job_finished_idx ON job USING brin (finished_at) WITH (pages_per_range = 16, autosummarize = on);

-- Serves source_failure.
CREATE INDEX job_failed_idx ON job (finished_at) WHERE outcome IN ('failed', 'lost');

CREATE TABLE job_log (
    job_id    bigint      NOT NULL,
    logged_at timestamptz NOT NULL DEFAULT now(),
    level     log_level   NOT NULL,
    message   text        NOT NULL
) PARTITION BY RANGE (logged_at);
COMMENT ON TABLE job_log IS 'Log lines of jobs, beyond their row of history.';
COMMENT ON COLUMN job_log.job_id IS 'The job that wrote it.';
COMMENT ON COLUMN job_log.logged_at IS 'When it was written.';
COMMENT ON COLUMN job_log.level IS 'How grave it is.';
COMMENT ON COLUMN job_log.message IS 'What happened.';

-- Serves job_lineage.
CREATE INDEX job_log_job_idx ON job_log (job_id);

CREATE TABLE quarantine (
    job_id       bigint      NOT NULL,
    task_id      bigint      NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    step_id      integer     NOT NULL,
    body_bytes   integer     NOT NULL,
    reason       text        NOT NULL,
    url          text,
    content_type text,
    body         bytea       NOT NULL,

    CONSTRAINT quarantine_pkey PRIMARY KEY (job_id)
);
COMMENT ON TABLE quarantine IS 'A sample of the answers that could not be used, as they came, bounded by number and age per step. See `coordinator source quarantine`.';
COMMENT ON COLUMN quarantine.job_id IS 'The job that received it and failed.';
COMMENT ON COLUMN quarantine.task_id IS 'Its task.';
COMMENT ON COLUMN quarantine.at IS 'When the job ended.';
COMMENT ON COLUMN quarantine.step_id IS 'The step that could not use it.';
COMMENT ON COLUMN quarantine.body_bytes IS 'Bytes of the body as it came; the stored body may be cut.';
COMMENT ON COLUMN quarantine.reason IS 'Why it could not be used.';
COMMENT ON COLUMN quarantine.url IS 'The request, secrets removed.';
COMMENT ON COLUMN quarantine.content_type IS 'Content type by the header of the answer.';
COMMENT ON COLUMN quarantine.body IS 'The body, gzip, secrets removed; cut if it was long.';

-- Serves the list of a source and the bounds of a step.
CREATE INDEX quarantine_step_idx ON quarantine (step_id, at);

CREATE TABLE job_default PARTITION OF job DEFAULT;
COMMENT ON TABLE job_default IS 'History that no day''s partition took.';

CREATE TABLE job_log_default PARTITION OF job_log DEFAULT;
COMMENT ON TABLE job_log_default IS 'Log lines that no day''s partition took.';
