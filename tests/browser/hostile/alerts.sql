-- An alert, an alert that ended, a silence and a receiver whose every text is markup; :markup is a text.
-- Their condition is none of the coordinator's, so no check of it ends them.

INSERT INTO alert_check (condition, checked_at, failed_since, error) VALUES ('hostile', now(), now(), :'markup');

INSERT INTO alert (first_seen_at, last_seen_at, opened_at, resolved_at, value, threshold, severity, condition, subject_kind, subject, text, means, next_step, details)
SELECT now() - interval '2 hours', now(), now() - interval '2 hours', now() - ended, 1, 1, severity, 'hostile', 'pod', subject || :'markup', :'markup', :'markup', :'markup', :'markup'
FROM (VALUES (NULL::interval, 'critical', 'one'), (NULL, 'info', 'two'), (interval '1 hour', 'warning', 'three')) AS alert (ended, severity, subject);

INSERT INTO alert_silence (until_at, condition, subject, reason, created_by)
VALUES (now() + interval '1 day', 'hostile', 'two%', :'markup', :'markup');

INSERT INTO message (created_at, next_try_at, kind, receiver, alert_ids, content, last_error)
VALUES (now() - interval '1 hour', now() + interval '1 hour', 'new', :'markup', '{1}', '{}', :'markup');

INSERT INTO anomaly (expected, observed, first_on, last_on, score, q_value, state, subject_kind, subject_key, subject_name, metric, cause, reason, parts, decided_at, decided_by, decision_reason)
VALUES (2, 1, current_date, current_date, 3, 0.01, 'rejected', 'territory', :'markup', :'markup', 'sold', 'unknown', :'markup', ARRAY[:'markup'], now(), :'markup', :'markup');
