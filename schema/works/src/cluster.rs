//! Groups films into works.
//!
//! Takes links of rules, decisions of people, and a test for contradictions; gives groups. The
//! result is a function of these alone: whatever order they come in, it is the same. Decisions
//! outrank links; of two that contradict each other the later holds. A link that would bring films
//! together that contradict each other is refused (constrained agglomerative clustering, Davidson
//! and Ravi 2005). So is a link without proof where the title is known to be that of several works
//! (collective resolution, Bhattacharya and Getoor 2007): because others with it contradict each
//! other, or because several sources list it twice, one row in each group.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Sources that list a title twice from which on it is that of two works.
const MIN_TWIN_SOURCES: usize = 2;
/// By how much the facts of a link have to outweigh those of one to another work.
const MIN_LEAD_BITS: f64 = 2.5;

/// Two films that rules take for one work, by their positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Position of one film.
    pub a: usize,
    /// Position of the other.
    pub b: usize,
    /// Score of the comparison: the higher link is followed first.
    pub score: f64,
    /// What of the score titles and facts are: where the title is that of several works, these say
    /// of which ([`Comparison::facts`](crate::Comparison::facts)).
    pub facts: f64,
    /// Whether facts prove it; a link of the title and little else is not followed where the title
    /// is that of several works ([`Comparison::is_proven`](crate::Comparison::is_proven)).
    pub is_proven: bool,
}

/// Two films that one source lists beside each other as if they were two works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    /// Position of one film.
    pub a: usize,
    /// Position of the other.
    pub b: usize,
    /// The source.
    pub source: i32,
    /// Whether the titles differ, by a subtitle; if not, one source may list a film twice.
    pub is_sure: bool,
}

/// What a person decided on two films, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Position of one film.
    pub a: usize,
    /// Position of the other.
    pub b: usize,
    /// Whether they are one work.
    pub is_same: bool,
    /// Rises with the time of the decision.
    pub rank: i64,
}

/// Groups films, each named by a key that does not depend on when it arrived.
///
/// Returns positions: the members of each group in the order of their keys, the groups in the
/// order of their first members. Positions outside `keys` are ignored.
#[must_use]
pub fn cluster<K: Ord>(
    keys: &[K],
    links: &[Link],
    twins: &[Twin],
    decisions: &[Decision],
    contradicts: impl Fn(usize, usize) -> bool,
) -> Vec<Vec<usize>> {
    let mut groups = Groups::new(keys.len());
    let pair = |a: usize, b: usize| {
        let (one, other) = (keys.get(a)?, keys.get(b)?);
        Some(if one <= other {
            (one, other)
        } else {
            (other, one)
        })
    };

    let mut decisions: Vec<&Decision> = decisions
        .iter()
        .filter(|one| pair(one.a, one.b).is_some())
        .collect();
    decisions.sort_by_key(|one| (Reverse(one.rank), one.is_same, pair(one.a, one.b)));
    for one in decisions {
        if !one.is_same {
            groups.part(one.a, one.b);
        } else if !groups.are_parted(one.a, one.b) {
            groups.join(one.a, one.b);
        }
    }

    let mut links: Vec<&Link> = links
        .iter()
        .filter(|one| pair(one.a, one.b).is_some())
        .collect();
    links.sort_by(|one, other| {
        let key = |link: &Link| (!link.is_proven, pair(link.a, link.b));
        (other.is_proven.cmp(&one.is_proven))
            .then_with(|| other.score.total_cmp(&one.score))
            .then_with(|| key(one).cmp(&key(other)))
    });
    let mut twins_of = vec![Vec::new(); keys.len()];
    for twin in twins {
        for (from, to) in [(twin.a, twin.b), (twin.b, twin.a)] {
            if let Some(twins) = twins_of.get_mut(from) {
                twins.push((to, *twin));
            }
        }
    }
    let mut linked = vec![Vec::new(); keys.len()];
    for link in &links {
        for (from, to) in [(link.a, link.b), (link.b, link.a)] {
            if let Some(linked) = linked.get_mut(from) {
                linked.push((to, link.facts));
            }
        }
    }
    // A group that grew may answer what was ambiguous before.
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for link in &links {
            let (a, b) = (groups.of(link.a), groups.of(link.b));
            if a == b || groups.are_parted(link.a, link.b) || groups.contradict(a, b, &contradicts)
            {
                continue;
            }
            let is_followed = link.is_proven
                || (!groups.are_listed_twice(a, b, &twins_of)
                    && !groups.are_ambiguous(a, b, &linked, &twins_of, &contradicts));
            if is_followed {
                groups.join(link.a, link.b);
                has_changed = true;
            }
        }
    }

    let mut found: Vec<Vec<usize>> = groups
        .members
        .into_iter()
        .filter(|members| !members.is_empty())
        .collect();
    for members in &mut found {
        members.sort_by_key(|position| keys.get(*position));
    }
    found.sort_by_key(|members| members.first().and_then(|position| keys.get(*position)));
    found
}

/// Groups that are being joined, and the pairs that people keep apart.
#[derive(Debug)]
struct Groups {
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
    parted: Vec<(usize, usize)>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self {
            group: (0..count).collect(),
            members: (0..count).map(|one| vec![one]).collect(),
            parted: Vec::new(),
        }
    }

    fn of(&self, position: usize) -> usize {
        self.group.get(position).copied().unwrap_or(position)
    }

    fn members(&self, group: usize) -> &[usize] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    /// Keeps two apart from now on, unless a later decision has joined them.
    fn part(&mut self, a: usize, b: usize) {
        if self.of(a) != self.of(b) {
            self.parted.push((a, b));
        }
    }

    fn are_parted(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.of(a), self.of(b));
        self.parted.iter().any(|(one, other)| {
            let (one, other) = (self.of(*one), self.of(*other));
            (one, other) == (a, b) || (one, other) == (b, a)
        })
    }

    /// Decides whether any member of one group contradicts any of the other.
    fn contradict(&self, a: usize, b: usize, contradicts: &impl Fn(usize, usize) -> bool) -> bool {
        self.members(a).iter().any(|one| {
            self.members(b)
                .iter()
                .any(|other| contradicts(*one, *other))
        })
    }

    /// Returns the twins of a group's members that are in other groups, by these.
    fn twin_groups(
        &self,
        group: usize,
        twins: &[Vec<(usize, Twin)>],
    ) -> BTreeMap<usize, Vec<Twin>> {
        let mut others: BTreeMap<usize, Vec<Twin>> = BTreeMap::new();
        for member in self.members(group) {
            for (other, twin) in twins.get(*member).map_or(&[][..], Vec::as_slice) {
                others.entry(self.of(*other)).or_default().push(*twin);
            }
        }
        others
    }

    /// Decides whether several sources have a row in each of two groups, or one surely.
    fn are_listed_twice(&self, a: usize, b: usize, twins: &[Vec<(usize, Twin)>]) -> bool {
        let twins = self.twin_groups(a, twins).remove(&b).unwrap_or_default();
        let sources: BTreeSet<i32> = twins.iter().map(|twin| twin.source).collect();
        sources.len() >= MIN_TWIN_SOURCES || twins.iter().any(|twin| twin.is_sure)
    }

    /// Decides whether one of two groups may as well join a third that contradicts the other: the
    /// title that links them is that of several works, and no fact says which.
    fn are_ambiguous(
        &self,
        a: usize,
        b: usize,
        linked: &[Vec<(usize, f64)>],
        twins: &[Vec<(usize, Twin)>],
        contradicts: &impl Fn(usize, usize) -> bool,
    ) -> bool {
        [(a, b), (b, a)].into_iter().any(|(one, other)| {
            let linked = self.linked_groups(one, linked);
            let twins = self.twin_groups(one, twins);
            let score = linked.get(&other).copied().unwrap_or(f64::NEG_INFINITY);
            let rivals: Vec<usize> = linked
                .into_iter()
                .filter(|(third, third_score)| {
                    *third != other && *third_score > score - MIN_LEAD_BITS
                })
                .map(|(third, _)| third)
                // A source that has a row in the third work already has the other one here.
                .filter(|third| twins.contains_key(&other) || !twins.contains_key(third))
                .filter(|third| !self.contradict(*third, one, contradicts))
                .collect();
            rivals.iter().enumerate().any(|(at, third)| {
                self.contradict(*third, other, contradicts)
                    || rivals.iter().skip(at + 1).any(|fourth| {
                        !self.contradict(*fourth, other, contradicts)
                            && self.contradict(*third, *fourth, contradicts)
                    })
            })
        })
    }

    /// Returns the other groups that a link leads to, with the most that the facts of one say.
    fn linked_groups(&self, group: usize, linked: &[Vec<(usize, f64)>]) -> BTreeMap<usize, f64> {
        let mut others: BTreeMap<usize, f64> = BTreeMap::new();
        for member in self.members(group) {
            for (position, facts) in linked.get(*member).map_or(&[][..], Vec::as_slice) {
                let other = self.of(*position);
                if other != group {
                    others
                        .entry(other)
                        .and_modify(|known| *known = known.max(*facts))
                        .or_insert(*facts);
                }
            }
        }
        others
    }

    fn join(&mut self, a: usize, b: usize) {
        let (to, from) = (self.of(a), self.of(b));
        if to == from {
            return;
        }
        let moved = self
            .members
            .get_mut(from)
            .map(std::mem::take)
            .unwrap_or_default();
        for position in &moved {
            if let Some(group) = self.group.get_mut(*position) {
                *group = to;
            }
        }
        if let Some(members) = self.members.get_mut(to) {
            members.extend(moved);
        }
    }
}
