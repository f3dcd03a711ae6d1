//! What a listing says of films, and the attributes of showtimes.

use source_language::{
    expect::{check_stated, usually_filled},
    rows::{FilmFacts, Showtime},
    storable,
};

use super::*;

/// A step that yields showtimes, with these fields and words besides.
fn step(fields: &str, words: &str) -> String {
    format!(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = {{ url = "https://host.example" }}
        rows = ".[]"
        {words}
        [steps.showtimes.fields]
        key = ".id"
        film_key = {{ const = "f" }}
        film_title = {{ const = "A film" }}
        starts_at = {{ const = "2026-11-21T20:00:00Z", formats = ["rfc3339"], zone = "offset" }}
        {fields}
        "#
    )
}

fn read(fields: &str, words: &str, body: &str) -> Result<Rows, ExtractError> {
    let source = below_cinemas(&step(fields, words)).unwrap();
    source.extract(
        "showtimes",
        &Map::new(),
        &crate::reading::answer(body.as_bytes()),
    )
}

fn showtimes(fields: &str, words: &str, body: &str) -> Vec<Showtime> {
    match read(fields, words, body) {
        Ok(Rows::Showtimes(rows)) => rows,
        other => panic!("{other:?}"),
    }
}

fn refused(steps: &str) -> String {
    below_cinemas(steps).unwrap_err()
}

const FACTS: &str = r#"
    film_original_title = { path = ".original", optional = true }
    film_year = { path = ".year", optional = true }
    film_runtime = { path = ".minutes", optional = true, null_if = ["0"] }
    film_director = { path = ".by", optional = true }
    film_distributor = { path = ".from", optional = true }
    film_released_on = { path = ".out", formats = ["%Y-%m-%d"], optional = true }
"#;
const IDS: &str = r#"film_ids = { imdb = { path = ".imdb", optional = true }, edi = { path = ".edi", optional = true } }"#;

#[test]
fn every_fact_of_a_film_is_read() {
    let body = r#"[{"id": 1, "original": " Les Deux ", "year": "2026", "minutes": 117.6, "by": ["Ann Lee", "", "Bo Ek"],
        "from": "North", "out": "2026-10-02", "imdb": "tt1", "edi": 72},
        {"id": 2, "minutes": 0, "by": "Ann Lee", "original": " "}]"#;
    let rows = showtimes(FACTS, IDS, body);
    let all = &rows[0].film;
    assert_eq!(all.original_title.as_deref(), Some("Les Deux"));
    assert_eq!((all.year, all.runtime_minutes), (Some(2026), Some(118)));
    assert_eq!(all.directors, ["Ann Lee", "Bo Ek"]);
    assert_eq!(all.distributor.as_deref(), Some("North"));
    assert_eq!(all.released_on.unwrap().to_string(), "2026-10-02");
    let ids: Vec<_> = all.ids.iter().map(|id| (&*id.scheme, &*id.value)).collect();
    assert_eq!(ids, [("edi", "72"), ("imdb", "tt1")]);
    let one = FilmFacts {
        directors: vec!["Ann Lee".to_owned()],
        ..FilmFacts::default()
    };
    assert_eq!(rows[1].film, one);
    assert_eq!(rows[1].attributes, None);
}

#[test]
fn a_fact_that_cannot_be_true_is_not_read() {
    for (fact, problem) in [
        (r#""year": 1887"#, "is 1887, which is no year of a film"),
        (r#""year": 2101"#, "between 1888 and 2100"),
        (r#""year": "soon""#, "is no number: `soon`"),
        (r#""minutes": -3"#, "is -3, which is no length of a film"),
        (r#""minutes": 1441"#, "between 1 and 1440"),
        (r#""out": "2026-13-01""#, "is not a time"),
        (r#""by": [["Ann"]]"#, "film_director"),
        (r#""imdb": {"id": 1}"#, "imdb"),
    ] {
        let body = format!("[{{\"id\": 1, {fact}}}]");
        let message = read(FACTS, IDS, &body).unwrap_err().to_string();
        assert!(message.contains(problem), "{fact}: {message}");
        // It is a row that cannot be read: counted, where the definition accepts that.
        let body = format!("[{{\"id\": 1, {fact}}}, {{\"id\": 2}}]");
        let words = format!("{IDS}\nskip_unreadable = \"50%\"");
        let source = below_cinemas(&step(FACTS, &words)).unwrap();
        let answer = crate::reading::answer(body.as_bytes());
        let page = source.extract_page("showtimes", &Map::new(), &answer, 0);
        let Page { rows, gaps, .. } = page.unwrap();
        let Rows::Showtimes(rows) = rows else {
            panic!()
        };
        assert_eq!((rows.len(), gaps.missing), (1, 1), "{fact}");
    }
    for (fact, year) in [("1888", 1888), ("2100", 2100)] {
        let body = format!("[{{\"id\": 1, \"year\": {fact}}}]");
        assert_eq!(showtimes(FACTS, IDS, &body)[0].film.year, Some(year));
    }
}

#[test]
fn a_value_that_must_be_there_is_missed() {
    let message = |fields, words| {
        read(fields, words, r#"[{"id": 1}]"#)
            .unwrap_err()
            .to_string()
    };
    assert!(message("film_director = \".by\"", "").contains("film_director"));
    assert!(message("", "film_ids.imdb = \".imdb\"").contains("imdb"));
    assert!(message("", "attributes.of = \".codes\"").contains("attributes"));
    for words in [
        "attributes.of = \".codes[]\"",
        "attributes.of = \".codes[]?\"",
    ] {
        let rows = showtimes("", words, r#"[{"id": 1, "codes": []}]"#);
        assert_eq!(rows[0].attributes, Some(Vec::new()));
    }
    assert!(message("", "attributes.of = \".codes[]\"").contains("attributes"));
    let rows = showtimes(
        "",
        "attributes.of = \".codes\"",
        r#"[{"id": 1, "codes": []}]"#,
    );
    assert_eq!(rows[0].attributes, Some(Vec::new()));
}

#[test]
fn attributes_are_the_codes_of_several_fields_each_once() {
    let words = r#"attributes = { of = [".kind", "[.tags[].name]", ".tags[].sound", { path = ".more", jq = 'split(" ")', optional = true }], ignore = "Drama", map = { "3D" = "dimension:3d", IMAX = "format:imax" } }"#;
    let body = r#"[{"id": 1, "kind": "3D", "tags": [{"name": "IMAX", "sound": "Atmos"}, {"name": "Sub", "sound": null}], "more": "3D Drama Relaxed"}]"#;
    let rows = showtimes("", words, body);
    let read: Vec<_> = rows[0]
        .attributes
        .iter()
        .flatten()
        .map(|attribute| {
            let meaning = attribute.meaning.as_ref();
            (attribute.code.to_string(), meaning.map(ToString::to_string))
        })
        .collect();
    let mapped = |code: &str, meaning: &str| (code.to_owned(), Some(meaning.to_owned()));
    let bare = |code: &str| (code.to_owned(), None);
    assert_eq!(
        read,
        [
            mapped("3D", "dimension:3d"),
            mapped("IMAX", "format:imax"),
            bare("Sub"),
            bare("Atmos"),
            bare("Relaxed")
        ]
    );
    let source = below_cinemas(&step("", words)).unwrap();
    let meaning = |code| source.attribute_meaning(code).map(ToString::to_string);
    assert_eq!(meaning("IMAX").as_deref(), Some("format:imax"));
    assert_eq!(meaning("Sub"), None);
}

#[test]
fn attributes_of_a_page_come_from_its_elements() {
    let words = r#"
        decode = "html"
        attributes = { of = [{ class_of = ["imax", "dbox"], optional = true }, { css = "b", text = "all", jq = 'split("/")', optional = true }] }"#;
    let words = step("", words)
        .replace("rows = \".[]\"", "rows = \"a\"")
        .replace("\".id\"", "\"@id\"");
    let source = below_cinemas(&words).unwrap();
    let body = "<a id=1 class='x imax'><b>OV/2D</b></a><a id=2></a>";
    let rows = source.extract(
        "showtimes",
        &Map::new(),
        &crate::reading::answer(body.as_bytes()),
    );
    let Ok(Rows::Showtimes(rows)) = rows else {
        panic!("{rows:?}")
    };
    let codes = |row: &Showtime| -> Vec<String> {
        row.attributes
            .iter()
            .flatten()
            .map(|one| one.code.to_string())
            .collect()
    };
    assert_eq!(codes(&rows[0]), ["imax", "OV", "2D"]);
    assert_eq!(codes(&rows[1]), [""; 0]);
}

#[test]
fn names_and_lists_are_bounded() {
    let long = |bytes: usize| "x".repeat(bytes);
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        serde_json::to_string(&names).unwrap()
    };
    let words = format!("{IDS}\nattributes.of = {{ path = \".codes\", optional = true }}");
    for (fact, is_storable) in [
        (format!("\"original\": \"{}\"", long(2_000)), true),
        (format!("\"original\": \"{}\"", long(2_001)), false),
        (format!("\"from\": \"{}\"", long(2_001)), false),
        (format!("\"by\": [\"{}\"]", long(2_001)), false),
        (format!("\"by\": {}", many(50)), true),
        (format!("\"by\": {}", many(51)), false),
        (format!("\"imdb\": \"{}\"", long(200)), true),
        (format!("\"imdb\": \"{}\"", long(201)), false),
        (format!("\"codes\": {}", many(64)), true),
        (format!("\"codes\": {}", many(65)), false),
        (format!("\"codes\": \"{}\"", long(201)), false),
        ("\"out\": \"9999-01-01\"".to_owned(), false),
    ] {
        let body = format!("[{{\"id\": 1, {fact}}}]");
        let result = read(FACTS, &words, &body);
        let shown = &fact[..fact.len().min(40)];
        assert_eq!(result.is_ok(), is_storable, "{shown}: {result:?}");
    }
    let mut rows = showtimes(FACTS, "", r#"[{"id": 1}]"#);
    rows[0].film_title = long(2_001);
    let message = storable::check(&Rows::Showtimes(rows)).unwrap_err();
    assert!(message.to_string().contains("`film_title` has 2001 bytes"));
}

#[test]
fn words_of_films_are_for_showtimes() {
    let items = |words: &str| {
        refused(&format!(
            "[steps.films]\nevery = \"1h\"\nyields = \"items\"\nas = \"film\"\nrequest = {{ url = \"https://host.example\" }}\n\
             rows = \".[]\"\nfields.key = \".id\"\n{words}"
        ))
    };
    let message = items("film_ids = { imdb = \".id\" }");
    assert!(message.contains("items have no film_ids"), "{message}");
    let message = items("attributes.of = \".codes\"");
    assert!(message.contains("items have no attributes"), "{message}");
    let message = items("fields.film_year = \".year\"");
    assert!(message.contains("film_year"), "{message}");
    for (words, problem) in [
        (
            "film_ids = { IMDb = \".id\" }",
            "`IMDb` is no name of a scheme",
        ),
        (
            "attributes = { of = \".a\", ignore = [\"X\"], map = { X = \"format:imax\" } }",
            "`X` is mapped and ignored",
        ),
        ("attributes.of = []", "the list of fields is empty"),
        (
            "attributes = { of = \".a\", map = { X = \"imax\" } }",
            "KIND:WORD",
        ),
        (
            "attributes = { of = \".a\", map = { X = \"screen:imax\" } }",
            "no kind of an attribute",
        ),
        (
            "attributes.of = { path = \".a\", zone = \"utc\" }",
            "are for times",
        ),
        ("attributes.of = \".a | nonsense(\"", "is not jq"),
    ] {
        let message = refused(&step("", words));
        assert!(message.contains(problem), "{words}: {message}");
    }
    let message = refused(&step("film_released_on = \".out\"", ""));
    assert!(message.contains("this time has no format"), "{message}");
    let many: Vec<String> = (0..17)
        .map(|number| format!("s{number} = \".id\""))
        .collect();
    let message = refused(&step("", &format!("film_ids = {{ {} }}", many.join(", "))));
    assert!(message.contains("there are 17 schemes"), "{message}");
}

#[test]
fn what_a_listing_says_of_films_may_be_expected_and_is_not_learnt() {
    let rows: Vec<String> = (0..40)
        .map(|id| format!(r#"{{"id": {id}, "year": 2026, "imdb": "tt1", "codes": ["3D"]}}"#))
        .collect();
    let words = format!("{IDS}\nattributes.of = {{ path = \".codes\", optional = true }}");
    let expected = |field: &str| {
        let words = format!("{words}\nexpect.filled = {{ {field} = 0.5 }}");
        let source = below_cinemas(&step(FACTS, &words)).unwrap();
        let body = format!("[{}]", rows.join(","));
        let answer = crate::reading::answer(body.as_bytes());
        let rows = source.extract("showtimes", &Map::new(), &answer).unwrap();
        assert_eq!(usually_filled(&rows), [""; 0]);
        let expect = &source.definition().steps["showtimes"].expect;
        check_stated(&rows, expect, NOW)
    };
    for field in ["film_year", "film_ids", "attributes"] {
        assert!(expected(field).is_ok(), "{field}");
    }
    for field in [
        "film_original_title",
        "film_runtime",
        "film_director",
        "film_distributor",
        "film_released_on",
    ] {
        assert!(expected(field).is_err(), "{field}");
    }
}
