//! What rows stand in: SOAP, scripts, linked data, feeds.

use source_language::{definition::Definition, source::Source};

use super::*;

/// Reads the keys of items in a body.
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
    match source.extract("items", &Map::new(), &answer(body)) {
        Ok(Rows::Items(items)) => items.into_iter().map(|item| item.key).collect(),
        other => panic!("{words}: {other:?}"),
    }
}

#[test]
fn every_container_is_opened() {
    let read = |words: &str, file: &str| keys(words, &body(file));

    let soap = r#"decode = ["xml", "json_string:.Envelope.Body.GetSeancesPassCultureResponse.GetSeancesPassCultureResult"]
        rows = ".ObjetRetour.Films[].Seances[]"
        fields = { key = ".IDSeance" }"#;
    assert_eq!(read(soap, "cgr/showtimes/999/1.xml"), ["177", "178"]);

    let header = r#"decode = "js:articleContext"
        rows = ".searchResults[]"
        header = ".searchNames"
        fields = { key = { path = ".id", regex = "^A(.)" } }"#;
    assert_eq!(read(header, "bfi/showtimes/imax/1.html"), ["1", "2", "3"]);

    let data = r#"decode = "js:electric"
        rows = ".filmData.cinemas[]"
        fields = { key = ".title" }"#;
    let cinemas = read(data, "electric/cinemas/root/1.html");
    assert!(cinemas.contains(&"White City".to_owned()), "{cinemas:?}");

    let linked = r#"decode = ["html", "json_ld:ScreeningEvent"]
        rows = ".[]"
        same_key = "first"
        fields = { key = ".startDate" }"#;
    assert_eq!(
        read(linked, "castle/showtimes/castle-931-609f/1.html"),
        ["2026-06-20T10:45:00", "2026-06-21T21:00:00"]
    );

    let feed = r#"decode = "xml"
        rows = ".feed.attributes.attribute[]"
        fields = { key = ".[\"@code\"]" }"#;
    assert_eq!(
        read(feed, "cineworld-legacy/attributes/root/1.xml"),
        ["2D", "gn:drama"]
    );
}
