//! What is made of a value: the words of a field.

use super::*;

/// Reads a value with the words of a field.
fn value(words: &str, body: &Value) -> Option<Value> {
    let words = format!(
        "rows = \".[]\"\nfields = {{ key = {{ const = \"k\" }} }}\ncarry = {{ v = {{ path = \".v\", {words} }} }}"
    );
    let rows = read(
        &items(&words),
        json!({}),
        &json!([{ "v": body }]).to_string(),
    );
    rows.unwrap_or_else(|error| panic!("{error}"))[0]
        .carry
        .get("v")
        .cloned()
}

/// Reads a time with the words of a field.
fn start(words: &str, text: &str) -> Result<String, String> {
    let source = source(&format!(
        r#"
        [steps.weather]
        for_each = "cinemas"
        every = "1h"
        yields = "observations"
        request = {{ url = "https://host.example" }}
        rows = ".[]"
        fields = {{ subject = {{ const = "x" }}, metric = {{ const = "m" }}, value = {{ const = "1" }}, at = {{ path = ".at", zone = "venue", {words} }} }}
        "#
    ));
    let body = json!([{ "at": text }]).to_string();
    match page(&source, "weather", &Map::new(), &body) {
        Ok(Page {
            rows: Rows::Observations(rows),
            ..
        }) => Ok(rows[0].at.unwrap().to_string()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn jq_makes_another_value() {
    assert_eq!(
        value("jq = 'split(\" \") | .[1]'", &json!("a b")),
        Some(json!("b"))
    );
    assert_eq!(value("jq = 'length'", &json!([1, 2])), Some(json!(2)));
    assert_eq!(
        value("regex = '(\\d+)', jq = 'tonumber + 1'", &json!("x12")),
        Some(json!(13))
    );
    assert_eq!(value("jq = 'empty', optional = true", &json!(1)), None);
}

#[test]
fn a_value_may_mean_none() {
    let words = "null_if = [\"1900-01-01\", \"0\"], optional = true";
    assert_eq!(value(words, &json!("1900-01-01")), None);
    assert_eq!(value(words, &json!(0)), None);
    assert_eq!(value(words, &json!(1)), Some(json!(1)));
    assert_eq!(
        value("null_if = \"-\", default = \"x\"", &json!("-")),
        Some(json!("x"))
    );
}

#[test]
fn names_of_months_and_days_are_those_of_a_locale() {
    let french = "locale = \"fr_FR\", formats = [\"%A %d %B %Y %H:%M\", \"%a %d %b %Y %Hh%M\"]";
    let read = |text| start(french, text).unwrap();
    assert_eq!(
        read("Samedi 21 novembre 2026 20:00"),
        "2026-11-21T19:00:00Z"
    );
    assert_eq!(read("sam. 1 août 2026 20h30"), "2026-08-01T18:30:00Z");
    assert_eq!(read("mar. 3 mars 2026 20h30"), "2026-03-03T19:30:00Z");
    let polish = "locale = \"pl_PL\", formats = [\"%d %B %Y %H:%M\"]";
    assert_eq!(
        start(polish, "2 września 2026 10:00").unwrap(),
        "2026-09-02T08:00:00Z"
    );
    assert!(start(french, "Saturday 21 November 2026 20:00").is_err());
    assert!(
        compile(&item_step(
            "rows = \".[]\"\nfields = { key = { path = \".a\", locale = \"fr_FR\" } }"
        ))
        .is_err()
    );
}

#[test]
fn the_nearest_year_is_meant_where_none_is_written() {
    // The answer came on 21 November 2026.
    let read = |text| start("year = \"nearest\", formats = [\"%d %b %H:%M\"]", text);
    assert_eq!(read("24 Dec 20:00").unwrap(), "2026-12-24T19:00:00Z");
    assert_eq!(read("2 Jan 20:00").unwrap(), "2027-01-02T19:00:00Z");
    assert_eq!(read("30 Sep 20:00").unwrap(), "2026-09-30T18:00:00Z");
    assert_eq!(read("20 Sep 20:00").unwrap(), "2027-09-20T18:00:00Z");
    assert!(read("29 Feb 20:00").is_err());
    let weekday = |text| start("year = \"nearest\", formats = [\"%a %d %b %H:%M\"]", text);
    assert_eq!(weekday("Sat 2 Jan 20:00").unwrap(), "2027-01-02T19:00:00Z");
    assert!(weekday("Sun 2 Jan 20:00").is_err());
}

#[test]
fn january_may_be_month_zero() {
    let words = "zero_based_month = true, formats = [\"%Y,%m,%d,%H,%M\"]";
    assert_eq!(
        start(words, "2026,0,5,20,15").unwrap(),
        "2026-01-05T19:15:00Z"
    );
    assert_eq!(
        start(words, "2026,11,5,20,5").unwrap(),
        "2026-12-05T19:05:00Z"
    );
    assert!(start(words, "2026,12,5,20,15").is_err());
}

#[test]
fn a_clock_may_have_twelve_hours() {
    let read = |text| start("formats = [\"%Y-%m-%d %I:%M %p\"]", text).unwrap();
    assert_eq!(read("2026-11-21 2:20 PM"), "2026-11-21T13:20:00Z");
    assert_eq!(read("2026-11-21 12:05 am"), "2026-11-20T23:05:00Z");
}

#[test]
fn date_and_time_may_stand_in_two_places() {
    let step = r#"
        [steps.more]
        for_each = "cinemas"
        every = "1h"
        yields = "observations"
        request = { url = "https://host.example" }
        rows = ".days[].times[]"
        levels = ["day", "time"]
        fields = { subject = { const = "x" }, metric = { const = "m" }, value = ".n", at = { template = "{day.date} {.at}", formats = ["%Y-%m-%d %H:%M"], zone = "venue", past_midnight = true } }
    "#;
    let body = r#"{"days":[{"date":"2026-11-21","times":[{"at":"24:30","n":1}]}]}"#;
    let read = page(&source(step), "more", &Map::new(), body).unwrap().rows;
    let Rows::Observations(rows) = read else {
        panic!()
    };
    assert_eq!(rows[0].at.unwrap().to_string(), "2026-11-21T23:30:00Z");
}

#[test]
fn a_word_stands_for_a_day_from_that_of_the_answer() {
    let words = r#"formats = ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"], relative_days = { morgen = 1, "übermorgen" = 2 }"#;
    let tomorrow = start(words, "morgen 20:15").unwrap();
    let after = start(words, "übermorgen 20:15").unwrap();
    assert_eq!(tomorrow, "2026-11-22T19:15:00Z");
    assert_eq!(after, "2026-11-23T19:15:00Z");
    assert_eq!(
        start(words, "24.12.2026 20:15").unwrap(),
        "2026-12-24T19:15:00Z"
    );
    assert!(start(words, "gestern 20:15").is_err());
    let empty = compile(&item_step(
        "rows = \".[]\"\nfields = { key = { path = \".id\", relative_days = { a = 1 } } }",
    ));
    assert!(empty.unwrap_err().contains("relative_days"));
}

#[test]
fn a_template_names_what_is_carried() {
    let words = r#"
        rows = ".[]"
        fields = { key = { template = "{no}/{.id}" } }
        carry = { no = { path = ".text", regex = "([0-9]+)" } }
    "#;
    assert_eq!(keys(words, r#"[{"id": "a", "text": "Saal 7"}]"#), ["7/a"]);
}
