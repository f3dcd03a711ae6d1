//! Why each film is in its work.

use std::collections::HashMap;

use schema::work::FilmVerdict;
use works::{Comparison, Signal, Verdict};

use super::neighbourhood::Neighbourhood;

/// What joins films to others of their groups: the best of each film, found in one pass over all
/// matches and verdicts.
#[derive(Debug, Default)]
pub(super) struct Reasons<'a> {
    verdicts: HashMap<i32, &'a FilmVerdict>,
    matches: HashMap<i32, &'a Comparison>,
}

impl<'a> Reasons<'a> {
    /// Finds the latest verdict of each film within its group, and its strongest match: one by the
    /// trusted list before all others.
    pub(super) fn of(seen: &'a Neighbourhood, groups: &[Vec<i32>]) -> Self {
        let group_of: HashMap<i32, usize> = groups
            .iter()
            .enumerate()
            .flat_map(|(at, members)| members.iter().map(move |film| (*film, at)))
            .collect();
        let are_together = |pair: &(i32, i32)| {
            let group = group_of.get(&pair.0);
            group.is_some() && group == group_of.get(&pair.1)
        };
        let mut reasons = Self::default();
        for (pair, verdict) in &seen.verdicts {
            if !verdict.is_same || !are_together(pair) {
                continue;
            }
            for film in [pair.0, pair.1] {
                let known = reasons.verdicts.entry(film).or_insert(verdict);
                if verdict.decided_at >= known.decided_at {
                    *known = verdict;
                }
            }
        }
        for (pair, found) in &seen.matches {
            if found.verdict != Verdict::Same || !are_together(pair) {
                continue;
            }
            for film in [pair.0, pair.1] {
                let known = reasons.matches.entry(film).or_insert(found);
                if rank(found) >= rank(known) {
                    *known = found;
                }
            }
        }
        reasons
    }

    /// Says why a film is in its group: rule, score and evidence.
    pub(super) fn why(&self, film: i32) -> (&'static str, Option<f32>, String) {
        if let Some(verdict) = self.verdicts.get(&film) {
            let reason = format!("{}: {}", verdict.decided_by, verdict.reason);
            return ("person", None, reason);
        }
        self.matches.get(&film).map_or_else(
            || ("alone", None, "nothing matches it".to_owned()),
            |found| {
                let rule = if rank(found).0 { "reference" } else { "rules" };
                (rule, Some(narrow(found.score)), texts(found))
            },
        )
    }
}

/// Whether the trusted list says so, then the score.
fn rank(found: &Comparison) -> (bool, f64) {
    (found.has(Signal::Reference), found.score)
}

/// A score has few digits.
#[allow(clippy::cast_possible_truncation)]
pub(super) const fn narrow(score: f64) -> f32 {
    score as f32
}

fn texts(found: &Comparison) -> String {
    found
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}
