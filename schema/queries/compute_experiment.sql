-- Computes the sums of experiment $1 from events, and stores them in place of earlier ones of the day
-- (UTC): of each day before, the last ones stay.
--
-- The first exposure of a user decides; users that saw several variations are counted as variation
-- 0 of metric 0 and are in no other row, as are exposures to what is not a variation. Bots are left
-- out. An event is received at most two minutes before it happened, so earlier partitions are not
-- read. Names are canonical, so a rename is followed.
WITH chosen AS (
    SELECT
        experiment.*,
        coalesce(experiment.ends_at, 'infinity') AS until_at,
        ARRAY(
            SELECT event_name.name_id
            FROM event_name
            WHERE event_name.client_id = experiment.client_id AND event_name.canonical = experiment.exposure_event
        ) AS names
    FROM experiment
    WHERE experiment.experiment_id = $1
),
metric AS (
    SELECT
        experiment_metric.metric_id,
        experiment_metric.kind,
        experiment_metric.property,
        ARRAY(
            SELECT event_name.name_id
            FROM event_name
            WHERE event_name.client_id = chosen.client_id AND event_name.canonical = experiment_metric.event
        ) AS names
    FROM chosen
    INNER JOIN experiment_metric ON experiment_metric.experiment_id = chosen.experiment_id
),
exposure AS (
    SELECT
        event.user_id,
        min(event.occurred_at) AS exposed_at,
        min(shown.variation) AS variation,
        min(shown.variation) <> max(shown.variation) AS is_several
    FROM chosen
    CROSS JOIN LATERAL events_since(chosen.names, chosen.starts_at - interval '2 minutes', chosen.property) AS event
    CROSS JOIN LATERAL (
        SELECT array_position(chosen.variations, event.value #>> '{}') AS variation
    ) AS shown
    WHERE shown.variation IS NOT NULL
        AND event.occurred_at >= chosen.starts_at
        AND event.occurred_at < chosen.until_at
        AND event.flags & 1 = 0
    GROUP BY event.user_id
),
ripe AS (
    SELECT exposure.user_id, exposure.variation, exposure.exposed_at,
        exposure.exposed_at + chosen.conversion_window AS until_at,
        exposure.exposed_at - chosen.covariate_window AS before_at
    FROM exposure
    CROSS JOIN chosen
    WHERE NOT exposure.is_several AND exposure.exposed_at + chosen.conversion_window <= now()
),
done AS (
    SELECT
        metric.metric_id,
        event.user_id,
        event.occurred_at,
        CASE
            WHEN metric.kind <> 'sum' THEN 1
            WHEN jsonb_typeof(event.value) = 'number' THEN event.value::float8
            ELSE 0
        END AS value
    FROM chosen
    CROSS JOIN metric
    CROSS JOIN LATERAL events_since(
        metric.names, chosen.starts_at - chosen.covariate_window - interval '2 minutes', metric.property) AS event
    WHERE event.flags & 1 = 0
),
of_user AS (
    SELECT
        metric.metric_id,
        ripe.user_id,
        ripe.variation,
        CASE metric.kind
            WHEN 'share' THEN least(coalesce(sum(done.value) FILTER (WHERE done.occurred_at >= ripe.exposed_at), 0), 1)
            ELSE coalesce(sum(done.value) FILTER (WHERE done.occurred_at >= ripe.exposed_at), 0)
        END AS value,
        CASE metric.kind
            WHEN 'share' THEN least(coalesce(sum(done.value) FILTER (WHERE done.occurred_at < ripe.exposed_at), 0), 1)
            ELSE coalesce(sum(done.value) FILTER (WHERE done.occurred_at < ripe.exposed_at), 0)
        END AS before
    FROM ripe
    CROSS JOIN metric
    LEFT JOIN done
        ON done.metric_id = metric.metric_id
        AND done.user_id = ripe.user_id
        AND done.occurred_at >= ripe.before_at
        AND done.occurred_at < ripe.until_at
    GROUP BY metric.metric_id, metric.kind, ripe.user_id, ripe.variation
),
summed AS (
    SELECT
        metric_id, variation, count(*) AS users, sum(value) AS total, sum(value * value) AS squares,
        sum(before) AS before_total, sum(before * before) AS before_squares, sum(value * before) AS products
    FROM of_user
    GROUP BY metric_id, variation
    UNION ALL
    SELECT 0, CASE WHEN is_several THEN 0 ELSE variation END AS shown, count(*), 0, 0, 0, 0, 0
    FROM exposure
    GROUP BY shown
),
replaced AS (
    DELETE FROM experiment_result
    WHERE experiment_id = $1 AND computed_at >= date_trunc('day', now(), 'UTC')
)
INSERT INTO experiment_result (
    experiment_id, metric_id, variation, users, total, squares, before_total, before_squares, products)
SELECT $1, metric_id, variation, users, total, squares, before_total, before_squares, products
FROM summed
