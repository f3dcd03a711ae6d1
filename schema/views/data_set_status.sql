CREATE OR REPLACE VIEW data_set_status WITH (security_invoker = true) AS
SELECT
    name, day, state, waiting_for, changed_inputs, built_at, now() - built_at AS age, took, row_count, bytes, revision,
    tries, error, tried_at, next_try_at, building_since, due_by, is_late
FROM data_set_days();

COMMENT ON VIEW data_set_status IS 'Each complete day of each data set: whether it is built from its inputs as they are now, and if not, why. Example: SELECT name, day, state, waiting_for, error FROM data_set_status WHERE state <> ''built'' ORDER BY name, day;';
COMMENT ON COLUMN data_set_status.day IS 'The day; NULL for a data set without days.';
COMMENT ON COLUMN data_set_status.state IS 'built; building; due; waiting: for the data sets or files in waiting_for; retrying: failed, tried again at next_try_at; failed: three times.';
COMMENT ON COLUMN data_set_status.waiting_for IS 'Inputs that are not built, and files that are not there.';
COMMENT ON COLUMN data_set_status.changed_inputs IS 'What changed since the last good build; its rows can be read meanwhile.';
COMMENT ON COLUMN data_set_status.built_at IS 'When the last good build ended; NULL if there was none.';
COMMENT ON COLUMN data_set_status.took IS 'How long that took.';
COMMENT ON COLUMN data_set_status.revision IS 'How often its rows changed.';
COMMENT ON COLUMN data_set_status.due_by IS 'Its deadline; NULL for none.';
COMMENT ON COLUMN data_set_status.is_late IS 'Whether it is not built although its deadline has passed.';
