//! What the years say, and what a listing of an old film says of its year.

use super::{Reason, Signal};
use crate::{Candidate, attribute::AttributeKind};

/// Years between two listings of one film that a veto begins with.
const MIN_VETO_YEARS: u32 = 3;
/// Years for which a film is new: a listing that shows an old one is not of it.
const MAX_NEW_YEARS: i32 = 2;
/// What a listing of an old film weighs against a new one.
const REVIVAL_BITS: f64 = -8.0;

/// Compares the years of two films.
pub(super) fn compare(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let (Some(one), Some(other)) = (a.year, b.year) else {
        return revival(a, b).or_else(|| revival(b, a));
    };
    let text = if one == other {
        format!("year {one}")
    } else {
        format!("years {one} and {other}")
    };
    let later = if one >= other { a } else { b };
    Some(match i32::from(one).abs_diff(i32::from(other)) {
        0 => Reason::new(Signal::Year, 6.0, text),
        1 => Reason::new(Signal::Year, 2.0, text),
        _ if is_revival(later) => Reason::new(
            Signal::Year,
            0.0,
            format!("{text}, the later of a re-release"),
        ),
        MIN_VETO_YEARS.. => Reason::veto(Signal::Year, text),
        _ => Reason::new(Signal::Year, -4.0, text),
    })
}

/// Decides whether a listing says that the film is an old one; its year may be that of the revival.
pub(super) fn is_revival(film: &Candidate) -> bool {
    revivals(film).next().is_some() && film.title.year.is_none()
}

fn revivals(film: &Candidate) -> impl Iterator<Item = (AttributeKind, &str)> {
    [
        AttributeKind::Rerelease,
        AttributeKind::Anniversary,
        AttributeKind::Restoration,
    ]
    .into_iter()
    .filter_map(|kind| Some((kind, film.title.attribute(kind)?)))
}

/// Compares a listing of an old film that has no year with the year of another: an anniversary
/// gives the year, and no old film is new.
fn revival(old: &Candidate, other: &Candidate) -> Option<Reason> {
    if old.year.is_some() || !is_revival(old) || is_revival(other) {
        return None;
    }
    let year = i32::from(other.year?);
    let listing = old.film.listing.as_ref().or(other.film.listing.as_ref());
    let listed = listing.map(|listing| year_of(listing.first_on));
    for (kind, text) in revivals(old) {
        let mut numbers = text
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|digits| digits.parse::<i32>().ok());
        if kind == AttributeKind::Anniversary {
            let (Some(age), Some(listed)) = (numbers.next(), listed) else {
                continue;
            };
            let text = format!("{text} in {listed}, and year {year}");
            return Some(match (listed - age).abs_diff(year) {
                0 | 1 => Reason::new(Signal::Year, 6.0, text),
                MIN_VETO_YEARS.. => Reason::veto(Signal::Year, text),
                _ => Reason::new(Signal::Year, -4.0, text),
            });
        }
        let shown = numbers.find(|number| *number > 1_900).or(listed);
        if shown.is_some_and(|shown| year >= shown - MAX_NEW_YEARS) {
            let text = format!("{text}, and a film of {year}");
            return Some(Reason::new(Signal::Year, REVIVAL_BITS, text));
        }
    }
    None
}

/// Returns the year of a day since 1970-01-01; at the turn of a year it may be one off.
fn year_of(day: i32) -> i32 {
    1970 + day.div_euclid(1461) * 4 + day.rem_euclid(1461) / 366
}
