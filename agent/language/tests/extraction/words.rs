//! Each word of the language, alone, on a small answer.

use serde_json::{Map, Value, json};
use source_language::{
    definition::Definition,
    extract::{Answer, ExtractError, Gaps, Page},
    rows::{Item, Rows, SeatMap},
    source::Source,
};

use crate::reading::{NOW, params};

mod decoders;
mod fields;
mod films;
mod kinds;
mod partial;
mod requests;
mod shapes;
mod texts;

pub(crate) const HEAD: &str = r#"
name = "test"
title = "Test"
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
request = { url = "https://host.example" }
rows = ".[]"
fields = { key = ".id", name = ".id" }
"#;

const SHOWTIMES: &str = r#"
[steps.showtimes]
for_each = "cinemas"
every = "1h"
yields = "showtimes"
request = { url = "https://host.example" }
rows = ".[]"
fields = { key = ".id", film_key = ".id", film_title = ".id", starts_at = { path = ".at", formats = ["rfc3339"], zone = "offset" } }
"#;

/// Compiles a source with these steps after its cinemas.
pub(crate) fn below_cinemas(steps: &str) -> Result<Source, String> {
    let text = format!("{HEAD}{steps}");
    let definition = Definition::parse(&text, "test.toml").map_err(|error| error.to_string())?;
    Source::compile(definition).map_err(|error| error.to_string())
}

/// Compiles a source with these steps after its cinemas and showtimes.
fn compile(steps: &str) -> Result<Source, String> {
    below_cinemas(&format!("{SHOWTIMES}{steps}"))
}

fn source(steps: &str) -> Source {
    compile(steps).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns a source whose step `items` has these words.
fn items(words: &str) -> Source {
    source(&item_step(words))
}

fn item_step(words: &str) -> String {
    format!(
        r#"
        [steps.items]
        for_each = "showtimes"
        every = "1h"
        yields = "items"
        as = "thing"
        request = {{ url = "https://host.example" }}
        {words}
        "#
    )
}

fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    }
}

fn page(
    source: &Source,
    step: &str,
    params: &Map<String, Value>,
    body: &str,
) -> Result<Page, ExtractError> {
    source.extract_page(step, params, &answer(body.as_bytes()), 0)
}

/// Reads the items of `body`: their keys, and what they carry.
fn read(source: &Source, given: Value, body: &str) -> Result<Vec<Item>, ExtractError> {
    match page(source, "items", &params(given), body)?.rows {
        Rows::Items(items) => Ok(items),
        other => panic!("{other:?}"),
    }
}

/// Returns the keys of the items of `body`.
fn keys(words: &str, body: &str) -> Vec<String> {
    given_keys(words, json!({}), body)
}

fn given_keys(words: &str, given: Value, body: &str) -> Vec<String> {
    let rows = read(&items(words), given, body).unwrap_or_else(|error| panic!("{error}"));
    rows.into_iter().map(|row| row.key).collect()
}

/// Returns the error that items of `body` give.
fn error(words: &str, body: &str) -> ExtractError {
    read(&items(words), json!({}), body).unwrap_err()
}

/// Reads a seat map with these words.
fn seats(words: &str, given: Value, body: &str) -> Result<SeatMap, ExtractError> {
    let source = source(&format!(
        r#"
        [steps.seats]
        for_each = "showtimes"
        every = "1h"
        yields = "seats"
        request = {{ url = "https://host.example" }}
        {words}
        "#
    ));
    match page(&source, "seats", &params(given), body)?.rows {
        Rows::Seats(map) => Ok(map),
        other => panic!("{other:?}"),
    }
}
