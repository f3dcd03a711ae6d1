-- Which job a data point comes from is decided by the arguments. Each kind of data point is a statement
-- of its own: the first call of a session plans only the one that it needs.
CREATE OR REPLACE FUNCTION lineage(
    of_showtime integer DEFAULT NULL,
    of_seat text DEFAULT NULL,
    as_of timestamptz DEFAULT NULL,
    of_price boolean DEFAULT false,
    of_cinema integer DEFAULT NULL,
    of_film integer DEFAULT NULL,
    of_job bigint DEFAULT NULL
)
RETURNS TABLE (
    data_point text,
    seen_at timestamptz,
    generation integer,
    job_id bigint,
    source text,
    step text,
    key text,
    outcome job_outcome,
    finished_at timestamptz,
    pod text,
    definition_version integer,
    request_url text,
    http_status smallint,
    response_bytes integer,
    body_hash bytea,
    error text,
    log_lines jsonb
)
LANGUAGE plpgsql STABLE
ROWS 3
SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    point text;
    point_at timestamptz;
    point_job bigint;
BEGIN
    -- Planned once per session: to plan for every day's partition takes longer than to find the rows.
    IF of_job IS NOT NULL THEN
        point := format('job %s', of_job);
        point_job := of_job;
    ELSIF of_film IS NOT NULL THEN
        SELECT format('film %s', film.title), film.discovered_by
        INTO point, point_job
        FROM film
        WHERE film.film_id = of_film;
    ELSIF of_cinema IS NOT NULL THEN
        SELECT format('cinema %s', cinema.name), cinema.discovered_by
        INTO point, point_job
        FROM cinema
        WHERE cinema.cinema_id = of_cinema;
    ELSIF of_seat IS NOT NULL THEN
        WITH snapshot AS MATERIALIZED (
            SELECT seat_snapshot.observed_at, seat_snapshot.job_id, seat_snapshot.layout_id, seat_snapshot.seats
            FROM seat_snapshot
            WHERE seat_snapshot.showtime_id = of_showtime
                AND seat_snapshot.observed_at <= coalesce(as_of, 'infinity')
        ),
        -- The place of the seat is found once per layout.
        place AS MATERIALIZED (
            SELECT
                layout.layout_id,
                layout.source_id,
                layout.seat_count,
                array_position(layout.seat_key, of_seat) - 1 AS seat
            FROM layout
            WHERE layout.layout_id IN (SELECT layout_id FROM snapshot)
        )
        SELECT
            format('seat %s of showtime %s became %s', of_seat, of_showtime,
                coalesce(seat_code.status::text, quote_literal(seat_code.code))),
            seat_state.observed_at,
            seat_state.job_id
        INTO point, point_at, point_job
        FROM (
            SELECT
                snapshot.observed_at,
                snapshot.job_id,
                place.source_id,
                code_at(snapshot.seats, place.seat_count, place.seat) AS code_index,
                lag(code_at(snapshot.seats, place.seat_count, place.seat))
                    OVER (ORDER BY snapshot.observed_at) AS previous_index
            FROM snapshot
            INNER JOIN place ON place.layout_id = snapshot.layout_id
        ) AS seat_state
        INNER JOIN seat_code
            ON seat_code.source_id = seat_state.source_id AND seat_code.code_index = seat_state.code_index
        WHERE seat_state.code_index IS DISTINCT FROM seat_state.previous_index
        ORDER BY seat_state.observed_at DESC
        LIMIT 1;
    ELSIF of_price THEN
        SELECT format('price of showtime %s', of_showtime), showtime_tariff.observed_at, showtime_tariff.job_id
        INTO point, point_at, point_job
        FROM showtime_tariff
        WHERE showtime_tariff.showtime_id = of_showtime
            AND showtime_tariff.observed_at <= coalesce(as_of, 'infinity')
        ORDER BY showtime_tariff.observed_at DESC
        LIMIT 1;
    ELSIF as_of IS NOT NULL THEN
        SELECT format('seats of showtime %s', of_showtime), snapshot.observed_at, snapshot.job_id
        INTO point, point_at, point_job
        FROM seat_snapshot AS snapshot
        WHERE snapshot.showtime_id = of_showtime
            AND snapshot.observed_at <= as_of
        ORDER BY snapshot.observed_at DESC
        LIMIT 1;
    ELSE
        SELECT format('showtime %s', showtime.key), showtime.discovered_at, showtime.discovered_by
        INTO point, point_at, point_job
        FROM showtime
        WHERE showtime.showtime_id = of_showtime;
    END IF;

    RETURN QUERY
    SELECT
        point,
        coalesce(point_at, story.observed_at),
        story.generation,
        story.job_id,
        story.source,
        story.step,
        story.key,
        story.outcome,
        story.finished_at,
        story.pod,
        story.definition_version,
        story.request_url,
        story.http_status,
        story.response_bytes,
        story.body_hash,
        story.error,
        story.log_lines
    FROM job_lineage(point_job) AS story
    ORDER BY story.generation;
END
$$;

COMMENT ON FUNCTION lineage IS 'From a data point to the root: the job that saw it, the job that discovered its task, and so on, each with its log lines and the hash of its archived body. Name one of: a seat (of_showtime, of_seat, and as_of for its state at a time), the seats of a showtime at a time (of_showtime, as_of), a price (of_showtime, of_price => true), a showtime, a cinema, a film, a job. Example: SELECT generation, step, request_url, log_lines, body_hash FROM lineage(of_showtime => 1, of_seat => ''s4'');';
