//! What the listings of the shipped definitions say of films and showtimes, on bodies written for
//! them. The recordings of the others have theirs.

use serde_json::Map;
use source_language::rows::{Rows, Showtime};

use crate::reading::{answer, shipped};

macro_rules! body {
    ($file:literal) => {
        include_bytes!(concat!("../../../sources/bodies/", $file)).as_slice()
    };
}

fn showtimes(name: &str, body: &[u8]) -> Vec<Showtime> {
    match shipped(name).extract("showtimes", &Map::new(), &answer(body)) {
        Ok(Rows::Showtimes(showtimes)) => showtimes,
        other => panic!("{name}: {other:?}"),
    }
}

/// Each attribute with its meaning.
fn attributes(row: &Showtime) -> Vec<String> {
    let all = row.attributes.iter().flatten();
    all.map(|one| match &one.meaning {
        Some(meaning) => format!("{} {meaning}", one.code),
        None => format!("{} ?", one.code),
    })
    .collect()
}

fn ids(row: &Showtime) -> Vec<(&str, &str)> {
    let ids = row.film.ids.iter();
    ids.map(|id| (id.scheme.as_str(), id.value.as_str()))
        .collect()
}

#[test]
fn amc_ignores_amenities_and_keeps_what_nothing_maps() {
    let rows = showtimes("amc", body!("amc/showtimes.json"));
    assert_eq!(attributes(&rows[0]), ["imax format:imax", "openbar ?"]);
    assert!(rows[0].film.is_empty());
}

#[test]
fn bhd_has_lengths_distributors_and_words() {
    let rows = showtimes("bhd", body!("bhd/showtimes.json"));
    let film = &rows[0].film;
    assert_eq!(film.original_title.as_deref(), Some("La Dernière Bobine"));
    assert_eq!(film.runtime_minutes, Some(104));
    assert_eq!(film.distributor.as_deref(), Some("CJ HK"));
    assert_eq!(film.released_on.unwrap().to_string(), "2026-11-20");
    assert_eq!(
        attributes(&rows[0]),
        ["2D dimension:2d", "Phụ đề subtitles:vi", "Gold Class ?"]
    );
    // A length of 0 is none.
    assert!(rows[1].film.is_empty());
    assert_eq!(attributes(&rows[1]), [""; 0]);
}

#[test]
fn cds_has_the_number_of_a_visa_and_options_that_nothing_maps() {
    let rows = showtimes("cds", body!("cds/showtimes.json"));
    assert_eq!(ids(&rows[0]), [("visa", "151052")]);
    assert_eq!(rows[0].film.runtime_minutes, Some(97));
    assert_eq!(attributes(&rows[0]), ["12 ?", "20 ?"]);
    assert!(rows[1].film.is_empty());
    assert_eq!(rows[1].attributes, Some(Vec::new()));
}

#[test]
fn cgv_id_takes_a_text_of_formats_apart() {
    let rows = showtimes("cgv-id", body!("cgv-id/showtimes.html"));
    assert_eq!(ids(&rows[0]), [("imdb", "tt9100088")]);
    assert_eq!(
        attributes(&rows[0]),
        ["STARIUM format:starium", "3D dimension:3d"]
    );
}

#[test]
fn cgv_kr_has_facts_in_attributes_of_the_element() {
    let rows = showtimes("cgv-kr", body!("cgv-kr/showtimes.html"));
    let film = &rows[0].film;
    assert_eq!(film.original_title.as_deref(), Some("The Wave"));
    assert_eq!(film.directors, ["한가람", "Park Seo"]);
    assert_eq!(film.runtime_minutes, Some(111));
    assert_eq!(
        attributes(&rows[0]),
        ["2D dimension:2d", "자막 subtitles:ko", "4DX ?"]
    );
    assert!(rows[1].film.is_empty());
    assert_eq!(rows[1].attributes, Some(Vec::new()));
}

#[test]
fn major_tells_the_language_of_subtitles_apart() {
    let rows = showtimes("major", body!("major/showtimes.json"));
    let film = &rows[0].film;
    assert_eq!(film.original_title.as_deref(), Some("เรือข้ามคืน"));
    assert_eq!((film.year, film.runtime_minutes), (Some(2026), Some(118)));
    assert_eq!(film.directors, ["Anan Sri", "May Chai"]);
    assert_eq!(film.distributor.as_deref(), Some("GDH"));
    assert_eq!(ids(&rows[0]), [("imdb", "tt9100005")]);
    assert_eq!(
        attributes(&rows[0]),
        [
            "DIGITAL 3D dimension:3d",
            "TH language:th",
            "Sub EN subtitles:en"
        ]
    );
    // Nothing is said of subtitles by an empty text.
    let body = String::from_utf8(body!("major/showtimes.json").to_vec()).unwrap();
    let rows = showtimes(
        "major",
        body.replace("\"Subtitle\":\"EN\"", "\"Subtitle\":\"\"")
            .as_bytes(),
    );
    assert_eq!(
        attributes(&rows[0]),
        ["DIGITAL 3D dimension:3d", "TH language:th"]
    );
}

#[test]
fn megabox_takes_a_kind_in_brackets_apart() {
    let rows = showtimes("megabox", body!("megabox/showtimes.html"));
    assert_eq!(rows[0].film.runtime_minutes, Some(99));
    assert_eq!(rows[0].film.released_on.unwrap().to_string(), "2026-11-20");
    assert_eq!(
        attributes(&rows[0]),
        ["3D dimension:3d", "더빙 language:ko"]
    );
    assert_eq!(rows[1].attributes, Some(Vec::new()));
}
