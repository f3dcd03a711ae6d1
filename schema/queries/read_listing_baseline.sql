-- What task $1 listed last and is still to come, with the clock of the database.
--
-- One row always. What is older than step.baseline_from was set aside by a person; a
-- listing that stays the same keeps its time for up to an hour, so it is set aside
-- with it.
SELECT
    clock_timestamp() AS "now!",
    coalesce(latest.fields, '{}') AS "fields!",
    ARRAY(
        SELECT cinema.key
        FROM unnest(latest.row_ids) AS listed (cinema_id)
        INNER JOIN cinema ON cinema.cinema_id = listed.cinema_id
        WHERE latest.yields = 'cinemas'
    ) AS "cinema_keys!",
    coalesce(ahead.keys, '{}') AS "showtime_keys!",
    coalesce(ahead.starts_at, '{}') AS "starts_at!",
    coalesce(ahead.business_on, '{}') AS "business_on!"
FROM (VALUES (1)) AS one (row)
LEFT JOIN (
    SELECT listing_latest.row_ids, listing_latest.fields, step.yields
    FROM listing_latest
    INNER JOIN task ON task.task_id = listing_latest.task_id
    INNER JOIN step ON step.step_id = task.step_id
    WHERE listing_latest.task_id = $1
        AND listing_latest.observed_at >= coalesce(step.baseline_from, '-infinity')
) AS latest ON true
LEFT JOIN LATERAL (
    SELECT
        array_agg(showtime.key) AS keys,
        array_agg(showtime.starts_at) AS starts_at,
        array_agg(showtime.business_on) AS business_on
    FROM unnest(latest.row_ids) AS listed (showtime_id)
    INNER JOIN showtime ON showtime.showtime_id = listed.showtime_id
    WHERE latest.yields = 'showtimes' AND showtime.starts_at > now()
) AS ahead ON true
