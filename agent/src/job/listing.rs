//! A job that saw cinemas, showtimes or items: stored by the agent itself, with the
//! tasks that they bring.

use std::sync::Arc;

use schema::{queue::Claim, word::ErrorClass};
use source_language::{rows::Rows, source::Source, wording::with_causes};
use tracing::info;

use super::{
    Done, HeldConversation, Run, Shared, Trouble, judge, malformed, report::Report, seen_by,
};
use crate::{
    database::Outage as _,
    store::catalogue::{self, Listing, Seen, Stored},
};

/// What a listing gave.
pub(super) struct Listed {
    /// Cinemas, showtimes or items.
    pub(super) rows: Rows,
    /// Knows the tasks that they bring.
    pub(super) conversation: Box<HeldConversation>,
    /// Optional fields for which nearly all rows have a value.
    pub(super) fields: Vec<String>,
    /// Whether the answer was read as a whole: else what is absent means nothing.
    pub(super) is_whole: bool,
}

/// Stores cinemas, showtimes or items with the tasks that they bring.
pub(super) async fn store(
    shared: &Shared,
    source: &Source,
    job: &Run,
    listed: Listed,
    report: &mut Report,
) -> Result<Done, Trouble> {
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
    let listing = listing.map_err(|error| malformed(report, &error))?;
    let registration = job.registration.clone();
    let (job, observed_at) = report.listed(&listing);
    let seen = Seen {
        registration,
        by: seen_by(claim),
        fields,
        is_whole,
        day: judge::day(claim),
        observed_at,
        job,
        listing,
        conversation,
    };
    match catalogue::store(&shared.db, &shared.writers, &shared.caps, Arc::new(seen)).await {
        Ok(Stored::Whole) => Ok(Done::Stored),
        Ok(Stored::Refused) => {
            shared.metrics.store_refused.inc();
            info!(
                job = claim.job_id,
                "a listing came after its lease had ended and was refused"
            );
            Ok(Done::Stored)
        }
        // The answer was good: the database could not take it in time.
        Err(error) if error.is_outage() => {
            Err(Trouble::failed(ErrorClass::Timeout, with_causes(&error)))
        }
        Err(error) => Err(malformed(report, &error)),
    }
}

/// The zone of the cinema to which a task belongs, or else that of its source.
fn timezone<'a>(source: &'a Source, claim: &'a Claim) -> &'a str {
    let cinema = claim.params.get("cinema");
    let zone = cinema.and_then(|cinema| cinema.get("timezone")?.as_str());
    zone.unwrap_or(&source.definition().timezone)
}
