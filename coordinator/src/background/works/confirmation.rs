//! Says which films of a work a person or the trusted list joined: partners see no others.

use std::collections::BTreeMap;

use super::neighbourhood::KnownFilm;
use crate::background::matching::Connections;

/// Returns for each member of a group, sorted by number, the lowest number to which decisions of
/// people and the trusted list lead from it within the group, over other members too. Members
/// without any such decision, and the lowest themselves, are left out.
pub(super) fn confirmed(seen: &Connections<KnownFilm>, members: &[i32]) -> BTreeMap<i32, i32> {
    let mut lowest: BTreeMap<i32, i32> = members.iter().map(|film| (*film, *film)).collect();
    let decisions = seen
        .decisions
        .iter()
        .filter(|(_, decision)| decision.is_same)
        .map(|(pair, _)| *pair);
    // The members of one work of the list, each with the first of them.
    let mut of_list: BTreeMap<&str, i32> = BTreeMap::new();
    let listed = members.iter().filter_map(|film| {
        let work = seen.read.get(film)?.candidate.reference()?;
        Some((*of_list.entry(work).or_insert(*film), *film))
    });
    let pairs: Vec<(i32, i32)> = decisions.chain(listed).collect();
    for (a, b) in pairs {
        join(&mut lowest, a, b);
    }
    lowest.retain(|film, first| film != first);
    lowest
}

/// Gives the films of both components the lower of their two numbers; a film outside of the group
/// joins nothing.
fn join(lowest: &mut BTreeMap<i32, i32>, a: i32, b: i32) {
    let (Some(one), Some(other)) = (lowest.get(&a).copied(), lowest.get(&b).copied()) else {
        return;
    };
    let (to, from) = (one.min(other), one.max(other));
    for first in lowest.values_mut().filter(|first| **first == from) {
        *first = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pairs: &[(i32, i32)]) -> Vec<(i32, i32)> {
        let mut lowest: BTreeMap<i32, i32> = (1..=5).map(|film| (film, film)).collect();
        for (a, b) in pairs {
            join(&mut lowest, *a, *b);
        }
        lowest.into_iter().filter(|(film, to)| film != to).collect()
    }

    #[test]
    fn components_have_their_lowest_number_in_any_order() {
        let expected = [(4, 2), (5, 2)];
        assert_eq!(joined(&[(5, 4), (4, 2)]), expected);
        assert_eq!(joined(&[(2, 4), (5, 4)]), expected);
        assert_eq!(joined(&[(4, 2), (2, 5), (5, 4)]), expected);
        assert_eq!(joined(&[(3, 9), (9, 4)]), [], "9 is of another work");
    }
}
