CREATE OR REPLACE VIEW event_user_day
WITH (security_invoker = true) AS
SELECT
    event_client.name AS client,
    user_day.day,
    user_day.user_id,
    event_place.country,
    event_place.region
FROM user_day
INNER JOIN event_client ON event_client.client_id = user_day.client_id
INNER JOIN event_place ON event_place.place_id = user_day.place_id;

COMMENT ON VIEW event_user_day IS 'A row for each day on which a user did something, in the time zone of the client. Distinct users do not add up over days: use active_users and retention. Example: SELECT day, count(*) FROM event_user_day WHERE client = ''app'' AND day > current_date - 28 GROUP BY day;';
COMMENT ON COLUMN event_user_day.user_id IS 'A number that stands for the user.';
COMMENT ON COLUMN event_user_day.country IS 'Where the user was first that day; ISO 3166 code.';
COMMENT ON COLUMN event_user_day.region IS 'Region of that place.';
