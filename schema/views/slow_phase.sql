CREATE OR REPLACE VIEW slow_phase WITH (security_invoker = true) AS
SELECT source, step, phase, jobs, median_ms, p95_ms, max_ms, total_seconds, slowest_job_id
FROM slow_phases(now() - interval '10 minutes', now());

COMMENT ON VIEW slow_phase IS 'How long each phase of the jobs of each step took in the last ten minutes. For another span, group job_phase. Example: SELECT source, step, phase, p95_ms, slowest_job_id FROM slow_phase ORDER BY p95_ms DESC LIMIT 10;';
COMMENT ON COLUMN slow_phase.jobs IS 'Jobs in which the phase took place.';
COMMENT ON COLUMN slow_phase.p95_ms IS 'Milliseconds; 95 of 100 jobs took no longer.';
COMMENT ON COLUMN slow_phase.total_seconds IS 'Time of all these jobs together.';
COMMENT ON COLUMN slow_phase.slowest_job_id IS 'The job in which the phase took longest.';
