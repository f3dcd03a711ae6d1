CREATE OR REPLACE VIEW fleet_wanted
WITH (security_invoker = true) AS
SELECT
    coalesce(wanted.agents, 0) AS agents_wanted,
    CASE WHEN alive.pods = 0 THEN least(coalesce(wanted.agents, 0), 1)
        ELSE ceil(coalesce(wanted.agents, 0)::numeric * alive.pods / alive.agents)::integer
    END AS pods_wanted,
    alive.pods,
    alive.draining,
    alive.agents,
    alive.agents_busy,
    round(alive.agents_busy::numeric / nullif(alive.agents, 0), 3) AS saturation,
    alive.versions,
    wanted.computed_at
FROM (
    SELECT
        count(*) FILTER (WHERE NOT draining)::integer AS pods,
        count(*) FILTER (WHERE draining)::integer AS draining,
        coalesce(sum(agents) FILTER (WHERE NOT draining), 0)::integer AS agents,
        coalesce(sum(agents_busy) FILTER (WHERE NOT draining), 0)::integer AS agents_busy,
        array_agg(DISTINCT version ORDER BY version) AS versions
    FROM pod
    WHERE ended_at IS NULL
) AS alive
LEFT JOIN agents_wanted AS wanted ON true;

COMMENT ON VIEW fleet_wanted IS 'Agents and pods that exist, and the number that the work within the limits could keep busy: for autoscaling. Example: SELECT pods_wanted FROM fleet_wanted;';
COMMENT ON COLUMN fleet_wanted.pods_wanted IS 'Number of pods, of the mean size of the pods that run; one if none runs and there is work.';
COMMENT ON COLUMN fleet_wanted.saturation IS 'Share of the agents that were busy at the last heartbeats.';
COMMENT ON COLUMN fleet_wanted.versions IS 'Versions of the pods that run.';
