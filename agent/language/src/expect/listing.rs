//! Cinemas and showtimes against what the same task listed before.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;

use super::{
    ListingBaseline, MIN_ROWS, NEARLY_NONE, ShowtimeBaseline, Unexpected, filled::count_filled,
    share, unexpected,
};
use crate::rows::{Cinema, Rows, Showtime};

/// A showtime that moved by less did not move: sources differ in how they round.
const MOVED_SECONDS: i64 = 60;

/// Compares cinemas with those that the task listed last.
///
/// # Errors
///
/// [`Unexpected`] if half of them or more are gone, or a field is.
pub fn check_cinemas(rows: &Rows, known: &ListingBaseline) -> Result<(), Unexpected> {
    let Rows::Cinemas(cinemas) = rows else {
        return Ok(());
    };
    let keys: HashSet<&str> = cinemas
        .iter()
        .map(|row: &Cinema| row.key.as_str())
        .collect();
    let found = known
        .cinemas
        .iter()
        .filter(|key| keys.contains(key.as_str()))
        .count();
    let all = known.cinemas.len();
    if all >= MIN_ROWS && found * 2 < all {
        return unexpected(format!(
            "{found} of the {all} cinemas known are in the list: an empty list is not taken for true"
        ));
    }
    check_fields(rows, known)
}

/// Compares showtimes with those that the task listed last and that are still to come;
/// `day` is the one day that the task asks for, if it does.
///
/// # Errors
///
/// [`Unexpected`] if more than half of them are gone, if more than half moved by the same
/// time, or if a field is gone.
pub fn check_showtimes(
    rows: &Rows,
    known: &ListingBaseline,
    day: Option<Date>,
) -> Result<(), Unexpected> {
    let Rows::Showtimes(showtimes) = rows else {
        return Ok(());
    };
    let due: Vec<&ShowtimeBaseline> = known
        .showtimes
        .iter()
        .filter(|row| day.is_none_or(|day| row.business_on == day))
        .collect();
    let starts: HashMap<&str, i64> = showtimes
        .iter()
        .map(|row: &Showtime| (row.key.as_str(), row.starts_at.as_second()))
        .collect();
    let all = due.len();
    let mut moves: BTreeMap<i64, usize> = BTreeMap::new();
    let mut found = 0;
    for row in &due {
        if let Some(starts_at) = starts.get(row.key.as_str()) {
            found += 1;
            *moves
                .entry(starts_at - row.starts_at.as_second())
                .or_default() += 1;
        }
    }
    if all >= MIN_ROWS && found * 2 < all {
        return unexpected(format!(
            "{found} of the {all} showtimes still to come are in the list of {}: \
             an empty list is not taken for true",
            showtimes.len()
        ));
    }
    let most = moves
        .iter()
        .filter(|(offset, _)| offset.abs() >= MOVED_SECONDS)
        .max_by_key(|(_, times)| **times);
    if let Some((offset, times)) = most
        && found >= MIN_ROWS
        && times * 2 > found
    {
        let by = jiff::SignedDuration::from_secs(*offset);
        return unexpected(format!(
            "{times} of {found} showtimes moved by {by:#}: did the source change its time zone?"
        ));
    }
    check_fields(rows, known)
}

/// A field that nearly all rows had and nearly none has.
fn check_fields(rows: &Rows, known: &ListingBaseline) -> Result<(), Unexpected> {
    for field in &known.fields {
        let (with, all) = count_filled(rows, field);
        if all >= MIN_ROWS && share(with, all) <= NEARLY_NONE {
            return unexpected(format!(
                "{with} of {all} rows have a value for `{field}`, which nearly all had before"
            ));
        }
    }
    Ok(())
}
