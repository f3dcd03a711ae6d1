//! Whether the rows of an answer can be true, asked before anything is stored of them.
//!
//! What is known of a showtime came with the claim, so a seats job asks nobody; a listing
//! reads what its task listed last, in one statement.

use chrono::NaiveDate;
use jiff::Timestamp;
use schema::{
    knowledge::{self, KnownListing},
    queue::Claim,
    word::ErrorClass,
};
use source_language::{
    expect::{self, Unexpected},
    rows::Rows,
    source::Source,
};
use sqlx::PgPool;

use super::{Shared, Trouble, baseline, malformed, report::Report};
use crate::store::ids::Shape;

/// What was worked out of the rows on the way, for those who store them.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Of seats: their layout.
    pub(super) shape: Option<Shape>,
    /// Of a listing: optional fields for which nearly all rows have a value.
    pub(super) fields: Vec<String>,
}

/// Judges rows by the words of their step and by what the source gave before.
pub(super) async fn rows(
    shared: &Shared,
    source: &Source,
    claim: &Claim,
    rows: &mut Rows,
    report: &mut Report,
) -> Result<Judged, Trouble> {
    let Some(step) = source.definition().steps.get(&claim.step) else {
        return Ok(Judged::default());
    };
    let words = &step.expect;
    let unexpected = |why: Unexpected| Trouble::failed(ErrorClass::Unexpected, why.to_string());
    let mut judged = Judged::default();
    let mut now = Timestamp::now();
    match &mut *rows {
        Rows::Seats(map) => {
            let shape = shared.ids.shape(&map.seats).await;
            judged.shape = Some(shape);
            // What is known was counted by what the database knows of codes, which a person may
            // have mapped.
            let ids = &shared.ids;
            ids.resolve(claim.source_id, &mut map.seats, false).await;
            if words.learn {
                let is_ahead = claim.starts_in_seconds.is_some_and(|seconds| seconds > 0.0);
                let before = baseline::of_showtime(&claim.known);
                let mut said = expect::seats(map, shape.labels, &before, is_ahead);
                if said.is_err() && map.seats.iter().any(|seat| seat.status.is_none()) {
                    // A person may have mapped a code since this pod read them.
                    ids.resolve(claim.source_id, &mut map.seats, true).await;
                    said = expect::seats(map, shape.labels, &before, is_ahead);
                }
                said.map_err(unexpected)?;
                prices(&map.prices, claim).map_err(unexpected)?;
                let known = claim.known.layout_id;
                let before = shared
                    .ids
                    .called_before(claim.source_id, shape, known)
                    .await;
                if let Some(before) = before.map_err(|error| malformed(report, &error))? {
                    let labels = before.row_label.iter().zip(&before.seat_number);
                    let before = before.seat_key.iter().zip(labels);
                    let before = before.map(|(key, (row, number))| {
                        (key.as_str(), (row.as_str(), number.as_str()))
                    });
                    expect::called(&map.seats, before).map_err(unexpected)?;
                }
            }
        }
        Rows::Prices(rows) if words.learn => prices(rows, claim).map_err(unexpected)?,
        Rows::Cinemas(_) | Rows::Showtimes(_) => {
            let known = known(shared, claim.task_id).await;
            let known = known.map_err(|error| malformed(report, &error))?;
            if let Ok(clock) = Timestamp::from_microsecond(known.now.timestamp_micros()) {
                now = clock;
            }
            judged.fields = expect::usual(rows);
            // Without `may_be_empty`, rows are empty only where the source said so.
            let says_empty = is_empty(rows) && !step.may_be_empty;
            if words.learn && !says_empty {
                let known = baseline::of_listing(known);
                let day = day(claim).and_then(baseline::date);
                expect::cinemas(rows, &known).map_err(unexpected)?;
                expect::showtimes(rows, &known, day).map_err(unexpected)?;
            }
        }
        Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => {}
    }
    expect::stated(rows, words, now).map_err(unexpected)?;
    Ok(judged)
}

fn prices(rows: &[source_language::rows::Price], claim: &Claim) -> Result<(), Unexpected> {
    expect::prices(expect::median(rows), claim.known.price_median)
}

fn is_empty(rows: &Rows) -> bool {
    match rows {
        Rows::Cinemas(rows) => rows.is_empty(),
        Rows::Showtimes(rows) => rows.is_empty(),
        Rows::Seats(_) | Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => false,
    }
}

/// The day for which the task asks, if it asks for one.
pub(super) fn day(claim: &Claim) -> Option<NaiveDate> {
    let day = claim.params.get("day")?.get("date")?;
    day.as_str()?.parse().ok()
}

async fn known(shared: &Shared, task_id: i64) -> Result<KnownListing, sqlx::Error> {
    let ask = move |db: PgPool| async move { knowledge::of_listing(&db, task_id).await };
    shared.db.insist(ask).await
}
