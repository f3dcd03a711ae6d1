//! How a job ends, and the pause that a failure means for its limit key.

use std::time::{Duration, Instant};

use schema::{
    enums::{ErrorClass, LogLevel},
    finish::NewLogLine,
    queue::Claim,
};
use serde_json::json;
use source_language::{response::FetchError, wording::with_causes};

use super::{context::AgentContext, report::Report};
use crate::store::Pause;

/// The pause that a 429 means when it does not say how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// How a job that did not fail is completed.
pub(super) enum Completion {
    /// It succeeded, and its report goes to the store.
    Recorded,
    /// Its report goes to the store, and another job continues the conversation.
    Continued,
    /// Its history is stored already, or its lease had ended.
    Stored,
}

/// How a job ended other than well.
#[derive(Debug)]
pub(super) enum JobFailure {
    /// It was returned unrun, for this reason.
    Returned(String),
    /// It failed.
    Failed(FetchError),
}

impl JobFailure {
    pub(super) fn failed(class: ErrorClass, message: impl Into<String>) -> Self {
        Self::Failed(FetchError::new(class, message))
    }

    /// The failure of an answer that cannot be used; it becomes a line of the job's log.
    pub(super) fn malformed(
        report: &mut Report,
        error: &(dyn std::error::Error + 'static),
    ) -> Self {
        let message = with_causes(error);
        let line = NewLogLine::new(LogLevel::Error, message.clone());
        report.log(line.with(json!({ "class": ErrorClass::Malformed.label() })));
        Self::failed(ErrorClass::Malformed, message)
    }
}

/// Pauses the limit key in this pod, if the failure asks for that; returns the pause to report
/// to the fleet.
pub(super) fn pause_key(
    context: &AgentContext,
    claim: &Claim,
    failure: &FetchError,
) -> Option<Pause> {
    let pause = pause_of(failure)?;
    context.pod.limits.pause(claim.limit_key_id, pause);
    Some(Pause {
        limit_key_id: claim.limit_key_id,
        until: Instant::now() + pause,
    })
}

/// Returns how long the fleet sends nothing to a source after this failure.
fn pause_of(failure: &FetchError) -> Option<Duration> {
    let pause = match failure.class {
        ErrorClass::Throttled => failure.retry_after.unwrap_or(DEFAULT_PAUSE),
        ErrorClass::Unavailable => failure.retry_after?,
        ErrorClass::Timeout
        | ErrorClass::Unreachable
        | ErrorClass::Refused
        | ErrorClass::Missing
        | ErrorClass::Rejected
        | ErrorClass::Redirected
        | ErrorClass::Oversized
        | ErrorClass::Malformed
        | ErrorClass::Unexpected
        | ErrorClass::Forbidden
        | ErrorClass::Definition => return None,
    };
    (!pause.is_zero()).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: ErrorClass, retry_after: Option<u64>) -> FetchError {
        FetchError {
            class,
            http_status: None,
            retry_after: retry_after.map(Duration::from_secs),
            message: String::new(),
        }
    }

    #[test]
    fn a_source_that_asks_for_a_pause_gets_it() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(
            pause_of(&failure(ErrorClass::Throttled, Some(60))),
            seconds(60)
        );
        assert_eq!(pause_of(&failure(ErrorClass::Throttled, None)), seconds(5));
        assert_eq!(
            pause_of(&failure(ErrorClass::Unavailable, Some(7))),
            seconds(7)
        );
        assert_eq!(pause_of(&failure(ErrorClass::Unavailable, None)), None);
        assert_eq!(pause_of(&failure(ErrorClass::Refused, Some(7))), None);
    }
}
