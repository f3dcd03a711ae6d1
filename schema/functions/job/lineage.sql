-- Which job a data point comes from is decided by the arguments: one branch has rows.
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
BEGIN
    -- Planned once per session: to plan for every day's partition takes longer than to find the rows.
    RETURN QUERY
    WITH seat_state AS (
        SELECT
            snapshot.observed_at,
            snapshot.job_id,
            layout.source_id,
            code_at(snapshot.seats, layout.seat_count, layout.seat) AS code_index,
            lag(code_at(snapshot.seats, layout.seat_count, layout.seat)) OVER (ORDER BY snapshot.observed_at) AS previous_index
        FROM seat_snapshot AS snapshot
        -- The place of the seat is found once per layout.
        INNER JOIN (
            SELECT layout_id, source_id, seat_count, array_position(seat_key, of_seat) - 1 AS seat
            FROM layout
            WHERE of_seat IS NOT NULL
                AND layout_id IN (SELECT layout_id FROM seat_snapshot WHERE showtime_id = of_showtime)
        ) AS layout ON layout.layout_id = snapshot.layout_id
        WHERE snapshot.showtime_id = of_showtime
            AND of_seat IS NOT NULL
            AND snapshot.observed_at <= coalesce(as_of, 'infinity')
    ),
    point AS (
        (SELECT
            format('seat %s of showtime %s became %s', of_seat, of_showtime,
                coalesce(seat_code.status::text, quote_literal(seat_code.code))) AS data_point,
            seat_state.observed_at AS seen_at,
            seat_state.job_id
        FROM seat_state
        INNER JOIN seat_code
            ON seat_code.source_id = seat_state.source_id AND seat_code.code_index = seat_state.code_index
        WHERE seat_state.code_index IS DISTINCT FROM seat_state.previous_index
        ORDER BY seat_state.observed_at DESC
        LIMIT 1)
        UNION ALL
        (SELECT format('price of showtime %s', of_showtime), showtime_tariff.observed_at, showtime_tariff.job_id
        FROM showtime_tariff
        WHERE of_price
            AND of_seat IS NULL
            AND showtime_tariff.showtime_id = of_showtime
            AND showtime_tariff.observed_at <= coalesce(as_of, 'infinity')
        ORDER BY showtime_tariff.observed_at DESC
        LIMIT 1)
        UNION ALL
        (SELECT format('seats of showtime %s', of_showtime), snapshot.observed_at, snapshot.job_id
        FROM seat_snapshot AS snapshot
        WHERE as_of IS NOT NULL
            AND NOT of_price
            AND of_seat IS NULL
            AND snapshot.showtime_id = of_showtime
            AND snapshot.observed_at <= as_of
        ORDER BY snapshot.observed_at DESC
        LIMIT 1)
        UNION ALL
        SELECT format('showtime %s', showtime.key), showtime.discovered_at, showtime.discovered_by
        FROM showtime
        WHERE as_of IS NULL
            AND NOT of_price
            AND of_seat IS NULL
            AND showtime.showtime_id = of_showtime
        UNION ALL
        SELECT format('cinema %s', cinema.name), NULL, cinema.discovered_by
        FROM cinema
        WHERE cinema.cinema_id = of_cinema
        UNION ALL
        SELECT format('film %s', film.title), NULL, film.discovered_by
        FROM film
        WHERE film.film_id = of_film
        UNION ALL
        SELECT format('job %s', of_job), NULL, of_job
        WHERE of_job IS NOT NULL
    )
    SELECT
        point.data_point,
        coalesce(point.seen_at, story.observed_at),
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
    FROM point
    CROSS JOIN LATERAL job_lineage(point.job_id) AS story
    ORDER BY point.data_point, story.generation;
END
$$;

COMMENT ON FUNCTION lineage IS 'From a data point to the root: the job that saw it, the job that discovered its task, and so on, each with its log lines and the hash of its archived body. Name one of: a seat (of_showtime, of_seat, and as_of for its state at a time), the seats of a showtime at a time (of_showtime, as_of), a price (of_showtime, of_price => true), a showtime, a cinema, a film, a job. Example: SELECT generation, step, request_url, log_lines, body_hash FROM lineage(of_showtime => 1, of_seat => ''s4'');';
