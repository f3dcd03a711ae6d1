-- Retention reads the days of each user of a client in order, from the index alone.

DROP INDEX user_day_user_idx;
CREATE INDEX user_day_user_idx ON user_day (client_id, user_id, day) INCLUDE (place_id);
