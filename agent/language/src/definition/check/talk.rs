//! What is said of the requests of a step leads to something.

use super::{
    Checked,
    place::{CheckedStep, near_or},
};
use crate::definition::{FirstWords, PagesWords};

/// Checks limits, first requests and pages.
pub(super) fn check(place: &CheckedStep<'_>) -> Checked {
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
    pages(place, &["pages"], step.pages.as_ref())
}

fn pages(place: &CheckedStep<'_>, at: &[&str], words: Option<&PagesWords>) -> Checked {
    match words {
        Some(pages) if pages.at_most == 0 => {
            let at: Vec<&str> = at.iter().copied().chain(["at_most"]).collect();
            Err(place.error(&at, "no page is read", "write at least 1"))
        }
        Some(pages) if !pages.tells() => Err(place.error(
            at,
            "it is not said when the pages end",
            "add total, rows, cursor, link, more, `until_empty = true` or `until_repeated = true`",
        )),
        _ => Ok(()),
    }
}

fn first(place: &CheckedStep<'_>, name: &str, words: &FirstWords) -> Checked {
    pages(place, &["first", name, "pages"], words.pages.as_ref())?;
    if words.pages.is_some() && words.one_of.is_some() {
        return Err(place.error(
            &["first", name, "pages"],
            "of several candidates one answer is chosen, not its pages",
            "choose with one request, and read the pages with another",
        ));
    }
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
