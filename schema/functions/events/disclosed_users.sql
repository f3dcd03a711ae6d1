-- Fewer than five users are hidden, also none. More are rounded down to a multiple of five: numbers of
-- users overlap (steps of a funnel, active users of 7 and of 28 days, cohorts and days), and the
-- difference of two exact ones would show a group of fewer than five.

CREATE OR REPLACE FUNCTION disclosed_users(users bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN users >= 5 THEN users - users % 5 END;

COMMENT ON FUNCTION disclosed_users IS 'A number of users as a partner may see it: NULL below five, else rounded down to a multiple of five. Example: SELECT disclosed_users(13);';
REVOKE EXECUTE ON FUNCTION disclosed_users FROM PUBLIC;
