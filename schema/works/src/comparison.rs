//! A score and a verdict for two films, with the reasons.
//!
//! Weights add up to a score. From [`MIN_SAME_BITS`] on the two are one work, below
//! [`MIN_UNCLEAR_BITS`] they are two, and between a person decides (Fellegi and Sunter 1969). A
//! title alone never joins two films, however long it is: remakes have long titles too. Neither
//! does an identifier alone.

use serde::{Deserialize, Serialize};

use crate::{
    Candidate, Film, Link,
    evidence::{self, Agreement, Reason, Signal},
};

/// Score from which on two films are one work.
pub const MIN_SAME_BITS: f64 = 12.0;
/// Score from which on a person decides.
pub const MIN_UNCLEAR_BITS: f64 = 6.0;

/// Sum of the facts down to which two films contradict each other without a veto.
const CONTRADICTION_BITS: f64 = -5.0;

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// One work.
    Same,
    /// A person has to decide.
    Unclear,
    /// Two works, or nothing that says that they are one.
    Different,
}

/// Two films compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Sum of the weights, in bits.
    pub score: f64,
    /// What the rules say.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Comparison {
    /// Decides whether facts prove that the two are one work: the director, a trusted list, or
    /// two facts else.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        let facts = self.reasons.iter().filter(|reason| {
            matches!(
                reason.signal,
                Signal::Year | Signal::Runtime | Signal::Identifier
            ) && reason.weight >= 3.0
        });
        self.verdict == Verdict::Same
            && (facts.count() >= 2
                || self.reasons.iter().any(|reason| {
                    matches!(reason.signal, Signal::Director | Signal::Reference)
                        && reason.weight > 0.0
                }))
    }

    /// Sums up what titles and facts say, without what is said of the showing.
    #[must_use]
    pub fn facts(&self) -> f64 {
        let of_the_work = self
            .reasons
            .iter()
            .filter(|reason| !matches!(reason.signal, Signal::Showing | Signal::Listing));
        of_the_work.map(|reason| reason.weight).sum()
    }

    /// Returns whether one source lists the two beside each other as if they were two works, and
    /// if it does, whether that is sure, as [`Twin`](crate::Twin) takes it.
    #[must_use]
    pub fn is_listed_apart(&self) -> Option<bool> {
        let listing = self
            .reasons
            .iter()
            .find(|reason| reason.signal == Signal::Listing)?;
        (listing.weight <= evidence::APART_BITS)
            .then_some(listing.weight <= evidence::SURELY_APART_BITS)
    }

    /// Returns the link of two films, by their positions, for [`cluster`](crate::cluster()).
    #[must_use]
    pub fn link(&self, a: usize, b: usize) -> Link {
        Link {
            a,
            b,
            score: self.score,
            facts: self.facts(),
            is_proven: self.is_proven(),
        }
    }

    /// Returns the reasons as a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.reasons.iter().map(|one| one.text.as_str()).collect();
        texts.join("; ")
    }

    /// Decides whether a signal speaks for the two being one work.
    #[must_use]
    pub fn has(&self, signal: Signal) -> bool {
        let mut reasons = self.reasons.iter();
        reasons.any(|reason| reason.signal == signal && reason.weight > 0.0)
    }

    /// Decides whether the two contradict each other, so that no third film can join them.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        let facts = self.reasons.iter().filter(|reason| {
            matches!(
                reason.signal,
                Signal::Director
                    | Signal::Year
                    | Signal::Runtime
                    | Signal::Identifier
                    | Signal::Distributor
            )
        });
        self.reasons.iter().any(|reason| reason.is_veto)
            || facts.map(|reason| reason.weight).sum::<f64>() <= CONTRADICTION_BITS
    }
}

/// Compares two films as their sources describe them.
#[must_use]
pub fn compare_films(a: &Film, b: &Film) -> Comparison {
    compare(&Candidate::new(a.clone()), &Candidate::new(b.clone()))
}

/// Compares two films that were normalised before.
#[must_use]
pub fn compare(a: &Candidate, b: &Candidate) -> Comparison {
    let (agreement, reasons) = evidence::collect(a, b);
    let score = reasons.iter().map(|reason| reason.weight).sum();
    let verdict = if reasons.iter().any(|reason| reason.is_veto) {
        Verdict::Different
    } else if score >= MIN_SAME_BITS && is_enough(a, b, agreement, &reasons) {
        Verdict::Same
    } else if is_doubtful(agreement, score, &reasons) {
        Verdict::Unclear
    } else {
        Verdict::Different
    };
    Comparison {
        score,
        verdict,
        reasons,
    }
}

/// Decides whether a person has to decide on two films that rules do not join.
fn is_doubtful(agreement: Agreement, score: f64, reasons: &[Reason]) -> bool {
    let has_fact = reasons.iter().any(|reason| {
        reason.weight > 0.0
            && matches!(
                reason.signal,
                Signal::Director | Signal::Year | Signal::Runtime | Signal::Identifier
            )
    });
    match agreement {
        Agreement::Equal => score > 0.0,
        Agreement::Near | Agreement::Loose => score >= MIN_UNCLEAR_BITS,
        _ => score >= MIN_UNCLEAR_BITS && has_fact,
    }
}

/// Decides whether rules may join two films whose score is high, by how their titles agree.
fn is_enough(a: &Candidate, b: &Candidate, agreement: Agreement, reasons: &[Reason]) -> bool {
    let weight = |signal: Signal| {
        reasons
            .iter()
            .filter(|reason| reason.signal == signal)
            .map(|reason| reason.weight)
            .sum::<f64>()
    };
    let has = |signal: Signal| weight(signal) > 0.0;
    let facts = [
        Signal::Director,
        Signal::Year,
        Signal::Runtime,
        Signal::Identifier,
    ]
    .into_iter()
    .filter(|signal| weight(*signal) >= 3.0)
    .count();
    if has(Signal::Reference) {
        return true;
    }
    match agreement {
        Agreement::Equal => {
            facts > 0
                || has(Signal::Showing)
                || weight(Signal::Season) >= 5.0
                || has(Signal::Release)
                || has(Signal::Listing)
        }
        Agreement::Loose => facts > 0,
        Agreement::Near => facts >= 2,
        Agreement::Clause => facts >= 2 && (has(Signal::Director) || weight(Signal::Year) >= 6.0),
        Agreement::Subtitle => weight(Signal::Year) >= 6.0 || weight(Signal::Runtime) >= 4.0,
        Agreement::Contained => has(Signal::Director) && facts >= 3,
        // Another title of the same work is one of another language.
        Agreement::None => {
            has(Signal::Director)
                && weight(Signal::Year) >= 6.0
                && facts >= 3
                && a.film().territory.is_some()
                && b.film().territory.is_some()
                && a.film().territory != b.film().territory
        }
    }
}
