//! Bodies that are made to break a decoder: deep, endless, growing.

use super::*;

/// Returns a source whose step `showtimes` is read so.
fn decoded(decode: &str) -> Source {
    source(&format!(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = {{ url = "https://host.example" }}
        decode = {decode}
        rows = ".[]"
        fields = {{ key = ".id", film_key = ".id", film_title = ".id", starts_at = {{ path = ".id", formats = ["rfc3339"], zone = "utc" }} }}
        "#
    ))
}

/// Returns what a source says of a body that it cannot decode.
fn refused(decode: &str, body: &str) -> String {
    let error = read(&decoded(decode), "showtimes", body).unwrap_err();
    assert!(
        matches!(
            error,
            ExtractError::Undecodable { .. } | ExtractError::Malformed { .. }
        ),
        "{decode}: {error}"
    );
    error.to_string()
}

const MILLION: usize = 1_000_000;

#[test]
fn a_million_levels_are_an_error_in_every_decoder() {
    let deep = "[".repeat(MILLION);
    refused("\"json\"", &deep);
    refused("[\"json\", \"json_string\"]", &format!("\"{deep}\""));
    refused("\"js:x\"", &format!("x = {deep}"));
    refused("\"js:x\"", &format!("x = {}", "{a:".repeat(MILLION)));
    let linked = format!("<script type='application/ld+json'>{deep}</script>");
    refused("[\"html\", \"json_ld:Event\"]", &linked);
    let message = refused("\"xml\"", &"<a>".repeat(MILLION));
    assert!(message.contains("128 levels deep"), "{message}");
    let balanced = format!("{}{}", "<a>".repeat(MILLION), "</a>".repeat(MILLION));
    refused("\"xml\"", &balanced);
    let message = refused("[\"html\", \"css:b\", \"json\"]", &"<div>".repeat(MILLION));
    assert!(message.contains("2000 levels deep"), "{message}");
}

#[test]
fn a_page_that_forgets_to_close_is_not_deep() {
    let page = format!("<ul>{}</ul><b>[]</b>", "<li><p>x<br><img>".repeat(3_000));
    let read = read(
        &decoded("[\"html\", \"css:b\", \"json\"]"),
        "showtimes",
        &page,
    );
    assert_eq!(read.unwrap(), Rows::Showtimes(Vec::new()));
}

#[test]
fn xml_neither_grows_nor_reaches_out() {
    let laughs = "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>";
    refused("\"xml\"", laughs);
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>";
    refused("\"xml\"", file);
    for body in [
        "",
        "<",
        "<a",
        "<a></b>",
        "<a><![CDATA[",
        "<a b='<a b='",
        "<!--",
    ] {
        refused("\"xml\"", body);
    }
}

#[test]
fn a_body_of_nothing_but_starts_is_read_once() {
    // Each start could make a reader look through all that follows.
    for start in [
        "x = {",
        "x = '",
        "x = `",
        "x = /*",
        "x = new Date(",
        "'x': \"",
        "x=",
    ] {
        let body = start.repeat(200_000);
        assert!(
            read(&decoded("\"js:x\""), "showtimes", &body).is_err(),
            "{start}"
        );
    }
    for start in ["<a '", "<a \"", "<![CDATA[", "<!--", "</", "<?"] {
        refused("\"xml\"", &start.repeat(200_000));
    }
}

#[test]
fn a_table_of_too_many_lines_is_refused() {
    let message = refused("\"delimited:,\"", &format!("id\n{}", "1\n".repeat(100_001)));
    assert!(message.contains("more than 100000 lines"), "{message}");
    assert!(matches!(
        read(&decoded("\"lines\""), "showtimes", &"a\n".repeat(100_001)),
        Err(ExtractError::Field { .. } | ExtractError::TooMany { .. })
    ));
}

#[test]
fn one_row_cannot_become_too_many() {
    let split = source(
        r#"
        [steps.things]
        every = "1h"
        yields = "items"
        as = "thing"
        same_key = "first"
        request = { url = "https://host.example" }
        rows = ".[]"
        split = { of = ".", by = "," }
        fields = { key = "part" }
        "#,
    );
    let body = format!("[\"{}\"]", "a,".repeat(100_001));
    assert!(matches!(
        read(&split, "things", &body),
        Err(ExtractError::TooMany { .. })
    ));
}
