-- History in depth: what a job waited for, the requests of its conversation, values of its log
-- lines, and which archived body it read.
--
-- Every column is NULL where it says nothing, which costs no bytes; together they add about thirty
-- bytes to the row of a usual job.

CREATE TYPE request_kind AS ENUM ('robots', 'first', 'step', 'page', 'redirect');
COMMENT ON TYPE request_kind IS 'Purpose of a request. robots: robots.txt of a host; first: a request that is made before that of the step, such as for a token; step: the step''s own; page: a further page of it; redirect: where an answer to one of these led.';

CREATE TYPE cache_result AS ENUM ('miss', 'revalidated');
COMMENT ON TYPE cache_result IS 'What the cache of a pod did for a request whose answer may be used again. miss: the answer came whole; revalidated: the source said that the answer known here is still good (304).';

ALTER TABLE job
    ADD COLUMN previous_job_id   bigint,
    ADD COLUMN wait_micros       integer,
    ADD COLUMN connect_micros    integer,
    ADD COLUMN first_byte_micros integer,
    ADD COLUMN body_micros       integer,
    ADD COLUMN extract_micros    integer,
    ADD COLUMN store_micros      integer,
    ADD COLUMN request_kind      request_kind,
    ADD COLUMN cache_result      cache_result,
    ADD COLUMN first_hits        smallint,
    ADD COLUMN body_hash         bytea;
COMMENT ON COLUMN job.previous_job_id IS 'The job whose conversation this one continued; NULL for the first of a conversation.';
COMMENT ON COLUMN job.wait_micros IS 'Microseconds that the request waited in its pod for the rate limiter, after the claim.';
COMMENT ON COLUMN job.connect_micros IS 'Microseconds to find the address and to connect, TLS included; NULL where a connection was used again.';
COMMENT ON COLUMN job.first_byte_micros IS 'Microseconds from there until the head of the answer was read.';
COMMENT ON COLUMN job.body_micros IS 'Microseconds from there to the end of the body, unpacking included.';
COMMENT ON COLUMN job.extract_micros IS 'Microseconds from bytes to rows.';
COMMENT ON COLUMN job.store_micros IS 'Microseconds from the complete result to the statement that wrote it: what it waited for its batch, or for a listing, what its rows took to store.';
COMMENT ON COLUMN job.request_kind IS 'Purpose of its request; NULL if it sent none.';
COMMENT ON COLUMN job.cache_result IS 'What the cache of the pod did for its request; NULL where the answer may not be used again.';
COMMENT ON COLUMN job.first_hits IS 'Requests of `first` that were not sent, because the pod still knew their answers; NULL if there were none.';
COMMENT ON COLUMN job.body_hash IS 'SHA-256 of the body of its answer, secrets removed, which is its name in the archive; NULL if it is not archived. See `coordinator job --body`.';

-- Serves failing_step: the last failures of one step, however rare. Failures are few, so it costs
-- the usual job nothing.
CREATE INDEX job_step_failed_idx ON job (step_id, finished_at) WHERE outcome IN ('failed', 'lost');

ALTER TABLE job_log ADD COLUMN fields jsonb;
COMMENT ON COLUMN job_log.fields IS 'Values of the message by name, secrets removed; NULL if it has none.';

-- Serves descendants.
CREATE INDEX task_discovered_by_idx ON task (discovered_by) WHERE discovered_by IS NOT NULL;

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('failing_step', 'analysts', 'analytics'),
    ('job_phase', 'analysts', 'analytics_detail'),
    ('job_request', 'analysts', 'analytics_detail'),
    ('showtime_gap', 'analysts', 'analytics_detail'),
    ('slow_phase', 'analysts', 'analytics');
