//! Venues: what joins two cinemas, what keeps them apart, and what holds for any two.

use std::collections::BTreeSet;

use proptest::prelude::*;
use works::{
    Verdict,
    venue::{
        Auditorium, Cinema, ListedShowtime, Location, MatchRule, VenueCandidate, VenueComparison,
        compare_cinemas, comparison, find_duplicates, match_auditoriums,
    },
};

/// Metres north and east of a point in a city.
const fn at(north: f64, east: f64) -> Location {
    Location {
        latitude: 53.8 + north / 111_195.0,
        longitude: -1.55 + east / 65_700.0,
    }
}

fn cinema(source: &str, name: &str, place: Option<Location>) -> Cinema {
    Cinema {
        source: source.to_owned(),
        territory: "GB".to_owned(),
        name: name.to_owned(),
        city: Some("Leeds".to_owned()),
        place,
    }
}

fn compare(a: &Cinema, b: &Cinema) -> VenueComparison {
    compare_cinemas(
        &VenueCandidate::new(a.clone()),
        &VenueCandidate::new(b.clone()),
    )
}

fn verdict(a: &Cinema, b: &Cinema) -> Verdict {
    compare(a, b).verdict
}

#[test]
fn a_chain_and_an_aggregator_name_one_cinema_in_two_ways() {
    let place = Some(at(60.0, 40.0));
    for (chain, aggregator) in [
        ("The Light", "Vue Leeds The Light"),
        ("Leeds (The Light)", "VUE Cinema - Leeds Light"),
        ("Leeds", "Vue Leeds"),
        ("Vue Leeds", "Vue Leeds The Light"),
        ("Leeds Kirkstall", "Vue Kirkstal"),
    ] {
        let found = compare(
            &cinema("vue", chain, Some(at(0.0, 0.0))),
            &cinema("agg", aggregator, place),
        );
        assert_eq!(found.verdict, Verdict::Same, "{chain}: {found:?}");
    }
}

#[test]
fn neighbours_stay_apart() {
    for (metres, one, other) in [
        (80.0, "Odeon Luxe Leicester Square", "Odeon Luxe West End"),
        (40.0, "Kino Central", "Kino Babylon"),
        (50.0, "Vue Leeds", "Everyman Leeds"),
        (1_500.0, "Vue Leeds The Light", "Vue Leeds Kirkstall"),
        (900.0, "Showroom 1", "Showroom 2"),
        (
            2_100.0,
            "Hyde Park Picture House",
            "Hyde Park Picture House",
        ),
    ] {
        let found = compare(
            &cinema("one", one, Some(at(0.0, 0.0))),
            &cinema("other", other, Some(at(metres, 0.0))),
        );
        assert_eq!(found.verdict, Verdict::Different, "{one}: {found:?}");
    }
}

#[test]
fn the_threshold_rises_with_the_distance() {
    // A common word of two; similarity two thirds.
    let (one, other) = ("Hyde Park", "Hyde");
    let of = |metres| {
        verdict(
            &cinema("one", one, Some(at(0.0, 0.0))),
            &cinema("other", other, Some(at(metres, 0.0))),
        )
    };
    assert_eq!(of(700.0), Verdict::Same);
    assert_eq!(of(900.0), Verdict::Unclear);
    assert_eq!(of(1_990.0), Verdict::Unclear);
    assert_eq!(of(2_010.0), Verdict::Different);
}

#[test]
fn without_a_place_name_and_city_have_to_agree() {
    let placed = cinema("one", "Hyde Park Picture House", Some(at(0.0, 0.0)));
    let mut other = cinema("other", "HYDE PARK PICTURE HOUSE", None);
    assert_eq!(verdict(&placed, &other), Verdict::Same);
    other.city = Some("York".to_owned());
    assert_eq!(verdict(&placed, &other), Verdict::Different);
    other.city = None;
    assert_eq!(verdict(&placed, &other), Verdict::Unclear);
    other.name = "Hyde Park Picture House Leeds".to_owned();
    assert_eq!(
        verdict(&placed, &other),
        Verdict::Same,
        "its name has the city"
    );
    other.territory = "US".to_owned();
    assert_eq!(verdict(&placed, &other), Verdict::Different);
}

#[test]
fn a_cinema_that_changed_hands_is_left_to_a_person() {
    let old = cinema("agg", "Odeon Thorpe Park", Some(at(0.0, 0.0)));
    let new = cinema("vue", "Thorpe Park", Some(at(30.0, 0.0)));
    let found = compare(&old, &new);
    assert_eq!(found.verdict, Verdict::Unclear, "{found:?}");
    assert!(!found.is_contradiction());
    let far = cinema("vue", "Thorpe Park", Some(at(300.0, 0.0)));
    assert!(compare(&old, &far).is_contradiction());
}

#[test]
fn one_source_lists_a_cinema_once() {
    let found = compare(
        &cinema("agg", "Hyde Park", Some(at(0.0, 0.0))),
        &cinema("agg", "Hyde Park", Some(at(10.0, 0.0))),
    );
    assert!(found.is_contradiction(), "{found:?}");
}

fn auditorium(
    auditorium_id: i32,
    cinema_id: i32,
    name: &str,
    layouts: &[(&str, i16)],
) -> Auditorium {
    Auditorium {
        auditorium_id,
        cinema_id,
        name: name.to_owned(),
        layouts: layouts
            .iter()
            .map(|(hash, seats)| ((*hash).to_owned(), *seats))
            .collect(),
    }
}

#[test]
fn auditoriums_match_by_name_number_or_layout_and_twins_stay_unclear() {
    let matches = match_auditoriums(&[
        auditorium(1, 1, "Screen 1", &[("a", 100)]),
        auditorium(2, 1, "Screen 2", &[("b", 80)]),
        auditorium(3, 1, "IMAX", &[("c", 300)]),
        auditorium(4, 1, "Balcony", &[("d", 40)]),
        auditorium(5, 1, "Lounge", &[("d", 40)]),
        auditorium(6, 1, "Screen 7", &[("e", 90)]),
        auditorium(11, 2, "Salle 1 Dolby", &[]),
        auditorium(12, 2, "2", &[("z", 82)]),
        auditorium(13, 2, "Grand", &[("c", 300)]),
        auditorium(14, 2, "Studio", &[("d", 40)]),
        auditorium(16, 2, "Screen 7", &[("y", 210)]),
    ]);
    let found: Vec<(i32, i32, MatchRule)> = matches
        .iter()
        .map(|one| (one.auditorium_id, one.same_as, one.rule))
        .collect();
    assert_eq!(
        found,
        [
            (1, 1, MatchRule::Number),
            (2, 2, MatchRule::Name),
            (3, 3, MatchRule::Layout),
            (4, 4, MatchRule::Unclear),
            (5, 5, MatchRule::Unclear),
            (6, 6, MatchRule::Alone),
            (11, 1, MatchRule::Number),
            (12, 2, MatchRule::Name),
            (13, 3, MatchRule::Layout),
            (14, 14, MatchRule::Unclear),
            (16, 16, MatchRule::Alone),
        ]
    );
}

fn any_cinema() -> impl Strategy<Value = Cinema> {
    let word = prop::sample::select(vec![
        "Vue",
        "Odeon",
        "Leeds",
        "York",
        "Cinema",
        "Kino",
        "The",
        "Light",
        "Park",
        "Hyde",
        "1",
        "2",
        "Kirkstall",
        "Kirkstal",
        "IMAX",
        "Élysée",
        "シネマ",
        "-",
        "Rex",
    ]);
    let place = prop::option::weighted(0.8, (-1_500.0..1_500.0, -1_500.0..1_500.0));
    (
        prop::sample::select(vec!["vue", "odeon-uk", "agg", "rex"]),
        prop::sample::select(vec!["GB", "GB", "GB", "IE"]),
        prop::collection::vec(word, 1..5),
        prop::option::of(prop::sample::select(vec![
            "Leeds",
            "York",
            "Leeds City",
            "Hyde Park",
        ])),
        place,
    )
        .prop_map(|(source, territory, name, city, place)| Cinema {
            source: source.to_owned(),
            territory: territory.to_owned(),
            name: name.join(" "),
            city: city.map(str::to_owned),
            place: place.map(|(north, east)| at(north, east)),
        })
}

fn any_listing() -> impl Strategy<Value = ListedShowtime> {
    (0..1_000, 1..5_i64, 1..3, prop::option::of(1..4)).prop_map(
        |(showtime_id, source_rank, work_id, auditorium)| ListedShowtime {
            showtime_id,
            source_rank,
            work_id,
            auditorium,
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_two_cinemas_does_not_matter(a in any_cinema(), b in any_cinema()) {
        let (one, other) = (compare(&a, &b), compare(&b, &a));
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert!((one.score - other.score).abs() < 1e-12);
        prop_assert_eq!(one.reasons, other.reasons);
    }

    #[test]
    fn what_may_be_one_venue_is_found_by_key(a in any_cinema(), b in any_cinema()) {
        let found = compare(&a, &b);
        // What is spelled in two ways is found by place only.
        let is_misspelt = |cinema: &Cinema| cinema.name.split(' ').any(|word| word == "Kirkstal");
        prop_assume!(found.distance_metres.is_some() || !is_misspelt(&a) && !is_misspelt(&b));
        let (one, other) = (VenueCandidate::new(a), VenueCandidate::new(b));
        if found.verdict != Verdict::Different {
            prop_assert!(!one.stored_keys().is_disjoint(&other.sought_keys()), "{:?}", found);
            prop_assert!(!other.stored_keys().is_disjoint(&one.sought_keys()), "{:?}", found);
        }
    }

    #[test]
    fn places_of_two_kilometres_share_a_key(latitude in -89.9..89.9, longitude in -180.0..180.0, north in -1.0..1.0, east in -1.0..1.0) {
        let one = Location { latitude, longitude };
        let other = Location {
            latitude: f64::clamp(latitude + north * 0.018, -90.0, 90.0),
            longitude: longitude + east * 0.018 / f64::to_radians(latitude).cos().max(0.000_1),
        };
        prop_assume!(other.longitude.abs() <= 180.0 && one.distance_metres(other) <= comparison::MAX_METRES);
        let keys: BTreeSet<String> = one.keys().into_iter().collect();
        prop_assert!(other.keys().iter().any(|key| keys.contains(key)));
    }

    #[test]
    fn a_word_for_cinemas_in_a_name_changes_no_verdict(a in any_cinema()) {
        let mut named = a.clone();
        named.source = "another".to_owned();
        named.name = format!("Cinema {}", named.name);
        let plain = Cinema { source: "another".to_owned(), ..a.clone() };
        let same = |b: &Cinema| verdict(&a, b) == Verdict::Same;
        prop_assert!(!same(&plain) || same(&named));
    }

    #[test]
    fn duplicates_do_not_depend_on_the_order(listings in prop::collection::vec(any_listing(), 0..12), turn in 0_usize..12) {
        let mut seen = BTreeSet::new();
        let listings: Vec<ListedShowtime> = listings.into_iter().filter(|one| seen.insert(one.showtime_id)).collect();
        let found = find_duplicates(&listings);
        let mut turned = listings.clone();
        turned.rotate_left(if listings.is_empty() { 0 } else { turn % listings.len() });
        prop_assert_eq!(&found, &find_duplicates(&turned));
        let gone: BTreeSet<i32> = found.iter().map(|one| one.showtime_id).collect();
        let of = |id: i32| listings.iter().find(|one| one.showtime_id == id).unwrap();
        for one in &found {
            let (duplicate, counted) = (of(one.showtime_id), of(one.counted_as));
            prop_assert!(!gone.contains(&one.counted_as), "what counts is no duplicate");
            prop_assert!(counted.source_rank < duplicate.source_rank);
            prop_assert_eq!(counted.work_id, duplicate.work_id);
            prop_assert!(counted.auditorium.is_none() || duplicate.auditorium.is_none() || counted.auditorium == duplicate.auditorium);
        }
    }
}
