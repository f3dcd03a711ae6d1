//! What is said of the requests of a step leads to something.

use super::{
    Checked,
    place::{Place, near_or},
};
use crate::definition::FirstWords;

/// Checks limits, first requests and pages.
pub(super) fn check(place: &Place<'_>) -> Checked {
    let (definition, step) = (place.definition, place.step);
    if let Some(limit) = &step.limit
        && !definition.limits.contains_key(limit)
    {
        let known: Vec<&str> = definition.limits.keys().map(String::as_str).collect();
        let way_out = near_or(limit, &known, || format!("add [limits.{limit}]"));
        return Err(place.error(&["limit"], format!("there is no limit `{limit}`"), way_out));
    }
    for (name, words) in &step.first {
        first(place, name, words)?;
    }
    match &step.pages {
        Some(pages) if pages.at_most == 0 => {
            Err(place.error(&["pages", "at_most"], "no page is read", "write at least 1"))
        }
        Some(pages) if !pages.tells() => Err(place.error(
            &["pages"],
            "it is not said when the pages end",
            "add total, rows, cursor, link, more, or `until_empty = true`",
        )),
        _ => Ok(()),
    }
}

fn first(place: &Place<'_>, name: &str, words: &FirstWords) -> Checked {
    let Some(word) = &words.expires_in else {
        return Ok(());
    };
    let at = ["first", name, "expires_in"];
    let known: Vec<&str> = words.take.keys().map(String::as_str).collect();
    if !known.contains(&word.as_str()) {
        let way_out = near_or(word, &known, || format!("add `{word} = …` to `take`"));
        return Err(place.error(&at, format!("nothing takes `{word}`"), way_out));
    }
    if words.cache.is_none() {
        return Err(place.error(
            &at,
            "this answer is used once, so it cannot expire",
            "add such as `cache = \"1h\"`",
        ));
    }
    Ok(())
}
