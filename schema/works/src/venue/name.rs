//! How alike the names of two cinemas are.

use std::collections::BTreeSet;

use super::{VenueCandidate, vocabulary};

/// Weight of a word that any cinema may have, or that means nothing. Weights are whole numbers, so
/// that their sums do not depend on the order.
const COMMON_WEIGHT: f64 = 10.0;
/// Weight of a word of the city.
const CITY_WEIGHT: f64 = 25.0;
/// Weight of the name of a chain.
const BRAND_WEIGHT: f64 = 30.0;
/// Weight of any other word.
const TELLING_WEIGHT: f64 = 100.0;

/// From here on two words are one that is written in two ways.
const MIN_WORD_SIMILARITY: f64 = 0.8;
/// Letters of the shortest words that may be written in two ways.
const MIN_LETTERS: usize = 5;

/// The best that two names have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    /// A word that distinguishes cinemas.
    Distinctive,
    /// The name of a chain.
    Chain,
    /// The city at most: every cinema of the city may be called so.
    City,
}

/// What the comparison of two names says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameAgreement {
    /// How alike they are: 0 for no word in common, 1 for all (Dice 1945, over weights).
    pub similarity: f64,
    /// Whether they are equal but for words of the chain, the city and those of any cinema.
    pub is_equal: bool,
    /// The best that they have in common.
    pub common: Common,
    /// Whether each has the name of a chain, and none is in both.
    pub is_of_other_chains: bool,
}

/// Compares the names of two cinemas.
#[must_use]
pub fn compare_names(a: &VenueCandidate, b: &VenueCandidate) -> NameAgreement {
    let city: BTreeSet<&String> = a.city.union(&b.city).collect();
    let brands: BTreeSet<&String> = a.source_words.union(&b.source_words).collect();
    let weight = |word: &String| {
        if vocabulary::is_common(word) {
            COMMON_WEIGHT
        } else if vocabulary::is_brand(word) || brands.contains(word) {
            BRAND_WEIGHT
        } else if city.contains(word) {
            CITY_WEIGHT
        } else {
            TELLING_WEIGHT
        }
    };
    let (one, other) = (spoken(a, b), spoken(b, a));
    let telling = |words: &BTreeSet<String>| -> BTreeSet<String> {
        let is_telling = |word: &&String| weight(word) >= TELLING_WEIGHT;
        words.iter().filter(is_telling).cloned().collect()
    };
    let (telling_one, telling_other) = (telling(&one), telling(&other));
    let is_equal = if telling_one.is_empty() && telling_other.is_empty() {
        let known = |words: &BTreeSet<String>| -> BTreeSet<String> {
            let is_known = |word: &&String| weight(word) > COMMON_WEIGHT;
            words.iter().filter(is_known).cloned().collect()
        };
        let (one, other) = (known(&one), known(&other));
        one == other && !one.is_empty()
    } else {
        telling_one == telling_other || joined(a, &weight) == joined(b, &weight)
    };
    let similarity = if is_equal && !telling_one.is_empty() {
        1.0
    } else {
        similarity(&one, &other, weight)
    };
    let has_telling_word = (is_equal && !telling_one.is_empty())
        || telling_one.iter().any(|word| {
            telling_other.contains(word)
                || telling_other
                    .iter()
                    .any(|other| spelling(word, other).is_some())
        });
    NameAgreement {
        similarity,
        is_equal,
        common: if has_telling_word {
            Common::Distinctive
        } else if have_common_brand(a, b, &city) {
            Common::Chain
        } else {
            Common::City
        },
        is_of_other_chains: are_of_other_chains(a, b),
    }
}

/// Returns the words of a cinema's name, with those of its city that the other name has.
fn spoken(one: &VenueCandidate, other: &VenueCandidate) -> BTreeSet<String> {
    let shared = one.city.iter().filter(|word| other.words.contains(word));
    one.words.iter().chain(shared).cloned().collect()
}

/// Returns the telling words without spaces: "Filmhaus" and "Film Haus".
fn joined(of: &VenueCandidate, weight: &impl Fn(&String) -> f64) -> String {
    let telling = of
        .words
        .iter()
        .filter(|word| weight(word) >= TELLING_WEIGHT);
    telling.map(String::as_str).collect()
}

fn are_of_other_chains(a: &VenueCandidate, b: &VenueCandidate) -> bool {
    !a.brands.is_empty() && !b.brands.is_empty() && a.brands.is_disjoint(&b.brands)
}

/// Decides whether the name of a chain is in both: in the name of one, and in that of the other or of
/// its source.
fn have_common_brand(a: &VenueCandidate, b: &VenueCandidate, city: &BTreeSet<&String>) -> bool {
    let is_in = |of: &VenueCandidate, word: &String| {
        of.words.contains(word) || of.source_words.contains(word)
    };
    let is_brand = |word: &String| {
        vocabulary::is_brand(word) || a.source_words.contains(word) || b.source_words.contains(word)
    };
    a.words
        .iter()
        .chain(&a.source_words)
        .filter(|word| is_brand(word) && !city.contains(word) && !vocabulary::is_common(word))
        .any(|word| is_in(b, word))
}

/// Returns the weight of what is in both over the weight of all.
fn similarity(
    one: &BTreeSet<String>,
    other: &BTreeSet<String>,
    weight: impl Fn(&String) -> f64,
) -> f64 {
    let all: f64 = one.iter().chain(other).map(&weight).sum();
    if all <= 0.0 {
        return 0.0;
    }
    let equal: f64 = one.intersection(other).map(&weight).sum();
    let mut pairs: Vec<(f64, &String, &String)> = Vec::new();
    for a in one.difference(other) {
        for b in other.difference(one) {
            if let Some(alike) = spelling(a, b) {
                pairs.push((alike, a, b));
            }
        }
    }
    // The most alike first; of equals the smaller words, whichever name they are in.
    pairs.sort_by(|x, y| {
        let words = |pair: &(f64, &String, &String)| {
            (pair.1.min(pair.2).clone(), pair.1.max(pair.2).clone())
        };
        y.0.total_cmp(&x.0).then_with(|| words(x).cmp(&words(y)))
    });
    let mut used: BTreeSet<&String> = BTreeSet::new();
    let mut alike = 0.0;
    for (share, a, b) in pairs {
        if !used.contains(a) && !used.contains(b) {
            used.extend([a, b]);
            alike += share * f64::midpoint(weight(a), weight(b));
        }
    }
    2.0 * (equal + alike) / all
}

/// Returns how alike two long words are, if they may be one (Damerau 1964).
fn spelling(a: &str, b: &str) -> Option<f64> {
    let is_long = |word: &str| word.chars().count() >= MIN_LETTERS;
    let has_digit = |word: &str| word.contains(|letter: char| letter.is_ascii_digit());
    if !is_long(a) || !is_long(b) || has_digit(a) || has_digit(b) {
        return None;
    }
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    let alike = strsim::normalized_damerau_levenshtein(first, second);
    (alike >= MIN_WORD_SIMILARITY).then_some(alike)
}
