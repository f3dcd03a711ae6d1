//! A list of works that an operator trusts: which title is that of which work.
//!
//! Takes lines of the list, gives the work of a film where the list leaves no choice. Everything
//! works without a list. It finds what no title rule can: one film under two titles.

mod line;

use std::collections::{BTreeMap, BTreeSet};

use crate::{Candidate, Film, comparison::compare, evidence::Signal};

pub use line::{ListError, parse_list};

/// Words of meaning from which on a title without facts names its only work in the list.
const MIN_WORDS: usize = 2;

/// A title of a work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceTitle {
    /// The work, by the name that the list gives it.
    pub work: String,
    /// The title, its territory, and the facts of the work.
    pub film: Film,
}

/// A list of works with their titles.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    titles: Vec<(String, Candidate)>,
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Reference {
    /// Takes the lines of a list; a work has a line for each of its titles.
    #[must_use]
    pub fn new(lines: impl IntoIterator<Item = ReferenceTitle>) -> Self {
        let mut reference = Self::default();
        for line in lines {
            let title = Candidate::new(line.film);
            let at = reference.titles.len();
            let names: BTreeSet<&String> = title
                .names
                .iter()
                .filter(|name| name.is_whole())
                .map(|name| &name.compact)
                .collect();
            for name in names {
                reference.by_name.entry(name.clone()).or_default().push(at);
            }
            reference.titles.push((line.work, title));
        }
        reference
    }

    /// Gives a film its work in the list, if the list leaves no choice.
    #[must_use]
    pub fn assign(&self, film: Candidate) -> Candidate {
        let work = self.find(&film).map(str::to_owned);
        film.with_reference(work.as_deref())
    }

    /// Returns the work of a film, if the list leaves no choice.
    ///
    /// Works whose facts contradict those of the film are left out, and titles of other territories
    /// where the film's own has one. A fact has to agree, or the title has to have two words.
    #[must_use]
    pub fn find(&self, film: &Candidate) -> Option<&str> {
        let found: Vec<(&str, &Candidate, bool)> = film
            .names
            .iter()
            .filter(|name| name.is_whole())
            .flat_map(|name| {
                self.by_name
                    .get(&name.compact)
                    .map_or(&[][..], Vec::as_slice)
            })
            .filter_map(|at| self.titles.get(*at))
            .filter_map(|(work, title)| {
                let comparison = compare(film, title);
                let agrees = comparison.reasons.iter().any(|reason| {
                    reason.weight >= 3.0
                        && matches!(
                            reason.signal,
                            Signal::Director | Signal::Year | Signal::Runtime | Signal::Identifier
                        )
                });
                (!comparison.is_contradiction()).then_some((work.as_str(), title, agrees))
            })
            .collect();
        let is_here = |title: &Candidate| {
            film.film.territory.is_some() && title.film.territory == film.film.territory
        };
        let has_local = found.iter().any(|(_, title, _)| is_here(title));
        let mut left = found
            .iter()
            .filter(|(_, title, _)| !has_local || is_here(title));
        let (work, _, _) = left.next()?;
        let is_only = left.all(|(other, _, _)| other == work);
        let agrees = found
            .iter()
            .any(|(other, _, agrees)| other == work && *agrees);
        (is_only && (agrees || film.meanings() >= MIN_WORDS)).then_some(work)
    }
}
