//! Grouping: independent of order, and bound by what people decided.

use proptest::prelude::*;
use works::{Decision, Link, cluster};

fn link(a: usize, b: usize, score: f64) -> Link {
    Link {
        a,
        b,
        score,
        facts: score,
        is_proven: true,
    }
}

fn decision(a: usize, b: usize, is_same: bool, rank: i64) -> Decision {
    Decision {
        a,
        b,
        is_same,
        rank,
    }
}

const NONE: fn(usize, usize) -> bool = |_, _| false;

#[test]
fn links_join_and_films_without_one_stay_alone() {
    let groups = cluster(&["a", "b", "c", "d"], &[link(0, 2, 15.0)], &[], &[], NONE);
    assert_eq!(groups, [vec![0, 2], vec![1], vec![3]]);
}

#[test]
fn a_film_between_two_that_contradict_each_other_joins_the_nearer() {
    let links = [link(0, 1, 14.0), link(1, 2, 18.0)];
    let groups = cluster(&["a", "b", "c"], &links, &[], &[], |one, other| {
        one.abs_diff(other) == 2
    });
    assert_eq!(groups, [vec![0], vec![1, 2]]);
}

#[test]
fn a_title_of_two_works_joins_no_third_film_to_either() {
    let titles_alone = |a, b| Link {
        is_proven: false,
        ..link(a, b, 14.0)
    };
    let links = [titles_alone(0, 1), titles_alone(1, 2)];
    let groups = cluster(&["a", "b", "c"], &links, &[], &[], |one, other| {
        one.abs_diff(other) == 2
    });
    assert_eq!(groups, [vec![0], vec![1], vec![2]]);
    let groups = cluster(&["a", "b", "c"], &links, &[], &[], NONE);
    assert_eq!(groups, [vec![0, 1, 2]]);
}

#[test]
fn a_decision_outranks_links_and_contradictions() {
    let links = [link(0, 1, 20.0)];
    assert_eq!(
        cluster(&["a", "b"], &links, &[], &[decision(0, 1, false, 1)], NONE),
        [vec![0], vec![1]]
    );
    assert_eq!(
        cluster(&["a", "b"], &[], &[], &[decision(0, 1, true, 1)], |_, _| {
            true
        }),
        [vec![0, 1]]
    );
}

#[test]
fn films_that_a_person_parted_are_not_joined_by_a_third() {
    let links = [link(0, 1, 20.0), link(1, 2, 19.0)];
    let groups = cluster(
        &["a", "b", "c"],
        &links,
        &[],
        &[decision(0, 2, false, 1)],
        NONE,
    );
    assert_eq!(groups, [vec![0, 1], vec![2]]);
}

#[test]
fn of_two_decisions_the_later_holds() {
    let decisions = [
        decision(0, 1, true, 1),
        decision(1, 2, true, 2),
        decision(0, 2, false, 3),
    ];
    let groups = cluster(&["a", "b", "c"], &[], &[], &decisions, NONE);
    assert_eq!(groups, [vec![0], vec![1, 2]]);
}

/// Films, links, decisions, and which pairs contradict each other.
type Case = (
    usize,
    Vec<(usize, usize, u8, bool)>,
    Vec<(usize, usize, bool, i64)>,
    Vec<(usize, usize)>,
);

fn case() -> impl Strategy<Value = (Case, Vec<usize>)> {
    (2..9_usize).prop_flat_map(|count| {
        let one = 0..count;
        (
            (
                Just(count),
                prop::collection::vec((one.clone(), one.clone(), 12..20_u8, any::<bool>()), 0..16),
                prop::collection::vec((one.clone(), one.clone(), any::<bool>(), 0..4_i64), 0..5),
                prop::collection::vec((one.clone(), one), 0..6),
            ),
            Just((0..count).collect::<Vec<usize>>()).prop_shuffle(),
        )
    })
}

/// Groups the films where film `i` stands at position `places[i]`; returns groups of films.
fn grouped(case: &Case, places: &[usize]) -> Vec<Vec<usize>> {
    let (count, links, decisions, apart) = case;
    let mut keys = vec![0; *count];
    for (film, place) in places.iter().enumerate() {
        keys[*place] = film;
    }
    let mut links: Vec<Link> = links
        .iter()
        .map(|(a, b, score, is_proven)| Link {
            is_proven: *is_proven,
            ..link(places[*a], places[*b], f64::from(*score))
        })
        .collect();
    let mut decisions: Vec<Decision> = decisions
        .iter()
        .map(|(a, b, is_same, rank)| decision(places[*a], places[*b], *is_same, *rank))
        .collect();
    if places.first() != Some(&0) {
        links.reverse();
        decisions.reverse();
    }
    let contradicts = |one: usize, other: usize| {
        let (one, other) = (keys[one], keys[other]);
        apart.contains(&(one, other)) || apart.contains(&(other, one))
    };
    cluster(&keys, &links, &[], &decisions, contradicts)
        .into_iter()
        .map(|group| group.into_iter().map(|place| keys[place]).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn groups_do_not_depend_on_the_order_of_arrival((case, places) in case()) {
        let in_order: Vec<usize> = (0..case.0).collect();
        prop_assert_eq!(grouped(&case, &in_order), grouped(&case, &places));
    }

    #[test]
    fn every_film_is_in_one_group((case, places) in case()) {
        let mut films: Vec<usize> = grouped(&case, &places).concat();
        films.sort_unstable();
        prop_assert_eq!(films, (0..case.0).collect::<Vec<usize>>());
    }
}
