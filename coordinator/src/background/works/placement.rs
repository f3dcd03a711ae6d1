//! Groups the films of a neighbourhood, and says what is stored of them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use schema::work::{Doubt, Names, Placed, Title};
use serde_json::json;
use works::{Comparison, Decision, Link, Twin, Verdict, WorkKind, cluster, compare, title_key};

use super::{
    confirmation::confirmed,
    neighbourhood::{Known, Neighbourhood},
    reason::{self, Reasons},
};

/// Two films, or two groups by their first film.
type Pair = (i32, i32);

/// What is stored of a neighbourhood.
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// Each explored film with its work.
    pub placed: Vec<Placed>,
    /// Titles and identifiers of these works.
    pub names: Names,
    /// Pairs on which a person should decide.
    pub doubts: Vec<Doubt>,
}

impl Placement {
    /// Groups the explored films.
    pub(super) fn of(seen: &Neighbourhood) -> Self {
        let groups = group(seen);
        let reasons = Reasons::of(seen, &groups);
        let mut placement = Self::default();
        for members in &groups {
            placement.place(seen, &reasons, members);
        }
        placement.doubts = doubts(seen, &groups);
        placement
    }

    /// Places the members of a group, sorted by number, in the work of the first.
    fn place(&mut self, seen: &Neighbourhood, reasons: &Reasons<'_>, members: &[i32]) {
        let Some(first) = members.first().copied() else {
            return;
        };
        let films: Vec<(i32, &Known)> = members
            .iter()
            .filter_map(|film| Some((*film, seen.films.get(film)?)))
            .collect();
        let kind = films
            .iter()
            .map(|(_, known)| known.candidate.kind())
            .min_by_key(|kind| rank(*kind))
            .unwrap_or_default();
        let title = commonest_title(&films);
        let confirmed = confirmed(seen, members);
        for film in members {
            let (rule, score, reason) = reasons.why(*film);
            let placed = Placed {
                film_id: *film,
                of_film_id: first,
                confirmed_film_id: confirmed.get(film).copied(),
                rule,
                score,
                reason,
                kind: kind.word(),
                title: title.clone(),
            };
            self.placed.push(placed);
        }
        let mut titles = BTreeSet::new();
        let mut identifiers: BTreeMap<(String, String), BTreeSet<i32>> = BTreeMap::new();
        for (_, known) in films {
            let film = known.candidate.film();
            titles.insert((
                film.territory.clone(),
                known.candidate.title().title.clone(),
            ));
            titles.extend(film.original_title.clone().map(|title| (None, title)));
            for identifier in &film.identifiers {
                identifiers
                    .entry(identifier.clone())
                    .or_default()
                    .insert(known.key.0);
            }
        }
        titles.retain(|(_, title)| !title.is_empty());
        self.names
            .titles
            .extend(titles.into_iter().map(|(territory, title)| Title {
                of_film_id: first,
                territory,
                key: title_key(&title),
                title,
            }));
        let believed = identifiers
            .into_iter()
            .filter(|(_, sources)| sources.len() >= 2);
        self.names
            .identifiers
            .extend(believed.map(|((scheme, value), _)| (first, scheme, value)));
    }
}

/// Returns the title that most films have, of several that of the film with the lowest number.
fn commonest_title(films: &[(i32, &Known)]) -> Option<String> {
    let titles: Vec<&str> = films
        .iter()
        .map(|(_, known)| known.candidate.title().title.as_str())
        .filter(|title| !title.is_empty())
        .collect();
    let count = |title: &str| titles.iter().filter(|other| **other == title).count();
    // `max_by_key` gives the last of equals.
    let commonest = titles.iter().rev().max_by_key(|title| count(title));
    commonest.map(|title| (*title).to_owned())
}

/// The kind that says most comes first.
const fn rank(kind: WorkKind) -> u8 {
    match kind {
        WorkKind::Programme => 0,
        WorkKind::Feature => 1,
        WorkKind::Short => 2,
        WorkKind::Event => 3,
        WorkKind::Unknown => 4,
    }
}

/// Groups the explored films; members and groups are sorted by number.
fn group(seen: &Neighbourhood) -> Vec<Vec<i32>> {
    let films: Vec<(i32, &Known)> = seen
        .explored
        .iter()
        .filter_map(|film| Some((*film, seen.films.get(film)?)))
        .collect();
    let place: HashMap<i32, usize> = films
        .iter()
        .enumerate()
        .map(|(at, (film, _))| (*film, at))
        .collect();
    let pair = |films: &(i32, i32)| Some((*place.get(&films.0)?, *place.get(&films.1)?));
    let links: Vec<Link> = seen
        .matches
        .iter()
        .filter(|(_, found)| found.verdict == Verdict::Same)
        .filter_map(|(films, found)| {
            let (a, b) = pair(films)?;
            Some(Link {
                a,
                b,
                score: found.score,
                facts: found.facts(),
                is_proven: found.is_proven(),
            })
        })
        .collect();
    let decisions: Vec<Decision> = seen
        .verdicts
        .iter()
        .filter_map(|(films, verdict)| {
            let (a, b) = pair(films)?;
            Some(Decision {
                a,
                b,
                is_same: verdict.is_same,
                rank: verdict.decided_at.timestamp_micros(),
            })
        })
        .collect();
    let twins: Vec<Twin> = seen
        .twins
        .iter()
        .filter_map(|(films, is_sure)| {
            let (a, b) = pair(films)?;
            Some(Twin {
                a,
                b,
                source: seen.films.get(&films.0)?.key.0,
                is_sure: *is_sure,
            })
        })
        .collect();
    let keys: Vec<&(i32, String)> = films.iter().map(|(_, known)| &known.key).collect();
    let known = RefCell::new(HashMap::new());
    let contradicts = |a: usize, b: usize| {
        let pair = (a.min(b), a.max(b));
        let found = known.borrow().get(&pair).copied();
        found.unwrap_or_else(|| {
            let is = films
                .get(a)
                .zip(films.get(b))
                .is_some_and(|((_, a), (_, b))| contradict(a, b));
            known.borrow_mut().insert(pair, is);
            is
        })
    };
    let mut groups: Vec<Vec<i32>> = cluster(&keys, &links, &twins, &decisions, contradicts)
        .into_iter()
        .map(|members| {
            let mut members: Vec<i32> = members
                .iter()
                .filter_map(|at| Some(films.get(*at)?.0))
                .collect();
            members.sort_unstable();
            members
        })
        .collect();
    groups.sort();
    groups
}

fn contradict(a: &Known, b: &Known) -> bool {
    compare(&a.candidate, &b.candidate).is_contradiction()
}

/// Lists the pairs on which a person should decide: the strongest of each pair of groups that
/// neither a person nor a contradiction keeps apart.
fn doubts(seen: &Neighbourhood, groups: &[Vec<i32>]) -> Vec<Doubt> {
    let mut group_of: HashMap<i32, usize> = HashMap::new();
    for (at, members) in groups.iter().enumerate() {
        group_of.extend(members.iter().map(|film| (*film, at)));
    }
    // Films that are not explored stay in their works.
    let mut others: HashMap<i32, Vec<i32>> = HashMap::new();
    for film in seen
        .films
        .keys()
        .filter(|film| !seen.explored.contains(film))
    {
        others
            .entry(seen.works.get(film).copied().unwrap_or(-film))
            .or_default()
            .push(*film);
    }
    let members = |film: i32| -> &[i32] {
        let found = match group_of.get(&film) {
            Some(at) => groups.get(*at),
            None => others.get(&seen.works.get(&film).copied().unwrap_or(-film)),
        };
        found.map_or(&[], Vec::as_slice)
    };
    let mut best: BTreeMap<Pair, (Pair, &Comparison)> = BTreeMap::new();
    for (pair, found) in &seen.matches {
        let (one, other) = (members(pair.0), members(pair.1));
        let (Some(a), Some(b)) = (one.first().copied(), other.first().copied()) else {
            continue;
        };
        if a == b {
            continue;
        }
        let entry = best.entry((a.min(b), a.max(b))).or_insert((*pair, found));
        if found.score > entry.1.score {
            *entry = (*pair, found);
        }
    }
    best.into_values()
        .filter(|(pair, _)| !are_apart(seen, members(pair.0), members(pair.1)))
        .map(|(pair, found)| Doubt {
            film_a: pair.0,
            film_b: pair.1,
            score: reason::narrow(found.score),
            reasons: json!(found.reasons),
        })
        .collect()
}

/// Decides whether a verdict or a contradiction keeps two groups apart.
fn are_apart(seen: &Neighbourhood, one: &[i32], other: &[i32]) -> bool {
    one.iter().any(|a| {
        other.iter().any(|b| {
            seen.verdicts
                .get(&(*a.min(b), *a.max(b)))
                .is_some_and(|verdict| !verdict.is_same)
                || seen
                    .films
                    .get(a)
                    .zip(seen.films.get(b))
                    .is_some_and(|(a, b)| contradict(a, b))
        })
    })
}
