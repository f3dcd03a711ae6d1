-- Ends claims of pod $1: history, logs and seat snapshots in one statement, so
-- in one transaction, for those whose lease is still current.
--
-- The lease is the claim's row in running. A claim that the leader has given to
-- another has none, and then nothing of it is written: the late writer is refused.
-- Gives a row for each claim that was ended.
--
-- Per claim: $2 job_id, $3 parent_job_id, $4 age of the observation in
-- microseconds (NULL: nothing was observed), $5 fetch_micros, $6 response_bytes,
-- $7 row_count, $8 retry_after_seconds, $9 outcome, $10 error_class,
-- $11 http_status, $12 requests, $13 request_url, $14 error.
-- Per claim of a seats step, else NULL: $15 showtime_id, $16 layout_id,
-- $17 tariff_id, $18 state_hash, $19 seats, $20 to $27 the counters. No showtime
-- may come twice: the second could not be compared with the first.
-- Per log line: $28 job_id, $29 level, $30 message.
WITH result AS (
    SELECT *
    FROM unnest(
        $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[],
        $8::integer[], $9::job_outcome[], $10::error_class[], $11::smallint[], $12::smallint[],
        $13::text[], $14::text[],
        $15::integer[], $16::integer[], $17::integer[], $18::uuid[], $19::bytea[],
        $20::smallint[], $21::smallint[], $22::smallint[], $23::smallint[],
        $24::smallint[], $25::smallint[], $26::smallint[], $27::smallint[]
    ) AS result (
        job_id, parent_job_id, age_micros, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests,
        request_url, error,
        showtime_id, layout_id, tariff_id, state_hash, seats,
        available, sold, held, blocked, broken, house, unknown, unmapped
    )
),
lease AS (
    DELETE FROM running
    WHERE job_id = ANY ($2::bigint[]) AND pod_id = $1
    RETURNING job_id, task_id, enqueued_at, claimed_at, definition_id, step_id, attempt
),
ended AS MATERIALIZED (
    SELECT
        result.*,
        lease.task_id,
        lease.enqueued_at,
        lease.claimed_at,
        lease.definition_id,
        lease.step_id,
        lease.attempt,
        now() - make_interval(secs => result.age_micros / 1e6) AS observed_at,
        result.state_hash IS DISTINCT FROM latest.state_hash
            OR result.layout_id IS DISTINCT FROM latest.layout_id AS seats_changed,
        result.tariff_id IS NOT NULL
            AND result.tariff_id IS DISTINCT FROM latest.tariff_id AS tariff_changed
    FROM result
    INNER JOIN lease ON lease.job_id = result.job_id
    LEFT JOIN showtime_latest AS latest ON latest.showtime_id = result.showtime_id
),
stored_snapshot AS (
    INSERT INTO snapshot (
        observed_at, job_id, showtime_id, layout_id,
        available, sold, held, blocked, broken, house, unknown, unmapped, seats)
    SELECT
        observed_at, job_id, showtime_id, layout_id,
        available, sold, held, blocked, broken, house, unknown, unmapped, seats
    FROM ended
    WHERE showtime_id IS NOT NULL AND seats_changed
),
stored_tariff AS (
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT observed_at, job_id, showtime_id, tariff_id
    FROM ended
    WHERE showtime_id IS NOT NULL AND tariff_changed
),
-- Unchanged rows are left out rather than skipped by the upsert, which would lock each.
stored_latest AS (
    INSERT INTO showtime_latest AS latest (observed_at, job_id, showtime_id, layout_id, tariff_id, state_hash)
    SELECT observed_at, job_id, showtime_id, layout_id, tariff_id, state_hash
    FROM ended
    WHERE showtime_id IS NOT NULL AND (seats_changed OR tariff_changed)
    ON CONFLICT (showtime_id) DO UPDATE
    SET observed_at = excluded.observed_at,
        job_id = excluded.job_id,
        layout_id = excluded.layout_id,
        tariff_id = coalesce(excluded.tariff_id, latest.tariff_id),
        state_hash = excluded.state_hash
),
stored_log AS (
    INSERT INTO job_log (job_id, level, message)
    SELECT line.job_id, line.level, line.message
    FROM unnest($28::bigint[], $29::log_level[], $30::text[]) AS line (job_id, level, message)
    INNER JOIN lease ON lease.job_id = line.job_id
),
stored_job AS (
    INSERT INTO job (
        job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at,
        pod_id, definition_id, step_id, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests, attempt,
        changed, request_url, error)
    SELECT
        job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at,
        $1, definition_id, step_id, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests, attempt,
        CASE WHEN showtime_id IS NOT NULL THEN seats_changed END, request_url, error
    FROM ended
)
SELECT
    job_id AS "job_id!",
    showtime_id IS NOT NULL AND seats_changed AS "stored_snapshot!"
FROM ended
