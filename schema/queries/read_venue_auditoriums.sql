-- Reads the auditoriums of the cinemas $1, with the layouts that were seen of them: a hash of the
-- labels of all seats, which is the same for all sources that label them alike, and their number.
--
-- A layout without labels would be like any other of its size, so it has no hash.
WITH seen AS MATERIALIZED (
    SELECT DISTINCT showtime.auditorium_id, latest.layout_id
    FROM showtime
    INNER JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
    WHERE showtime.cinema_id = ANY ($1::integer[])
        AND showtime.auditorium_id IS NOT NULL
        AND latest.layout_id IS NOT NULL
),
labelled AS MATERIALIZED (
    SELECT layout.layout_id, layout.seat_count, labels.hash
    FROM layout
    CROSS JOIN LATERAL (
        SELECT md5(string_agg(seat.row_label || '/' || seat.number, ' '
            ORDER BY seat.row_label COLLATE "C", seat.number COLLATE "C")) AS hash
        FROM unnest(layout.row_label, layout.seat_number) AS seat (row_label, number)
        HAVING count(*) = count(nullif(seat.number, ''))
    ) AS labels
    WHERE layout.layout_id IN (SELECT layout_id FROM seen)
)
SELECT
    auditorium.auditorium_id,
    auditorium.cinema_id,
    auditorium.name,
    array_agg(labelled.hash ORDER BY labelled.hash) FILTER (WHERE labelled.hash IS NOT NULL) AS "hashes?",
    array_agg(labelled.seat_count ORDER BY labelled.hash) FILTER (WHERE labelled.hash IS NOT NULL) AS "seat_counts?"
FROM auditorium
LEFT JOIN seen ON seen.auditorium_id = auditorium.auditorium_id
LEFT JOIN labelled ON labelled.layout_id = seen.layout_id
WHERE auditorium.cinema_id = ANY ($1::integer[])
GROUP BY auditorium.auditorium_id, auditorium.cinema_id, auditorium.name
ORDER BY auditorium.auditorium_id
