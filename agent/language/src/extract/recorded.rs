//! The shipped definitions against answers that were recorded, where those are at hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value, json};

use super::Answer;
use crate::{
    definition::Definition,
    rows::{Rows, SeatMap, SeatStatus},
    source::{Source, shipped::SHIPPED},
};

/// When the answers of tests come.
pub(super) const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_795_262_400, 0);

/// Returns a shipped source, ready to run.
pub(super) fn shipped(name: &str) -> Source {
    let (_, text) = SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .unwrap();
    let definition = Definition::parse(text, &format!("{name}.toml"));
    Source::compile(definition.unwrap_or_else(|error| panic!("{error}")))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Reads the seats of `body`.
pub(super) fn seats(name: &str, params: &Map<String, Value>, body: &[u8]) -> SeatMap {
    let answer = Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    };
    match shipped(name).extract("seats", params, &answer) {
        Ok(Rows::Seats(map)) => map,
        other => panic!("{name}: {other:?}"),
    }
}

/// Counts seats by code.
pub(super) fn codes(map: &SeatMap) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for seat in &map.seats {
        *counts.entry(seat.code.as_str()).or_default() += 1;
    }
    counts
}

/// Counts seats by what their code means.
pub(super) fn count(map: &SeatMap, status: Option<SeatStatus>) -> usize {
    map.seats
        .iter()
        .filter(|seat| seat.status == status)
        .count()
}

/// Reads the parameters of a test.
pub(super) fn params(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

#[test]
fn every_recorded_seat_map_gives_the_counts_of_its_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/formats");
    if !folder.exists() {
        println!("skipped: there are no recordings at {}", folder.display());
        return;
    }
    let none = Map::new();
    let flags = params(json!({ "showtime": {
        "front_to_back": true, "left_to_right": false, "skip_missing": false
    } }));
    let read = |name: &str, file: &str, params: &Map<String, Value>| {
        seats(name, params, &fs::read(folder.join(file)).unwrap())
    };
    let is = |map: &SeatMap, expected: &[(&str, usize)], available, sold| {
        assert_eq!(codes(map), expected.iter().copied().collect());
        let by_status = (
            count(map, Some(SeatStatus::Available)),
            count(map, Some(SeatStatus::Sold)),
            count(map, None),
        );
        assert_eq!(by_status, (available, sold, 0));
    };

    let bhd = read("bhd", "bhd-vista-restdata/seat-plan.json", &none);
    is(&bhd, &[("0", 155), ("1", 1)], 155, 1);
    let sofas: BTreeMap<&str, usize> = bhd.seats.iter().filter(|seat| seat.kind == "sofa").fold(
        BTreeMap::new(),
        |mut groups, seat| {
            *groups.entry(seat.group.as_str()).or_default() += 1;
            groups
        },
    );
    assert_eq!(sofas.values().collect::<Vec<_>>(), [&2; 5]);

    let cds = read("cds", "cds-fr-matrix/shows-1-seatmap.json", &flags);
    is(&cds, &[("1", 335), ("3", 31), ("11", 5)], 340, 31);
    let seat = cds
        .seats
        .iter()
        .find(|seat| (seat.y, seat.x) == (Some(5), Some(18)))
        .unwrap();
    assert_eq!(seat.key, "E_16");

    let major = read("major", "major-th-vista/GetSessionSeatData.json", &none);
    is(
        &major,
        &[("Empty", 37), ("Reserved", 1), ("Broken", 2)],
        37,
        1,
    );
    let prices: Vec<_> = major
        .prices
        .iter()
        .map(|price| price.amount.to_string())
        .collect();
    assert_eq!(prices, ["700", "650"]);

    let amc = read(
        "amc",
        "amc-graphql/showtime-145377417-seats.excerpt.json",
        &none,
    );
    assert_eq!((amc.seats.len(), count(&amc, None)), (63, 0));
    let with = |part: &str| {
        amc.seats
            .iter()
            .filter(|seat| seat.code.contains(part))
            .count()
    };
    assert_eq!(
        (
            with("|Sold|"),
            with("|Available|"),
            with("|Unblocked|Wheelchair")
        ),
        (58, 3, 2)
    );

    let megabox = read("megabox", "megabox-kr-html/seat-select.html", &none);
    is(
        &megabox,
        &[("common", 76), ("finish", 18), ("disabled", 2)],
        78,
        18,
    );

    let cgv = read("cgv-kr", "cgv-kr-html/seat-select.html", &none);
    is(&cgv, &[("", 24), ("handicap", 2), ("reserved", 98)], 26, 98);

    let cgv = read("cgv-id", "cgv-id-html/seat.html", &none);
    is(&cgv, &[("", 152)], 152, 0);
    assert_eq!(cgv.prices.len(), 1);
    assert_eq!(
        cgv.prices
            .first()
            .map(|p| (p.amount.to_string(), p.currency.as_str())),
        Some(("75000".to_owned(), "IDR"))
    );
}

/// Reads the keys of items in a recording.
fn keys(words: &str, body: &[u8]) -> Vec<String> {
    let text = format!(
        r#"
        name = "test"
        title = "Test"
        access = "public"
        territory = "GB"
        timezone = "Europe/London"
        currency = "GBP"
        limit = {{ key = "host", rate = 1.0, burst = 1 }}
        [steps.items]
        every = "1h"
        yields = "items"
        as = "thing"
        request = {{ url = "https://host.example" }}
        {words}
        "#
    );
    let source = Source::compile(Definition::parse(&text, "test.toml").unwrap()).unwrap();
    let answer = Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    };
    match source.extract("items", &Map::new(), &answer) {
        Ok(Rows::Items(items)) => items.into_iter().map(|item| item.key).collect(),
        other => panic!("{words}: {other:?}"),
    }
}

#[test]
fn every_recorded_container_is_opened() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/formats");
    if !folder.exists() {
        println!("skipped: there are no recordings at {}", folder.display());
        return;
    }
    let read = |words: &str, file: &str| keys(words, &fs::read(folder.join(file)).unwrap());

    let soap = r#"decode = ["xml", "json_string:.Envelope.Body.GetSeancesPassCultureResponse.GetSeancesPassCultureResult"]
        rows = ".ObjetRetour.Films[].Seances[]"
        fields = { key = ".IDSeance" }"#;
    assert_eq!(
        read(soap, "cgr-fr-soap/GetSeancesPassCulture.xml"),
        ["177182"]
    );

    let header = r#"decode = "js:articleContext"
        rows = ".searchResults[]"
        header = ".searchHeaders"
        fields = { key = { path = ".Id", regex = "^(.{8})" } }"#;
    let found = read(header, "bfi-audienceview/a-complete-unknown.html");
    assert_eq!((found.len(), found[0].as_str()), (2, "330BA91B"));

    let data = r#"decode = "js:electric"
        rows = ".filmData.cinemas[]"
        fields = { key = ".title" }"#;
    assert!(read(data, "electric-html/portobello.html").contains(&"White City".to_owned()));

    let linked = r#"decode = ["html", "json_ld:ScreeningEvent"]
        rows = ".[]"
        same_key = "first"
        fields = { key = ".startDate" }"#;
    assert!(!read(linked, "castle-html/programme-93216.html").is_empty());

    let feed = r#"decode = "xml"
        rows = ".feed.attributes.attribute[]"
        fields = { key = ".[\"@code\"]" }"#;
    let codes = read(feed, "cineworld-legacy/weekly_film_times.xml");
    assert_eq!(codes[..2], ["2D", "3D"]);
}
