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

/// How and when the two are listed, where their titles are the same.
pub(super) fn compare(a: &Candidate, b: &Candidate, reasons: &[Reason]) -> Option<Reason> {
    let differs = a.title.attributes != b.title.attributes;
    let is_decorated = differs && (a.title.is_decorated() || b.title.is_decorated());
    let listings = a.film.listing.as_ref().zip(b.film.listing.as_ref());
    let is_same_source = listings.is_some_and(|(one, other)| one.source == other.source);
    let overlap = listings.is_some_and(|(one, other)| {
        let gap = (one.first_on - other.last_on).max(other.first_on - one.last_on);
        gap <= MAX_LISTING_GAP_DAYS
    });
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
    } else if is_same_source && !has_fact {
        Some(Reason::new(
            Signal::Listing,
            -3.0,
            "one source lists them apart",
        ))
    } else if overlap && !is_same_source {
        Some(Reason::new(
            Signal::Listing,
            2.5,
            "on release at the same time",
        ))
    } else {
        None
    }
}
