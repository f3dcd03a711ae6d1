//! Checks whether rows can be stored, before any of them is stored.
//!
//! Takes rows, gives nothing or the reason. `agent source try` and the fleet both use it, so they
//! accept the same rows: an answer with rows that the database would refuse cannot be read, and the
//! author sees that in `try`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use thiserror::Error;

use crate::rows::{MAX_ATTRIBUTES, Price, Rows, Seat, SeatMap, Showtime};

/// Seats of one layout at most: the database counts them in 16 bits.
pub const MAX_SEATS: usize = i16::MAX as usize;
/// Longer keys fit no index together with those of the rows above.
const MAX_KEY_BYTES: usize = 500;
/// A longer code is no code, but a page that was read wrongly.
const MAX_CODE_BYTES: usize = 200;
/// A longer name fits no index, and is a page that was read wrongly.
const MAX_NAME_BYTES: usize = 2_000;
/// Directors of one film at most.
const MAX_DIRECTORS: usize = 50;
/// Codes of a source at most: the values of a byte.
const MAX_CODES: usize = 256;
/// Amounts are exported as millionths in 64 bits.
const MAX_AMOUNT: i64 = 1_000_000_000_000;
/// The first and the last year that every reader of the tables knows.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9000;

/// Why rows cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unstorable {
    /// A key that cannot be one.
    #[error("row {row}: field `{field}` has {bytes} bytes; a key has {MAX_KEY_BYTES} at most")]
    LongKey {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the field.
        field: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// A code that cannot be one.
    #[error("row {row}: a status code of {bytes} bytes is no code")]
    LongCode {
        /// Index of the row, from 0.
        row: usize,
        /// How long it is.
        bytes: usize,
    },
    /// A name that cannot be one.
    #[error("row {row}: field `{field}` has {bytes} bytes; a name has {MAX_NAME_BYTES} at most")]
    LongName {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the field.
        field: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// A code of an attribute, or a number of a film, that cannot be one.
    #[error("row {row}: `{field}` has a value of {bytes} bytes; it has {MAX_CODE_BYTES} at most")]
    LongValue {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the word.
        field: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// More values than a row can have.
    #[error("row {row}: `{field}` has {count} values; it has {most} at most")]
    TooManyValues {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the word.
        field: &'static str,
        /// How many.
        count: usize,
        /// How many it may have.
        most: usize,
    },
    /// More codes than a source can have.
    #[error("there are {count} different status codes; {MAX_CODES} can be told apart")]
    TooManyCodes {
        /// How many.
        count: usize,
    },
    /// A time that is none.
    #[error("row {row}: field `{field}` is {at}, which is no time of a calendar")]
    OutOfTime {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the field.
        field: &'static str,
        /// The time.
        at: String,
    },
    /// An amount that no ticket costs.
    #[error("the price {amount} is larger than any")]
    LargeAmount {
        /// The amount.
        amount: String,
    },
    /// A seat map without a seat.
    #[error("the answer has no seat")]
    NoSeat,
    /// More seats than any auditorium has.
    #[error("the answer has {seats} seats, more than {MAX_SEATS}")]
    TooManySeats {
        /// How many.
        seats: usize,
    },
    /// Prices in more than one currency.
    #[error("the answer has prices in {first} and in {second}")]
    MixedCurrencies {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
}

/// Refuses rows that cannot be stored.
///
/// # Errors
///
/// [`Unstorable`] at the first row that cannot.
pub fn check(rows: &Rows) -> Result<(), Unstorable> {
    match rows {
        Rows::Cinemas(rows) => keys(rows.iter().map(|row| row.key.as_str()), "key"),
        Rows::Items(rows) => keys(rows.iter().map(|row| row.key.as_str()), "key"),
        Rows::Showtimes(rows) => showtimes(rows),
        Rows::Seats(map) => seats(map),
        Rows::Prices(rows) => prices(rows),
        Rows::Observations(rows) => {
            keys(rows.iter().map(|row| row.subject.as_str()), "subject")?;
            keys(rows.iter().map(|row| row.metric.as_str()), "metric")?;
            let times = rows.iter().enumerate();
            let mut times = times.filter_map(|(index, row)| Some((index, row.at?)));
            times.try_for_each(|(index, at)| time(index, "at", at))
        }
    }
}

fn keys<'r>(keys: impl Iterator<Item = &'r str>, field: &'static str) -> Result<(), Unstorable> {
    for (row, key) in keys.enumerate() {
        let bytes = key.len();
        if bytes > MAX_KEY_BYTES {
            return Err(Unstorable::LongKey { row, field, bytes });
        }
    }
    Ok(())
}

fn showtimes(rows: &[Showtime]) -> Result<(), Unstorable> {
    keys(rows.iter().map(|row| row.key.as_str()), "key")?;
    keys(rows.iter().map(|row| row.film_key.as_str()), "film_key")?;
    let auditoriums = rows
        .iter()
        .map(|row| row.auditorium_key.as_deref().unwrap_or_default());
    keys(auditoriums, "auditorium_key")?;
    for (index, row) in rows.iter().enumerate() {
        film(index, row)?;
        time(index, "starts_at", row.starts_at)?;
        if let Some(day) = row.business_on.filter(|day| !YEARS.contains(&day.year())) {
            return Err(Unstorable::OutOfTime {
                row: index,
                field: "business_on",
                at: day.to_string(),
            });
        }
    }
    Ok(())
}

/// Refuses names and lists about the film and the showtime that are too long.
fn film(row: usize, showtime: &Showtime) -> Result<(), Unstorable> {
    let facts = &showtime.film;
    let name = |field, name: Option<&str>| match name.map_or(0, str::len) {
        bytes if bytes > MAX_NAME_BYTES => Err(Unstorable::LongName { row, field, bytes }),
        _ => Ok(()),
    };
    let count = |field, count, most| match count {
        count if count > most => Err(Unstorable::TooManyValues {
            row,
            field,
            count,
            most,
        }),
        _ => Ok(()),
    };
    let value = |field, value: &str| match value.len() {
        bytes if bytes > MAX_CODE_BYTES => Err(Unstorable::LongValue { row, field, bytes }),
        _ => Ok(()),
    };
    name("film_title", Some(&showtime.film_title))?;
    name("film_original_title", facts.original_title.as_deref())?;
    name("film_distributor", facts.distributor.as_deref())?;
    count("film_director", facts.directors.len(), MAX_DIRECTORS)?;
    for director in &facts.directors {
        name("film_director", Some(director))?;
    }
    for id in &facts.ids {
        value("film_ids", &id.value)?;
    }
    let attributes = showtime.attributes.as_deref().unwrap_or_default();
    count("attributes", attributes.len(), MAX_ATTRIBUTES)?;
    for attribute in attributes {
        value("attributes", &attribute.code)?;
    }
    if let Some(day) = facts.released_on.filter(|day| !YEARS.contains(&day.year())) {
        return Err(Unstorable::OutOfTime {
            row,
            field: "film_released_on",
            at: day.to_string(),
        });
    }
    Ok(())
}

fn time(row: usize, field: &'static str, at: Timestamp) -> Result<(), Unstorable> {
    if YEARS.contains(&jiff::tz::TimeZone::UTC.to_datetime(at).year()) {
        return Ok(());
    }
    let at = at.to_string();
    Err(Unstorable::OutOfTime { row, field, at })
}

/// Refuses a map without seats, or with more than can be counted.
///
/// # Errors
///
/// [`Unstorable::NoSeat`] and [`Unstorable::TooManySeats`].
pub fn seat_count(seats: &[Seat]) -> Result<(), Unstorable> {
    match seats.len() {
        0 => Err(Unstorable::NoSeat),
        1..=MAX_SEATS => Ok(()),
        seats => Err(Unstorable::TooManySeats { seats }),
    }
}

fn seats(map: &SeatMap) -> Result<(), Unstorable> {
    seat_count(&map.seats)?;
    let mut codes: BTreeSet<&str> = BTreeSet::new();
    let mut last = None;
    for (row, seat) in map.seats.iter().enumerate() {
        // Neighbours mostly have one code.
        if last == Some(&seat.code) {
            continue;
        }
        last = Some(&seat.code);
        let bytes = seat.code.len();
        if bytes > MAX_CODE_BYTES {
            return Err(Unstorable::LongCode { row, bytes });
        }
        codes.insert(&seat.code);
    }
    if codes.len() > MAX_CODES {
        return Err(Unstorable::TooManyCodes { count: codes.len() });
    }
    prices(&map.prices)
}

fn prices(prices: &[Price]) -> Result<(), Unstorable> {
    let most = Decimal::from(MAX_AMOUNT);
    for price in prices {
        let amounts = [Some(price.amount), price.amount_max, price.fee];
        if let Some(amount) = amounts.into_iter().flatten().find(|amount| *amount >= most) {
            let amount = amount.to_string();
            return Err(Unstorable::LargeAmount { amount });
        }
    }
    let first = prices.first();
    let other = prices
        .iter()
        .find(|price| first.is_some_and(|first| first.currency != price.currency));
    match (first, other) {
        (Some(first), Some(other)) => Err(Unstorable::MixedCurrencies {
            first: first.currency.clone(),
            second: other.currency.clone(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::rows::Cinema;

    fn price(amount: &str, currency: &str) -> Price {
        Price {
            ticket: String::new(),
            area: String::new(),
            amount: amount.parse().unwrap(),
            currency: currency.to_owned(),
            amount_max: None,
            fee: None,
            tax_included: None,
        }
    }

    #[test]
    fn what_the_database_would_refuse_is_told_before() {
        let cinema = |bytes| Cinema {
            key: "k".repeat(bytes),
            ..Cinema::default()
        };
        let message = |rows| check(&rows).unwrap_err().to_string();
        assert_eq!(check(&Rows::Cinemas(vec![cinema(500)])), Ok(()));
        assert!(
            message(Rows::Cinemas(vec![cinema(1), cinema(501)])).contains("row 1: field `key`")
        );
        let prices = vec![price("1", "EUR"), price("2", "USD")];
        assert!(message(Rows::Prices(prices)).contains("EUR and in USD"));
        assert!(
            message(Rows::Prices(vec![price(
                "1e12".parse::<f64>().unwrap().to_string().as_str(),
                "IDR"
            )]))
            .contains("larger than any")
        );
        let seat = |code: String| Seat {
            code: code.into(),
            ..Seat::default()
        };
        let map = |seats| {
            Rows::Seats(SeatMap {
                seats,
                prices: Vec::new(),
            })
        };
        assert!(message(map(Vec::new())).contains("no seat"));
        assert!(message(map(vec![seat("x".repeat(201))])).contains("201 bytes"));
        let many = (0..257).map(|code| seat(code.to_string())).collect();
        assert!(message(map(many)).contains("257 different status codes"));
    }
}
