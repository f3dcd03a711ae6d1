-- Finds the users of client $1 by their ids $2, anonymous or not by $3, and makes those that are
-- missing. A user that another transaction makes at this moment is not among the rows: ask again.
WITH given AS (
    SELECT DISTINCT external_id, is_anonymous
    FROM unnest($2::text[], $3::boolean[]) AS one (external_id, is_anonymous)
),
known AS (
    SELECT event_user.user_id, event_user.external_id, event_user.is_anonymous
    FROM given
    INNER JOIN event_user
        ON event_user.client_id = $1
        AND event_user.external_id = given.external_id
        AND event_user.is_anonymous = given.is_anonymous
),
made AS (
    -- Only missing ones, as each try takes a number of the sequence; in order, so that two of these
    -- statements never wait for each other.
    INSERT INTO event_user (client_id, is_anonymous, external_id)
    SELECT $1, given.is_anonymous, given.external_id
    FROM given
    WHERE NOT EXISTS (
        SELECT FROM known
        WHERE known.external_id = given.external_id AND known.is_anonymous = given.is_anonymous)
    ORDER BY given.external_id, given.is_anonymous
    ON CONFLICT (client_id, external_id, is_anonymous) DO NOTHING
    RETURNING user_id, external_id, is_anonymous
)
SELECT user_id AS "user_id!", external_id AS "external_id!", is_anonymous AS "is_anonymous!" FROM known
UNION ALL
SELECT user_id, external_id, is_anonymous FROM made
