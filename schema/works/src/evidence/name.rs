//! What the titles say.

use strsim::normalized_damerau_levenshtein;

use super::{Reason, Signal};
use crate::{Candidate, candidate::Name, fold::is_dense, numeral::numbers, word_weight};

/// How far two names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Agreement {
    /// They have little in common.
    None,
    /// One begins or ends with the other.
    Contained,
    /// One is a later clause of the other: the first may be the name of a strand, or of a story.
    Clause,
    /// They differ by a few letters.
    Near,
    /// Equal after a change that may have gone too far.
    Loose,
    /// Equal.
    Equal,
}

/// The most that a title weighs: no title is without namesakes.
const MAX_TITLE_BITS: f64 = 14.0;
/// What a title loses that is only equal after an unsure change.
const LOOSE_BITS: f64 = 1.5;
/// Share of letters that are the same from which on two names are near.
const MIN_SIMILARITY: f64 = 0.85;
/// Letters from which on a few differing ones are no other word.
const MIN_NEAR_LETTERS: usize = 6;

/// Compares all names of one film with all of the other; the best agreement counts.
pub(super) fn compare(a: &Candidate, b: &Candidate) -> (Agreement, Reason) {
    let mut best: Option<(Agreement, &Name)> = None;
    let is_raw_equal = a.raw == b.raw && !a.raw.is_empty();
    for one in &a.names {
        for other in &b.names {
            let mut agreement = agree(one, other);
            if is_raw_equal && agreement == Agreement::Loose {
                agreement = Agreement::Equal;
            }
            let is_better = best.is_none_or(|(known, name)| {
                (agreement, shorter(one, other).compact.as_str()) > (known, name.compact.as_str())
            });
            if is_better {
                best = Some((agreement, shorter(one, other)));
            }
        }
    }
    let Some((agreement, name)) = best else {
        return (Agreement::None, Reason::new(Signal::Title, 0.0, "no title"));
    };
    let bits = title_bits(name);
    let reason = match agreement {
        Agreement::Equal => Reason::new(
            Signal::Title,
            bits,
            format!("same title: {}", name.words.join(" ")),
        ),
        Agreement::Loose => Reason::new(
            Signal::Title,
            bits - LOOSE_BITS,
            format!("same title after unsure changes: {}", name.words.join(" ")),
        ),
        Agreement::Near => Reason::new(
            Signal::Title,
            5.0_f64.min(bits),
            "titles differ by a few letters",
        ),
        Agreement::Clause => Reason::new(
            Signal::Title,
            -2.0,
            format!("one title ends with the other: {}", name.words.join(" ")),
        ),
        Agreement::Contained => {
            Reason::new(Signal::Title, -5.0, "one title is a part of the other")
        }
        Agreement::None if is_dense_name(a) == is_dense_name(b) => {
            Reason::new(Signal::Title, -8.0, "different titles")
        }
        Agreement::None => Reason::new(Signal::Title, -4.0, "titles in different scripts"),
    };
    (agreement, reason)
}

/// Titles that differ in a number alone are parts of a story.
fn numbers_differ(a: &Name, b: &Name) -> bool {
    let rest = |name: &Name| -> Vec<String> {
        name.words
            .iter()
            .map(|word| {
                word.chars()
                    .filter(|letter| !letter.is_ascii_digit())
                    .collect::<String>()
            })
            .filter(|word| !word.is_empty())
            .collect()
    };
    numbers(&a.words) != numbers(&b.words) && rest(a) == rest(b)
}

/// Returns a veto where the main titles differ in a number alone.
pub(super) fn numbers_veto(a: &Candidate, b: &Candidate, agreement: Agreement) -> Option<Reason> {
    if agreement >= Agreement::Loose {
        return None;
    }
    let (one, other) = (a.names.first()?, b.names.first()?);
    numbers_differ(one, other)
        .then(|| Reason::veto(Signal::Number, "titles differ in a number alone"))
}

fn shorter<'a>(one: &'a Name, other: &'a Name) -> &'a Name {
    let key = |name: &Name| (name.words.len(), name.compact.clone());
    if key(one) <= key(other) { one } else { other }
}

fn is_dense_name(film: &Candidate) -> bool {
    film.names
        .first()
        .is_some_and(|name| name.compact.chars().any(is_dense))
}

fn title_bits(name: &Name) -> f64 {
    name.words
        .iter()
        .map(|word| word_weight::bits(word))
        .sum::<f64>()
        .min(MAX_TITLE_BITS)
}

fn agree(one: &Name, other: &Name) -> Agreement {
    if one.compact.is_empty() || other.compact.is_empty() {
        return Agreement::None;
    }
    if one.is_clause || other.is_clause {
        let is_equal = one.words == other.words && one.is_clause != other.is_clause;
        return if is_equal {
            Agreement::Clause
        } else {
            Agreement::None
        };
    }
    if one.words == other.words && one.is_sure && other.is_sure {
        return Agreement::Equal;
    }
    if one.compact == other.compact {
        return Agreement::Loose;
    }
    if is_near(one, other) {
        return Agreement::Near;
    }
    let (short, long) = if one.words.len() < other.words.len() {
        (one, other)
    } else {
        (other, one)
    };
    if long.words.starts_with(&short.words) || long.words.ends_with(&short.words) {
        return Agreement::Contained;
    }
    Agreement::None
}

fn is_near(one: &Name, other: &Name) -> bool {
    let lengths = (one.compact.chars().count(), other.compact.chars().count());
    let (short, long) = (lengths.0.min(lengths.1), lengths.0.max(lengths.1));
    short >= MIN_NEAR_LETTERS
        && long - short <= long / 6 + 1
        && numbers(&one.words) == numbers(&other.words)
        && normalized_damerau_levenshtein(&one.compact, &other.compact) >= MIN_SIMILARITY
}
