-- At most $3 experiments of the client $1, or of all without one, in the order of their names, behind the
-- name $2 (NULL for the first page); with $4, only the one of that name.
SELECT
    experiment.experiment_id, experiment.name, event_client.name AS client,
    experiment.exposure_event, experiment.property, experiment.variations, experiment.weights,
    experiment.starts_at, experiment.ends_at,
    extract(epoch FROM experiment.conversion_window)::bigint AS "conversion_seconds!",
    extract(epoch FROM experiment.covariate_window)::bigint AS "covariate_seconds!",
    now() < coalesce(experiment.ends_at, 'infinity') + experiment.conversion_window AS "has_open_windows!"
FROM experiment
INNER JOIN event_client ON event_client.client_id = experiment.client_id
WHERE ($1::text IS NULL OR event_client.name = $1)
    AND ($2::text IS NULL OR experiment.name > $2)
    AND ($4::text IS NULL OR experiment.name = $4)
ORDER BY experiment.name
LIMIT $3
