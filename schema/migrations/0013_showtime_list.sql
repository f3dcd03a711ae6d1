-- Serves the list of showtimes of the web page and the HTTP API, which is in the order of their start.
CREATE INDEX showtime_starts_idx ON showtime (starts_at, showtime_id);
