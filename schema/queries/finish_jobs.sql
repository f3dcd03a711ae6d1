-- Ends claims of pod $1: history, logs, seat snapshots, prices, observations and
-- quarantined answers in one statement, so in one transaction, for those whose
-- lease is still current.
--
-- The lease is the claim's row in running. A claim that the leader has given to
-- another has none, and then nothing of it is written: the late writer is refused.
-- Gives a row for each claim that was ended.
--
-- Per claim: $2 job_id, $3 parent_job_id, $4 age of the observation in
-- microseconds (NULL: nothing was observed), $5 fetch_micros, $6 response_bytes,
-- $7 row_count, $8 retry_after_seconds, $9 outcome, $10 error_class,
-- $11 http_status, $12 requests, $13 request_url, $14 error.
-- Per claim of a seats or a prices step, else NULL: $15 showtime_id, $16 layout_id,
-- $17 tariff_id, $18 state_hash, $19 seats, $20 to $27 the counters; prices alone
-- have no layout. No showtime may come twice: the second could not be compared
-- with the first. $31 price_median, $32 repeated_labels, $33 label_fields, $34 the
-- version of the codes by which the counters were counted: where a code got
-- another meaning since, they are counted again.
-- Per log line: $28 job_id, $29 level, $30 message.
-- Per observation: $35 job_id, $36 value, $37 at, $38 subject, $39 metric, $40 properties.
-- Per quarantined answer: $41 job_id, $42 body_bytes, $43 content_type, $44 body.
-- $45 the task of each claim, by which its row in running is found; $46 missing.
-- Per claim: $47 previous_job_id, $48 to $53 the microseconds of its phases wait, connect,
-- first byte, body, extract and store, $54 request_kind, $55 cache_result, $56 first_hits,
-- $57 body_hash. Per log line: $58 fields.
WITH result AS (
    SELECT *
    FROM unnest(
        $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[],
        $8::integer[], $9::job_outcome[], $10::error_class[], $11::smallint[], $12::smallint[],
        $13::text[], $14::text[],
        $15::integer[], $16::integer[], $17::integer[], $18::uuid[], $19::bytea[],
        $20::smallint[], $21::smallint[], $22::smallint[], $23::smallint[],
        $24::smallint[], $25::smallint[], $26::smallint[], $27::smallint[],
        $31::double precision[], $32::smallint[], $33::smallint[], $34::integer[], $46::integer[],
        $47::bigint[], $48::integer[], $49::integer[], $50::integer[], $51::integer[],
        $52::integer[], $53::integer[], $54::request_kind[], $55::cache_result[],
        $56::smallint[], $57::bytea[]
    ) AS result (
        job_id, parent_job_id, age_micros, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests,
        request_url, error,
        showtime_id, layout_id, tariff_id, state_hash, seats,
        available, sold, held, blocked, broken, house, unknown, unmapped,
        price_median, repeated_labels, label_fields, codes_version, missing,
        previous_job_id, wait_micros, connect_micros, first_byte_micros, body_micros,
        extract_micros, store_micros, request_kind, cache_result, first_hits, body_hash
    )
),
lease AS (
    DELETE FROM running
    WHERE task_id = ANY ($45::bigint[]) AND job_id = ANY ($2::bigint[]) AND pod_id = $1
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
        step.source_id,
        now() - make_interval(secs => result.age_micros / 1e6) AS observed_at,
        result.layout_id IS NOT NULL
            AND (result.state_hash IS DISTINCT FROM latest.state_hash
                OR result.layout_id IS DISTINCT FROM latest.layout_id) AS seats_changed,
        result.tariff_id IS NOT NULL
            AND result.tariff_id IS DISTINCT FROM latest.tariff_id AS tariff_changed,
        latest.showtime_id IS NOT NULL AS is_known,
        latest.layout_id AS known_layout_id,
        CASE WHEN result.codes_version <> source.codes_version THEN count_seats(
            step.source_id, result.seats,
            result.available + result.sold + result.held + result.blocked
                + result.broken + result.house + result.unknown + result.unmapped)
        END AS recount
    FROM result
    INNER JOIN lease ON lease.job_id = result.job_id
    INNER JOIN step ON step.step_id = lease.step_id
    INNER JOIN source ON source.source_id = step.source_id
    LEFT JOIN showtime_latest AS latest ON latest.showtime_id = result.showtime_id
),
stored_snapshot AS (
    INSERT INTO snapshot (
        observed_at, job_id, showtime_id, layout_id,
        available, sold, held, blocked, broken, house, unknown, unmapped, seats)
    SELECT
        observed_at, job_id, showtime_id, layout_id,
        coalesce(recount[1], available), coalesce(recount[2], sold),
        coalesce(recount[3], held), coalesce(recount[4], blocked),
        coalesce(recount[5], broken), coalesce(recount[6], house),
        coalesce(recount[7], unknown), coalesce(recount[8], unmapped), seats
    FROM ended
    WHERE showtime_id IS NOT NULL AND seats_changed
),
noted_layout AS (
    INSERT INTO showtime_change (job_id, showtime_id, event, before, after)
    SELECT job_id, showtime_id, 'layout', known_layout_id::text, layout_id::text
    FROM ended
    WHERE layout_id <> known_layout_id
),
-- A look around the start or after it decides who came, even if it saw no change: rollups
-- hear of it here, and of what is stored from the triggers of the tables.
marked_look AS (
    INSERT INTO dirty_showtime (showtime_ids)
    SELECT array_agg(ended.showtime_id)
    FROM ended
    INNER JOIN showtime ON showtime.showtime_id = ended.showtime_id
    WHERE ended.layout_id IS NOT NULL AND NOT ended.seats_changed
        AND showtime.starts_at < now() + interval '1 minute'
    HAVING count(*) > 0
),
stored_tariff AS (
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT observed_at, job_id, showtime_id, tariff_id
    FROM ended
    WHERE showtime_id IS NOT NULL AND tariff_changed
),
-- Unchanged rows are left out rather than skipped by an upsert, which would lock each; and
-- what is known is updated, which writes no lock to the log. In order, for seats and prices of
-- one showtime may be stored at the same time, and two batches must not wait for each other.
changed AS (
    SELECT
        ended.observed_at, ended.job_id, ended.price_median, ended.showtime_id, ended.layout_id,
        ended.tariff_id, ended.repeated_labels, ended.label_fields, ended.state_hash,
        ended.is_known,
        ended.available + ended.sold + ended.held + ended.blocked
            + ended.broken + ended.house + ended.unknown + ended.unmapped AS seat_count,
        coalesce(ended.recount[2], ended.sold) AS sold,
        coalesce(ended.recount[8], ended.unmapped) AS unmapped
    FROM ended
    WHERE ended.showtime_id IS NOT NULL AND (ended.seats_changed OR ended.tariff_changed)
    ORDER BY ended.showtime_id
),
updated_latest AS (
    UPDATE showtime_latest AS latest
    SET observed_at = changed.observed_at,
        job_id = changed.job_id,
        price_median = coalesce(changed.price_median, latest.price_median),
        layout_id = coalesce(changed.layout_id, latest.layout_id),
        tariff_id = coalesce(changed.tariff_id, latest.tariff_id),
        seat_count = coalesce(changed.seat_count, latest.seat_count),
        sold = coalesce(changed.sold, latest.sold),
        unmapped = coalesce(changed.unmapped, latest.unmapped),
        repeated_labels = coalesce(changed.repeated_labels, latest.repeated_labels),
        label_fields = coalesce(changed.label_fields, latest.label_fields),
        state_hash = coalesce(changed.state_hash, latest.state_hash)
    FROM changed
    WHERE changed.is_known AND latest.showtime_id = changed.showtime_id
),
inserted_latest AS (
    INSERT INTO showtime_latest AS latest (
        observed_at, job_id, price_median, showtime_id, layout_id, tariff_id, auditorium_id,
        seat_count, sold, unmapped, repeated_labels, label_fields, state_hash)
    SELECT
        changed.observed_at, changed.job_id, changed.price_median, changed.showtime_id,
        changed.layout_id, changed.tariff_id, showtime.auditorium_id,
        changed.seat_count, changed.sold, changed.unmapped,
        changed.repeated_labels, changed.label_fields, changed.state_hash
    FROM changed
    LEFT JOIN showtime ON showtime.showtime_id = changed.showtime_id
    WHERE NOT changed.is_known
    ORDER BY changed.showtime_id
    -- Its seats and its prices were stored first at the same time.
    ON CONFLICT (showtime_id) DO UPDATE
    SET observed_at = excluded.observed_at,
        job_id = excluded.job_id,
        price_median = coalesce(excluded.price_median, latest.price_median),
        layout_id = coalesce(excluded.layout_id, latest.layout_id),
        tariff_id = coalesce(excluded.tariff_id, latest.tariff_id),
        seat_count = coalesce(excluded.seat_count, latest.seat_count),
        sold = coalesce(excluded.sold, latest.sold),
        unmapped = coalesce(excluded.unmapped, latest.unmapped),
        repeated_labels = coalesce(excluded.repeated_labels, latest.repeated_labels),
        label_fields = coalesce(excluded.label_fields, latest.label_fields),
        state_hash = coalesce(excluded.state_hash, latest.state_hash)
),
stored_observation AS (
    INSERT INTO observation (value, at, observed_at, job_id, source_id, subject, metric, properties)
    SELECT
        seen.value, coalesce(seen.at, ended.observed_at), ended.observed_at, ended.job_id,
        ended.source_id, seen.subject, seen.metric, seen.properties
    FROM unnest($35::bigint[], $36::double precision[], $37::timestamptz[], $38::text[], $39::text[], $40::jsonb[])
        AS seen (job_id, value, at, subject, metric, properties)
    INNER JOIN ended ON ended.job_id = seen.job_id
),
stored_quarantine AS (
    INSERT INTO quarantine (job_id, task_id, step_id, body_bytes, reason, url, content_type, body)
    SELECT
        ended.job_id, ended.task_id, ended.step_id, kept.body_bytes,
        coalesce(ended.error, 'no reason given'), ended.request_url, kept.content_type, kept.body
    FROM unnest($41::bigint[], $42::integer[], $43::text[], $44::bytea[])
        AS kept (job_id, body_bytes, content_type, body)
    INNER JOIN ended ON ended.job_id = kept.job_id
    ON CONFLICT (job_id) DO NOTHING
),
stored_log AS (
    INSERT INTO job_log (job_id, level, message, fields)
    SELECT line.job_id, line.level, line.message, line.fields
    FROM unnest($28::bigint[], $29::log_level[], $30::text[], $58::jsonb[])
        AS line (job_id, level, message, fields)
    INNER JOIN lease ON lease.job_id = line.job_id
),
stored_job AS (
    INSERT INTO job (
        job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at,
        pod_id, definition_id, step_id, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests, attempt,
        unmapped, sold, changed, missing, request_url, error,
        previous_job_id, wait_micros, connect_micros, first_byte_micros, body_micros,
        extract_micros, store_micros, request_kind, cache_result, first_hits, body_hash)
    SELECT
        job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at,
        $1, definition_id, step_id, fetch_micros, response_bytes, row_count,
        retry_after_seconds, outcome, error_class, http_status, requests, attempt,
        nullif(coalesce(recount[8], unmapped), 0),
        CASE WHEN layout_id IS NOT NULL THEN coalesce(recount[2], sold) END,
        CASE
            WHEN layout_id IS NOT NULL THEN seats_changed
            WHEN showtime_id IS NOT NULL THEN tariff_changed
        END,
        missing, request_url, error,
        previous_job_id, wait_micros, connect_micros, first_byte_micros, body_micros,
        extract_micros, store_micros, request_kind, cache_result, first_hits, body_hash
    FROM ended
)
SELECT
    job_id AS "job_id!",
    showtime_id IS NOT NULL AND seats_changed AS "stored_snapshot!"
FROM ended
