//! Answers that are broken, empty, lying or hostile: errors, never panics or guesses.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use source_language::{
    definition::Definition,
    extract::{Answer, ExtractError},
    rows::{Rows, SeatStatus},
    source::{Source, shipped::SHIPPED},
};

use crate::{
    reading::{NOW, params, shipped},
    words::{HEAD, below_cinemas},
};

mod costly;
mod decoders;
mod expressions;
mod loops;
mod times;

/// Returns a source with these words after its cinemas.
fn source(words: &str) -> Source {
    below_cinemas(words).unwrap_or_else(|error| panic!("{error}"))
}

fn showtimes_with(starts_at: &str) -> Source {
    source(&format!(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = {{ url = "https://host.example" }}
        rows = ".shows[]"
        fields = {{ key = ".id", film_key = ".id", film_title = ".id", starts_at = {starts_at} }}
        "#
    ))
}

fn read(source: &Source, step: &str, body: &str) -> Result<Rows, ExtractError> {
    let answer = Answer {
        status: 200,
        content_type: None,
        body: body.as_bytes(),
        received_at: NOW,
    };
    source.extract(step, &Map::new(), &answer)
}

#[test]
fn an_answer_that_is_no_success_is_refused() {
    let bhd = shipped("bhd");
    let fails = |body: &str| read(&bhd, "cinemas", body).unwrap_err();
    assert!(matches!(
        fails(r#"{"ResponseCode":1,"Cinemas":[]}"#),
        ExtractError::Refused { .. }
    ));
    assert!(matches!(fails("{}"), ExtractError::Refused { .. }));
    assert!(matches!(fails("<html>"), ExtractError::Page));
    assert!(matches!(fails(""), ExtractError::Malformed { .. }));
    assert!(matches!(
        fails(r#"{"ResponseCode":0} x"#),
        ExtractError::Malformed { .. }
    ));
    let answer = Answer {
        status: 503,
        content_type: None,
        body: b"{}",
        received_at: NOW,
    };
    let error = bhd.extract("cinemas", &Map::new(), &answer).unwrap_err();
    assert!(matches!(error, ExtractError::Status { status: 503 }));
}

#[test]
fn a_hidden_second_page_is_refused() {
    let body = include_str!("../../../sources/bodies/amc/showtimes.json");
    let more = body.replace(r#""hasNextPage":false"#, r#""hasNextPage":true"#);
    let error = read(&shipped("amc"), "showtimes", &more).unwrap_err();
    assert!(error.to_string().contains("hasNextPage"), "{error}");
    let errors = body.replacen('{', r#"{"errors":[{"message":"no"}],"#, 1);
    assert!(matches!(
        read(&shipped("amc"), "showtimes", &errors),
        Err(ExtractError::Refused { .. })
    ));
}

#[test]
fn a_missing_list_is_told_from_an_empty_one() {
    let bhd = shipped("bhd");
    let missing = read(&bhd, "showtimes", r#"{"ResponseCode":0}"#).unwrap_err();
    assert!(
        matches!(missing, ExtractError::NoContainer { .. }),
        "{missing}"
    );
    let empty = read(&bhd, "showtimes", r#"{"ResponseCode":0,"Sessions":[]}"#).unwrap();
    assert_eq!(empty, Rows::Showtimes(Vec::new()));
    let no_cinemas = read(&bhd, "cinemas", r#"{"ResponseCode":0,"Cinemas":[]}"#).unwrap_err();
    assert!(matches!(no_cinemas, ExtractError::Empty));
    let seats =
        r#"{"ResponseCode":0,"SeatLayoutData":{"Areas":[{"Rows":[{"PhysicalName":"A"}]}]}}"#;
    assert!(matches!(
        read(&bhd, "seats", seats),
        Err(ExtractError::NoList { .. })
    ));
    let page = read(&shipped("megabox"), "seats", "<html>login</html>").unwrap_err();
    assert!(matches!(page, ExtractError::Empty));
}

#[test]
fn the_same_key_twice_is_an_error_that_names_it() {
    let body = include_str!("../../../sources/bodies/cgv-id/seats.html");
    let twice = body.replace(r#"attr-code="B2""#, r#"attr-code="B1""#);
    let error = read(&shipped("cgv-id"), "seats", &twice).unwrap_err();
    assert_eq!(error.to_string(), "rows 0 and 1 have the same key `B1`");
}

#[test]
fn a_missing_value_names_row_and_field() {
    let body = include_str!("../../../sources/bodies/bhd/seats.json");
    let error = read(
        &shipped("bhd"),
        "seats",
        &body.replace("\"Id\": \"3\"", "\"No\": 3"),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "row 4: field `number` has no value"
    );
}

#[test]
fn an_unmapped_code_can_be_made_an_error() {
    let (_, text) = SHIPPED.iter().find(|(name, _)| *name == "bhd").unwrap();
    let strict = text.replace("otherwise = \"unmapped\"", "otherwise = \"error\"");
    let source = Source::compile(Definition::parse(&strict, "bhd.toml").unwrap()).unwrap();
    let error = read(
        &source,
        "seats",
        include_str!("../../../sources/bodies/bhd/seats.json"),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "row 4: the status code `9` is not mapped"
    );
}

#[test]
fn jq_reshapes_where_a_path_does_not_reach() {
    let source = source(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = { url = "https://host.example" }
        rows = '.days | to_entries[] | .key as $day | .value[] | {day: $day, show: .}'
        [steps.showtimes.fields]
        key = ".show.id"
        film_key = '.show.film | ascii_downcase'
        film_title = ".show.film"
        starts_at = { template = "{.day} {.show.time}", formats = ["%Y-%m-%d %I:%M %p"], zone = "venue" }
        [steps.showtimes.carry]
        half = ".show.id / 2"
        "#,
    );
    let body = r#"{"days":{"2026-11-21":[{"id":3,"film":"UP","time":"2:20 PM"}]}}"#;
    let Ok(Rows::Showtimes(shows)) = read(&source, "showtimes", body) else {
        panic!()
    };
    assert_eq!(
        (shows[0].key.as_str(), shows[0].film_key.as_str()),
        ("3", "up")
    );
    assert_eq!(shows[0].starts_at.to_string(), "2026-11-21T13:20:00Z");
    assert_eq!(shows[0].carry.get("half"), Some(&json!(1.5)));
}

#[test]
fn jq_reads_neither_clock_nor_environment() {
    for expression in ["now", "env.PATH", "$ENV.PATH", "input", "halt"] {
        let words = format!(
            "{}\n",
            HEAD.replace("rows = \".[]\"", &format!("rows = '[{expression}][]'"))
        );
        let compiled = Source::compile(Definition::parse(&words, "test.toml").unwrap());
        assert!(compiled.is_err(), "{expression}");
    }
}

#[test]
fn a_body_is_read_in_its_character_set() {
    let source = shipped("cgv-id");
    let page = r#"<a class="cinema" id="1" title="Café"></a>"#;
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(page);
    let content_type = Some("text/html; charset=\"ISO-8859-1\"");
    let answer = Answer {
        status: 200,
        content_type,
        body: &bytes,
        received_at: NOW,
    };
    let Ok(Rows::Cinemas(cinemas)) = source.extract("cinemas", &Map::new(), &answer) else {
        panic!()
    };
    assert_eq!(cinemas[0].name, "Café");
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(
        read(&shipped("cds"), "seats", &deep),
        Err(ExtractError::Malformed { .. })
    ));
}

/// Returns the body of every step that ships, with its source.
fn bodies() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        (
            "bhd",
            "seats",
            include_str!("../../../sources/bodies/bhd/seats.json"),
        ),
        (
            "bhd",
            "showtimes",
            include_str!("../../../sources/bodies/bhd/showtimes.json"),
        ),
        (
            "major",
            "seats",
            include_str!("../../../sources/bodies/major/seats.json"),
        ),
        (
            "cds",
            "seats",
            include_str!("../../../sources/bodies/cds/seats.json"),
        ),
        (
            "cds",
            "showtimes",
            include_str!("../../../sources/bodies/cds/showtimes.json"),
        ),
        (
            "amc",
            "seats",
            include_str!("../../../sources/bodies/amc/seats.json"),
        ),
        (
            "megabox",
            "seats",
            include_str!("../../../sources/bodies/megabox/seats.html"),
        ),
        (
            "cgv-kr",
            "seats",
            include_str!("../../../sources/bodies/cgv-kr/seats.html"),
        ),
        (
            "cgv-id",
            "seats",
            include_str!("../../../sources/bodies/cgv-id/seats.html"),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is cut out of a body, or put in, extraction returns; and a seat without a
    /// meaning keeps its code.
    #[test]
    fn a_damaged_body_never_panics(
        which in 0_usize..9,
        from in 0.0_f64..1.0,
        length in 0_usize..60,
        put in "[\\x00-\\x7f]{0,12}",
    ) {
        let (name, step, body) = bodies()[which];
        let given = params(json!({ "showtime": {
            "front_to_back": true, "left_to_right": true, "skip_missing": "x"
        } }));
        let mut bytes = body.as_bytes().to_vec();
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let start = (bytes.len() as f64 * from) as usize;
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, put.bytes());
        let answer = Answer { status: 200, content_type: None, body: &bytes, received_at: NOW };
        if let Ok(Rows::Seats(map)) = shipped(name).extract(step, &given, &answer) {
            for seat in &map.seats {
                prop_assert!(!seat.key.is_empty());
                prop_assert!(seat.status != Some(SeatStatus::Unknown));
            }
        }
    }

    /// Any JSON at all is read or refused by every JSON step.
    #[test]
    fn any_json_is_read_or_refused(numbers in proptest::collection::vec(any::<f64>(), 0..4)) {
        let values: Vec<Value> = numbers.iter().map(|number| json!(number)).collect();
        let body = json!({
            "ResponseCode": 0, "status": 200, "Cinemas": values, "Sessions": [values],
            "result": { "seats": { "a": { "Columns": values } } },
        }).to_string();
        for name in ["bhd", "major", "cds", "amc"] {
            for step in ["cinemas", "showtimes", "seats"] {
                let _ = read(&shipped(name), step, &body);
            }
        }
    }
}
