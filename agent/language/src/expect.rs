//! Judges whether the rows of a readable answer can be true.
//!
//! Takes the rows of an answer, what the definition expects, and what the source gave before; gives
//! nothing, or [`Unexpected`] with a sentence for a person. Pure: no clock, no database. It is
//! asked before anything is stored, so that the last good state stands when a source has changed.
//!
//! The baseline of a showtime (seats, sold, unmapped, labels, median price) comes with the claim,
//! so judging costs a seats job no round trip; a showtime that was never seen brings what its
//! auditorium had last. A listing is compared with what the same task listed last. An empty list is
//! compared like any other; only what `empty_if` matched is known to be empty.

mod baseline;
mod filled;
mod listing;
mod seats;
mod stated;

#[cfg(test)]
mod tests;

use rust_decimal::prelude::ToPrimitive as _;
use thiserror::Error;

use crate::rows::Price;

pub use baseline::{Baseline, LabelUse, ListingBaseline, ShowtimeBaseline};
pub use filled::usually_filled;
pub use listing::{check_cinemas, check_showtimes};
pub use seats::{check_names, check_seats, count_labels};
pub use stated::check_stated;

/// Below this share of what was known, or above its inverse, a number is unexpected.
const MIN_SEAT_SHARE: f64 = 0.8;
/// A share that is nearly all.
const NEARLY_ALL: f64 = 0.9;
/// A share that is nearly none.
const NEARLY_NONE: f64 = 0.1;
/// A share that may be a correction.
const FEW: f64 = 0.05;
/// Fewer rows prove nothing.
const MIN_ROWS: usize = 4;
/// Fewer seats prove nothing.
const MIN_SEATS: usize = 20;
/// Amounts that differ so much are in another unit.
const ANOTHER_UNIT: f64 = 10.0;

/// Why an answer cannot be true, in a sentence that follows "the answer is unexpected".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unexpected: {0}")]
pub struct Unexpected(String);

fn unexpected(why: impl Into<String>) -> Result<(), Unexpected> {
    Err(Unexpected(why.into()))
}

/// Returns the median amount in major units, if there is any price.
#[must_use]
pub fn median_price(prices: &[Price]) -> Option<f64> {
    let mut amounts: Vec<f64> = prices
        .iter()
        .filter_map(|price| price.amount.to_f64())
        .collect();
    let middle = amounts.len().checked_sub(1)? / 2;
    let (_, median, _) = amounts.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

/// Compares the median of prices with the one known.
///
/// # Errors
///
/// [`Unexpected`] if they differ tenfold either way: amounts came in another unit.
pub fn check_prices(median: Option<f64>, known: Option<f64>) -> Result<(), Unexpected> {
    let (Some(median), Some(known)) = (median, known) else {
        return Ok(());
    };
    if known <= 0.0 || median <= 0.0 {
        return Ok(());
    }
    if median >= known * ANOTHER_UNIT || median * ANOTHER_UNIT <= known {
        return unexpected(format!(
            "the median price is {median} where it was {known}: are the prices in another unit?"
        ));
    }
    Ok(())
}

/// Returns which share `part` is of `all`; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 {
        return 0.0;
    }
    part as f64 / all as f64
}
