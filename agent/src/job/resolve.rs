//! The third step of a job: from rows to rows with the ids of layouts, codes and tariffs.
//!
//! Takes judged rows, gives [`Resolved`]; what the database does not know yet is added to it.
//! Waits while the database is away.

use schema::{
    cap::Capped,
    catalogue::SeenBy,
    enums::ErrorClass,
    finish::{NewLogLine, SeenPrices, Snapshot},
    queue::Claim,
};
use source_language::{
    expect,
    rows::{self, Price, Rows, SeatMap},
};

use super::{
    context::PodContext, outcome::JobFailure, read_slots::MAX_RESOLVE_TIME, report::Report,
};
use crate::store::reference_cache::{LayoutSummary, ReferenceError};

/// Rows that can be recorded.
pub(super) enum Resolved {
    /// A seat map, with lines for the log of the job.
    Seats(Snapshot, Vec<NewLogLine>),
    /// Prices without seats; `None` if the answer has no prices.
    Prices {
        prices: Option<SeenPrices>,
        rows: usize,
    },
    /// Values that refer to nothing.
    Observations(Vec<rows::Observation>),
    /// Rows that get their ids when they are stored.
    Listing(Rows),
}

/// Resolves the ids that the rows refer to; `layout` is what the judge found of seats.
pub(super) async fn resolve_ids(
    pod: &PodContext,
    claim: &Claim,
    rows: Rows,
    layout: Option<LayoutSummary>,
    report: &mut Report,
) -> Result<Resolved, JobFailure> {
    match rows {
        Rows::Seats(map) => resolve_seats(pod, claim, map, layout, report).await,
        Rows::Prices(prices) => resolve_prices(pod, claim, &prices, report).await,
        Rows::Observations(rows) => Ok(Resolved::Observations(rows)),
        rows @ (Rows::Cinemas(_) | Rows::Showtimes(_) | Rows::Items(_)) => {
            Ok(Resolved::Listing(rows))
        }
    }
}

async fn resolve_seats(
    pod: &PodContext,
    claim: &Claim,
    map: SeatMap,
    layout: Option<LayoutSummary>,
    report: &mut Report,
) -> Result<Resolved, JobFailure> {
    let showtime_id = showtime_of(claim, "seats")?;
    pod.metrics.extract_seats.inc_by(map.seats.len() as u64);
    let references = &pod.references;
    let layout = match layout {
        Some(layout) => layout,
        None => references.summarize_layout(&map.seats).await,
    };
    let snapshot = references.snapshot(seen_by(claim), showtime_id, map, layout);
    let snapshot = match report.take_read_slot() {
        Some(mut slot) => slot.hold_at_most(MAX_RESOLVE_TIME, snapshot).await,
        None => snapshot.await,
    };
    if let Err(ReferenceError::TooManyLayouts { found, cap }) = &snapshot {
        let (source_id, found, cap) = (claim.source_id, *found, *cap);
        pod.caps.note(source_id, Capped::Layouts, found, cap).await;
    }
    let (snapshot, logs) = snapshot.map_err(|error| JobFailure::malformed(report, &error))?;
    Ok(Resolved::Seats(snapshot, logs))
}

async fn resolve_prices(
    pod: &PodContext,
    claim: &Claim,
    prices: &[Price],
    report: &mut Report,
) -> Result<Resolved, JobFailure> {
    let showtime_id = showtime_of(claim, "prices")?;
    let tariff_id = pod.references.tariff_id(seen_by(claim), prices).await;
    let tariff_id = tariff_id.map_err(|error| JobFailure::malformed(report, &error))?;
    Ok(Resolved::Prices {
        prices: tariff_id.map(|tariff_id| SeenPrices {
            showtime_id,
            tariff_id,
            median: expect::median_price(prices),
        }),
        rows: prices.len(),
    })
}

/// Returns the showtime of a task whose step yields `yields`.
fn showtime_of(claim: &Claim, yields: &str) -> Result<i32, JobFailure> {
    claim.subject_id.ok_or_else(|| {
        let message = format!(
            "the task names no showtime: a step that gives {yields} must be for each showtime"
        );
        JobFailure::failed(ErrorClass::Definition, message)
    })
}

/// Says who saw a thing first, for rows that are added to the database.
pub(super) fn seen_by(claim: &Claim) -> SeenBy {
    SeenBy {
        source_id: claim.source_id,
        job_id: claim.job_id,
    }
}
