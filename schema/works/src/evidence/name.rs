//! What the titles say.

use strsim::normalized_damerau_levenshtein;

use super::{Reason, Signal, fact};
use crate::{
    Candidate,
    fold::is_dense,
    name::{Name, NamePart},
    numeral::numbers,
};

/// How far two names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Agreement {
    /// They have little in common.
    None,
    /// One begins or ends with the other.
    Contained,
    /// One is a later clause of the other: the first may be the name of a strand, or of a story.
    Clause,
    /// One is the other without its subtitle.
    Subtitle,
    /// They differ by a few letters, in the order of words, or in the name of the director in front.
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
/// The most that two near titles weigh.
const MAX_NEAR_BITS: f64 = 5.0;
/// What is lost where one title is a later clause of the other.
const CLAUSE_BITS: f64 = 6.0;
/// The most that a later clause weighs: the words before may make it another work.
const MAX_CLAUSE_BITS: f64 = 3.0;
/// What is lost where one title is the other without its subtitle.
const SUBTITLE_BITS: f64 = 5.0;
/// The most that a title without its subtitle weighs.
const MAX_SUBTITLE_BITS: f64 = 8.0;
/// Share of letters that are the same from which on two names are near.
const MIN_SIMILARITY: f64 = 0.85;
/// Letters from which on a few differing ones are no other word.
const MIN_NEAR_LETTERS: usize = 6;
/// Words from which on a title with its words in another order is the same.
const MIN_REORDERED_WORDS: usize = 3;

/// Compares all names of one film with all of the other; the best agreement counts.
pub(super) fn compare(a: &Candidate, b: &Candidate) -> (Agreement, Reason) {
    let mut best: Option<(Agreement, &Name)> = None;
    let is_raw_equal = a.raw == b.raw && !a.raw.is_empty();
    for one in &a.names {
        for other in &b.names {
            let mut agreement = match (&one.part, &other.part) {
                (NamePart::OfPerson(person), NamePart::Whole)
                | (NamePart::Whole, NamePart::OfPerson(person)) => {
                    of_person(one, other, person, a, b)
                }
                _ => agree(one, other),
            };
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
    let bits = name.bits().min(MAX_TITLE_BITS);
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
            MAX_NEAR_BITS.min(bits),
            "titles differ by a few letters",
        ),
        Agreement::Clause => Reason::new(
            Signal::Title,
            (bits - CLAUSE_BITS).min(MAX_CLAUSE_BITS),
            format!("one title ends with the other: {}", name.words.join(" ")),
        ),
        Agreement::Subtitle => Reason::new(
            Signal::Title,
            (bits - SUBTITLE_BITS).min(MAX_SUBTITLE_BITS),
            format!(
                "one title is the other without its subtitle: {}",
                name.words.join(" ")
            ),
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

fn agree(one: &Name, other: &Name) -> Agreement {
    if one.compact.is_empty() || other.compact.is_empty() {
        return Agreement::None;
    }
    match (&one.part, &other.part) {
        (NamePart::Whole, NamePart::Whole) => {}
        (NamePart::Clause, NamePart::Whole) | (NamePart::Whole, NamePart::Clause)
            if one.loose == other.loose =>
        {
            return Agreement::Clause;
        }
        (NamePart::Head, NamePart::Whole) | (NamePart::Whole, NamePart::Head)
            if one.loose == other.loose =>
        {
            return Agreement::Subtitle;
        }
        _ => return Agreement::None,
    }
    if one.words == other.words && one.is_sure && other.is_sure {
        return Agreement::Equal;
    }
    if one.compact == other.compact || one.loose == other.loose {
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

/// Compares a title with that behind a person's name: they agree if the person made the film.
fn of_person(
    one: &Name,
    other: &Name,
    person: &[String],
    a: &Candidate,
    b: &Candidate,
) -> Agreement {
    let mut directors = a.directors.iter().chain(&b.directors);
    if one.loose == other.loose && directors.any(|director| fact::is_same_person(director, person))
    {
        Agreement::Near
    } else {
        Agreement::None
    }
}

fn is_near(one: &Name, other: &Name) -> bool {
    let sorted = |name: &Name| {
        let mut words = name.words.clone();
        words.sort();
        words
    };
    if one.words.len() >= MIN_REORDERED_WORDS
        && one.words.len() == other.words.len()
        && sorted(one) == sorted(other)
    {
        return true;
    }
    let lengths = (one.compact.chars().count(), other.compact.chars().count());
    let (short, long) = (lengths.0.min(lengths.1), lengths.0.max(lengths.1));
    short >= MIN_NEAR_LETTERS
        && long - short <= long / 6 + 1
        && numbers(&one.words) == numbers(&other.words)
        && normalized_damerau_levenshtein(&one.compact, &other.compact) >= MIN_SIMILARITY
}
