//! The deadline of a job, at which it ends whatever it waits for.
//!
//! A job may take as long as its permit lasts, plus the timeouts of all its requests, plus
//! `agent.processing_timeout`. Then its work is dropped with everything that it holds, it is
//! stored as a timeout, its agent is free, and its registration is no longer kept for it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use schema::word::ErrorClass;
use tokio::time::timeout;

use super::{
    RunJob,
    context::AgentContext,
    failure::JobFailure,
    procedure::{Completion, run_steps},
    report::Report,
    send::source_of,
};

/// How long a request for `robots.txt` may take, which uses the permits of any step.
const MIN_REQUEST_TIME: Duration = Duration::from_secs(30);

/// What a job is doing, for the message that says why it took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobPhase {
    /// It reads its definition.
    Prepares,
    /// It waits for its limit.
    WaitsForLimit,
    /// It waits for an answer.
    Fetches,
    /// It reads an answer.
    Reads,
    /// It judges and stores its rows.
    Stores,
}

impl fmt::Display for JobPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepares => "reading its definition",
            Self::WaitsForLimit => "waiting for its limit",
            Self::Fetches => "waiting for an answer",
            Self::Reads => "reading an answer",
            Self::Stores => "storing its rows",
        })
    }
}

/// Runs the steps of the job until its deadline.
pub(super) async fn run_within(
    context: &AgentContext,
    job: &RunJob,
    report: &mut Report,
) -> Result<Completion, JobFailure> {
    let processing = context.pod.processing_timeout;
    let permit = job.deadline.saturating_duration_since(Instant::now());
    let source = match timeout(processing, source_of(&context.pod, &job.claim)).await {
        Ok(source) => source?,
        Err(_) => return Err(timed_out(context, report.phase(), processing)),
    };
    let request = source.timeout(&job.claim.step).unwrap_or(MIN_REQUEST_TIME);
    let at_most = max_duration(permit, request, job.claim.permits, processing);
    let done = timeout(at_most, run_steps(context, job, &source, report)).await;
    done.unwrap_or_else(|_| Err(timed_out(context, report.phase(), at_most)))
}

/// Returns how long a job may take: what is left of its permit, all requests that it allows, and
/// the time for processing.
fn max_duration(
    permit: Duration,
    request: Duration,
    permits: u16,
    processing: Duration,
) -> Duration {
    let requests = request
        .max(MIN_REQUEST_TIME)
        .saturating_mul(u32::from(permits));
    permit.saturating_add(requests).saturating_add(processing)
}

fn timed_out(context: &AgentContext, phase: JobPhase, at_most: Duration) -> JobFailure {
    context.pod.metrics.job_timed_out.inc();
    let message = format!(
        "the job took longer than {at_most:.1?}, which is what its permit, the timeouts of its \
         requests and agent.processing_timeout ({:?}) allow together, and was {phase}",
        context.pod.processing_timeout
    );
    JobFailure::failed(ErrorClass::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_time_for_all_its_requests() {
        let seconds = Duration::from_secs;
        let max =
            |request, permits| max_duration(seconds(3), seconds(request), permits, seconds(120));
        assert_eq!(max(45, 2), seconds(3 + 90 + 120));
        assert_eq!(
            max(5, 1),
            seconds(3 + 30 + 120),
            "robots.txt may take longer"
        );
        assert_eq!(max(5, 0), seconds(123));
    }
}
