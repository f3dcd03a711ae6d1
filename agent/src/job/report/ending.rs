//! How the report of a job ends.

use std::time::Instant;

use schema::{enums::Outcome, finish::Finished};
use source_language::response::FetchError;

use super::{Report, storable};
use crate::{
    store::{JobResult, Pause, catalogue::Listing},
    trace::JobTag,
};

impl Report {
    /// Returns the history of a job that stores this listing, and when its answer was complete.
    pub(in crate::job) fn finished_with(&self, listing: &Listing) -> (Finished, Instant) {
        let job = Finished {
            row_count: i32::try_from(listing.len()).ok(),
            outcome: Outcome::Succeeded,
            ..self.job.clone()
        };
        (job, self.observed_at.unwrap_or_else(Instant::now))
    }

    /// Returns what names the job in logs.
    pub(in crate::job) fn tag(&self) -> &JobTag {
        &self.tag
    }

    /// Whether the trace of the job is kept.
    pub(in crate::job) fn is_traced(&self) -> bool {
        self.tag.trace.is_some()
    }

    /// Ends the trace of a job whose listing is stored, or came too late.
    pub(in crate::job) fn end_trace(
        &mut self,
        job: &Finished,
        completed_at: Instant,
        is_stored: bool,
    ) {
        if let Some(mut trace) = self.tag.trace.take() {
            trace.record_completed(completed_at);
            trace.end(job, is_stored);
        }
    }

    /// Ends the report of a job that succeeded.
    pub(in crate::job) fn succeeded(mut self) -> JobResult {
        self.job.outcome = Outcome::Succeeded;
        // Rows without a request are of the present time.
        self.observed_at.get_or_insert_with(Instant::now);
        self.into_result(None)
    }

    /// Ends the report of a job whose conversation another job continues.
    pub(in crate::job) fn continued(mut self) -> JobResult {
        self.job.outcome = Outcome::Continued;
        self.into_result(None)
    }

    /// Ends the report of a job that was returned unrun.
    pub(in crate::job) fn returned(mut self, reason: String) -> JobResult {
        self.job.error = Some(reason);
        self.into_result(None)
    }

    /// Ends the report of a job that failed; `pause` is what it means for the fleet.
    pub(in crate::job) fn failed(
        mut self,
        failure: &FetchError,
        pause: Option<Pause>,
    ) -> JobResult {
        self.job.outcome = Outcome::Failed;
        self.job.error_class = Some(failure.class);
        self.job.retry_after = failure.retry_after;
        let message = self.mask().text(&failure.message);
        self.job.error = Some(storable(&message));
        let status = failure
            .http_status
            .and_then(|status| i16::try_from(status).ok());
        self.job.http_status = status.or(self.job.http_status);
        self.into_result(pause)
    }

    fn into_result(mut self, pause: Option<Pause>) -> JobResult {
        let completed_at = Instant::now();
        if let Some(trace) = &mut self.tag.trace {
            trace.record_completed(completed_at);
        }
        JobResult {
            registration: self.registration,
            observed_at: self.observed_at,
            completed_at,
            job: self.job,
            pause,
            tag: self.tag,
        }
    }
}
