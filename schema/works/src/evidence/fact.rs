//! What directors, years, lengths, identifiers, releases and distributors say.

use strsim::jaro_winkler;

use super::{Reason, Signal, showing, year};
use crate::{Candidate, film::WorkKind, fold};

/// Similarity of two names of people from which on they are one person.
const MIN_SAME_PERSON: f64 = 0.94;
/// Similarity of two names of people below which they are two.
const MAX_OTHER_PERSON: f64 = 0.82;
/// Minutes by which chains differ that round in other ways.
const MAX_ROUNDED_MINUTES: i32 = 1;
/// Minutes by which chains differ for one film.
const MAX_SAME_MINUTES: i32 = 2;
/// Minutes up to which lengths say little.
const MAX_LIKE_MINUTES: i32 = 5;
/// Minutes above which two features differ, unless director and year say otherwise.
const MAX_CLOSE_MINUTES: i32 = 10;
/// Minutes above which two features always differ: advertisements and intervals are shorter.
const MAX_PADDED_MINUTES: i32 = 30;
/// Words of companies that say nothing of which company it is.
const COMPANY_WORDS: [&str; 18] = [
    "pictures",
    "films",
    "film",
    "entertainment",
    "distribution",
    "releasing",
    "studios",
    "uk",
    "the",
    "international",
    "ltd",
    "gmbh",
    "media",
    "cinema",
    "group",
    "company",
    "releases",
    "distributors",
];

/// Adds the reasons of all facts that both films have.
pub(super) fn compare(a: &Candidate, b: &Candidate, reasons: &mut Vec<Reason>) {
    let director = directors(a, b);
    let year = year::compare(a, b);
    let is_backed = director.as_ref().is_some_and(|reason| reason.weight > 0.0)
        && year.as_ref().is_some_and(|reason| reason.weight > 0.0);
    reasons.extend(director);
    reasons.extend(year);
    reasons.extend(runtimes(a, b, is_backed));
    reasons.extend(identifiers(a, b));
    reasons.extend(releases(a, b));
    reasons.extend(distributors(a, b));
}

fn directors(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let mut best: Option<f64> = None;
    for one in &a.directors {
        for other in &b.directors {
            if let Some(found) = similarity(one, other) {
                best = Some(best.map_or(found, |known| known.max(found)));
            }
        }
    }
    let best = best?;
    let names = || {
        format!(
            "{} and {}",
            a.film.directors.join(", "),
            b.film.directors.join(", ")
        )
    };
    if best >= MIN_SAME_PERSON {
        Some(Reason::new(
            Signal::Director,
            10.0,
            format!("same director: {}", names()),
        ))
    } else if best < MAX_OTHER_PERSON {
        Some(Reason::veto(
            Signal::Director,
            format!("directors differ: {}", names()),
        ))
    } else {
        Some(Reason::new(
            Signal::Director,
            0.0,
            format!("directors may be the same: {}", names()),
        ))
    }
}

/// Decides whether two names are of one person.
pub(super) fn is_same_person(one: &[String], other: &[String]) -> bool {
    similarity(one, other).is_some_and(|found| found >= MIN_SAME_PERSON)
}

/// Returns how similar two names are, 0 to 1; `None` if they are in different scripts.
fn similarity(one: &[String], other: &[String]) -> Option<f64> {
    let (one, other) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let is_latin = |words: &[String]| words.iter().all(|word| word.is_ascii());
    if is_latin(one) != is_latin(other) {
        return None;
    }
    let letters: usize = short.iter().map(|word| word.chars().count()).sum();
    // A name without its middle names, or a family name alone.
    if letters >= 5 && short.iter().all(|word| long.contains(word)) {
        return Some(1.0);
    }
    let initials = |words: &[String], other: &[String]| {
        words
            .iter()
            .any(|word| word.chars().count() >= 4 && other.contains(word))
            && words.iter().all(|word| {
                other.iter().any(|name| {
                    name == word || (word.chars().count() == 1 && name.starts_with(word.as_str()))
                })
            })
    };
    if initials(one, other) || initials(other, one) {
        return Some(1.0);
    }
    Some(jaro_winkler(&one.join(" "), &other.join(" ")))
}

fn runtimes(a: &Candidate, b: &Candidate, is_backed: bool) -> Option<Reason> {
    let (one, other) = (a.film.runtime_minutes?, b.film.runtime_minutes?);
    if one <= 0 || other <= 0 {
        return None;
    }
    let text = format!("{one} and {other} minutes");
    let gap = (i32::from(one) - i32::from(other)).abs();
    let is_event = a.kind == WorkKind::Event || b.kind == WorkKind::Event;
    let weight = if gap <= MAX_ROUNDED_MINUTES {
        4.0
    } else if gap <= MAX_SAME_MINUTES {
        2.5
    } else if is_event {
        0.0
    } else if gap <= MAX_CLOSE_MINUTES && showing::is_one_source(a, b) {
        // A source gives all rows of a film the same length.
        -8.0
    } else if gap <= MAX_LIKE_MINUTES {
        -1.0
    } else if gap <= MAX_CLOSE_MINUTES {
        -4.0
    } else if is_backed && gap <= MAX_PADDED_MINUTES {
        -5.0
    } else {
        return Some(Reason::veto(Signal::Runtime, text));
    };
    Some(Reason::new(Signal::Runtime, weight, text))
}

fn identifiers(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let (scheme, value) = a.identifiers.intersection(&b.identifiers).next()?;
    Some(Reason::new(
        Signal::Identifier,
        6.0,
        format!("same identifier: {scheme} {value}"),
    ))
}

fn releases(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let gap = (i64::from(a.film.released_on?) - i64::from(b.film.released_on?)).abs();
    let is_here = a.film.territory.is_some() && a.film.territory == b.film.territory;
    (is_here && gap <= 7)
        .then(|| Reason::new(Signal::Release, 3.0, format!("released {gap} days apart")))
}

/// One territory seldom has two distributors for a film.
fn distributors(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let names = |film: &Candidate| -> Option<Vec<String>> {
        let mut words = fold::words(film.film.distributor.as_deref()?);
        words.retain(|word| !COMPANY_WORDS.contains(&word.as_str()));
        (!words.is_empty()).then_some(words)
    };
    let (one, other) = (names(a)?, names(b)?);
    if let Some(name) = one.iter().find(|word| other.contains(word)) {
        let text = format!("same distributor: {name}");
        return Some(Reason::new(Signal::Distributor, 2.5, text));
    }
    let is_here = a.film.territory.is_some() && a.film.territory == b.film.territory;
    is_here.then(|| {
        let text = format!("distributors {} and {}", one.join(" "), other.join(" "));
        Reason::new(Signal::Distributor, -3.0, text)
    })
}
