//! Bodies that are small, and would cost the square of their size.

#![allow(clippy::format_collect)]

use super::*;

/// Returns a source whose step `showtimes` has these words.
fn with(words: &str) -> Source {
    source(&format!(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = {{ url = "https://host.example" }}
        {words}
        "#
    ))
}

const TIME: &str =
    r#"starts_at = { const = "2026-11-21T20:00:00Z", formats = ["rfc3339"], zone = "offset" }"#;

/// Returns what is said of an answer that is small and not read to its end.
fn refused(source: &Source, body: &str) -> String {
    assert!(body.len() <= 100_000, "{} bytes", body.len());
    read(source, "showtimes", body).unwrap_err().to_string()
}

/// 1,500 elements in each other, and 15,000 in the innermost: each row has all of them.
fn nested(row: &str, leaf: &str) -> String {
    let rows: String = (0..1_500)
        .map(|n| row.replace('#', &n.to_string()))
        .collect();
    format!("{rows}{}", leaf.repeat(12_000))
}

#[test]
fn rows_in_rows_are_not_walked_for_ever() {
    let page = |name: &str| {
        with(&format!(
            r#"
            decode = "html"
            rows = "div"
            [steps.showtimes.fields]
            key = "@id"
            film_key = "@id"
            film_title = "@id"
            auditorium_name = {name}
            {TIME}
            "#
        ))
    };
    let body = nested("<div id=#>", "<a>x");
    for name in [
        r#""text""#,
        r#"{ css = "i", attr = "id", default = "" }"#,
        r#"{ css = "i", attr = "id", optional = true }"#,
    ] {
        let message = refused(&page(name), &body);
        assert!(message.contains("takes too long"), "{name}: {message}");
    }
    let checked = r#"where = "i""#;
    let checks = with(&format!(
        "decode = \"html\"\nrows = \"div\"\n{checked}\nfields = {{ key = \"@id\", film_key = \"@id\", film_title = \"@id\", {TIME} }}"
    ));
    let message = refused(&checks, &body);
    assert!(message.contains("takes too long"), "{message}");
}

#[test]
fn a_place_among_many_siblings_is_not_counted_for_ever() {
    let places = with(&format!(
        r#"
        decode = "html"
        rows = "b"
        [steps.showtimes.fields]
        key = {{ position = "b" }}
        film_key = "@id"
        film_title = "@id"
        {TIME}
        "#
    ));
    let message = refused(&places, &"<b id=1></b>".repeat(8_000));
    assert!(message.contains("takes too long"), "{message}");
}

/// 50 KB in the level above, 5,000 rows below: each would have its own copy.
#[test]
fn a_long_text_is_not_given_to_all_rows() {
    let long = "x".repeat(50_000);
    let shows = r#"{"id":1},"#.repeat(5_000);
    let body = format!(r#"[{{"film":"{long}","shows":[{shows}{{"id":2}}]}}]"#);
    for (title, carry) in [
        ("\"film.film\"", "\".id\""),
        ("{ template = \"{film.film}\" }", "\".id\""),
        ("\".id\"", "\"film.film\""),
        ("\".id\"", "{ path = \"film.film\", jq = \"length\" }"),
    ] {
        let source = with(&format!(
            r#"
            rows = ".[].shows[]"
            levels = ["film", "show"]
            same_key = "first"
            [steps.showtimes.fields]
            key = ".id"
            film_key = ".id"
            film_title = {title}
            {TIME}
            [steps.showtimes.carry]
            more = {carry}
            "#
        ));
        let message = refused(&source, &body);
        assert!(
            message.contains("takes too long"),
            "{title}, {carry}: {message}"
        );
    }
}

#[test]
fn names_in_xml_are_not_compared_for_ever() {
    let source = with(&format!(
        "decode = \"xml\"\nrows = \".a.b[]\"\nfields = {{ key = \".id\", film_key = \".id\", film_title = \".id\", {TIME} }}"
    ));
    let many =
        |count: usize, name: &dyn Fn(usize) -> String| -> String { (0..count).map(name).collect() };
    let attributes = format!("<a {}/>", many(10_000, &|n| format!("a{n}='' ")));
    let children = format!("<a>{}</a>", many(10_000, &|n| format!("<a{n}/>")));
    let prefixes = many(900, &|n| format!("xmlns:a{n}='{n}' "));
    let prefixes = format!("<a {prefixes}>{}</a>", "<b xmlns=''/>".repeat(3_000));
    let hidden = "<a><?p </x?>".repeat(8_000);
    for (body, because) in [
        (attributes, "attributes"),
        (children, "children"),
        (prefixes, "prefixes"),
        (hidden, "levels deep"),
    ] {
        let message = refused(&source, &body);
        assert!(message.contains(because), "{message}");
    }
}

#[test]
fn what_is_no_column_is_not_copied_into_all_rows() {
    let columns = with(&format!(
        "rows = \".\"\ncolumns = true\nsame_key = \"first\"\nfields = {{ key = \".id\", film_key = \".id\", film_title = \".id\", {TIME} }}"
    ));
    let others: String = (0..4_000).map(|n| format!(r#""{n}":0,"#)).collect();
    let body = format!(r#"{{{others}"id":[1{}]}}"#, ",1".repeat(20_000));
    let message = refused(&columns, &body);
    assert!(message.contains("takes too long"), "{message}");
    let delimited = with(&format!(
        "decode = \"delimited:;\"\nrows = \".[]\"\nfields = {{ key = \".id\", film_key = \".id\", film_title = \".id\", {TIME} }}"
    ));
    let message = refused(
        &delimited,
        &format!("{}\n{}", "x".repeat(40_000), "1\n".repeat(25_000)),
    );
    assert!(
        message.contains("a name of more than 256 bytes"),
        "{message}"
    );
}
