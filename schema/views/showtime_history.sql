CREATE OR REPLACE VIEW showtime_history
WITH (security_invoker = true) AS
SELECT
    showtime_change.showtime_id,
    showtime_change.at,
    showtime_change.event,
    CASE showtime_change.event
        WHEN 'film' THEN old_film.title
        WHEN 'auditorium' THEN old_auditorium.name
        WHEN 'layout' THEN old_layout.seat_count || ' seats'
        ELSE showtime_change.before
    END AS before,
    CASE showtime_change.event
        WHEN 'film' THEN new_film.title
        WHEN 'auditorium' THEN new_auditorium.name
        WHEN 'layout' THEN new_layout.seat_count || ' seats'
        ELSE showtime_change.after
    END AS after,
    showtime_change.job_id
FROM showtime_change
LEFT JOIN film AS old_film
    ON old_film.film_id = CASE WHEN showtime_change.event = 'film' THEN showtime_change.before::integer END
LEFT JOIN film AS new_film
    ON new_film.film_id = CASE WHEN showtime_change.event = 'film' THEN showtime_change.after::integer END
LEFT JOIN auditorium AS old_auditorium
    ON old_auditorium.auditorium_id = CASE WHEN showtime_change.event = 'auditorium' THEN showtime_change.before::integer END
LEFT JOIN auditorium AS new_auditorium
    ON new_auditorium.auditorium_id = CASE WHEN showtime_change.event = 'auditorium' THEN showtime_change.after::integer END
LEFT JOIN layout AS old_layout
    ON old_layout.layout_id = CASE WHEN showtime_change.event = 'layout' THEN showtime_change.before::integer END
LEFT JOIN layout AS new_layout
    ON new_layout.layout_id = CASE WHEN showtime_change.event = 'layout' THEN showtime_change.after::integer END;

COMMENT ON VIEW showtime_history IS 'Changes of showtimes during their sale, in words: another start, film, auditorium or layout, unlisted, listed again. Example: SELECT at, event, before, after FROM showtime_history WHERE showtime_id = 1 ORDER BY at;';
