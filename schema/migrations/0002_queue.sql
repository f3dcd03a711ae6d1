-- The path of a task: due, queued, claimed. History is in the next file.
--
-- Rows of queue and running come and go thousands of times a second, so both
-- tables are small, have no foreign keys (those would write a lock into the
-- referenced rows), and are found by key only: a scan would wade through the
-- dead entries that a long transaction anywhere keeps alive.

CREATE TABLE task (
    task_id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due_at        timestamptz NOT NULL DEFAULT now(),
    starts_at     timestamptz,
    retired_at    timestamptz,
    looked_at     timestamptz,
    isolated_at   timestamptz,
    gate_changed_at timestamptz,
    missing_since timestamptz,
    discovered_by bigint,
    touched_by    bigint,
    step_id       integer     NOT NULL REFERENCES step,
    subject_id    integer,
    sales         real        NOT NULL DEFAULT 0,
    exposure      real        NOT NULL DEFAULT 0,
    failures      smallint    NOT NULL DEFAULT 0,
    misses        smallint    NOT NULL DEFAULT 0,
    sold          smallint,
    deaths        smallint    NOT NULL DEFAULT 0,
    key           text        NOT NULL,
    gate          text,
    retired_reason text,
    params        jsonb       NOT NULL DEFAULT '{}',

    CONSTRAINT task_step_key UNIQUE (step_id, key),
    CONSTRAINT task_failures_not_negative CHECK (failures >= 0),
    CONSTRAINT task_deaths_not_negative CHECK (deaths >= 0),
    CONSTRAINT task_missing_since_first_miss CHECK ((misses > 0) = (missing_since IS NOT NULL)),
    CONSTRAINT task_reason_only_of_retired CHECK (retired_reason IS NULL OR retired_at IS NOT NULL)
)
-- due_at and failures change after every run and are in no index: room on the page keeps
-- those updates heap-only. A batch writes back many tasks of one page at once, because the
-- tasks of one cinema are due together.
WITH (fillfactor = 60);
COMMENT ON TABLE task IS 'One step for one key, due again and again until it is retired.';
COMMENT ON COLUMN task.task_id IS 'Key.';
COMMENT ON COLUMN task.due_at IS 'When it should run next; written by the leader, which holds the schedule in memory.';
COMMENT ON COLUMN task.starts_at IS 'Start of the showtime that it watches, if it watches one.';
COMMENT ON COLUMN task.retired_at IS 'When it ended for good: its showtime is over, or its step is gone.';
COMMENT ON COLUMN task.looked_at IS 'Its last run that succeeded; written by the leader.';
COMMENT ON COLUMN task.isolated_at IS 'Since when it is not placed any more, because its pod died three times in a row while it ran; see `coordinator task release`.';
COMMENT ON COLUMN task.gate_changed_at IS 'When gate last changed; NULL if it never did.';
COMMENT ON COLUMN task.missing_since IS 'Time of the first of its present run of 404 and 410 answers.';
COMMENT ON COLUMN task.discovered_by IS 'The job that discovered it; NULL for the root tasks of a source.';
COMMENT ON COLUMN task.touched_by IS 'The job that last discovered or changed it.';
COMMENT ON COLUMN task.step_id IS 'The step that it runs.';
COMMENT ON COLUMN task.subject_id IS 'cinema_id for showtimes, showtime_id for seats; NULL for a root.';
COMMENT ON COLUMN task.sales IS 'Seats sold between its looks, older ones discounted, by which the leader estimates demand.';
COMMENT ON COLUMN task.exposure IS 'Seats that an average showtime would have sold in the same time, discounted in the same way.';
COMMENT ON COLUMN task.failures IS 'Failed runs since the last success.';
COMMENT ON COLUMN task.misses IS 'Number of 404 and 410 answers in the present run.';
COMMENT ON COLUMN task.sold IS 'Seats sold at its last look.';
COMMENT ON COLUMN task.deaths IS 'Number of last runs in a row whose pod died.';
COMMENT ON COLUMN task.key IS 'The source''s keys from the root down, joined with /.';
COMMENT ON COLUMN task.gate IS 'Last value of the gate in the row above: a change makes the task due; NULL if the step has no gate.';
COMMENT ON COLUMN task.retired_reason IS 'Why a person retired it; it then stays retired even if its source lists it.';
COMMENT ON COLUMN task.params IS 'Values for its templates: the rows of the steps above.';

-- Serves the leader's read of the tasks that a finished job brought or changed.
CREATE INDEX task_touched_by_idx ON task (touched_by) WHERE touched_by IS NOT NULL;

-- Serves isolated_task and the leader's count of them, which is mostly none.
CREATE INDEX task_isolated_idx ON task (isolated_at) WHERE isolated_at IS NOT NULL;

-- Unlogged: a row holds only a decision of the leader. After a crash of the database the leader
-- finds the table empty, and queues the tasks again.
CREATE UNLOGGED TABLE queue (
    queue_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id      bigint      NOT NULL,
    enqueued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    epoch        bigint      NOT NULL,
    limit_key_id integer     NOT NULL,
    pod_id       integer,
    permits      smallint    NOT NULL,
    attempt      smallint    NOT NULL,

    CONSTRAINT queue_task_key UNIQUE (task_id),
    CONSTRAINT queue_permits_positive CHECK (permits >= 1)
)
WITH (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE queue IS 'Tasks that are ready to run now; inserted by the leader, deleted by the claim. Unlogged: a crash of the database empties it, and the leader queues its tasks again.';
COMMENT ON COLUMN queue.queue_id IS 'Key, rising with urgency as the leader saw it; becomes the job_id of the claim.';
COMMENT ON COLUMN queue.task_id IS 'The task to run; at most once in the queue.';
COMMENT ON COLUMN queue.enqueued_at IS 'When the leader placed it.';
COMMENT ON COLUMN queue.expires_at IS 'Its permits may not be used after this; then the leader takes it back.';
COMMENT ON COLUMN queue.epoch IS 'The term of the leader that placed it.';
COMMENT ON COLUMN queue.limit_key_id IS 'The limit key of its permits.';
COMMENT ON COLUMN queue.pod_id IS 'The only pod that may claim it, because it holds the conversation to continue; NULL for any pod.';
COMMENT ON COLUMN queue.permits IS 'Requests that it may send.';
COMMENT ON COLUMN queue.attempt IS '1 for a first run, one more for each failure in a row.';

-- No job_id occurs twice: the sequence of an unlogged table would restart with it.
ALTER SEQUENCE queue_queue_id_seq SET LOGGED;

CREATE TABLE running (
    job_id        bigint      NOT NULL,
    task_id       bigint      NOT NULL,
    enqueued_at   timestamptz NOT NULL,
    claimed_at    timestamptz NOT NULL DEFAULT now(),
    pod_id        integer     NOT NULL,
    definition_id integer     NOT NULL,
    step_id       integer     NOT NULL,
    attempt       smallint    NOT NULL,

    CONSTRAINT running_pkey PRIMARY KEY (task_id)
)
WITH (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE running IS 'Claims under way. A row is the lease of its claim: the statement that deletes it writes its history.';
COMMENT ON COLUMN running.job_id IS 'The claim, and the fencing token of everything that it writes.';
COMMENT ON COLUMN running.task_id IS 'The task; at most once running.';
COMMENT ON COLUMN running.enqueued_at IS 'When the leader placed it in the queue.';
COMMENT ON COLUMN running.claimed_at IS 'When the pod claimed it.';
COMMENT ON COLUMN running.pod_id IS 'The pod that claimed it; the lease lasts as long as that of the pod.';
COMMENT ON COLUMN running.definition_id IS 'The definition that it runs by.';
COMMENT ON COLUMN running.step_id IS 'The step that it runs.';
COMMENT ON COLUMN running.attempt IS 'As in queue.';

CREATE TABLE pod (
    pod_id           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agents           integer     NOT NULL,
    agents_busy      integer     NOT NULL DEFAULT 0,
    draining         boolean     NOT NULL DEFAULT false,
    started_at       timestamptz NOT NULL DEFAULT now(),
    heartbeat_at     timestamptz NOT NULL DEFAULT now(),
    lease_expires_at timestamptz NOT NULL,
    ended_at         timestamptz,
    name             text        NOT NULL,
    version          text        NOT NULL,
    end_reason       text,
    stall            text,

    CONSTRAINT pod_agents_positive CHECK (agents >= 1),
    CONSTRAINT pod_ended_has_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL))
)
WITH (fillfactor = 50);
COMMENT ON TABLE pod IS 'One row for each run of a pod; its lease covers all its claims.';
COMMENT ON COLUMN pod.pod_id IS 'Key; a restarted pod gets a new one.';
COMMENT ON COLUMN pod.agents IS 'Jobs that it can run at a time.';
COMMENT ON COLUMN pod.agents_busy IS 'Jobs under way at its last heartbeat.';
COMMENT ON COLUMN pod.draining IS 'It claims no more and will end.';
COMMENT ON COLUMN pod.started_at IS 'When it registered.';
COMMENT ON COLUMN pod.heartbeat_at IS 'Its last heartbeat.';
COMMENT ON COLUMN pod.lease_expires_at IS 'After this its claims are given to others.';
COMMENT ON COLUMN pod.ended_at IS 'When it left or was found dead.';
COMMENT ON COLUMN pod.name IS 'Host or pod name.';
COMMENT ON COLUMN pod.version IS 'Version of its program.';
COMMENT ON COLUMN pod.end_reason IS 'drained, or why the leader ended it.';
COMMENT ON COLUMN pod.stall IS 'Why this pod stalls, as it judges itself; NULL while it works.';

-- Serves the leader's read of the pods that run: a small index, though ended pods pile up.
CREATE INDEX pod_alive_idx ON pod (pod_id) WHERE ended_at IS NULL;

CREATE TABLE leader (
    one        boolean     NOT NULL DEFAULT true,
    epoch      bigint      NOT NULL,
    elected_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    holder     uuid        NOT NULL,
    name       text        NOT NULL,
    stall      text,

    CONSTRAINT leader_pkey PRIMARY KEY (one),
    CONSTRAINT leader_is_one CHECK (one)
)
WITH (fillfactor = 10);
COMMENT ON TABLE leader IS 'The one coordinator that schedules.';
COMMENT ON COLUMN leader.one IS 'Always true: there is at most one row.';
COMMENT ON COLUMN leader.epoch IS 'Counts the terms; every enqueue names its own and is refused when it is over.';
COMMENT ON COLUMN leader.elected_at IS 'When this term began.';
COMMENT ON COLUMN leader.expires_at IS 'Others may take over after this, by the clock of the database.';
COMMENT ON COLUMN leader.holder IS 'The process that leads.';
COMMENT ON COLUMN leader.name IS 'Its host or pod name.';
COMMENT ON COLUMN leader.stall IS 'Why the fleet stalls, as the leader judges; NULL while it works.';

CREATE TYPE task_action AS ENUM ('run', 'cancel', 'retire', 'release');
COMMENT ON TYPE task_action IS 'run: due now, before all others; cancel: its queued or running job ends; retire: as cancel, and it runs no more; release: it may run again after it was isolated or retired.';

CREATE TABLE task_request (
    request_id bigint      GENERATED ALWAYS AS IDENTITY,
    task_id    bigint      NOT NULL REFERENCES task,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    action       task_action   NOT NULL,
    reason     text,

    CONSTRAINT task_request_pkey PRIMARY KEY (request_id)
);
COMMENT ON TABLE task_request IS 'Requests of operators for single tasks; the leader, which alone places tasks, applies each and deletes its row. See `coordinator task`.';
COMMENT ON COLUMN task_request.request_id IS 'Key, in the order of the requests.';
COMMENT ON COLUMN task_request.task_id IS 'The task.';
COMMENT ON COLUMN task_request.asked_at IS 'When it was requested.';
COMMENT ON COLUMN task_request.action IS 'What to do with the task.';
COMMENT ON COLUMN task_request.reason IS 'Why, for the history.';

CREATE TABLE agents_wanted (
    one         boolean     NOT NULL DEFAULT true,
    computed_at timestamptz NOT NULL DEFAULT now(),
    agents      integer     NOT NULL,

    CONSTRAINT agents_wanted_pkey PRIMARY KEY (one),
    CONSTRAINT agents_wanted_is_one CHECK (one),
    CONSTRAINT agents_wanted_not_negative CHECK (agents >= 0)
)
WITH (fillfactor = 10);
COMMENT ON TABLE agents_wanted IS 'How many agents the leader could keep busy; written every few seconds, where it differs. See fleet_wanted.';
COMMENT ON COLUMN agents_wanted.one IS 'Always true: there is at most one row.';
COMMENT ON COLUMN agents_wanted.computed_at IS 'When the number last changed.';
COMMENT ON COLUMN agents_wanted.agents IS 'Jobs at a time that the due work needs, within the limits.';

-- Serves the looks at a showtime.
CREATE INDEX task_subject_idx ON task (subject_id) WHERE subject_id IS NOT NULL;
