//! The second step of a job: whether the rows of an answer can be true, asked before anything
//! of them is stored.
//!
//! Takes rows, gives what was computed of them on the way, or why they cannot be true. The
//! baseline of a seats job came with its claim. A listing reads what its task listed last, in one
//! statement. Waits while the database is away.

use chrono::NaiveDate;
use jiff::Timestamp;
use schema::{baseline::StoredListing, enums::ErrorClass, queue::Claim};
use source_language::{
    expect::{self, Unexpected},
    rows::{Price, Rows, SeatMap},
    source::Source,
};
use sqlx::PgPool;
use thiserror::Error;

use super::{baseline, context::PodContext, outcome::JobFailure, report::Report};
use crate::store::reference_cache::LayoutSummary;

/// What was computed of the rows on the way, for the steps after this one.
#[derive(Debug, Default)]
pub struct Judged {
    /// The layout of seats.
    pub layout: Option<LayoutSummary>,
    /// Optional fields of a listing for which nearly all rows have a value.
    pub fields: Vec<String>,
}

/// Why rows are not stored.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// They break what their step states, or what the source gave before.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
    /// The database refuses to say what the source gave before.
    #[error("the baseline could not be read")]
    Database(#[from] sqlx::Error),
}

impl JudgeError {
    pub(super) fn into_failure(self, report: &mut Report) -> JobFailure {
        match self {
            Self::Unexpected(why) => JobFailure::failed(ErrorClass::Unexpected, why.to_string()),
            Self::Database(error) => JobFailure::malformed(report, &error),
        }
    }
}

/// Judges rows by the words of their step and by what the source gave before. Seats whose code
/// only the database maps get its status.
///
/// # Errors
///
/// See [`JudgeError`].
pub async fn judge(
    pod: &PodContext,
    source: &Source,
    claim: &Claim,
    rows: &mut Rows,
) -> Result<Judged, JudgeError> {
    let Some(step) = source.definition().steps.get(&claim.step) else {
        return Ok(Judged::default());
    };
    let mut judged = Judged::default();
    let mut now = Timestamp::now();
    match &mut *rows {
        Rows::Seats(map) => {
            judged.layout = Some(judge_seats(pod, claim, map, step.expect.learn).await?);
        }
        Rows::Prices(rows) if step.expect.learn => judge_prices(rows, claim)?,
        Rows::Cinemas(_) | Rows::Showtimes(_) => {
            let stored = stored_listing(pod, claim.task_id).await?;
            if let Ok(clock) = Timestamp::from_microsecond(stored.now.timestamp_micros()) {
                now = clock;
            }
            judged.fields = expect::usually_filled(rows);
            // Without `may_be_empty`, rows are empty only where the source said so.
            let says_empty = is_empty(rows) && !step.may_be_empty;
            if step.expect.learn && !says_empty {
                let known = baseline::of_listing(stored);
                expect::check_cinemas(rows, &known)?;
                expect::check_showtimes(rows, &known, day_of(claim).and_then(baseline::date))?;
            }
        }
        Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => {}
    }
    expect::check_stated(rows, &step.expect, now)?;
    Ok(judged)
}

async fn judge_seats(
    pod: &PodContext,
    claim: &Claim,
    map: &mut SeatMap,
    learns: bool,
) -> Result<LayoutSummary, JudgeError> {
    let references = &pod.references;
    let layout = references.summarize_layout(&map.seats).await;
    // The baseline was counted by the codes of the database, some of which an operator may have
    // mapped.
    references
        .map_codes(claim.source_id, &mut map.seats, false)
        .await;
    if !learns {
        return Ok(layout);
    }
    let is_ahead = claim.starts_in_seconds.is_some_and(|seconds| seconds > 0.0);
    let before = baseline::of_showtime(&claim.baseline);
    let mut verdict = expect::check_seats(map, layout.labels, &before, is_ahead);
    if verdict.is_err() && map.seats.iter().any(|seat| seat.status.is_none()) {
        // An operator may have mapped a code since this pod read the codes.
        references
            .map_codes(claim.source_id, &mut map.seats, true)
            .await;
        verdict = expect::check_seats(map, layout.labels, &before, is_ahead);
    }
    verdict?;
    judge_prices(&map.prices, claim)?;
    let known = claim.baseline.layout_id;
    let previous = references
        .previous_labels(claim.source_id, layout, known)
        .await?;
    if let Some(previous) = previous {
        let labels = previous.row_label.iter().zip(&previous.seat_number);
        let labels = previous.seat_key.iter().zip(labels);
        let labels =
            labels.map(|(key, (row, number))| (key.as_str(), (row.as_str(), number.as_str())));
        expect::check_names(&map.seats, labels)?;
    }
    Ok(layout)
}

fn judge_prices(rows: &[Price], claim: &Claim) -> Result<(), Unexpected> {
    expect::check_prices(expect::median_price(rows), claim.baseline.price_median)
}

fn is_empty(rows: &Rows) -> bool {
    match rows {
        Rows::Cinemas(rows) => rows.is_empty(),
        Rows::Showtimes(rows) => rows.is_empty(),
        Rows::Seats(_) | Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => false,
    }
}

/// Returns the day that the task asks for, if it asks for one.
pub(super) fn day_of(claim: &Claim) -> Option<NaiveDate> {
    let day = claim.params.get("day")?.get("date")?;
    day.as_str()?.parse().ok()
}

async fn stored_listing(pod: &PodContext, task_id: i64) -> Result<StoredListing, sqlx::Error> {
    let query = move |db: PgPool| async move { schema::baseline::of_listing(&db, task_id).await };
    pod.db.retry(query).await
}
