//! The last step of a job that listed cinemas, showtimes or items: the agent stores them itself,
//! with the tasks that they bring.

use std::{sync::Arc, time::Instant};

use schema::{enums::ErrorClass, queue::Claim};
use source_language::{rows::Rows, source::Source, wording::with_causes};
use tracing::info;

use super::{
    context::PodContext,
    judge::day_of,
    messages::RunJob,
    outcome::{Completion, JobFailure},
    report::Report,
    resolve::seen_by,
};
use crate::{
    database::Outage as _,
    held_conversation::HeldConversation,
    store::catalogue::{self, Listing, ListingOutcome, SeenListing},
};

/// The rows of a listing, with the facts that are needed to store them.
pub(super) struct Listed {
    /// Cinemas, showtimes or items.
    pub(super) rows: Rows,
    /// Knows the tasks that they bring.
    pub(super) conversation: Box<HeldConversation>,
    /// Optional fields for which nearly all rows have a value.
    pub(super) fields: Vec<String>,
    /// Whether the answer was read as a whole; otherwise a row that is absent means nothing.
    pub(super) is_whole: bool,
}

/// Stores a listing with the tasks that it brings.
pub(super) async fn store_listing(
    pod: &PodContext,
    source: &Source,
    job: &RunJob,
    listed: Listed,
    report: &mut Report,
) -> Result<Completion, JobFailure> {
    let Listed {
        rows,
        conversation,
        fields,
        is_whole,
    } = listed;
    let claim = &job.claim;
    let listing = Listing::of(
        rows,
        claim.subject_id,
        &claim.params,
        timezone(source, claim),
    );
    let listing = listing.map_err(|error| JobFailure::malformed(report, &error))?;
    let registration = job.registration.clone();
    let (job, observed_at) = report.finished_with(&listing);
    let completed_at = Instant::now();
    let history = report.is_traced().then(|| job.clone());
    let seen = SeenListing {
        registration,
        by: seen_by(claim),
        fields,
        is_whole,
        day: day_of(claim),
        observed_at,
        completed_at,
        job,
        listing,
        conversation,
    };
    let seen = Arc::new(seen);
    let stored = catalogue::store(&pod.db, &pod.listing_locks, &pod.caps, seen).await;
    if let (Ok(outcome), Some(history)) = (&stored, history) {
        let is_stored = *outcome == ListingOutcome::Stored;
        report.end_trace(&history, completed_at, is_stored);
    }
    match stored {
        Ok(ListingOutcome::Stored) => Ok(Completion::Stored),
        Ok(ListingOutcome::LeaseLost) => {
            pod.metrics.store_refused.inc();
            info!(
                job = claim.job_id,
                task = claim.task_id,
                source = claim.source_id,
                step = claim.step,
                trace_id = report.tag().trace_field(),
                "a listing came after its lease had ended and was not stored"
            );
            Ok(Completion::Stored)
        }
        // The answer could be used: the database did not store it in time.
        Err(error) if error.is_outage() => {
            Err(JobFailure::failed(ErrorClass::Timeout, with_causes(&error)))
        }
        Err(error) => Err(JobFailure::malformed(report, &error)),
    }
}

/// Returns the zone of the cinema to which a task belongs, or else that of its source.
fn timezone<'a>(source: &'a Source, claim: &'a Claim) -> &'a str {
    let cinema = claim.params.get("cinema");
    let zone = cinema.and_then(|cinema| cinema.get("timezone")?.as_str());
    zone.unwrap_or(&source.definition().timezone)
}
