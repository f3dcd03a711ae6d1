//! The causes of conditions in a database, and what ends each.

/// A condition, its subject, what causes it, what ends it, and what holds besides by the same cause.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) subject: &'static str,
    pub(super) cause: &'static str,
    pub(super) cure: &'static str,
    pub(super) besides: &'static [&'static str],
}

const fn case(
    name: &'static str,
    subject: &'static str,
    cause: &'static str,
    cure: &'static str,
) -> Case {
    Case {
        name,
        subject,
        cause,
        cure,
        besides: &[],
    }
}

pub(super) const CASES: [Case; 32] = [
        case(
            "source_quarantined",
            "plaza",
            "UPDATE step SET health = 'quarantined', health_reason = 'no rows' WHERE name = 'seats'",
            "UPDATE step SET health = 'healthy' WHERE name = 'seats'",
        ),
        case(
            "source_degraded",
            "plaza",
            "UPDATE step SET health = 'degraded', health_reason = 'rows left out' WHERE name = 'seats'",
            "UPDATE step SET health = 'healthy' WHERE name = 'seats'",
        ),
        case(
            "source_blocked",
            "plaza",
            "UPDATE source SET state = 'blocked', state_reason = 'answered 403 three times'",
            "UPDATE source SET state = 'active', state_reason = NULL",
        ),
        case(
            "source_failing",
            "plaza",
            "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, finished_at, pod_id, definition_id, step_id, attempt, outcome, error_class, error) SELECT 10 + n, 1, now(), now(), now(), 1, 1, 3, 1, 'failed', 'timeout', 'no answer' FROM generate_series(1, 5) AS n",
            "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, pod_id, definition_id, step_id, attempt, outcome)
            VALUES (20, 1, now(), now(), now(), 1, 1, 3, 1, 'succeeded')",
        ),
        case(
            "source_empty",
            "plaza",
            "UPDATE definition SET applied_at = now() - interval '3 hours';
            UPDATE task SET retired_at = now(), retired_reason = 'no longer listed' WHERE key = '1/4711'",
            "UPDATE task SET retired_at = NULL, retired_reason = NULL WHERE key = '1/4711'",
        ),
        case(
            "source_over_cap",
            "plaza",
            "INSERT INTO source_over_cap (source_id, what, found, cap) VALUES (1, 'tasks', 300, 200)",
            "DELETE FROM source_over_cap",
        ),
        case(
            "seats_unmapped",
            "plaza",
            "INSERT INTO seat_code (source_id, code_index, discovered_by, code) VALUES (1, 0, 1, 'House');
            UPDATE step SET health = 'degraded', health_reason = 'status codes that nothing maps: `House`' WHERE name = 'seats'",
            "UPDATE seat_code SET status = 'sold';
            UPDATE step SET health = 'healthy', health_reason = NULL",
        ),
        case(
            "attributes_unmapped",
            "plaza",
            "INSERT INTO attribute (source_id, discovered_by, code) VALUES (1, 1, 'OV')",
            "UPDATE attribute SET kind = 'language', meaning = 'original', mapped_at = now()",
        ),
        case(
            "limit_slowed",
            "plaza.example.org",
            "UPDATE limit_key SET rate_share = 0.25, share_reason = 'status 429'",
            "UPDATE limit_key SET rate_share = 1, share_reason = NULL",
        ),
        case(
            "limit_paused",
            "plaza.example.org",
            "UPDATE limit_key SET paused_until = now() + interval '1 hour', pause_reason = 'Retry-After'",
            "UPDATE limit_key SET paused_until = NULL",
        ),
        case(
            "work_stalled",
            "fleet",
            "INSERT INTO leader (epoch, expires_at, holder, name, stall)
            VALUES (1, now() + interval '1 hour', gen_random_uuid(), 'one', 'tasks are due and no pod claims')",
            "UPDATE leader SET stall = NULL",
        ),
        case(
            "throughput_fallen",
            "fleet",
            "INSERT INTO throughput_hour (begins_at, jobs)
            SELECT date_bin('1 hour', now(), '2000-01-01') - interval '1 hour' - weeks * interval '168 hours', jobs
            FROM (VALUES (0, 400), (1, 1000), (2, 900), (3, 1100)) AS past (weeks, jobs)",
            "UPDATE throughput_hour SET jobs = 600 WHERE begins_at > now() - interval '3 hours'",
        ),
        case(
            "leader_changing",
            "fleet",
            "INSERT INTO leader_term (epoch, elected_at, name) SELECT n, now() - n * interval '1 minute', 'one' FROM generate_series(1, 5) AS n",
            "UPDATE leader_term SET elected_at = now() - interval '1 hour' WHERE epoch = 5",
        ),
        Case {
            besides: &["work_stalled"],
            ..case(
                "pod_stalled",
                "pod-1",
                "INSERT INTO pod (name, version, agents, lease_expires_at, stall)
                VALUES ('pod-1', '1', 1, now() + interval '1 hour', 'cannot store')",
                "UPDATE pod SET stall = NULL",
            )
        },
        case(
            "leases_expired",
            "fleet",
            "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, finished_at, pod_id, definition_id, step_id, attempt, outcome, error_class, error) SELECT 30 + n, 1, now(), now(), now(), 1, 1, 3, 1, 'lost', NULL, 'its pod ended' FROM generate_series(1, 10) AS n",
            "DELETE FROM job WHERE outcome = 'lost'",
        ),
        case(
            "rescue_stalled",
            "pod-1",
            "UPDATE pod SET lease_expires_at = now() - interval '5 minutes'",
            "UPDATE pod SET ended_at = now(), end_reason = 'lease expired'",
        ),
        case(
            "tasks_isolated",
            "plaza",
            "UPDATE task SET isolated_at = now() WHERE key = '1/4711'",
            "UPDATE task SET isolated_at = NULL",
        ),
        case(
            "pass_failing",
            "sealing",
            "INSERT INTO background_pass (run_at, took_seconds, failures, pass, coordinator, error)
            VALUES (now(), 1, 4, 'sealing', 'one', 'a missing right'), (now(), 1, 3, 'sealing', 'two', 'a missing right')",
            "UPDATE background_pass SET failures = 0, error = NULL",
        ),
        case(
            "check_failing",
            "odd",
            "INSERT INTO alert_check (condition, checked_at, failed_since, error)
            VALUES ('odd', now(), now() - interval '10 minutes', 'no such table')",
            "DELETE FROM alert_check WHERE condition = 'odd'",
        ),
        case(
            "receiver_failing",
            "ops",
            "INSERT INTO message (created_at, next_try_at, kind, receiver, alert_ids, content, last_error)
            VALUES (now() - interval '20 minutes', now(), 'new', 'ops', '{1}', '{}', 'answered 503')",
            "UPDATE message SET sent_at = now()",
        ),
        case(
            "rollup_set_aside",
            "cinema_day",
            "UPDATE rollup SET failed_at = now(), last_error = 'division by zero' WHERE name = 'cinema_day'",
            "UPDATE rollup SET failed_at = NULL",
        ),
        case(
            "data_set_failed",
            "share",
            "INSERT INTO data_set (every, timeout, not_before, since, continues, name, description, zone, query, body)
            VALUES ('0', '1 min', '00:00', (now() AT TIME ZONE 'UTC')::date - 1, false, 'share', 'A share', 'UTC', 'SELECT 1', '');
            INSERT INTO data_set_day (name, day, tries, tried_revisions, tried_at, error)
            VALUES ('share', (now() AT TIME ZONE 'UTC')::date - 1, 3, '{\"query\": 1}', now(), 'division by zero')",
            "UPDATE data_set_day SET tries = 0, error = NULL",
        ),
        case(
            "data_set_late",
            "share",
            "UPDATE data_set SET deadline = '00:00', applied_at = now() - interval '2 days'",
            "DELETE FROM data_set",
        ),
        case(
            "partitions_missing",
            "job_log",
            "DO $$ BEGIN FOR day IN 1..10 LOOP
                EXECUTE 'DROP TABLE IF EXISTS job_log_' || to_char((now() AT TIME ZONE 'UTC')::date + day, 'YYYYMMDD');
            END LOOP; END $$",
            "SELECT ensure_partitions(7)",
        ),
        case(
            "partition_default_used",
            "job_log",
            "INSERT INTO job_log (job_id, logged_at, level, message) VALUES (1, now() - interval '30 days', 'info', 'late')",
            "DELETE FROM job_log",
        ),
        case(
            "export_behind",
            "/srv/export jobs",
            "UPDATE first_day SET on_day = current_date - 4 WHERE of_table = 'job';
            INSERT INTO export_place (address) VALUES ('/srv/export');
            INSERT INTO exported_day (place_id, data_set, on_day, row_count, bytes, revision, files, source_ids, code_indexes, statuses)
            VALUES (1, 'jobs', current_date - 4, 0, 0, 0, '{}', '{}', '{}', '{}')",
            "INSERT INTO exported_day (place_id, data_set, on_day, row_count, bytes, revision, files, source_ids, code_indexes, statuses)
            SELECT 1, 'jobs', current_date - n, 0, 0, 0, '{}', '{}', '{}', '{}' FROM generate_series(1, 3) AS n",
        ),
        case(
            "forecast_late",
            "fleet",
            "INSERT INTO forecast_run (origin, made_at, inputs_until, finished_showtimes, past_forecasts, showtimes, work_days, openings, refusals, model)
            SELECT at, at, at, 0, 0, 0, 0, 0, 0, '1' FROM (SELECT now() - interval '9 days' AS at) AS run",
            "INSERT INTO forecast_run (origin, made_at, inputs_until, finished_showtimes, past_forecasts, showtimes, work_days, openings, refusals, model)
            VALUES (now(), now(), now(), 0, 0, 0, 0, 0, 0, '1')",
        ),
        case(
            "anomaly_open",
            "1",
            "INSERT INTO anomaly (expected, observed, first_on, last_on, score, q_value, subject_kind, subject_key, subject_name, metric, cause, reason, parts)
            VALUES (100, 3, current_date - 1, current_date - 1, 6, 0.001, 'source', 'plaza', 'Plaza', 'sold', 'seat_codes', 'sold fell', '{}')",
            "UPDATE anomaly SET state = 'accepted', decided_at = now(), decided_by = 'anna', decision_reason = 'mapped since'",
        ),
        case(
            "event_rejects",
            "app",
            "INSERT INTO event_client (name) VALUES ('app');
            INSERT INTO event_key (client_id, is_public, key_hash, name) VALUES (1, false, sha256('key'), 'app');
            INSERT INTO event_intake (key_id, bucket_at, accepted, duplicates, rejected, limited)
            VALUES (1, now() - interval '5 minutes', 800, 0, 200, 0)",
            "UPDATE event_intake SET rejected = 10",
        ),
        case(
            "event_silence",
            "app",
            "UPDATE event_intake SET bucket_at = now() - interval '13 hours';
            INSERT INTO event_intake (key_id, bucket_at, accepted, duplicates, rejected, limited)
            SELECT 1, now() - make_interval(days => n), 800, 0, 0, 0 FROM generate_series(1, 7) AS n",
            "INSERT INTO event_intake_change (key_id, bucket_at, accepted, duplicates, rejected, limited)
            VALUES (1, now(), 1, 0, 0, 0)",
        ),
        case(
            "region_gap",
            "paris",
            "INSERT INTO region (name, direction, place, compression, clients, body, gap_files, gap_since, gap)
            VALUES ('paris', 'receive', '/srv/paris', 'zstd', '{app}', '', 1, now() - interval '40 minutes', 'a file')",
            "UPDATE region SET gap_files = 0, gap_since = NULL, gap = NULL",
        ),
        case(
            "region_late",
            "oslo",
            "INSERT INTO region (name, direction, place, compression, clients, body, created_at)
            VALUES ('oslo', 'receive', '/srv/paris', 'zstd', '{app}', '', now() - interval '3 hours')",
            "UPDATE region SET succeeded_at = now()",
        ),
    ];
