//! Decides which auditoriums of the cinemas of one venue are one.
//!
//! Two sources name an auditorium by the same number or the same words, or show the same seats of
//! it. Auditoriums with the same seats and no number, of which a source has several, stay unclear:
//! nothing says which is which.

use std::collections::BTreeSet;

use super::vocabulary;
use crate::{Link, cluster::cluster, fold::words};

/// By which share the numbers of seats of one auditorium may differ between sources: some leave out
/// the places for wheelchairs.
const MAX_SEAT_DIFFERENCE: f64 = 0.1;

/// An auditorium of a venue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Auditorium {
    /// The auditorium.
    pub auditorium_id: i32,
    /// Its cinema.
    pub cinema_id: i32,
    /// Name as displayed.
    pub name: String,
    /// The layouts that were seen of it: a hash of their labels, and the number of seats.
    pub layouts: BTreeSet<(String, i16)>,
}

/// What an auditorium was matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchRule {
    /// Nothing matches it.
    Alone,
    /// More than one may match it.
    Unclear,
    /// The names.
    Name,
    /// The numbers in the names.
    Number,
    /// The layouts.
    Layout,
}

impl MatchRule {
    /// Returns its word in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Unclear => "unclear",
            Self::Name => "name",
            Self::Number => "number",
            Self::Layout => "layout",
        }
    }
}

/// An auditorium with the one that it is the same as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditoriumMatch {
    /// The auditorium.
    pub auditorium_id: i32,
    /// The one with the lowest number of those that are one.
    pub same_as: i32,
    /// What it was matched by.
    pub rule: MatchRule,
    /// Whether it can be distinguished from the other auditoriums of the venue, of whatever source.
    pub is_known: bool,
    /// The evidence in words.
    pub reason: String,
}

/// What is compared of an auditorium.
#[derive(Debug)]
struct Form<'a> {
    of: &'a Auditorium,
    number: Option<u32>,
    rest: String,
}

impl<'a> Form<'a> {
    fn new(of: &'a Auditorium) -> Self {
        let words = words(&of.name);
        let mut numbers = BTreeSet::new();
        let mut rest = BTreeSet::new();
        for word in &words {
            let digits = word.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
            let letters = &word[..word.len() - digits.len()];
            let number = digits
                .parse()
                .ok()
                .or_else(|| vocabulary::written_number(word));
            match number {
                Some(number) if letters.len() <= 1 || digits.is_empty() => {
                    numbers.insert(number);
                }
                _ if vocabulary::is_of_auditoriums(word) => {}
                _ => {
                    rest.insert(word.as_str());
                }
            }
        }
        Self {
            of,
            number: numbers.first().copied().filter(|_| numbers.len() == 1),
            rest: rest.into_iter().collect::<Vec<_>>().join(" "),
        }
    }

    fn has_equal_name(&self, other: &Self) -> bool {
        self.number == other.number
            && self.rest == other.rest
            && (self.number.is_some() || !self.rest.is_empty())
    }

    fn has_equal_number(&self, other: &Self) -> bool {
        self.number.is_some() && self.number == other.number
    }

    fn has_equal_layout(&self, other: &Self) -> bool {
        !self.of.layouts.is_disjoint(&other.of.layouts)
    }

    /// Decides whether the two cannot be one.
    fn contradicts(&self, other: &Self) -> bool {
        self.of.cinema_id == other.of.cinema_id
            || (self.number.is_some() && other.number.is_some() && self.number != other.number)
            || (!self.of.layouts.is_empty()
                && !other.of.layouts.is_empty()
                && !self.has_like_seats(other))
    }

    fn has_like_seats(&self, other: &Self) -> bool {
        self.of.layouts.iter().any(|(_, one)| {
            other.of.layouts.iter().any(|(_, other)| {
                let (one, other) = (f64::from(*one), f64::from(*other));
                (one - other).abs() <= MAX_SEAT_DIFFERENCE * one.max(other)
            })
        })
    }
}

/// Matches the auditoriums of one venue. Their order does not matter.
#[must_use]
pub fn match_auditoriums(auditoriums: &[Auditorium]) -> Vec<AuditoriumMatch> {
    let mut forms: Vec<Form<'_>> = auditoriums.iter().map(Form::new).collect();
    forms.sort_by_key(|form| form.of.auditorium_id);
    let mut links: Vec<(MatchRule, Link)> = Vec::new();
    let mut ambiguous: BTreeSet<usize> = BTreeSet::new();
    for (a, one) in forms.iter().enumerate() {
        for (b, other) in forms.iter().enumerate().skip(a + 1) {
            if one.contradicts(other) {
                continue;
            }
            let Some(found) = agreement(&forms, a, b) else {
                continue;
            };
            match found {
                Found::Only(rule, score) => links.push((
                    rule,
                    Link {
                        a,
                        b,
                        score,
                        facts: score,
                        is_proven: true,
                    },
                )),
                Found::OneOfSeveral => ambiguous.extend([a, b]),
            }
        }
    }
    let keys: Vec<i32> = forms.iter().map(|form| form.of.auditorium_id).collect();
    let only: Vec<Link> = links.iter().map(|(_, link)| *link).collect();
    let groups = cluster(&keys, &only, &[], &[], |a, b| {
        forms
            .get(a)
            .zip(forms.get(b))
            .is_some_and(|(a, b)| a.contradicts(b))
    });
    let mut matches = Vec::new();
    for group in &groups {
        let first = group
            .first()
            .and_then(|at| keys.get(*at))
            .copied()
            .unwrap_or_default();
        for at in group {
            let Some(form) = forms.get(*at) else {
                continue;
            };
            let best = links
                .iter()
                .filter(|(_, link)| link.a == *at || link.b == *at)
                .filter(|(_, link)| group.contains(&link.a) && group.contains(&link.b))
                .max_by(|(_, one), (_, other)| one.score.total_cmp(&other.score));
            let rule = match best {
                Some((rule, _)) => *rule,
                None if ambiguous.contains(at) => MatchRule::Unclear,
                None => MatchRule::Alone,
            };
            matches.push(AuditoriumMatch {
                auditorium_id: form.of.auditorium_id,
                same_as: first,
                rule,
                is_known: match rule {
                    MatchRule::Unclear => false,
                    MatchRule::Alone => form.number.is_some(),
                    MatchRule::Name | MatchRule::Number | MatchRule::Layout => true,
                },
                reason: reason(rule, form),
            });
        }
    }
    matches.sort_by_key(|one| one.auditorium_id);
    matches
}

/// A test whether two auditoriums agree on something.
type Agrees = fn(&Form<'_>, &Form<'_>) -> bool;

/// What two auditoriums agree on.
enum Found {
    /// Nothing else in their cinemas agrees with either on it.
    Only(MatchRule, f64),
    /// Others agree on it, too.
    OneOfSeveral,
}

/// Returns the best agreement of two auditoriums of different cinemas.
fn agreement(forms: &[Form<'_>], a: usize, b: usize) -> Option<Found> {
    let (one, other) = (forms.get(a)?, forms.get(b)?);
    let tests: [(MatchRule, f64, Agrees); 3] = [
        (MatchRule::Name, 3.0, |one, other| one.has_equal_name(other)),
        (MatchRule::Number, 2.0, |one, other| {
            one.has_equal_number(other)
        }),
        (MatchRule::Layout, 1.0, |one, other| {
            one.has_equal_layout(other)
        }),
    ];
    let mut is_of_several = false;
    for (rule, score, agrees) in tests {
        if !agrees(one, other) {
            continue;
        }
        // In either cinema, a second one that agrees as well makes it unclear.
        let count = |cinema_id: i32, with: &Form<'_>| {
            forms
                .iter()
                .filter(|form| form.of.cinema_id == cinema_id && agrees(form, with))
                .count()
        };
        if count(one.of.cinema_id, other) == 1 && count(other.of.cinema_id, one) == 1 {
            return Some(Found::Only(rule, score));
        }
        is_of_several = true;
    }
    is_of_several.then_some(Found::OneOfSeveral)
}

fn reason(rule: MatchRule, form: &Form<'_>) -> String {
    match (rule, form.number) {
        (MatchRule::Alone, _) => "nothing matches it".to_owned(),
        (MatchRule::Unclear, _) => {
            "more than one auditorium of another source matches it".to_owned()
        }
        (MatchRule::Number, Some(number)) => format!("same number: {number}"),
        (MatchRule::Name | MatchRule::Number, _) => "same name".to_owned(),
        (MatchRule::Layout, _) => "same layout, which no other auditorium has".to_owned(),
    }
}
