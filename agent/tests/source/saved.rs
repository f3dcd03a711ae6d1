//! `agent source try --body`: what is read of a saved body, and what is said where nothing is.

use std::fs;

use super::{Said, agent};

const HEAD: &str = r#"
name = "saved"
title = "Saved"
access = "public"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"
[limit]
key = "host"
rate = 1.0
burst = 1
[steps.cinemas]
every = "1d"
yields = "cinemas"
fixed = [{ key = "k", name = "Kino" }]
[steps.showtimes]
for_each = "cinemas"
every = "1h"
yields = "showtimes"
request = { url = "https://kino.example/" }
"#;

/// Tries a step of a definition with these further words on a saved body.
fn attempt(words: &str, step: &str, body: &str, flags: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    let (file, saved) = (
        directory.path().join("saved.toml"),
        directory.path().join("body"),
    );
    fs::write(&file, format!("{HEAD}{words}")).unwrap();
    fs::write(&saved, body).unwrap();
    let (file, saved) = (file.to_str().unwrap(), saved.to_str().unwrap());
    let mut all = vec!["try", file, "--step", step, "--body", saved];
    all.extend(flags);
    agent(&all)
}

fn fields(starts_at: &str) -> String {
    format!(
        "fields = {{ key = \".id\", film_key = \".id\", film_title = \".id\", starts_at = {starts_at} }}\n"
    )
}

#[test]
fn a_body_is_read_as_of_its_date() {
    let time = r#"{ path = ".at", formats = ["%d.%m. %H:%M"], year = "nearest", zone = "venue" }"#;
    let words = format!("rows = \".[]\"\n{}", fields(time));
    let body = r#"[{"id": 1, "at": "24.12. 20:00"}]"#;
    let read = |flags: &[&str]| attempt(&words, "showtimes", body, flags);
    for (as_of, instant) in [
        ("2019-11-20", "2019-12-24T19:00:00Z"),
        ("2021-01-10T09:00:00Z", "2020-12-24T19:00:00Z"),
    ] {
        let said = read(&["--json", "--as-of", as_of]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains(instant), "{}", said.out);
    }
    let said = read(&["--as-of", "yesterday"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("`--as-of yesterday` is no time"),
        "{}",
        said.err
    );
    // Its day is that of the date, too.
    let days = format!(
        "days = 3\nrows = \".[]\"\n{}",
        fields(
            r#"{ template = "{day.date} {.at}", formats = ["%Y-%m-%d %H:%M"], zone = "venue" }"#
        )
    );
    let hours = r#"[{"id": 1, "at": "20:00"}]"#;
    let said = attempt(
        &days,
        "showtimes",
        hours,
        &["--json", "--as-of", "2020-02-03"],
    );
    assert!(
        said.out.contains("2020-02-03T19:00:00Z"),
        "{}{}",
        said.out,
        said.err
    );
    let set = ["--json", "--set", "day.date=2020-02-09"];
    let said = attempt(&days, "showtimes", hours, &set);
    assert!(
        said.out.contains("2020-02-09T19:00:00Z"),
        "{}{}",
        said.out,
        said.err
    );
}

#[test]
fn no_rows_are_explained() {
    let time = r#"{ path = ".at", formats = ["rfc3339"], zone = "offset" }"#;
    let words = format!("rows = \".[]\"\nwhere = \".kind == 1\"\n{}", fields(time));
    let said = attempt(&words, "showtimes", r#"[{"id":1,"type":1},{"id":2}]"#, &[]);
    assert!(
        said.out
            .contains("no rows: 2 rows came, and `where` left all of them out"),
        "{}",
        said.out
    );
    let said = attempt(&words, "showtimes", "[]", &[]);
    assert!(
        said.out.contains("no rows: the answer has none"),
        "{}",
        said.out
    );
}

/// Invariant 5: rows that could not be read are shown, too.
#[test]
fn gaps_are_shown() {
    let time = r#"{ path = ".at", formats = ["rfc3339"], zone = "offset" }"#;
    let words = format!(
        "rows = \".[]\"\nskip_unreadable = \"50%\"\n{}",
        fields(time)
    );
    let body = r#"[{"id":1,"at":"2026-12-05T20:00:00Z"},{"id":2,"at":"soon"}]"#;
    let said = attempt(&words, "showtimes", body, &[]);
    let lacks = "the answer is partial, 1 gap: row 1: field `starts_at`";
    assert!(said.out.contains(lacks), "{}", said.out);
    let said = attempt(&words, "showtimes", body, &["--json"]);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    assert!(said.err.contains(lacks), "{}", said.err);
}

#[test]
fn prices_of_a_seat_map_are_lines_of_json() {
    let time = r#"{ path = ".at", formats = ["rfc3339"], zone = "offset" }"#;
    let words = format!(
        "rows = \".[]\"\n{}
        [steps.seats]
        for_each = \"showtimes\"
        every = \"10m\"
        yields = \"seats\"
        request = {{ url = \"https://kino.example/\" }}
        rows = \".seats[]\"
        fields = {{ key = \".id\" }}
        status = {{ of = \".s\", otherwise = \"unmapped\", map = {{ f = \"available\" }} }}
        prices = {{ amount = {{ path = \".price\", optional = true }} }}",
        fields(time)
    );
    let body = r#"{"seats":[{"id":"A1","s":"f","price":null},{"id":"A2","s":"f","price":9.5}]}"#;
    let said = attempt(&words, "seats", body, &["--json"]);
    let last = said.out.lines().last().unwrap_or_default();
    assert_eq!(
        last, r#"{"price":{"amount":"9.5","currency":"EUR"}}"#,
        "{}",
        said.err
    );
}

/// No word of a library reaches a person: what is wrong, where, and how it should be.
#[test]
fn errors_are_in_our_words() {
    let time =
        |format: &str| format!(r#"{{ path = ".at", formats = ["{format}"], zone = "offset" }}"#);
    let rfc = format!("rows = \".[]\"\n{}", fields(&time("rfc3339")));
    let page = format!(
        "decode = \"html\"\nrows = \"\"\n{}",
        fields(&time("rfc3339"))
    );
    let broken = format!(
        "rows = \".[]\"\nsplit = {{ of = \".id\", by = \"(,\" }}\n{}",
        fields(&time("rfc3339"))
    );
    let xml = format!(
        "decode = \"xml\"\nrows = \".a.b[]\"\n{}",
        fields(&time("rfc3339"))
    );
    let format = format!("rows = \".[]\"\n{}", fields(&time("%Y-%E")));
    let table = format!(
        "decode = \"delimited:;\"\nrows = \".[]\"\n{}",
        fields(&time("rfc3339"))
    );
    for (words, body, message) in [
        (
            &rfc,
            r#"[{"id":1,"at":"2026-12-05 at eight"}]"#,
            "row 0: field `starts_at` `2026-12-05 at eight` is not a time: it is not written such as",
        ),
        (
            &rfc,
            "[{\"id\": 1,\n\"at\": NaN}]",
            "step showtimes: the body is not JSON at line 2, column 7",
        ),
        (&page, "<p>", "`` is not a CSS selector: it is empty"),
        (
            &broken,
            "[]",
            "is broken at character 1: a `(` is not closed",
        ),
        (&xml, "<a><b></a>", "it is not XML from line 1"),
        (
            &format,
            "[]",
            "the time format `%Y-%E` is broken: there is no `%E`",
        ),
        (
            &table,
            "id;at\n1;2;3\n",
            "line 2 has 3 values where the header has 2",
        ),
    ] {
        let said = attempt(words, "showtimes", body, &[]);
        assert!(said.err.contains(message), "{}", said.err);
        for word in [
            "jiff",
            "serde",
            "EmptySelector",
            "strptime",
            "regex parse",
            "expected value",
            "developer",
        ] {
            assert!(!said.err.contains(word), "{}", said.err);
        }
    }
}
