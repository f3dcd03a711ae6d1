//! Groups the cinemas of a neighbourhood, and says what is stored of them.

use std::collections::{BTreeMap, HashMap};

use schema::venue::{PlacedCinema, VenueDoubt};
use serde_json::json;
use works::{
    Decision, Link, Verdict, cluster,
    venue::{VenueComparison, compare_cinemas},
};

use super::neighbourhood::{KnownCinema, VenueNeighbourhood};

/// Two cinemas, or two groups by their first cinema.
type Pair = (i32, i32);

/// What is stored of a neighbourhood.
#[derive(Debug, Default)]
pub(super) struct VenuePlacement {
    /// The cinemas of each venue, sorted.
    pub groups: Vec<Vec<i32>>,
    /// Each explored cinema with its venue.
    pub placed: Vec<PlacedCinema>,
    /// Pairs on which a person should decide.
    pub doubts: Vec<VenueDoubt>,
}

impl VenuePlacement {
    /// Groups the explored cinemas.
    pub(super) fn of(seen: &VenueNeighbourhood) -> Self {
        let groups = group(seen);
        let mut placed = Vec::new();
        for members in &groups {
            let Some(first) = members.first().copied() else {
                continue;
            };
            for cinema in members {
                let (rule, score, reason) = why(seen, *cinema, members);
                placed.push(PlacedCinema {
                    cinema_id: *cinema,
                    of_cinema_id: first,
                    rule,
                    score,
                    reason,
                    is_shared: members.len() > 1,
                });
            }
        }
        Self {
            placed,
            doubts: doubts(seen, &groups),
            groups,
        }
    }
}

/// Groups the explored cinemas; members and groups are sorted by number.
fn group(seen: &VenueNeighbourhood) -> Vec<Vec<i32>> {
    let cinemas: Vec<(i32, &KnownCinema)> = seen
        .explored
        .iter()
        .filter_map(|cinema| Some((*cinema, seen.cinemas.get(cinema)?)))
        .collect();
    let place: HashMap<i32, usize> = cinemas
        .iter()
        .enumerate()
        .map(|(at, (cinema, _))| (*cinema, at))
        .collect();
    let pair = |cinemas: &Pair| Some((*place.get(&cinemas.0)?, *place.get(&cinemas.1)?));
    let links: Vec<Link> = seen
        .matches
        .iter()
        .filter(|(_, found)| found.verdict == Verdict::Same)
        .filter_map(|(cinemas, found)| pair(cinemas).map(|(a, b)| found.link(a, b)))
        .collect();
    let decisions: Vec<Decision> = seen
        .verdicts
        .iter()
        .filter_map(|(cinemas, verdict)| {
            let (a, b) = pair(cinemas)?;
            Some(Decision {
                a,
                b,
                is_same: verdict.is_same,
                rank: verdict.decided_at.timestamp_micros(),
            })
        })
        .collect();
    let keys: Vec<&(i32, String)> = cinemas.iter().map(|(_, known)| &known.key).collect();
    let contradicts = |a: usize, b: usize| {
        cinemas
            .get(a)
            .zip(cinemas.get(b))
            .is_some_and(|((_, a), (_, b))| contradict(a, b))
    };
    let mut groups: Vec<Vec<i32>> = cluster(&keys, &links, &[], &decisions, contradicts)
        .into_iter()
        .map(|members| {
            let mut members: Vec<i32> = members
                .iter()
                .filter_map(|at| Some(cinemas.get(*at)?.0))
                .collect();
            members.sort_unstable();
            members
        })
        .collect();
    groups.sort();
    groups
}

fn contradict(a: &KnownCinema, b: &KnownCinema) -> bool {
    compare_cinemas(&a.candidate, &b.candidate).is_contradiction()
}

/// Says why a cinema is in its group: rule, score and evidence.
fn why(
    seen: &VenueNeighbourhood,
    cinema: i32,
    members: &[i32],
) -> (&'static str, Option<f32>, String) {
    let is_of = |pair: &Pair| {
        (pair.0 == cinema || pair.1 == cinema)
            && members.contains(&pair.0)
            && members.contains(&pair.1)
    };
    let verdict = seen
        .verdicts
        .iter()
        .filter(|(pair, verdict)| verdict.is_same && is_of(pair))
        .map(|(_, verdict)| verdict);
    if let Some(verdict) = verdict.max_by_key(|verdict| verdict.decided_at) {
        return (
            "person",
            None,
            format!("{}: {}", verdict.decided_by, verdict.reason),
        );
    }
    let best = seen
        .matches
        .iter()
        .filter(|(pair, found)| found.verdict == Verdict::Same && is_of(pair))
        .max_by(|(_, one), (_, other)| one.score.total_cmp(&other.score));
    best.map_or_else(
        || ("alone", None, "nothing matches it".to_owned()),
        |(_, found)| ("rules", Some(narrow(found.score)), found.text()),
    )
}

/// A score has few digits.
#[allow(clippy::cast_possible_truncation)]
const fn narrow(score: f64) -> f32 {
    score as f32
}

/// Lists the pairs on which a person should decide: the strongest of each pair of groups that
/// neither a person nor a contradiction keeps apart.
fn doubts(seen: &VenueNeighbourhood, groups: &[Vec<i32>]) -> Vec<VenueDoubt> {
    let group_of = groups_of_all(seen, groups);
    let members = |cinema: i32| group_of.get(&cinema).map_or(&[][..], Vec::as_slice);
    let mut best: BTreeMap<Pair, (Pair, &VenueComparison)> = BTreeMap::new();
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
        .map(|(pair, found)| VenueDoubt {
            cinema_a: pair.0,
            cinema_b: pair.1,
            score: narrow(found.score),
            reasons: json!(found.reasons),
        })
        .collect()
}

/// Returns the group of each cinema that was read; those that are not explored stay in their venues.
fn groups_of_all(seen: &VenueNeighbourhood, groups: &[Vec<i32>]) -> HashMap<i32, Vec<i32>> {
    let mut others: HashMap<i32, Vec<i32>> = HashMap::new();
    for cinema in seen
        .cinemas
        .keys()
        .filter(|cinema| !seen.explored.contains(cinema))
    {
        let venue = seen.venues.get(cinema).copied().unwrap_or(-cinema);
        others.entry(venue).or_default().push(*cinema);
    }
    groups
        .iter()
        .chain(others.values())
        .flat_map(|members| members.iter().map(|cinema| (*cinema, members.clone())))
        .collect()
}

/// Decides whether a verdict or a contradiction keeps two groups apart.
fn are_apart(seen: &VenueNeighbourhood, one: &[i32], other: &[i32]) -> bool {
    one.iter().any(|a| {
        other.iter().any(|b| {
            seen.verdicts
                .get(&(*a.min(b), *a.max(b)))
                .is_some_and(|verdict| !verdict.is_same)
                || seen
                    .cinemas
                    .get(a)
                    .zip(seen.cinemas.get(b))
                    .is_some_and(|(a, b)| contradict(a, b))
        })
    })
}
