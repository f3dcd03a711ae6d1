//! A job that saw cinemas, showtimes or items: stored by the agent itself, with the
//! tasks that they bring.

use std::sync::Arc;

use schema::queue::Claim;
use tracing::info;

use super::{Done, Run, Shared, Trouble, judge, malformed, report::Report, seen_by};
use crate::{
    rows::{Rows, Showtime},
    source::{Discovered, Source},
    store::catalogue::{self, CatalogueError, Seen, Stored},
};

/// What a listing gave.
pub(super) struct Listed {
    /// Cinemas, showtimes or items.
    pub(super) rows: Rows,
    /// The tasks that they bring.
    pub(super) discovered: Vec<Discovered>,
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
        discovered,
        fields,
        is_whole,
    } = listed;
    let claim = &job.claim;
    let listing = match rows {
        Rows::Cinemas(rows) => catalogue::cinemas(rows),
        Rows::Showtimes(rows) => showtimes(source, claim, rows),
        Rows::Items(rows) => catalogue::items(claim.subject_id, &claim.params, rows),
        // These are no listings; the caller keeps them out.
        Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => return Ok(Done::Keep),
    };
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
        discovered,
    };
    match catalogue::store(&shared.db, Arc::new(seen)).await {
        Ok(Stored::Whole) => Ok(Done::Stored),
        Ok(Stored::Refused) => {
            shared.metrics.store_refused.inc();
            info!(
                job = claim.job_id,
                "a listing came after its lease had ended and was refused"
            );
            Ok(Done::Stored)
        }
        Err(error) => Err(malformed(report, &error)),
    }
}

fn showtimes(
    source: &Source,
    claim: &Claim,
    rows: Vec<Showtime>,
) -> Result<catalogue::Listing, CatalogueError> {
    let cinema = claim
        .params
        .get("cinema")
        .and_then(|cinema| cinema.get("timezone"));
    let timezone = cinema
        .and_then(|zone| zone.as_str())
        .unwrap_or(&source.definition().timezone);
    catalogue::showtimes(claim.subject_id, timezone, rows)
}
