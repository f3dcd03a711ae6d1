CREATE OR REPLACE FUNCTION data_set.day() RETURNS date
LANGUAGE sql STABLE
RETURN nullif(current_setting('fullhouse.day', true), '')::date;

COMMENT ON FUNCTION data_set.day IS 'The day that is being built; NULL elsewhere. In the file of a data set, :day stands for it. Example: SELECT data_set.day();';
