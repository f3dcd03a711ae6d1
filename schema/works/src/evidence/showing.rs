//! What it says that two listings show the film in other ways, or at the same time.

use super::{Reason, Signal, year};
use crate::Candidate;

/// Days between two listings that count as one release.
const MAX_LISTING_GAP_DAYS: i32 = 30;
/// What it weighs that listings differ in a form that new films have.
const CURRENT_FORM_BITS: f64 = 6.0;
/// What it weighs that listings differ in another form.
const OTHER_FORM_BITS: f64 = 5.0;
/// What that weighs if one of them has a year and the other has none.
const UNCHECKED_FORM_BITS: f64 = 3.0;
/// What it weighs that one source lists two films at one time under one title and in one form.
pub(crate) const APART_BITS: f64 = -3.0;
/// What it weighs that one source lists them at one time, one with a subtitle.
pub(crate) const SURELY_APART_BITS: f64 = -8.0;
/// What it weighs that one source lists them at other times.
const APART_IN_TIME_BITS: f64 = -1.0;
/// What it weighs that two sources list the title at the same time.
const LISTING_BITS: f64 = 5.0;

/// Decides whether one source lists both.
pub(super) fn is_one_source(a: &Candidate, b: &Candidate) -> bool {
    let listings = a.film.listing.as_ref().zip(b.film.listing.as_ref());
    listings.is_some_and(|(one, other)| one.source == other.source)
}

fn are_at_one_time(a: &Candidate, b: &Candidate) -> bool {
    let listings = a.film.listing.as_ref().zip(b.film.listing.as_ref());
    listings.is_some_and(|(one, other)| {
        let gap = (one.first_on - other.last_on).max(other.first_on - one.last_on);
        gap <= MAX_LISTING_GAP_DAYS
    })
}

/// A source that lists a title both with and without a subtitle has two works.
pub(super) fn compare_subtitles(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let is_plain = a.title.attributes == b.title.attributes;
    (is_plain && is_one_source(a, b) && are_at_one_time(a, b)).then(|| {
        Reason::new(
            Signal::Listing,
            SURELY_APART_BITS,
            "one source lists both titles",
        )
    })
}

/// How and when the two are listed, where their titles are the same.
pub(super) fn compare(a: &Candidate, b: &Candidate, reasons: &[Reason]) -> Option<Reason> {
    let differs = a.title.attributes != b.title.attributes;
    let is_decorated = differs && (a.title.is_decorated() || b.title.is_decorated());
    let is_same_source = is_one_source(a, b);
    let overlap = are_at_one_time(a, b);
    let has_fact = reasons.iter().any(|reason| {
        reason.weight > 0.0
            && matches!(
                reason.signal,
                Signal::Director | Signal::Year | Signal::Runtime
            )
    });
    if is_decorated && is_same_source && overlap {
        Some(Reason::new(
            Signal::Showing,
            9.0,
            "one source lists the film beside another form of its showing",
        ))
    } else if is_decorated {
        // Restorations, anniversaries and strands show old films, which have namesakes among new ones.
        let is_current = a.title.is_current_form() || b.title.is_current_form();
        let is_checked = a.year.is_some() == b.year.is_some() || has_fact;
        let is_revival = year::is_revival(a) || year::is_revival(b);
        let weight = match (is_current, is_checked) {
            (true, _) if !is_revival => CURRENT_FORM_BITS,
            (_, true) => OTHER_FORM_BITS,
            (_, false) if is_revival => 0.0,
            (_, false) => UNCHECKED_FORM_BITS,
        };
        Some(Reason::new(
            Signal::Showing,
            weight,
            "they differ in what is said of the showing",
        ))
    } else if is_same_source {
        let weight = if overlap {
            APART_BITS
        } else {
            APART_IN_TIME_BITS
        };
        let text = "one source lists them apart";
        Some(Reason::new(Signal::Listing, weight, text))
    } else if overlap {
        Some(Reason::new(
            Signal::Listing,
            LISTING_BITS,
            "on release at the same time",
        ))
    } else {
        None
    }
}
