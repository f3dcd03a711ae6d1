-- Replaces the titles and identifiers of the works of the films $1.
--
-- $2 film whose work has a title, $3 its territory, $4 the title, $5 the key by which it is searched;
-- $6 film whose work has an identifier, $7 its scheme, $8 its value.
WITH named AS MATERIALIZED (
    SELECT DISTINCT work.work_id, given.territory::char(2) AS territory, given.title, given.key
    FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[]) AS given (film_id, territory, title, key)
    INNER JOIN work ON work.film_id = given.film_id
),
identified AS MATERIALIZED (
    SELECT DISTINCT work.work_id, given.scheme, given.value
    FROM unnest($6::integer[], $7::text[], $8::text[]) AS given (film_id, scheme, value)
    INNER JOIN work ON work.film_id = given.film_id
),
affected AS MATERIALIZED (
    SELECT work_id FROM work WHERE film_id = ANY ($1::integer[])
),
title_gone AS (
    DELETE FROM work_title
    WHERE work_title.work_id IN (SELECT work_id FROM affected)
        AND NOT EXISTS (
            SELECT FROM named
            WHERE named.work_id = work_title.work_id
                AND named.territory IS NOT DISTINCT FROM work_title.territory
                AND named.title = work_title.title)
),
identifier_gone AS (
    DELETE FROM work_identifier
    WHERE work_identifier.work_id IN (SELECT work_id FROM affected)
        AND NOT EXISTS (
            SELECT FROM identified
            WHERE identified.work_id = work_identifier.work_id
                AND identified.scheme = work_identifier.scheme
                AND identified.value = work_identifier.value)
),
title_stored AS (
    INSERT INTO work_title (work_id, territory, title, key)
    SELECT work_id, territory, title, key FROM named
    ON CONFLICT (work_id, territory, language, title) DO UPDATE SET key = excluded.key
    WHERE work_title.key IS DISTINCT FROM excluded.key
)
INSERT INTO work_identifier (work_id, scheme, value)
SELECT work_id, scheme, value FROM identified
ON CONFLICT (work_id, scheme, value) DO NOTHING
