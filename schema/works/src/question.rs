//! Which doubts a person is asked about.
//!
//! A title of several works leaves a doubt between any two groups of films. The answer to one says
//! much of the others, so each group asks about the other group alone that is likest to it. When
//! that is answered, the next is asked.

use std::collections::{BTreeMap, BTreeSet};

/// Chooses doubts, each between two groups and with its score: those that are the strongest of
/// either group. Of equal ones the lower pair counts.
#[must_use]
pub fn strongest<K: Ord + Copy>(doubts: &BTreeMap<(K, K), f64>) -> BTreeSet<(K, K)> {
    let mut best: BTreeMap<K, ((K, K), f64)> = BTreeMap::new();
    for (pair, score) in doubts {
        for group in [pair.0, pair.1] {
            let known = best.entry(group).or_insert((*pair, *score));
            if *score > known.1 {
                *known = (*pair, *score);
            }
        }
    }
    best.into_values().map(|(pair, _)| pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_asks_about_the_likest_other() {
        let doubts = BTreeMap::from([((1, 2), 9.0), ((1, 3), 8.0), ((2, 3), 7.0), ((4, 5), 6.0)]);
        let asked: Vec<(i32, i32)> = strongest(&doubts).into_iter().collect();
        assert_eq!(asked, [(1, 2), (1, 3), (4, 5)]);
    }
}
