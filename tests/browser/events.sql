-- What the pages of events show: two clients with a day of counts, users of ten weeks, keys, a schema,
-- and rejected events. No number is random, so pictures are the same again.

INSERT INTO event_client (name, time_zone, week_start, duplicate_window)
VALUES ('app-fr', 'Europe/Paris', 1, '1 day'), ('kiosk-kr', 'Asia/Seoul', 7, '2 hours');

INSERT INTO event_key (client_id, is_public, key_hash, name, origins, events, schema_mode, events_per_second, last_used_at, revoked_at)
SELECT client_id, is_public, sha256(key.name::bytea), key.name, origins, events, mode, rate, used, revoked
FROM (VALUES
    ('app-fr', 'backend', false, '{}'::text[], '{}'::text[], 'enforce', 5000, now(), NULL::timestamptz),
    ('app-fr', 'page', true, '{https://*.example.com}', '{film opened,seats chosen}', 'warn', 1000, now() - interval '2 minutes', NULL),
    ('app-fr', 'page of 2025', true, '{https://*.example.com}', '{}', 'off', 1000, now() - interval '40 days', now() - interval '39 days'),
    ('kiosk-kr', 'kiosk', false, '{}', '{}', 'off', 200, now() - interval '6 minutes', NULL)
) AS key (client, name, is_public, origins, events, mode, rate, used, revoked)
INNER JOIN event_client ON event_client.name = key.client;

INSERT INTO event_schema (client_id, event, model, revision, addition, document)
SELECT client_id, 'ticket bought', 1, 0, addition, document::jsonb
FROM event_client
CROSS JOIN (VALUES
    (0, '{"type": "object", "required": ["film"], "properties": {"film": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}}}'),
    (1, '{"type": "object", "required": ["film"], "properties": {"film": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}, "email": {"type": "string", "x-privacy": "personal"}}}')
) AS one (addition, document)
WHERE name = 'app-fr';

INSERT INTO event_name (client_id, received, canonical, first_at)
SELECT client_id, received, canonical, now() - interval '70 days'
FROM (VALUES
    ('app-fr', 'film opened', 'film opened'), ('app-fr', 'film_open', 'film opened'),
    ('app-fr', 'trailer played', 'trailer played'), ('app-fr', 'seats chosen', 'seats chosen'),
    ('app-fr', 'ticket bought', 'ticket bought'), ('app-fr', 'app started', 'app started'),
    ('app-fr', 'search used', 'search used'), ('kiosk-kr', 'ticket printed', 'ticket printed'),
    ('kiosk-kr', 'film opened', 'film opened')
) AS name (client, received, canonical)
INNER JOIN event_client ON event_client.name = name.client;

-- A day of counts: most in the evening of the client, few at night.
INSERT INTO event_count (bucket_at, events, name_id, is_hour)
SELECT
    date_bin('5 minutes', now(), '2000-01-01') - span * interval '5 minutes',
    (weight * (1.1 + sin((span + 40) / 288.0 * 2 * pi())) + (span * 7 + name_id * 3) % 11)::bigint,
    name_id, false
FROM generate_series(0, 288) AS span
CROSS JOIN event_name
INNER JOIN event_client USING (client_id)
INNER JOIN (VALUES
    ('film opened', 120), ('trailer played', 45), ('seats chosen', 38), ('ticket bought', 16),
    ('app started', 70), ('search used', 24), ('ticket printed', 12)) AS load (event, weight)
    ON load.event = event_name.canonical;

INSERT INTO event_intake (bucket_at, accepted, duplicates, rejected, limited, key_id)
SELECT
    date_bin('5 minutes', now(), '2000-01-01') - span * interval '5 minutes',
    share * (20 + span % 13), share * (span % 5) / 4,
    CASE WHEN name = 'backend' AND span % 24 = 0 THEN 1 ELSE 0 END,
    CASE WHEN name = 'page' AND span % 60 = 0 THEN 25 ELSE 0 END, key_id
FROM generate_series(0, 287) AS span
CROSS JOIN (VALUES ('backend', 6), ('page', 9), ('kiosk', 1)) AS load (key, share)
INNER JOIN event_key ON event_key.name = load.key;

INSERT INTO event_place (country, region) VALUES ('FR', NULL), ('KR', NULL);

-- 2,000 users of ten weeks: each comes first on a day, then again, more seldom the later it is.
INSERT INTO user_day (day, user_id, client_id, place_id)
SELECT (now() AT TIME ZONE time_zone)::date - first + later, person + 10000 * client_id, client_id, 1
FROM event_client
CROSS JOIN LATERAL (
    SELECT person, person * 37 % 70 AS first
    FROM generate_series(1, CASE name WHEN 'app-fr' THEN 2000 ELSE 300 END) AS person) AS one
CROSS JOIN generate_series(0, 70) AS later
WHERE later <= first AND (later = 0 OR (person * 31 + later * 17) % 100 < 46 / sqrt(later + 1) + 4);

-- Events of three days for funnels: of those who open a film, fewer choose seats, and fewer buy.
INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, properties)
SELECT at, at, gen_random_uuid(), person, name_id, 1, '{"film": "Low Tide"}'
FROM generate_series(1, 600) AS person
CROSS JOIN (VALUES ('film opened', 0, 100), ('trailer played', 1, 60), ('seats chosen', 4, 38), ('ticket bought', 9, 17)) AS step (name, minutes, share)
CROSS JOIN LATERAL (SELECT now() - interval '3 days' + person * interval '7 minutes' + minutes * interval '1 minute' AS at) AS moment
INNER JOIN event_name ON event_name.received = step.name
INNER JOIN event_client USING (client_id)
WHERE event_client.name = 'app-fr' AND person * 53 % 100 < share;

INSERT INTO event_reject (rejected_at, key_id, client_id, event, schema, pointer, reason, body)
SELECT now() - ago * interval '47 minutes', key_id, client_id, event, schema, pointer, reason, body
FROM (VALUES
    (6, 'kiosk', 'ticket printed', NULL, '/timestamp', 'is not a time: write one such as 2026-11-30T05:00:00Z', '{"event": "ticket printed", "user_id": "kiosk-12", "timestamp": "30/11/2026 14:05"}'),
    (5, 'backend', 'ticket bought', '1-0-1', '/properties/seats', '0 is less than the minimum of 1', '{"event": "ticket bought", "user_id": "u-8812", "schema_version": "1-0-1", "properties": {"film": "Low Tide", "seats": 0}}'),
    (3, 'backend', 'ticket bought', '1-0-1', '/properties', '"film" is a required property', '{"event": "ticket bought", "user_id": "u-8815", "schema_version": "1-0-1", "properties": {"seats": 2}}'),
    (2, 'page', 'film opened', NULL, '/user_id', 'is "undefined", which is no identifier: send the user''s id, or an anonymous id', '{"event": "film opened", "user_id": "undefined", "properties": {"film": "Monsoon Radio"}}'),
    (1, 'backend', NULL, NULL, '', 'is not JSON: expected `,` or `}` at line 1 column 29', '{"event": "ticket bought" "user_id": "u-9001"}')
) AS reject (ago, key, event, schema, pointer, reason, body)
INNER JOIN event_key ON event_key.name = reject.key
ORDER BY ago DESC;

-- Three experiments: two that are over, one of them with users that are not spread as wanted, and one that
-- runs and that nobody saw yet. The leader computes what runs again, and leaves the others.
INSERT INTO experiment (client_id, name, exposure_event, property, variations, weights, starts_at, ends_at, conversion_window, covariate_window)
SELECT client_id, one.name, 'seats chosen', property, variations, weights, now() - since, now() - until, '1 day', before
FROM (VALUES
    ('new-seat-map', 'layout', '{old,new}'::text[], '{1,1}'::float8[], interval '12 days', interval '2 days', interval '14 days'),
    ('price-first', 'order', '{map first,price first,both}', '{1,1,1}', '40 days', '9 days', '0'),
    ('trailer-plays', 'trailer', '{still,playing}', '{9,1}', '2 hours', NULL, '0')
) AS one (name, property, variations, weights, since, until, before)
CROSS JOIN event_client
WHERE event_client.name = 'app-fr';

INSERT INTO experiment_metric (experiment_id, metric_id, kind, goal, name, event, property)
SELECT experiment_id, metric_id, kind, goal, metric.name, metric.event, metric.property
FROM experiment
CROSS JOIN (VALUES
    (1, 'share', 'increase', 'bought a ticket', 'ticket bought', NULL),
    (2, 'sum', 'increase', 'spent', 'ticket bought', 'amount'),
    (3, 'count', 'decrease', 'searches', 'search used', NULL)
) AS metric (metric_id, kind, goal, name, event, property);

INSERT INTO experiment_result (computed_at, experiment_id, metric_id, variation, users, total, squares, before_total, before_squares, products)
SELECT now() - interval '3 minutes', experiment_id, metric_id, variation, users, total, squares, before_total, before_squares, products
FROM (VALUES
    ('new-seat-map', 0, 0, 31, 0, 0, 0, 0, 0), ('new-seat-map', 0, 1, 5980, 0, 0, 0, 0, 0), ('new-seat-map', 0, 2, 5951, 0, 0, 0, 0, 0),
    ('new-seat-map', 1, 1, 5980, 598, 598, 300, 300, 60), ('new-seat-map', 1, 2, 5951, 762, 762, 298, 298, 66),
    ('new-seat-map', 2, 1, 5980, 8372, 161460, 4186, 80000, 30000), ('new-seat-map', 2, 2, 5951, 9040, 164250, 4150, 79000, 31000),
    ('new-seat-map', 3, 1, 5980, 1256, 2100, 1250, 2080, 300), ('new-seat-map', 3, 2, 5951, 1550, 2600, 1240, 2050, 310),
    ('price-first', 0, 0, 12, 0, 0, 0, 0, 0), ('price-first', 0, 1, 3000, 0, 0, 0, 0, 0), ('price-first', 0, 2, 3010, 0, 0, 0, 0, 0), ('price-first', 0, 3, 2500, 0, 0, 0, 0, 0),
    ('price-first', 1, 1, 3000, 300, 300, 0, 0, 0), ('price-first', 1, 2, 3010, 330, 330, 0, 0, 0), ('price-first', 1, 3, 2500, 240, 240, 0, 0, 0),
    ('price-first', 2, 1, 3000, 4200, 81000, 0, 0, 0), ('price-first', 2, 2, 3010, 4300, 83000, 0, 0, 0), ('price-first', 2, 3, 2500, 3400, 66000, 0, 0, 0),
    ('price-first', 3, 1, 3000, 630, 1000, 0, 0, 0), ('price-first', 3, 2, 3010, 600, 990, 0, 0, 0), ('price-first', 3, 3, 2500, 520, 870, 0, 0, 0)
) AS result (name, metric_id, variation, users, total, squares, before_total, before_squares, products)
INNER JOIN experiment USING (name);

-- One rejected event was replayed.
UPDATE event_reject SET replayed_at = now() - interval '1 minute', replayed_by = 'anna', stored_as = 'b7c6cbb4-6a7f-4a52-9c4e-57b1d1a1a001'
WHERE reason LIKE '%minimum of 1';
