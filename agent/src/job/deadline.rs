//! The end of a job's time: whatever it waits for, it ends, and its agent is free.
//!
//! A job may take as long as its permits hold, its requests may take together, and
//! `agent.processing_timeout` beside that. What it was doing is dropped with all that it
//! holds, its claim is ended as a timeout, and the heartbeat keeps it alive no longer.

use std::{
    fmt,
    time::{Duration, Instant},
};

use schema::word::ErrorClass;
use tokio::time::timeout;

use super::{Done, Run, Tools, Trouble, ask, report::Report, work};

/// How long `robots.txt` may take, which is asked with the permits of any step.
const MIN_REQUEST: Duration = Duration::from_secs(30);

/// What a job is doing, for whoever wonders why it took so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It looks for its definition.
    Prepares,
    /// It waits for its limit.
    WaitsForLimit,
    /// A request is out.
    Fetches,
    /// Its answer is read.
    Reads,
    /// Its rows are judged and stored.
    Stores,
}

impl fmt::Display for Phase {
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

/// Runs the job until its time is over.
pub(super) async fn within(tools: &Tools, job: &Run, report: &mut Report) -> Result<Done, Trouble> {
    let processing = tools.shared.processing_timeout;
    let permit = job.deadline.saturating_duration_since(Instant::now());
    let source = match timeout(processing, ask::source_of(&tools.shared, &job.claim)).await {
        Ok(source) => source?,
        Err(_) => return Err(too_long(tools, report.phase(), processing)),
    };
    let request = source.timeout(&job.claim.step).unwrap_or(MIN_REQUEST);
    let at_most = longest(permit, request, job.claim.permits, processing);
    let done = timeout(at_most, work(tools, job, &source, report)).await;
    done.unwrap_or_else(|_| Err(too_long(tools, report.phase(), at_most)))
}

/// How long a job may take: what is left of its permits, all requests that they allow, and
/// what goes on beside them.
fn longest(permit: Duration, request: Duration, permits: u16, processing: Duration) -> Duration {
    let requests = request.max(MIN_REQUEST).saturating_mul(u32::from(permits));
    permit.saturating_add(requests).saturating_add(processing)
}

fn too_long(tools: &Tools, phase: Phase, at_most: Duration) -> Trouble {
    tools.shared.metrics.job_timed_out.inc();
    let message = format!(
        "the job took longer than {at_most:.1?}, which is what its permit, the timeouts of its \
         requests and agent.processing_timeout ({:?}) allow together, and was {phase}",
        tools.shared.processing_timeout
    );
    Trouble::failed(ErrorClass::Timeout, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_time_for_all_its_requests() {
        let seconds = Duration::from_secs;
        let may = |request, permits| longest(seconds(3), seconds(request), permits, seconds(120));
        assert_eq!(may(45, 2), seconds(3 + 90 + 120));
        assert_eq!(
            may(5, 1),
            seconds(3 + 30 + 120),
            "robots.txt may take longer"
        );
        assert_eq!(may(5, 0), seconds(123));
    }
}
