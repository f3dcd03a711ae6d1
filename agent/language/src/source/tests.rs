#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value
)]

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{SecretRules, Source, shipped::SHIPPED};
use crate::{
    definition::Definition,
    rows::{Cinema, FilmFacts, Rows, Showtime},
};

fn shipped(name: &str) -> Source {
    let (_, text) = SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .unwrap();
    Source::compile(Definition::parse(text, name).unwrap()).unwrap()
}

fn params(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn with_secret(request: &str) -> Source {
    let text = format!(
        r#"
        name = "secretive"
        title = "Secretive"
        access = "public"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        [limit]
        key = "host"
        rate = 1.0
        burst = 1
        [secrets]
        token = "file:{}/Cargo.toml"
        nowhere = "env:FULLHOUSE_SECRET_IS_NOT_SET"
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        request = {request}
        rows = ".[]"
        fields = {{ key = ".id", name = ".id" }}
        "#,
        env!("CARGO_MANIFEST_DIR")
    );
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = SecretRules::new("FULLHOUSE_SECRET_", here, None).unwrap();
    Source::compile_with(Definition::parse(&text, "test.toml").unwrap(), &rules).unwrap()
}

#[test]
fn one_source_serves_all_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&shipped("bhd"));
}

#[test]
fn values_are_encoded_in_addresses() {
    let given = params(json!({ "cinema": { "key": "0001" }, "showtime": { "key": "../a b?c" } }));
    let request = shipped("bhd").request("seats", &given).unwrap();
    assert_eq!(
        request.url.as_str(),
        "https://api.bhdstar.example.org/cinemas/0001/sessions/..%2Fa%20b%3Fc/seat-plan"
    );
    let request = shipped("major").request("seats", &given).unwrap();
    assert_eq!(
        request.url.query(),
        Some("cinema=0001&session=..%2Fa+b%3Fc")
    );
    assert_eq!((request.method.as_str(), request.body), ("GET", None));
}

#[test]
fn graphql_variables_keep_their_type() {
    let given = params(json!({ "cinema": { "id": 12 }, "showtime": { "id": 900_100 } }));
    let request = shipped("amc").request("seats", &given).unwrap();
    assert_eq!(
        (request.method.as_str(), request.url.path()),
        ("POST", "/graphql")
    );
    assert_eq!(request.headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(body["variables"], json!({ "showtimeId": 900_100 }));
    assert_eq!(body["operationName"], "Seats");
    assert!(
        body["query"]
            .as_str()
            .unwrap()
            .starts_with("query Seats($showtimeId: Int!) {")
    );
}

#[test]
fn a_missing_value_is_an_error() {
    let error = shipped("bhd").request("seats", &Map::new()).unwrap_err();
    assert!(error.to_string().contains("template of `url`"), "{error}");
    assert!(shipped("bhd").request("weather", &Map::new()).is_err());
}

#[test]
fn a_secret_is_sent_and_never_shown() {
    let source = with_secret(
        r#"{ url = "https://host.example/", query = { token = "{{ secret.token | length }}x{{ secret.token[:9] }}" } }"#,
    );
    let request = source.request("cinemas", &Map::new()).unwrap();
    assert!(request.url.as_str().contains("package"), "{}", request.url);
    let shown = format!("{request:?} {source:?} {}", request.shown_url());
    assert!(!shown.contains("%5Bpackage"), "{shown}");
    assert!(request.shown_url().contains("***"));

    let source = with_secret(
        r#"{ url = "https://host.example/", headers = { Authorization = "Bearer {{ secret.nowhere }}" } }"#,
    );
    let error = source.request("cinemas", &Map::new()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("env:FULLHOUSE_SECRET_IS_NOT_SET"), "{cause}");
}

#[test]
fn a_form_is_encoded() {
    let source =
        with_secret(r#"{ url = "https://host.example/", form = { q = "a b&c", z = "1" } }"#);
    let request = source.request("cinemas", &Map::new()).unwrap();
    assert_eq!(request.body.as_deref(), Some(b"q=a+b%26c&z=1".as_slice()));
    assert_eq!(request.method.as_str(), "POST");
}

#[test]
fn each_row_gives_a_task_for_each_step_below() {
    let source = shipped("bhd");
    let cinema = Cinema {
        key: "0001".to_owned(),
        name: "One".to_owned(),
        timezone: "Asia/Ho_Chi_Minh".to_owned(),
        ..Cinema::default()
    };
    let found = source.discover("cinemas", &Map::new(), &Rows::Cinemas(vec![cinema]));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].step.as_str(), found[0].key.as_str()),
        ("showtimes", "0001")
    );
    assert_eq!(found[0].params["cinema"]["timezone"], "Asia/Ho_Chi_Minh");

    let showtime = Showtime {
        key: "77".to_owned(),
        film_key: "F".to_owned(),
        film_title: "Film".to_owned(),
        auditorium_key: None,
        auditorium_name: None,
        starts_at: "2026-11-21T12:30:00Z".parse().unwrap(),
        business_on: None,
        seats_total: None,
        seats_available: None,
        sold_out: None,
        film: FilmFacts::default(),
        attributes: None,
        carry: params(json!({ "id": 77 })),
    };
    let rows = Rows::Showtimes(vec![showtime]);
    let found = source.discover("showtimes", &found[0].params, &rows);
    assert_eq!(
        (found[0].step.as_str(), found[0].key.as_str()),
        ("seats", "0001/77")
    );
    assert_eq!(found[0].params["cinema"]["key"], "0001");
    assert_eq!(
        found[0].params["showtime"],
        json!({ "key": "77", "film_key": "F", "starts_at": "2026-11-21T12:30:00Z", "id": 77 })
    );
    assert_eq!(found[0].row_index, 0);
}

/// A gate sees that a showtime is sold out; templates do not, or its task would be written again
/// whenever it changes.
#[test]
fn a_gate_may_be_whether_a_showtime_is_sold_out() {
    let (_, text) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "cineplex")
        .unwrap();
    let text = text.replace("showtime.seats_available", "showtime.sold_out");
    let definition = Definition::parse(&text, "cineplex.toml").unwrap();
    let source = Source::compile(definition).unwrap();
    let task = |sold_out| {
        let row = Showtime {
            key: "77".to_owned(),
            film_key: "F".to_owned(),
            film_title: "Film".to_owned(),
            auditorium_key: None,
            auditorium_name: None,
            starts_at: "2026-11-21T12:30:00Z".parse().unwrap(),
            business_on: None,
            seats_total: None,
            seats_available: None,
            sold_out,
            film: FilmFacts::default(),
            attributes: None,
            carry: Map::new(),
        };
        let found = source.discover("showtimes", &Map::new(), &Rows::Showtimes(vec![row]));
        let seats = found.into_iter().find(|task| task.step == "seats");
        seats.unwrap()
    };
    let gates = [Some(true), Some(false), None].map(|sold_out| task(sold_out).gate);
    assert_eq!(
        gates,
        [Some("true".to_owned()), Some("false".to_owned()), None]
    );
    assert_eq!(task(Some(true)).params, task(Some(false)).params);
}

#[test]
fn what_does_not_compile_is_told_with_its_line() {
    let (_, text) = SHIPPED.iter().find(|(name, _)| *name == "bhd").unwrap();
    for (old, new, expected) in [
        ("\".Cinemas[]\"", "\".Cinemas | nope[]\"", "nope"),
        ("\".Cinemas[]\"", "\"[.Cinemas\"", "is not jq"),
        ("\"row.PhysicalName\"", "\"rows.PhysicalName\"", "rows"),
        (
            "\"area\", \"row\", \"seat\"",
            "\"area\"",
            "1 names for 3 levels",
        ),
        (
            "number = \".Id\"",
            "number = { path = \".Id\", regex = \"x\" }",
            "no group",
        ),
        (
            "number = \".Id\"",
            "number = { attr = \"id\" }",
            "for pages",
        ),
        (
            "row    = \"row.PhysicalName\"",
            "row = { template = \"{row}\" }",
            "names itself",
        ),
    ] {
        assert!(text.contains(old), "{old}");
        let broken = Definition::parse(&text.replacen(old, new, 1), "bhd.toml").unwrap();
        let error = Source::compile(broken).unwrap_err();
        let line = text.lines().position(|line| line.contains(old)).unwrap() + 1;
        assert!(error.to_string().contains(expected), "{new}: {error}");
        assert_eq!(error.line, line, "{error}");
    }
}
