//! The deadline of a job, at which it ends in any phase.
//!
//! A job may take as long as its permit lasts, plus the timeouts of all its requests, plus
//! `agent.processing_timeout`. Then its work is dropped with everything that it holds, it is
//! stored as a timeout, its agent is free, and its registration is no longer kept for it.

use std::time::Duration;

use schema::enums::ErrorClass;
use source_language::{definition::Robots, source::Source};

use super::{outcome::JobFailure, phase::JobPhase};

/// How long a request for `robots.txt` may take.
const ROBOTS_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns how long one request of a step may take; requests for `robots.txt` use the permits of
/// any step.
pub(super) fn request_time(source: &Source, step: &str) -> Duration {
    let own = source.timeout(step).unwrap_or(ROBOTS_TIMEOUT);
    match source.definition().robots() {
        Robots::Obey => own.max(ROBOTS_TIMEOUT),
        Robots::Ignore => own,
    }
}

/// Returns how long a job may take: the time until its permits expire, the timeouts of all requests
/// that they allow, and the time for processing.
pub(super) fn max_duration(
    permit: Duration,
    request: Duration,
    permits: u16,
    processing: Duration,
) -> Duration {
    let requests = request.saturating_mul(u32::from(permits));
    permit.saturating_add(requests).saturating_add(processing)
}

/// The failure of a job that was in `phase` when its time was over.
pub(super) fn timed_out(phase: JobPhase, at_most: Duration, processing: Duration) -> JobFailure {
    let message = format!(
        "the job took longer than {at_most:.1?}, which is what its permit, the timeouts of its \
         requests and agent.processing_timeout ({processing:?}) allow together, and was {phase}"
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
        assert_eq!(max(5, 1), seconds(3 + 5 + 120));
        assert_eq!(max(5, 0), seconds(123));
    }
}
