-- Makes the days of data set $1 from $2 until $3 due, whatever they were built from, and forgets what
-- failed; the one row of a data set without days. Returns how many.
WITH wanted AS (
    SELECT listed.name, listed.day
    FROM data_set_days() AS listed
    WHERE listed.name = $1
        AND (listed.day IS NULL
            OR listed.day >= coalesce($2::date, '-infinity') AND listed.day <= coalesce($3::date, 'infinity'))
)
INSERT INTO data_set_day AS known (name, day)
SELECT name, day FROM wanted
ON CONFLICT ON CONSTRAINT data_set_day_key DO UPDATE
SET input_revisions = NULL,
    tries = 0,
    tried_revisions = NULL,
    tried_at = NULL,
    retry_at = NULL,
    error = NULL
