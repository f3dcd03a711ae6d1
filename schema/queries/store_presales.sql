-- Stores presales seen at the origin $1: $2 works, $3 territories, $4 first days, $5 days before
-- them, $6 seats sold.
INSERT INTO work_presale (seen_at, work_id, territory, released_on, days, sold)
SELECT $1, work_id, territory, released_on, days, sold
FROM unnest($2::integer[], $3::text[], $4::date[], $5::smallint[], $6::integer[])
    AS wanted (work_id, territory, released_on, days, sold)
ON CONFLICT (work_id, territory, days) DO NOTHING
