//! Compares two cinemas: are they one venue?
//!
//! How alike the names have to be rises with the distance: of two cinemas in one building any
//! common word says much, of two that are a kilometre apart all have to agree.

use serde::{Deserialize, Serialize};

use super::{
    VenueCandidate,
    name::{Common, NameAgreement, compare_names},
};
use crate::{Link, Verdict};

/// Up to this distance in metres equal names are one venue.
pub const MAX_EQUAL_METRES: f64 = 350.0;
/// Beyond this distance in metres two cinemas are two venues, whatever their names.
pub const MAX_METRES: f64 = 2_000.0;
/// Distances in metres, and the similarity of names from which on cinemas that near are one venue.
pub const STEPS: [(f64, f64); 4] = [
    (100.0, 0.40),
    (300.0, 0.50),
    (800.0, 0.60),
    (MAX_METRES, 0.75),
];
/// By how much the similarity may fall short for a person to be asked.
pub const UNCLEAR_ZONE: f64 = 0.10;
/// Similarity from which on a person is asked where a place is not known, or chains differ.
pub const MIN_UNCLEAR_SIMILARITY: f64 = 0.75;
/// Up to this distance in metres a cinema of another chain may be the same one under a new owner.
const MAX_RENAMED_METRES: f64 = 100.0;
/// What a kilometre takes off the score of a pair, so that the nearer of two is taken.
const SCORE_PER_KILOMETRE: f64 = 0.1;
/// Scale of links: two that differ by less than 0.14 of the score are equally good.
const LINK_BITS: f64 = 25.0;

/// What a reason is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VenueSignal {
    /// The sources.
    Source,
    /// The territories.
    Territory,
    /// The places.
    Distance,
    /// The names.
    Name,
    /// The chains.
    Chain,
    /// The cities.
    City,
}

/// A reason for or against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueReason {
    /// What it is drawn from.
    pub signal: VenueSignal,
    /// Whether the two cannot be one venue, whatever else agrees.
    pub is_veto: bool,
    /// The reason in words.
    pub text: String,
}

/// The comparison of two cinemas.
#[derive(Debug, Clone, PartialEq)]
pub struct VenueComparison {
    /// What the rules say.
    pub verdict: Verdict,
    /// Similarity of the names less what the distance takes off; 1 at most.
    pub score: f64,
    /// Whether the names are equal and the places near.
    pub is_proven: bool,
    /// Distance in metres, if both places are known.
    pub distance_metres: Option<f64>,
    /// The evidence.
    pub reasons: Vec<VenueReason>,
}

impl VenueComparison {
    /// Decides whether the two cannot be one venue, whatever else joins them.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        self.reasons.iter().any(|reason| reason.is_veto)
    }

    /// Returns the link of two cinemas, by their positions, for [`cluster`](crate::cluster()).
    ///
    /// A link that is not proven is not followed where one of the cinemas may as well be one of two
    /// neighbours.
    #[must_use]
    pub fn link(&self, a: usize, b: usize) -> Link {
        let score = self.score * LINK_BITS;
        Link {
            a,
            b,
            score,
            facts: score,
            is_proven: self.is_proven,
        }
    }

    /// Returns the reasons as a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.reasons.iter().map(|one| one.text.as_str()).collect();
        texts.join("; ")
    }
}

/// Compares two cinemas. Which comes first does not matter.
#[must_use]
pub fn compare_cinemas(a: &VenueCandidate, b: &VenueCandidate) -> VenueComparison {
    let mut reasons = Vec::new();
    let mut note = |signal, is_veto, text: String| {
        reasons.push(VenueReason {
            signal,
            is_veto,
            text,
        });
    };
    let (one, other) = (a.cinema(), b.cinema());
    if one.source == other.source {
        note(
            VenueSignal::Source,
            true,
            format!("{} lists both, and a cinema once", one.source),
        );
    }
    if one.territory != other.territory {
        let (first, second) = in_order(&one.territory, &other.territory);
        let text = format!("territories {first} and {second}");
        note(VenueSignal::Territory, true, text);
    }
    let names = compare_names(a, b);
    let distance = one
        .place
        .zip(other.place)
        .map(|(one, other)| one.distance_metres(other));
    let city = city_agrees(a, b);
    let verdict = match distance {
        Some(metres) => near(metres, names),
        None => unplaced(names, city),
    };
    if let Some(metres) = distance {
        let is_far = metres > MAX_METRES;
        let far = if is_far { ", too far for one" } else { "" };
        let text = format!("{metres:.0} m apart{far}");
        note(VenueSignal::Distance, is_far, text);
    } else {
        let text = "the place of one is not known".to_owned();
        note(VenueSignal::Distance, false, text);
        let text = match city {
            Some(true) => "same city".to_owned(),
            Some(false) => "different cities".to_owned(),
            None => "the city of one is not known".to_owned(),
        };
        note(VenueSignal::City, city == Some(false), text);
    }
    let text = if names.is_equal {
        "same name".to_owned()
    } else {
        format!("names {:.0} % alike", names.similarity * 100.0)
    };
    let text = if names.common == Common::City {
        format!("{text}, but only by the city")
    } else {
        text
    };
    note(VenueSignal::Name, false, text);
    if names.is_of_other_chains {
        let may_be_renamed = verdict != Verdict::Different;
        note(
            VenueSignal::Chain,
            !may_be_renamed,
            "names of different chains".to_owned(),
        );
    }
    let is_veto = reasons.iter().any(|reason| reason.is_veto);
    let metres = distance.unwrap_or(MAX_METRES / 2.0);
    VenueComparison {
        verdict: if is_veto { Verdict::Different } else { verdict },
        score: (-SCORE_PER_KILOMETRE / 1_000.0).mul_add(metres, names.similarity),
        is_proven: names.is_equal && distance.is_some_and(|metres| metres < MAX_EQUAL_METRES),
        distance_metres: distance,
        reasons,
    }
}

fn in_order<'a>(a: &'a String, b: &'a String) -> (&'a String, &'a String) {
    if a <= b { (a, b) } else { (b, a) }
}

/// Decides on two cinemas whose places are known.
fn near(metres: f64, names: NameAgreement) -> Verdict {
    if names.is_of_other_chains {
        let may_be_renamed =
            metres < MAX_RENAMED_METRES && names.similarity >= MIN_UNCLEAR_SIMILARITY;
        return if may_be_renamed {
            Verdict::Unclear
        } else {
            Verdict::Different
        };
    }
    if names.common == Common::City {
        let may_be_one = metres < MAX_EQUAL_METRES && names.similarity >= MIN_UNCLEAR_SIMILARITY;
        return if may_be_one {
            Verdict::Unclear
        } else {
            Verdict::Different
        };
    }
    if names.is_equal && metres < MAX_EQUAL_METRES {
        return Verdict::Same;
    }
    let step = STEPS.iter().find(|(within, _)| metres < *within);
    let Some((_, enough)) = step else {
        return Verdict::Different;
    };
    if names.similarity >= *enough {
        Verdict::Same
    } else if names.similarity >= enough - UNCLEAR_ZONE {
        Verdict::Unclear
    } else {
        Verdict::Different
    }
}

/// Decides on two cinemas where the place of one is not known.
fn unplaced(names: NameAgreement, city: Option<bool>) -> Verdict {
    let is_distinctive = names.common == Common::Distinctive || city == Some(true);
    if names.is_of_other_chains || city == Some(false) || !is_distinctive {
        Verdict::Different
    } else if names.is_equal && city == Some(true) && names.common != Common::City {
        Verdict::Same
    } else if names.similarity >= MIN_UNCLEAR_SIMILARITY {
        Verdict::Unclear
    } else {
        Verdict::Different
    }
}

/// Decides whether two cinemas are in one city: the city of one has all words of that of the other,
/// or they are in its name. `None` if that is not known.
fn city_agrees(a: &VenueCandidate, b: &VenueCandidate) -> Option<bool> {
    match (a.city.is_empty(), b.city.is_empty()) {
        (true, true) => None,
        (false, false) => Some(a.city.is_subset(&b.city) || b.city.is_subset(&a.city)),
        (true, false) => is_named(a, b).then_some(true),
        (false, true) => is_named(b, a).then_some(true),
    }
}

/// Decides whether the name of `one` has all words of the city of `other`.
fn is_named(one: &VenueCandidate, other: &VenueCandidate) -> bool {
    other.city.iter().all(|word| one.words.contains(word))
}
