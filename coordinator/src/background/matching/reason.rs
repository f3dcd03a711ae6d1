//! Why each row is in its group.

use std::collections::HashMap;

use schema::pair::PairDecision;
use works::Verdict;

use super::{Compared, Connections, Listed, Pair, narrow};

/// Why a row is in its group.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::background) struct Why {
    /// `alone`, `rules`, `reference` or `person`.
    pub rule: &'static str,
    /// The score of its strongest match, if rules or the list say so.
    pub score: Option<f32>,
    /// The evidence in words.
    pub reason: String,
}

/// What joins rows to others of their groups: the best of each row, found in one pass over all
/// matches and decisions.
#[derive(Debug)]
pub(in crate::background) struct Reasons<'a, T: Listed> {
    decisions: HashMap<i32, &'a PairDecision>,
    matches: HashMap<i32, &'a T::Comparison>,
}

impl<'a, T: Listed> Reasons<'a, T> {
    /// Finds the latest decision of each row within its group, and its strongest match: one by the
    /// trusted list before all others.
    pub(in crate::background) fn of(seen: &'a Connections<T>, groups: &[Vec<i32>]) -> Self {
        let group_of: HashMap<i32, usize> = groups
            .iter()
            .enumerate()
            .flat_map(|(at, members)| members.iter().map(move |one| (*one, at)))
            .collect();
        let are_together = |pair: &Pair| {
            let group = group_of.get(&pair.0);
            group.is_some() && group == group_of.get(&pair.1)
        };
        let mut reasons = Self {
            decisions: HashMap::new(),
            matches: HashMap::new(),
        };
        for (pair, decision) in &seen.decisions {
            if !decision.is_same || !are_together(pair) {
                continue;
            }
            for one in [pair.0, pair.1] {
                let known = reasons.decisions.entry(one).or_insert(decision);
                if decision.decided_at >= known.decided_at {
                    *known = decision;
                }
            }
        }
        let rank = |found: &T::Comparison| (found.is_by_list(), found.score());
        for (pair, found) in &seen.matches {
            if found.verdict() != Verdict::Same || !are_together(pair) {
                continue;
            }
            for one in [pair.0, pair.1] {
                let known = reasons.matches.entry(one).or_insert(found);
                if rank(found) >= rank(known) {
                    *known = found;
                }
            }
        }
        reasons
    }

    /// Says why a row is in its group.
    pub(in crate::background) fn why(&self, one: i32) -> Why {
        if let Some(decision) = self.decisions.get(&one) {
            return Why {
                rule: "person",
                score: None,
                reason: format!("{}: {}", decision.decided_by, decision.reason),
            };
        }
        match self.matches.get(&one) {
            None => Why {
                rule: "alone",
                score: None,
                reason: "nothing matches it".to_owned(),
            },
            Some(found) => Why {
                rule: if found.is_by_list() {
                    "reference"
                } else {
                    "rules"
                },
                score: Some(narrow(found.score())),
                reason: found.text(),
            },
        }
    }
}
