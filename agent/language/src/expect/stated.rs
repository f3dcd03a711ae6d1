//! The expectations that a definition states.

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive as _;

use super::{Unexpected, filled::count_filled, share, unexpected};
use crate::{
    definition::{Bounds, ExpectWords},
    rows::{Price, Rows, SeatMap, SeatStatus, Showtime},
};

/// Checks what the author says. `now` is the time of the answer, which only showtimes need.
///
/// # Errors
///
/// [`Unexpected`] at the first word that does not hold.
pub fn check_stated(rows: &Rows, words: &ExpectWords, now: Timestamp) -> Result<(), Unexpected> {
    check_count(rows, words)?;
    for (field, least) in &words.filled {
        let (with, all) = count_filled(rows, field);
        if all > 0 && share(with, all) < *least {
            return unexpected(format!(
                "{with} of {all} rows have a value for `{field}`, at least {least} of them should"
            ));
        }
    }
    match rows {
        Rows::Seats(map) => {
            check_statuses(map, words)?;
            check_amounts(&map.prices, words.price)
        }
        Rows::Prices(prices) => check_amounts(prices, words.price),
        Rows::Showtimes(showtimes) => check_times(showtimes, words, now),
        Rows::Cinemas(_) | Rows::Items(_) | Rows::Observations(_) => Ok(()),
    }
}

fn check_count(rows: &Rows, words: &ExpectWords) -> Result<(), Unexpected> {
    let Some(bounds) = words.rows else {
        return Ok(());
    };
    let count = match rows {
        Rows::Cinemas(rows) => rows.len(),
        Rows::Showtimes(rows) => rows.len(),
        Rows::Seats(map) => map.seats.len(),
        Rows::Prices(rows) => rows.len(),
        Rows::Items(rows) => rows.len(),
        Rows::Observations(rows) => rows.len(),
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
    if bounds.contain(count as f64) {
        return Ok(());
    }
    unexpected(format!("there are {count} rows, not {}", shown(bounds)))
}

fn check_statuses(map: &SeatMap, words: &ExpectWords) -> Result<(), Unexpected> {
    for (word, bounds) in &words.status {
        let has = |status: Option<SeatStatus>| match status {
            Some(status) => status.label() == word,
            None => word == "unmapped",
        };
        let with = map.seats.iter().filter(|seat| has(seat.status)).count();
        let part = share(with, map.seats.len());
        if !bounds.contain(part) {
            let all = map.seats.len();
            return unexpected(format!(
                "{with} of {all} seats are {word}, a share of {part:.3}, not {}",
                shown(*bounds)
            ));
        }
    }
    Ok(())
}

fn check_amounts(prices: &[Price], bounds: Option<Bounds>) -> Result<(), Unexpected> {
    let Some(bounds) = bounds else {
        return Ok(());
    };
    let is_out = |price: &&Price| {
        price
            .amount
            .to_f64()
            .is_none_or(|amount| !bounds.contain(amount))
    };
    match prices.iter().find(is_out) {
        None => Ok(()),
        Some(price) => unexpected(format!(
            "the price of `{}` is {} {}, not {}",
            price.ticket,
            price.amount,
            price.currency,
            shown(bounds)
        )),
    }
}

fn check_times(rows: &[Showtime], words: &ExpectWords, now: Timestamp) -> Result<(), Unexpected> {
    for row in rows {
        let ahead = row.starts_at.duration_since(now);
        let behind = -ahead;
        let exceeds = |distance: jiff::SignedDuration, most: Option<std::time::Duration>| {
            most.and_then(|most| jiff::SignedDuration::try_from(most).ok())
                .is_some_and(|most| distance > most)
        };
        if exceeds(behind, words.starts_after) {
            return unexpected(format!(
                "showtime {} started at {}, longer ago than `starts_after` says",
                row.key, row.starts_at
            ));
        }
        if exceeds(ahead, words.starts_before) {
            return unexpected(format!(
                "showtime {} starts at {}, further ahead than `starts_before` says",
                row.key, row.starts_at
            ));
        }
    }
    Ok(())
}

fn shown(bounds: Bounds) -> String {
    match (bounds.min, bounds.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or less"),
        (None, None) => "anything".to_owned(),
    }
}
