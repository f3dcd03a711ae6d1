-- A client whose every text is markup, where the database allows it; :markup is a text.

INSERT INTO event_client (name) VALUES ('hostile');

INSERT INTO event_key (client_id, is_public, key_hash, name, origins, events)
SELECT client_id, true, sha256('hostile'), 'hostile', ARRAY[:'markup'], ARRAY[:'markup']
FROM event_client WHERE name = 'hostile';

INSERT INTO event_schema (client_id, event, model, revision, addition, document)
SELECT client_id, :'markup', 1, 0, 0, jsonb_build_object('title', :'markup', :'markup', '{}'::jsonb)
FROM event_client WHERE name = 'hostile';

INSERT INTO event_name (client_id, received, canonical)
SELECT client_id, :'markup', 'shown ' || :'markup' FROM event_client WHERE name = 'hostile';

INSERT INTO event_count_change (bucket_at, name_id, events)
SELECT date_bin('5 minutes', now(), '2000-01-01'), name_id, 1000000
FROM event_name INNER JOIN event_client USING (client_id) WHERE name = 'hostile';

INSERT INTO event_reject (key_id, client_id, event, schema, pointer, reason, body)
SELECT key_id, client_id, :'markup', :'markup', '/' || :'markup', :'markup', :'markup' || chr(1) || chr(127) || chr(133)
FROM event_key WHERE name = 'hostile';

INSERT INTO user_day (day, user_id, client_id, place_id)
SELECT current_date - 1, 1, client_id, 1 FROM event_client WHERE name = 'hostile';

-- It is over, so the leader leaves its result.
INSERT INTO experiment (client_id, name, exposure_event, property, variations, weights, starts_at, ends_at, conversion_window)
SELECT client_id, 'hostile', :'markup', :'markup', ARRAY['a ' || :'markup', 'b ' || :'markup'], '{1,1}',
    now() - interval '9 days', now() - interval '5 days', '1 day'
FROM event_client WHERE name = 'hostile';

INSERT INTO experiment_metric (experiment_id, metric_id, kind, name, event, property)
SELECT experiment_id, 1, 'sum', :'markup', :'markup', :'markup' FROM experiment WHERE name = 'hostile';

INSERT INTO experiment_result (experiment_id, metric_id, variation, users, total, squares, before_total, before_squares, products)
SELECT experiment_id, metric_id, variation, 1000, total, 4 * total, 0, 0, 0
FROM experiment CROSS JOIN (VALUES (0, 1, 0), (0, 2, 0), (1, 1, 500), (1, 2, 700)) AS one (metric_id, variation, total)
WHERE name = 'hostile';

UPDATE event_reject SET replayed_at = now(), replayed_by = :'markup'
WHERE client_id = (SELECT client_id FROM event_client WHERE name = 'hostile');
