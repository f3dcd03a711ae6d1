//! What the passes of works and of venues share.
//!
//! Both read what sources list (films, cinemas), compare pairs by rules, and let people decide on
//! pairs. This gives the groups that follow, why each is in its group, and the pairs on which a
//! person should decide. What is read and compared is theirs.

mod doubt;
mod reason;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use schema::pair::PairDecision;
use serde_json::Value;
use works::{Decision, Link, Twin, Verdict, cluster};

pub(super) use reason::Reasons;

/// Two numbers, the lower first.
pub(super) type Pair = (i32, i32);

/// Puts the lower number first.
pub(super) fn pair_of(a: i32, b: i32) -> Pair {
    (a.min(b), a.max(b))
}

/// A row of a source that is compared with others.
pub(super) trait Listed {
    /// What rules say of two.
    type Comparison: Compared;

    /// Source and key: they name it whatever the order of arrival.
    fn key(&self) -> &(i32, String);

    /// Compares two.
    fn compare(&self, other: &Self) -> Self::Comparison;
}

/// What rules say of two rows.
pub(super) trait Compared {
    /// Whether they are one.
    fn verdict(&self) -> Verdict;
    /// The score.
    fn score(&self) -> f64;
    /// Whether a list that the operator trusts says so.
    fn is_by_list(&self) -> bool;
    /// Whether no third can join them.
    fn is_contradiction(&self) -> bool;
    /// The link of two positions.
    fn link(&self, a: usize, b: usize) -> Link;
    /// The evidence as a sentence.
    fn text(&self) -> String;
    /// The evidence as it is stored.
    fn reasons(&self) -> Value;
}

/// Rows that were read, and what connects them.
#[derive(Debug)]
pub(super) struct Connections<T: Listed> {
    /// All rows that were read, by number.
    pub read: BTreeMap<i32, T>,
    /// The rows that are compared with all their candidates: their groups are decided now.
    pub explored: BTreeSet<i32>,
    /// The present groups of rows.
    pub present: HashMap<i32, i32>,
    /// What people decided, by the pair.
    pub decisions: BTreeMap<Pair, PairDecision>,
    /// Pairs that are the same or unclear.
    pub matches: BTreeMap<Pair, T::Comparison>,
    /// Pairs that were compared.
    pub comparisons: usize,
}

impl<T: Listed> Default for Connections<T> {
    fn default() -> Self {
        Self {
            read: BTreeMap::new(),
            explored: BTreeSet::new(),
            present: HashMap::new(),
            decisions: BTreeMap::new(),
            matches: BTreeMap::new(),
            comparisons: 0,
        }
    }
}

impl<T: Listed> Connections<T> {
    /// Marks those of `level` that were read as explored, and returns them.
    pub(super) fn explore(&mut self, level: &[i32]) -> Vec<i32> {
        let level = level.iter().copied();
        let level: Vec<i32> = level.filter(|one| self.read.contains_key(one)).collect();
        self.explored.extend(&level);
        level
    }

    /// Compares two; `None` if one was not read.
    pub(super) fn compare(&mut self, pair: Pair) -> Option<T::Comparison> {
        let found = self.read.get(&pair.0)?.compare(self.read.get(&pair.1)?);
        self.comparisons += 1;
        Some(found)
    }

    /// Keeps what rules say of a pair; returns whether they take the two for one.
    pub(super) fn keep(&mut self, pair: Pair, found: T::Comparison) -> bool {
        let verdict = found.verdict();
        if verdict == Verdict::Different {
            self.matches.remove(&pair);
        } else {
            self.matches.insert(pair, found);
        }
        verdict == Verdict::Same
    }

    /// Takes present groups and decisions of people; returns the rows that they connect.
    pub(super) fn join(
        &mut self,
        members: Vec<(i32, i32)>,
        decisions: Vec<PairDecision>,
    ) -> BTreeSet<i32> {
        let mut connected: BTreeSet<i32> = members.iter().map(|(one, _)| *one).collect();
        self.present.extend(members);
        for decision in decisions {
            if decision.is_same {
                connected.extend([decision.a, decision.b]);
            }
            self.decisions.insert((decision.a, decision.b), decision);
        }
        connected
    }

    /// Groups the explored rows; members and groups are sorted by number. `twins` are pairs that a
    /// source lists as two, and whether that is sure.
    pub(super) fn groups(&self, twins: &BTreeMap<Pair, bool>) -> Vec<Vec<i32>> {
        let rows: Vec<(i32, &T)> = self
            .explored
            .iter()
            .filter_map(|one| Some((*one, self.read.get(one)?)))
            .collect();
        let place: HashMap<i32, usize> = rows
            .iter()
            .enumerate()
            .map(|(at, (one, _))| (*one, at))
            .collect();
        let places = |pair: &Pair| Some((*place.get(&pair.0)?, *place.get(&pair.1)?));
        let links: Vec<Link> = self
            .matches
            .iter()
            .filter(|(_, found)| found.verdict() == Verdict::Same)
            .filter_map(|(pair, found)| places(pair).map(|(a, b)| found.link(a, b)))
            .collect();
        let decisions: Vec<Decision> = self
            .decisions
            .iter()
            .filter_map(|(pair, decision)| {
                let (a, b) = places(pair)?;
                Some(Decision {
                    a,
                    b,
                    is_same: decision.is_same,
                    rank: decision.decided_at.timestamp_micros(),
                })
            })
            .collect();
        let twins: Vec<Twin> = twins
            .iter()
            .filter_map(|(pair, is_sure)| {
                let (a, b) = places(pair)?;
                Some(Twin {
                    a,
                    b,
                    source: self.read.get(&pair.0)?.key().0,
                    is_sure: *is_sure,
                })
            })
            .collect();
        let keys: Vec<&(i32, String)> = rows.iter().map(|(_, row)| row.key()).collect();
        // Groups ask for the same pair again as they grow.
        let known = RefCell::new(HashMap::new());
        let contradicts = |a: usize, b: usize| {
            let pair = (a.min(b), a.max(b));
            let found = known.borrow().get(&pair).copied();
            found.unwrap_or_else(|| {
                let rows = rows.get(a).zip(rows.get(b));
                let is = rows.is_some_and(|((_, a), (_, b))| a.compare(b).is_contradiction());
                known.borrow_mut().insert(pair, is);
                is
            })
        };
        let mut groups: Vec<Vec<i32>> = cluster(&keys, &links, &twins, &decisions, contradicts)
            .into_iter()
            .map(|members| {
                let members = members.iter();
                let mut members: Vec<i32> =
                    members.filter_map(|at| Some(rows.get(*at)?.0)).collect();
                members.sort_unstable();
                members
            })
            .collect();
        groups.sort();
        groups
    }
}

/// A score has few digits.
#[allow(clippy::cast_possible_truncation)]
const fn narrow(score: f64) -> f32 {
    score as f32
}
