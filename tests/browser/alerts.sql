-- What the page of alerts shows beside what the fleet finds: alerts that ended, a silence, a receiver
-- that takes nothing, and an alert of a condition that no check ends.

INSERT INTO alert (first_seen_at, last_seen_at, opened_at, resolved_at, notified_at, value, threshold, severity, condition, subject_kind, subject, text, means, next_step, details)
SELECT now() - began, now() - ended, now() - began, now() - ended, now() - ended, 1, 1, severity, condition, kind, subject, text, 'ended', 'nothing', NULL
FROM (VALUES
    (interval '26 hours', interval '25 hours', 'critical', 'work_stalled', 'fleet', 'fleet', 'the work of the fleet has stopped, for: 74 s (limit 60 s)'),
    (interval '52 hours', interval '49 hours', 'warning', 'source_blocked', 'source', 'bhd-1', 'source bhd-1 is blocked, since: 0 h (limit 0 h)'),
    (interval '75 hours', interval '74 hours', 'warning', 'limit_slowed', 'limit_key', 'major-1.example.org', 'limit key major-1.example.org is slowed down, share of its rate: 25 % (limit 50 %)')
) AS ended (began, ended, severity, condition, kind, subject, text);

INSERT INTO alert_check (condition, checked_at) VALUES ('backup_old', now());

INSERT INTO alert (first_seen_at, last_seen_at, opened_at, value, threshold, severity, condition, subject_kind, subject, text, means, next_step, details)
VALUES (now() - interval '3 hours', now(), now() - interval '3 hours', 31, 24, 'critical', 'backup_old', 'server', 'server',
    'the backup of the server is old, age: 31 h (limit 24 h)', 'what was stored since is lost with the disk',
    'look at the log of the backup, then start it by hand', 'the last one began at 02:00 and ended with "no space left on device"');

INSERT INTO alert_silence (until_at, condition, subject, reason, created_by)
VALUES (now() + interval '2 days', 'source\_%', 'cds-%', 'the chain moves to another system on Monday', 'anna');

INSERT INTO message (created_at, next_try_at, sent_at, kind, receiver, alert_ids, content, last_error)
VALUES (now() - interval '26 hours', now(), now() - interval '26 hours', 'new', 'chat', '{1}', '{}', NULL),
    (now() - interval '12 minutes', now() + interval '1 hour', NULL, 'new', 'chat', '{1}', '{}', 'it answered 503 Service Unavailable');

-- Two days that are not what was expected, and one on which a person decided.
INSERT INTO anomaly (expected, observed, first_on, last_on, score, q_value, state, subject_kind, subject_key, subject_name, metric, cause, reason, parts, decided_at, decided_by, decision_reason)
VALUES
    (0.91, 0.42, current_date - 1, current_date - 1, 9.1, 0.004, 'open', 'source', 'major-1', 'Major', 'coverage', 'coverage',
        'of the showtimes that Major lists, 42 % were seen at their start; its other days of the week had 91 % in the middle', ARRAY['Plaza 4', 'Rex 2'], NULL, NULL, NULL),
    (4210, 9875, current_date - 2, current_date - 1, 12.4, 0.0001, 'open', 'territory', 'FR', 'France', 'admissions', 'market_event',
        'nine of ten sources had more than twice their usual admissions', '{}', NULL, NULL, NULL),
    (12.5, 1250, current_date - 9, current_date - 7, 30, 0.00001, 'accepted', 'source', 'bhd-1', 'BHD', 'price', 'price_scale',
        'prices are a hundred times what they were: cents are read as units', '{}', now() - interval '6 days', 'anna', 'their answer changed; corrected in version 12');
