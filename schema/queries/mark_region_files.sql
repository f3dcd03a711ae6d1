-- Marks the files of region $1 with events of users $3 of client $2, live or sealed, to be written again.
WITH name AS MATERIALIZED (
    SELECT name_id FROM event_name WHERE client_id = $2
),
seen AS (
    SELECT date_trunc('hour', received_at, 'UTC') AS hour
    FROM event
    WHERE user_id = ANY ($3) AND name_id = ANY (ARRAY(SELECT name_id FROM name))
    UNION
    SELECT date_trunc('hour', received_at, 'UTC')
    FROM event_sealed
    WHERE name_id = ANY (ARRAY(SELECT name_id FROM name))
        -- Most blocks are left out by the low numbers of users, without a look at each place.
        AND block_id = ANY (ARRAY(
            SELECT block_id
            FROM event_block
            WHERE name_id = ANY (ARRAY(SELECT name_id FROM name))
                AND users && ARRAY(SELECT ((one & 65535) - 32768)::smallint FROM unnest($3::integer[]) AS one)))
        AND user_id = ANY ($3)
)
UPDATE region_file
SET is_stale = true
WHERE region_id = $1 AND client_id = $2 AND hour IN (SELECT hour FROM seen) AND NOT is_stale
