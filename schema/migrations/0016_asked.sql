-- What analysts could not ask, or not in time: rollups name films and sources by number alone, a
-- look that saw no change was in no view by its showtime, a seat that changed had no place, and
-- where a number comes from ended at its job.

CREATE VIEW source_profile WITH (security_invoker = true) AS
SELECT source.source_id, source.name AS source, source.title
FROM source;
COMMENT ON VIEW source_profile IS 'Each source: its names, for what has its number, such as the rollups by chain. Example: SELECT title, sum(admissions) FROM fullhouse.chain_day JOIN source_profile USING (source_id) GROUP BY title;';
COMMENT ON COLUMN source_profile.source IS 'The name by which commands and other views call it.';
COMMENT ON COLUMN source_profile.title IS 'The name for people.';

CREATE VIEW film_profile WITH (security_invoker = true) AS
SELECT film.film_id, film.source_id, source.name AS source, film.key, film.title
FROM film
INNER JOIN source ON source.source_id = film.source_id;
COMMENT ON VIEW film_profile IS 'Each film as one source names it, for what has its number, such as the rollups by film. One film has a number for each source; add up by title. Example: SELECT title, sum(admissions) FROM fullhouse.film_day JOIN film_profile USING (film_id) GROUP BY title;';
COMMENT ON COLUMN film_profile.key IS 'The source''s own key.';
COMMENT ON COLUMN film_profile.title IS 'Title as the source displays it.';

-- Begins at the task, so that naming showtimes reaches the keys of both.
CREATE VIEW showtime_look WITH (security_invoker = true) AS
SELECT
    task.subject_id AS showtime_id,
    job.observed_at,
    job.changed,
    job.sold,
    job.unmapped,
    job.job_id
FROM task
INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
INNER JOIN job
    ON job.task_id = task.task_id
    AND job.outcome = 'succeeded'
    AND job.changed IS NOT NULL
WHERE task.subject_id IS NOT NULL;
COMMENT ON VIEW showtime_look IS 'A row per look at the seats of a showtime, whether it saw a change or not: so that "nothing happened" and "nobody looked" can be told apart. Name showtimes, by value or by a join. Example: SELECT observed_at, changed, sold FROM showtime_look WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN showtime_look.changed IS 'Whether its seats differed from those stored last; then there is a snapshot of this job.';
COMMENT ON COLUMN showtime_look.sold IS 'Seats that it saw sold, by what their codes meant then.';
COMMENT ON COLUMN showtime_look.unmapped IS 'Seats whose code nothing mapped then.';

-- With the place of each seat, as seat_record has it: else whoever asks where people sit joins
-- every change with every seat.
CREATE OR REPLACE VIEW seat_change WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    seen.observed_at,
    seen.previous_at,
    change.seat_key,
    change.row_label,
    change.seat_number,
    change.area,
    was.status AS from_status,
    becomes.status AS to_status,
    was.code AS from_code,
    becomes.code AS to_code,
    seen.layout_id,
    seen.job_id,
    change.x,
    change.y
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.job_id,
        snapshot.layout_id,
        snapshot.seats,
        lag(snapshot.observed_at) OVER earlier AS previous_at,
        lag(snapshot.layout_id) OVER earlier AS previous_layout_id,
        lag(snapshot.seats) OVER earlier AS previous_seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    WINDOW earlier AS (ORDER BY snapshot.observed_at)
) AS seen
INNER JOIN layout ON layout.layout_id = seen.layout_id
CROSS JOIN LATERAL (
    SELECT
        layout.seat_key[cell.seat + 1] AS seat_key,
        layout.row_label[cell.seat + 1] AS row_label,
        layout.seat_number[cell.seat + 1] AS seat_number,
        layout.area[cell.seat + 1] AS area,
        layout.x[cell.seat + 1] AS x,
        layout.y[cell.seat + 1] AS y,
        cell.from_index,
        cell.to_index
    FROM changed_seats(seen.previous_seats, seen.seats, layout.seat_count) AS cell
    WHERE seen.previous_layout_id = seen.layout_id
    UNION ALL
    -- Another layout: seats are the same where their keys are.
    SELECT pair.seat_key, pair.row_label, pair.seat_number, pair.area, pair.x, pair.y, pair.from_index, pair.to_index
    FROM layout AS previous
    CROSS JOIN LATERAL (
        SELECT
            coalesce(present.seat_key, past.seat_key) AS seat_key,
            coalesce(present.row_label, past.row_label) AS row_label,
            coalesce(present.seat_number, past.seat_number) AS seat_number,
            coalesce(present.area, past.area) AS area,
            coalesce(present.x, past.x) AS x,
            coalesce(present.y, past.y) AS y,
            code_at(seen.previous_seats, previous.seat_count, (past.position - 1)::integer) AS from_index,
            code_at(seen.seats, layout.seat_count, (present.position - 1)::integer) AS to_index
        FROM unnest(previous.seat_key, previous.row_label, previous.seat_number, previous.area, previous.x, previous.y)
            WITH ORDINALITY AS past (seat_key, row_label, seat_number, area, x, y, position)
        FULL JOIN unnest(layout.seat_key, layout.row_label, layout.seat_number, layout.area, layout.x, layout.y)
            WITH ORDINALITY AS present (seat_key, row_label, seat_number, area, x, y, position)
            ON present.seat_key = past.seat_key
    ) AS pair
    WHERE previous.layout_id = seen.previous_layout_id
        AND previous.layout_id <> seen.layout_id
        AND pair.from_index IS DISTINCT FROM pair.to_index
) AS change
LEFT JOIN seat_code AS was
    ON was.source_id = layout.source_id AND was.code_index = change.from_index
LEFT JOIN seat_code AS becomes
    ON becomes.source_id = layout.source_id AND becomes.code_index = change.to_index;
COMMENT ON COLUMN seat_change.x IS 'From left to right, as the source draws its map; of a seat that is gone, where it was.';
COMMENT ON COLUMN seat_change.y IS 'From the screen to the back.';

-- It reads tables by name, so it runs as its owner; who may ask it, the view decides.
ALTER FUNCTION job_story SECURITY DEFINER SET search_path = public, pg_temp;
CREATE VIEW job_ancestor WITH (security_invoker = true) AS
SELECT
    job.job_id AS of_job_id,
    story.generation,
    story.job_id,
    story.source,
    story.step,
    story.key,
    story.outcome,
    story.observed_at,
    story.finished_at,
    story.pod,
    story.definition_version,
    story.request_url,
    story.error,
    story.log
FROM job
CROSS JOIN LATERAL job_story(job.job_id) AS story;
COMMENT ON VIEW job_ancestor IS 'For each job: itself, the job that discovered its task, and so on up to the root, with their log lines, as job_story tells. Name a job. Example: SELECT generation, step, request_url FROM job_ancestor WHERE of_job_id = 4711 ORDER BY generation;';
COMMENT ON COLUMN job_ancestor.of_job_id IS 'The job that is asked about.';
COMMENT ON COLUMN job_ancestor.generation IS '0 for that job, 1 for the one that discovered its task, and so on.';

INSERT INTO view_audience (view_name, audience, schema_name)
VALUES
    ('source_profile', 'analysts', 'analytics'),
    ('film_profile', 'analysts', 'analytics'),
    ('showtime_look', 'analysts', 'analytics'),
    ('job_ancestor', 'analysts', 'analytics_detail');

-- Whoever makes a rollup sees how far it is, and why it was set aside.
ALTER FUNCTION rollup_backlog SECURITY DEFINER SET search_path = public, pg_temp;
UPDATE view_audience SET audience = 'analysts' WHERE view_name = 'rollup_status';
