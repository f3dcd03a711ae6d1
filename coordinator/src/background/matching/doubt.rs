//! The pairs on which a person should decide.

use std::collections::{BTreeMap, HashMap};

use schema::pair::PairDoubt;

use super::{Compared, Connections, Listed, Pair, narrow, pair_of};

impl<T: Listed> Connections<T> {
    /// Lists the pairs on which a person should decide: the strongest of each pair of groups that
    /// neither a person nor a contradiction separates.
    pub(in crate::background) fn doubts(&self, groups: &[Vec<i32>]) -> Vec<PairDoubt> {
        let others = self.groups_of_unexplored();
        let group_of: HashMap<i32, &[i32]> = groups
            .iter()
            .chain(others.values())
            .flat_map(|members| members.iter().map(|one| (*one, members.as_slice())))
            .collect();
        let members = |one: i32| group_of.get(&one).copied().unwrap_or_default();
        let mut best: BTreeMap<Pair, (Pair, &T::Comparison)> = BTreeMap::new();
        for (pair, found) in &self.matches {
            let (one, other) = (members(pair.0).first(), members(pair.1).first());
            let (Some(a), Some(b)) = (one, other) else {
                continue;
            };
            if a == b {
                continue;
            }
            let entry = best.entry(pair_of(*a, *b)).or_insert((*pair, found));
            if found.score() > entry.1.score() {
                *entry = (*pair, found);
            }
        }
        best.into_values()
            .filter(|(pair, _)| !self.are_separate(members(pair.0), members(pair.1)))
            .map(|(pair, found)| PairDoubt {
                a: pair.0,
                b: pair.1,
                score: narrow(found.score()),
                reasons: found.reasons(),
            })
            .collect()
    }

    /// Rows that were read and are not explored stay in their present groups.
    fn groups_of_unexplored(&self) -> HashMap<i32, Vec<i32>> {
        let mut groups: HashMap<i32, Vec<i32>> = HashMap::new();
        for one in self.read.keys().filter(|one| !self.explored.contains(one)) {
            // Alone, if it has none: a number that no group has.
            let group = self.present.get(one).copied().unwrap_or(-one);
            groups.entry(group).or_default().push(*one);
        }
        groups
    }

    /// Decides whether a decision or a contradiction separates two groups.
    fn are_separate(&self, one: &[i32], other: &[i32]) -> bool {
        one.iter().any(|a| {
            other.iter().any(|b| {
                let decision = self.decisions.get(&pair_of(*a, *b));
                decision.is_some_and(|decision| !decision.is_same)
                    || self
                        .read
                        .get(a)
                        .zip(self.read.get(b))
                        .is_some_and(|(a, b)| a.compare(b).is_contradiction())
            })
        })
    }
}
