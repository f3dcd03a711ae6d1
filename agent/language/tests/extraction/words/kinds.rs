//! The kinds of rows beside cinemas and showtimes, and what only they have.

use super::*;
use source_language::rows::{Price, SeatStatus};

fn prices(words: &str, body: &str) -> Result<Vec<Price>, ExtractError> {
    let source = source(&format!(
        r#"
        [steps.prices]
        for_each = "showtimes"
        every = "1h"
        yields = "prices"
        request = {{ url = "https://host.example" }}
        {words}
        "#
    ));
    match page(&source, "prices", &Map::new(), body)?.rows {
        Rows::Prices(prices) => Ok(prices),
        other => panic!("{other:?}"),
    }
}

#[test]
fn prices_are_rows_of_their_own() {
    let words = r#"rows = ".[]"
        fields = { ticket = ".t", amount = { path = ".from", minor_digits = 2 }, amount_max = { path = ".to", optional = true, minor_digits = 2 }, fee = { path = ".fee", optional = true }, tax = { path = ".tax", optional = true, map = { Y = "included", N = "excluded" } } }"#;
    let body =
        r#"[{"t":"adult","from":1150,"to":1450,"fee":"0.5","tax":"Y"},{"t":"child","from":700}]"#;
    let read = prices(words, body).unwrap();
    assert_eq!(
        (read[0].amount.to_string(), read[0].currency.as_str()),
        ("11.5".to_owned(), "EUR")
    );
    assert_eq!(read[0].amount_max.unwrap().to_string(), "14.5");
    assert_eq!(read[0].fee.unwrap().to_string(), "0.5");
    assert_eq!(
        (read[0].tax_included, read[1].tax_included),
        (Some(true), None)
    );
    let fails = |from: &str, to: &str| {
        prices(words, &body.replacen(from, to, 1))
            .unwrap_err()
            .to_string()
    };
    assert!(fails("1450", "900").contains("less than the amount"));
    assert!(fails("\"Y\"", "\"maybe\"").contains("neither `included` nor `excluded`"));
}

#[test]
fn prices_of_a_page_may_stand_in_a_list_beside_the_seats() {
    let words = r#"decode = "html"
        rows = "i"
        fields = { key = "@id" }
        status = { of = "@class", otherwise = "unmapped", map = { a = "available" } }
        prices = { rows = "li", ticket = "@title", amount = "text" }"#;
    let map = seats(words, json!({}), "<i id=1 class=a></i><li title=t>5</li>").unwrap();
    assert_eq!(
        (map.seats.len(), map.prices[0].amount.to_string()),
        (1, "5".to_owned())
    );
}

#[test]
fn a_row_gives_an_observation_for_each_metric() {
    let step = r#"
        [steps.weather]
        for_each = "cinemas"
        every = "1h"
        yields = "observations"
        request = { url = "https://host.example" }
        rows = ".hourly"
        columns = true
        fields = { subject = "cinema.key", at = { path = ".time", formats = ["%Y-%m-%dT%H:%M"], zone = "utc" } }
        metrics = { temperature_celsius = ".temp", rain_mm = { path = ".rain", optional = true } }
        carry = { model = "body.model" }
    "#;
    let given = params(json!({ "cinema": { "key": "c1" } }));
    let body = r#"{"model":"m","hourly":{"time":["2026-11-21T10:00","2026-11-21T11:00"],"temp":[4.5,5],"rain":[null,0.2]}}"#;
    let Rows::Observations(rows) = page(&source(step), "weather", &given, body).unwrap().rows
    else {
        panic!()
    };
    let read: Vec<_> = rows
        .iter()
        .map(|row| (row.metric.as_str(), row.value))
        .collect();
    let celsius = "temperature_celsius";
    assert_eq!(read, [(celsius, 4.5), ("rain_mm", 0.2), (celsius, 5.0)]);
    assert_eq!(
        (
            rows[0].subject.as_str(),
            rows[0].properties["model"].as_str()
        ),
        ("c1", Some("m"))
    );
}

#[test]
fn a_seat_that_is_not_listed_means_something() {
    let words = |more: &str| {
        format!(
            r#"rows = "showtime.layout[]"
            join.state = {{ rows = ".sold[]", key = ".seat", on = ".id", optional = true }}
            fields = {{ key = ".id" }}
            status = {{ of = "state.code", otherwise = "unmapped"{more}, map = {{ S = "sold" }} }}"#
        )
    };
    let given = json!({ "showtime": { "layout": [{ "id": 1 }, { "id": 2 }] } });
    let read = |more: &str, body: &str| {
        let map = seats(&words(more), given.clone(), body);
        map.map(|map| map.seats.iter().map(|seat| seat.status).collect::<Vec<_>>())
    };
    let absent = ", absent_means = \"available\"";
    let sold = r#"{"sold":[{"seat":"2","code":"S"}]}"#;
    assert_eq!(
        read(absent, sold).unwrap(),
        [Some(SeatStatus::Available), Some(SeatStatus::Sold)]
    );
    // A partner without its code is not an absent one.
    assert!(read(absent, r#"{"sold":[{"seat":"2","state":"S"}]}"#).is_err());
    assert!(read("", sold).is_err());
}

#[test]
fn fixed_rows_need_no_fields() {
    let source = source(
        r#"
        [steps.regions]
        every = "1d"
        yields = "items"
        as = "region"
        fixed = [{ key = "n", title = "North", since = 2020-01-01 }, { key = "s", title = "South" }]
        "#,
    );
    let body = source.fixed("regions").unwrap();
    let Rows::Items(rows) = source
        .extract("regions", &Map::new(), &answer(&body))
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        Value::Object(rows[0].carry.clone()),
        json!({ "title": "North", "since": "2020-01-01" })
    );
    assert_eq!((rows[1].key.as_str(), rows[1].carry.len()), ("s", 1));
    assert_eq!(source.fixed("cinemas"), None);
}

#[test]
fn a_listing_may_say_what_is_sold_out() {
    let read = |words: &str, value: Value| {
        let source = source(&format!(
            r#"
            [steps.listing]
            for_each = "cinemas"
            every = "1h"
            yields = "showtimes"
            request = {{ url = "https://host.example" }}
            rows = ".[]"
            fields = {{ key = {{ const = "k" }}, film_key = {{ const = "f" }}, film_title = {{ const = "f" }}, starts_at = {{ const = "2026-11-21T20:00:00Z", formats = ["rfc3339"], zone = "offset" }}, sold_out = {{ path = ".v", {words} }} }}
            "#
        ));
        let body = json!([{ "v": value }]).to_string();
        match page(&source, "listing", &Map::new(), &body) {
            Ok(Page {
                rows: Rows::Showtimes(rows),
                ..
            }) => Ok(rows[0].sold_out),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    };
    for (value, sold_out) in [
        (json!(true), Some(true)),
        (json!(false), Some(false)),
        (json!("True"), Some(true)),
        (json!("no"), Some(false)),
        (json!(1), Some(true)),
        (json!("0"), Some(false)),
        (Value::Null, None),
    ] {
        assert_eq!(
            read("optional = true", value.clone()),
            Ok(sold_out),
            "{value}"
        );
    }
    let mapped = "map = { LOW = \"false\", SOLD = \"true\" }, default = \"false\"";
    assert_eq!(read(mapped, json!("SOLD")), Ok(Some(true)));
    assert_eq!(read(mapped, json!("LOW")), Ok(Some(false)));
    assert_eq!(read(mapped, Value::Null), Ok(Some(false)));
    for value in [json!("few"), json!(2), json!("")] {
        let error = read("optional = true", value).unwrap_err();
        assert!(error.contains("neither `true` nor `false`"), "{error}");
    }
    assert!(read("optional = false", Value::Null).is_err());
}
