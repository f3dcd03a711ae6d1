-- Has the files of days of data set $1 from $2 until $3 listed again, however old the days are; of all
-- days without bounds, and nothing where it is not read from files.
WITH wanted AS (
    SELECT listed.name, listed.day
    FROM data_set_days() AS listed
    INNER JOIN data_set ON data_set.name = listed.name AND data_set.files IS NOT NULL
    WHERE listed.name = $1
        AND (listed.day IS NULL
            OR listed.day >= coalesce($2::date, '-infinity') AND listed.day <= coalesce($3::date, 'infinity'))
)
INSERT INTO load_day (name, day, is_asked)
SELECT name, day, true FROM wanted
ON CONFLICT ON CONSTRAINT load_day_key DO UPDATE
SET is_asked = true
