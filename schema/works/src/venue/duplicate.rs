//! Finds showtimes that several sources list: they count once.
//!
//! Two listings are one showtime if they are at one venue, of one work, at the same start and in
//! one auditorium. Starts are compared exactly: chains publish them to the minute and aggregators
//! copy them, while two auditoriums may start one film five minutes apart, so a tolerance would
//! take two showtimes for one. Where one side does not name the auditorium, there must be exactly
//! one candidate on each side; otherwise both count.

use std::collections::{BTreeMap, BTreeSet};

/// A showtime as one source lists it. All that are compared are at one venue and start together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedShowtime {
    /// The showtime.
    pub showtime_id: i32,
    /// Place of its source in the order of precedence: the lowest counts. No two sources share one.
    pub source_rank: i64,
    /// The work that is shown.
    pub work_id: i32,
    /// The auditorium as a group over sources; `None` if that is not known.
    pub auditorium: Option<i32>,
}

/// A listing that does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// The showtime that does not count.
    pub showtime_id: i32,
    /// The showtime that counts in its place.
    pub counted_as: i32,
    /// Why they are one.
    pub reason: String,
}

/// Finds the listings that do not count, sorted by number. The order of `listings` does not matter.
///
/// Each counted showtime stands for at most one listing of every other source, unless that source
/// lists the auditorium twice.
#[must_use]
pub fn find_duplicates(listings: &[ListedShowtime]) -> Vec<Duplicate> {
    let mut by_work: BTreeMap<i32, BTreeMap<i64, Vec<&ListedShowtime>>> = BTreeMap::new();
    for listing in listings {
        let sources = by_work.entry(listing.work_id).or_default();
        sources
            .entry(listing.source_rank)
            .or_default()
            .push(listing);
    }
    let mut found: Vec<Duplicate> = by_work.values().flat_map(of_one_work).collect();
    found.sort();
    found
}

/// Takes the sources of a work in the order of their precedence.
fn of_one_work(sources: &BTreeMap<i64, Vec<&ListedShowtime>>) -> Vec<Duplicate> {
    let mut counted: Vec<&ListedShowtime> = Vec::new();
    let mut duplicates = Vec::new();
    for own in sources.values() {
        let matched = match_source(&counted, own);
        let new = own
            .iter()
            .filter(|one| !matched.contains_key(&one.showtime_id));
        counted.extend(new);
        duplicates.extend(matched.into_values());
    }
    duplicates
}

/// Matches the listings of one source with showtimes that count.
fn match_source(counted: &[&ListedShowtime], own: &[&ListedShowtime]) -> BTreeMap<i32, Duplicate> {
    let mut matched = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut pair = |one: &ListedShowtime, with: &ListedShowtime, reason: &str| {
        let duplicate = Duplicate {
            showtime_id: one.showtime_id,
            counted_as: with.showtime_id,
            reason: reason.to_owned(),
        };
        matched.insert(one.showtime_id, duplicate);
        taken.insert(with.showtime_id);
    };
    for one in own.iter().filter(|one| one.auditorium.is_some()) {
        let same: Vec<&&ListedShowtime> = counted
            .iter()
            .filter(|other| other.auditorium == one.auditorium)
            .collect();
        if let [only] = same.as_slice() {
            pair(one, only, "same venue, work, start and auditorium");
        }
    }
    let (counted, own): (Vec<&ListedShowtime>, Vec<&ListedShowtime>) = (
        counted
            .iter()
            .filter(|one| !taken.contains(&one.showtime_id))
            .copied()
            .collect(),
        own.iter()
            .filter(|one| !matched.contains_key(&one.showtime_id))
            .copied()
            .collect(),
    );
    for one in &own {
        let of_one = candidates(one, &counted);
        let [only] = of_one.as_slice() else {
            continue;
        };
        if candidates(only, &own).len() == 1 {
            let duplicate = Duplicate {
                showtime_id: one.showtime_id,
                counted_as: only.showtime_id,
                reason: "same venue, work and start; the only one whose auditorium may be the same"
                    .to_owned(),
            };
            matched.insert(one.showtime_id, duplicate);
        }
    }
    matched
}

/// Returns those of `others` whose auditorium may be that of `one`, as one of both is not known.
fn candidates<'a>(one: &ListedShowtime, others: &[&'a ListedShowtime]) -> Vec<&'a ListedShowtime> {
    others
        .iter()
        .filter(|other| one.auditorium.is_none() || other.auditorium.is_none())
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(
        showtime_id: i32,
        source_rank: i64,
        work_id: i32,
        auditorium: Option<i32>,
    ) -> ListedShowtime {
        ListedShowtime {
            showtime_id,
            source_rank,
            work_id,
            auditorium,
        }
    }

    fn pairs(listings: &[ListedShowtime]) -> Vec<(i32, i32)> {
        find_duplicates(listings)
            .iter()
            .map(|one| (one.showtime_id, one.counted_as))
            .collect()
    }

    #[test]
    fn the_source_of_precedence_counts() {
        let listings = [
            listed(1, 2, 7, Some(3)),
            listed(2, 1, 7, Some(3)),
            listed(3, 3, 7, Some(3)),
        ];
        assert_eq!(pairs(&listings), [(1, 2), (3, 2)]);
    }

    #[test]
    fn two_auditoriums_two_works_and_one_source_are_never_one() {
        assert_eq!(
            pairs(&[listed(1, 1, 7, Some(3)), listed(2, 2, 7, Some(4))]),
            []
        );
        assert_eq!(pairs(&[listed(1, 1, 7, None), listed(2, 2, 8, None)]), []);
        assert_eq!(pairs(&[listed(1, 1, 7, None), listed(2, 1, 7, None)]), []);
    }

    #[test]
    fn an_unknown_auditorium_needs_exactly_one_candidate() {
        assert_eq!(
            pairs(&[listed(1, 1, 7, Some(3)), listed(2, 2, 7, None)]),
            [(2, 1)]
        );
        let two = [
            listed(1, 1, 7, Some(3)),
            listed(2, 1, 7, Some(4)),
            listed(3, 2, 7, None),
        ];
        assert_eq!(pairs(&two), [], "either may be meant");
        let one_is_named = [
            listed(1, 1, 7, Some(3)),
            listed(2, 1, 7, Some(4)),
            listed(3, 2, 7, None),
            listed(4, 2, 7, Some(4)),
        ];
        assert_eq!(pairs(&one_is_named), [(3, 1), (4, 2)]);
    }

    #[test]
    fn a_third_source_is_compared_with_what_counts() {
        let listings = [
            listed(1, 1, 7, Some(3)),
            listed(2, 2, 7, Some(4)),
            listed(3, 3, 7, Some(4)),
        ];
        assert_eq!(pairs(&listings), [(3, 2)]);
    }
}
