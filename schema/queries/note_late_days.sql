-- Takes the log of late days: each of them has another revision then.
--
-- What another transaction has not committed yet is not seen, so it is not taken either.
WITH taken AS (
    DELETE FROM late_day
    RETURNING on_day, of_table
)
INSERT INTO day_revision AS known (on_day, of_table)
SELECT DISTINCT on_day, of_table
FROM taken
ON CONFLICT (of_table, on_day) DO UPDATE
SET revision = known.revision + 1,
    changed_at = now()
