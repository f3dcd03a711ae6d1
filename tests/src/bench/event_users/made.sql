-- Three clients with 300,000 users in all, and one with a million. A user comes on a first day within
-- 90 days, and again on two to five others until now.
SET statement_timeout = 0;
INSERT INTO event_client (name) VALUES ('one'), ('two'), ('three'), ('large');
INSERT INTO event_place (country) VALUES ('FR');
INSERT INTO event_name (client_id, received, canonical)
SELECT 1, 'event ' || one, 'event ' || one FROM generate_series(1, 8) AS one;
INSERT INTO user_day (day, user_id, client_id, place_id)
SELECT DISTINCT current_date - first + later, 200000 + person, client_id, 1
FROM (
    SELECT person, CASE WHEN person <= 300000 THEN 1 + person % 3 ELSE 4 END AS client_id, abs(hashint4(person)) % 90 AS first
    FROM generate_series(1, 1300000) AS person
) AS one
CROSS JOIN LATERAL (
    SELECT 0 AS later
    UNION ALL
    SELECT abs(hashint8(person * 10::bigint + visit)) % (first + 1) FROM generate_series(1, 2 + person % 4) AS visit
) AS visits;
RESET statement_timeout;
