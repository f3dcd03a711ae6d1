//! Words that accept an answer that was not read as a whole.

use super::{Checked, place::CheckedStep};
use crate::definition::Yields;

/// Refuses to leave rows out where those that are left would mean something else.
pub(super) fn check(place: &CheckedStep<'_>) -> Checked {
    let step = place.step;
    if step.skip_unreadable.is_none() {
        return Ok(());
    }
    let (problem, way_out) = match step.yields {
        Yields::Seats => (
            "an auditorium without some of its seats is another auditorium",
            "leave `skip_unreadable` out; `where` and `gap` leave out what is no seat, \
             `optional` and `default` accept a missing value, `otherwise = \"unmapped\"` a code \
             that is new",
        ),
        Yields::Prices => (
            "a list of prices without some of them is another tariff",
            "leave `skip_unreadable` out; `optional` accepts a row without an amount",
        ),
        _ if step.fixed.is_some() => (
            "fixed rows can be read, or this file is wrong",
            "leave `skip_unreadable` out",
        ),
        Yields::Cinemas | Yields::Showtimes | Yields::Items | Yields::Observations => {
            return Ok(());
        }
    };
    Err(place.error(&["skip_unreadable"], problem, way_out))
}
