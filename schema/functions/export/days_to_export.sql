CREATE OR REPLACE FUNCTION days_to_export(of_place integer, of_data_set text)
RETURNS TABLE (on_day date, revision integer)
LANGUAGE sql STABLE
AS $$
    SELECT day.on_day, coalesce(known.revision, 0)
    FROM (
        SELECT
            CASE of_data_set
                WHEN 'showtimes' THEN 'showtime'
                WHEN 'jobs' THEN 'job'
                WHEN 'prices' THEN 'showtime_tariff'
                WHEN 'events' THEN 'event'
                ELSE 'snapshot'
            END AS of_table,
            -- The first day that is not complete.
            ((now() - interval '15 minutes') AT TIME ZONE 'UTC')::date AS until_on
    ) AS target
    CROSS JOIN LATERAL (
        SELECT generate_series(first_day.on_day, target.until_on - 1, interval '1 day')::date AS on_day
        FROM first_day
        WHERE first_day.of_table = target.of_table
        UNION
        SELECT changed.on_day
        FROM day_revision AS changed
        WHERE changed.of_table = target.of_table AND changed.on_day < target.until_on
    ) AS day
    LEFT JOIN day_revision AS known ON known.of_table = target.of_table AND known.on_day = day.on_day
    LEFT JOIN exported_day AS done
        ON done.place_id = of_place AND done.data_set = of_data_set AND done.on_day = day.on_day
    WHERE done.place_id IS NULL
        OR done.revision <> coalesce(known.revision, 0)
        OR EXISTS (
            SELECT
            FROM unnest(done.source_ids, done.code_indexes, done.statuses) AS used (source_id, code_index, status)
            INNER JOIN seat_code
                ON seat_code.source_id = used.source_id AND seat_code.code_index = used.code_index
            WHERE seat_code.status IS DISTINCT FROM used.status
        )
    ORDER BY day.on_day
$$;

COMMENT ON FUNCTION days_to_export IS 'The complete days of a data set that were not exported to a place yet, were changed since then, or have codes with another meaning now. Example: SELECT place.address, due.on_day FROM export_place AS place CROSS JOIN LATERAL days_to_export(place.place_id, ''seat-records'') AS due;';
