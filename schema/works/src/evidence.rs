//! Reasons for and against two films being one work, each with a weight in bits.
//!
//! A weight is the logarithm of how much more often the observation is made of one work than of
//! two (Fellegi and Sunter 1969). A veto outweighs everything that rules can say.

mod fact;
mod name;
mod showing;
mod stage;
mod year;

use serde::{Deserialize, Serialize};

pub(crate) use name::Agreement;
pub(crate) use showing::{APART_BITS, SURELY_APART_BITS};

use crate::{Candidate, film::WorkKind};

/// What a reason is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// The titles.
    Title,
    /// Numbers in titles that are equal otherwise: parts of a story.
    Number,
    /// The directors.
    Director,
    /// The years.
    Year,
    /// The lengths.
    Runtime,
    /// An identifier.
    Identifier,
    /// The days of release.
    Release,
    /// The distributors.
    Distributor,
    /// One listing says how it shows the film, and the rest of the title is the same.
    Showing,
    /// Both are on release at the same time.
    Listing,
    /// The series or seasons of a stage.
    Season,
    /// A trusted list of works.
    Reference,
    /// A programme of several works against one work, or an event against a film.
    Kind,
}

/// A reason for or against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is drawn from.
    pub signal: Signal,
    /// Its weight in bits: positive for one work, negative for two.
    pub weight: f64,
    /// Whether the two cannot be one work, whatever else agrees.
    pub is_veto: bool,
    /// The reason in words.
    pub text: String,
}

impl Reason {
    fn new(signal: Signal, weight: f64, text: impl Into<String>) -> Self {
        Self {
            signal,
            weight,
            is_veto: false,
            text: text.into(),
        }
    }

    fn veto(signal: Signal, text: impl Into<String>) -> Self {
        Self {
            signal,
            weight: VETO_BITS,
            is_veto: true,
            text: text.into(),
        }
    }
}

/// What a contradiction weighs.
const VETO_BITS: f64 = -20.0;

/// What a trusted list weighs: enough for two titles that have nothing in common.
const REFERENCE_BITS: f64 = 22.0;

/// Collects all reasons; the first is that of the titles.
pub(crate) fn collect(a: &Candidate, b: &Candidate) -> (Agreement, Vec<Reason>) {
    let (agreement, title) = name::compare(a, b);
    let mut reasons = vec![title];
    reasons.extend(name::numbers_veto(a, b, agreement));
    reasons.extend(kind(a, b));
    reasons.extend(stage::compare(a, b));
    reasons.extend(reference(a, b));
    fact::compare(a, b, &mut reasons);
    if agreement == Agreement::Equal && !is_stage(a) && !is_stage(b) {
        reasons.extend(showing::compare(a, b, &reasons));
    }
    if agreement == Agreement::Subtitle {
        reasons.extend(showing::compare_subtitles(a, b));
    }
    (agreement, reasons)
}

fn is_stage(film: &Candidate) -> bool {
    film.kind == WorkKind::Event
}

/// A programme is never one of its works.
fn kind(a: &Candidate, b: &Candidate) -> Option<Reason> {
    (a.title.is_programme != b.title.is_programme).then(|| {
        Reason::veto(
            Signal::Kind,
            "a programme of several works against one work",
        )
    })
}

/// A list that a person trusts says more than all facts.
fn reference(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let (one, other) = (a.reference.as_ref()?, b.reference.as_ref()?);
    Some(if one == other {
        Reason::new(
            Signal::Reference,
            REFERENCE_BITS,
            format!("the list has both as {one}"),
        )
    } else {
        Reason::veto(
            Signal::Reference,
            format!("the list has them as {one} and {other}"),
        )
    })
}
