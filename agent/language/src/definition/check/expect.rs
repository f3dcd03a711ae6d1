//! What must hold between the words of an expectation.

use super::{Checked, place::CheckedStep};
use crate::definition::{Bounds, DefinitionError, Yields, error::nearest};

/// Words for the status of a seat, as `expect.status` has them.
const STATUSES: [&str; 8] = [
    "available",
    "sold",
    "held",
    "blocked",
    "broken",
    "house",
    "unknown",
    "unmapped",
];
/// What a seat has besides its fields.
const OF_SEATS: [&str; 1] = ["status"];
/// What a showtime has besides its fields.
const OF_SHOWTIMES: [&str; 2] = ["film_ids", "attributes"];

/// Refuses an expectation that could never be checked.
pub(super) fn check(place: &CheckedStep<'_>) -> Checked {
    let (step, words) = (place.step, &place.step.expect);
    let error = |word: &str, problem: String, way_out: &str| {
        Err::<(), DefinitionError>(place.error(&["expect", word], problem, way_out))
    };
    let (required, further) = step.yields.fields();
    let mut fields: Vec<&str> = required.iter().chain(further).copied().collect();
    fields.extend(step.carry.keys().map(String::as_str));
    if step.yields == Yields::Seats {
        fields.extend(OF_SEATS);
    }
    if step.yields == Yields::Showtimes {
        fields.extend(OF_SHOWTIMES);
    }
    for (field, share) in &words.filled {
        known(place, "filled", field, &fields)?;
        if !(0.0..=1.0).contains(share) {
            return error("filled", format!("{share} is no share"), "write 0 to 1");
        }
    }
    for (word, bounds) in &words.status {
        known(place, "status", word, &STATUSES)?;
        let is_share = |bound: Option<f64>| bound.is_none_or(|bound| (0.0..=1.0).contains(&bound));
        if !is_share(bounds.min) || !is_share(bounds.max) {
            let problem = format!("the bounds of `{word}` are no shares");
            return error("status", problem, "write shares of the seats, 0 to 1");
        }
    }
    let is_of = |kinds: &[Yields]| kinds.contains(&step.yields);
    for (word, is_said, is_fine) in [
        ("status", !words.status.is_empty(), is_of(&[Yields::Seats])),
        (
            "starts_after",
            words.starts_after.is_some(),
            is_of(&[Yields::Showtimes]),
        ),
        (
            "starts_before",
            words.starts_before.is_some(),
            is_of(&[Yields::Showtimes]),
        ),
        (
            "price",
            words.price.is_some(),
            is_of(&[Yields::Seats, Yields::Prices]),
        ),
    ] {
        if is_said && !is_fine {
            let problem = format!("`{word}` cannot be checked of {}", step.yields.word());
            return error(word, problem, "take it out");
        }
    }
    for (word, bounds) in [("rows", words.rows), ("price", words.price)] {
        if bounds.is_some_and(is_void) {
            return error(
                word,
                "nothing lies within".to_owned(),
                "let min be less than max",
            );
        }
    }
    Ok(())
}

fn is_void(bounds: Bounds) -> bool {
    matches!((bounds.min, bounds.max), (Some(min), Some(max)) if min > max)
}

fn known(place: &CheckedStep<'_>, word: &str, said: &str, all: &[&str]) -> Checked {
    if all.contains(&said) {
        return Ok(());
    }
    let way_out = nearest(said, all).map_or_else(
        || format!("write one of {}", all.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(place.error(
        &["expect", word, said],
        format!("`{said}` is none of {}", place.step.yields.word()),
        way_out,
    ))
}
