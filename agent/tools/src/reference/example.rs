//! The examples of the reference page: small definitions, answers and the expected rows.
//!
//! Each is a file of `agent/sources/reference`, in the order of the page. The words that
//! every definition needs are taken from `HEAD`, unless the example has them itself.

use serde::Deserialize;
use serde_json::{Map, Value};

/// An example: a definition, its text, and the runs that prove it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Name of its file.
    #[serde(skip)]
    pub name: String,
    /// Heading on the page.
    pub title: String,
    /// Number of the chapter, from 1.
    pub point: usize,
    /// Explanation, in Markdown.
    pub text: String,
    /// The definition, or the part of one that matters.
    pub definition: String,
    /// Jobs that the test runs.
    #[serde(default)]
    pub run: Vec<Run>,
}

/// One job of an example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The step.
    pub step: String,
    /// Values that the rows above hand down.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// When it runs, in RFC 3339.
    #[serde(default)]
    pub at: Option<String>,
    /// Requests and answers, in order.
    #[serde(default)]
    pub exchange: Vec<Talk>,
    /// Expected rows: each has at least these values.
    #[serde(default)]
    pub rows: Vec<Map<String, Value>>,
    /// Expected prices of a seat map: each has at least these values.
    #[serde(default)]
    pub prices: Vec<Map<String, Value>>,
    /// A part of the expected error message, if the run fails.
    #[serde(default)]
    pub error: Option<String>,
}

/// One request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    /// Method and address; shown on the page if present.
    #[serde(default)]
    pub request: Option<String>,
    /// Body of the request.
    #[serde(default)]
    pub sends: Option<String>,
    /// Headers of the request.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// Status of the answer.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers of the answer.
    #[serde(default)]
    pub answers: Map<String, Value>,
    /// Body of the answer.
    #[serde(default)]
    pub body: String,
}

fn ok() -> u16 {
    200
}

impl Talk {
    /// Returns in which language the body is written, for a reader.
    #[must_use]
    pub fn language(&self) -> &'static str {
        let body = self.body.trim_start();
        if body.starts_with(['{', '[']) {
            "json"
        } else if body.starts_with("<?xml") {
            "xml"
        } else if body.starts_with('<') {
            "html"
        } else {
            "text"
        }
    }
}

/// The head of the file, for examples that leave it out.
const HEAD: &str = r#"
name = "example"
title = "Example"
access = "permitted"
contact = "you@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"

[limit]
key = "kino.example"
rate = 1.0
burst = 5
"#;

/// Steps over which the steps of an example may fan out.
const ABOVE: [(&str, &str); 2] = [
    (
        "cinemas",
        r#"
every = "1d"
yields = "cinemas"
fixed = [{ key = "1", name = "Kino" }]
fields = { key = ".key", name = ".name" }
"#,
    ),
    (
        "showtimes",
        r#"
for_each = "cinemas"
every = "1h"
yields = "showtimes"
fixed = [{ key = "7", film = "f", at = "2026-11-21T20:00:00Z" }]
fields = { key = ".key", film_key = ".film", film_title = ".film", starts_at = { path = ".at", formats = ["rfc3339"], zone = "offset" } }
"#,
    ),
];

impl Example {
    /// Returns the complete definition, with the head and the steps that the example leaves out.
    ///
    /// # Errors
    ///
    /// If it is not TOML.
    pub fn whole(&self) -> Result<String, String> {
        let read = |text: &str| {
            text.parse::<toml::Table>()
                .map_err(|error| error.to_string())
        };
        let own = read(&self.definition)?;
        let mut whole = read(HEAD)?;
        let steps = own.get("steps").and_then(toml::Value::as_table);
        let parents: Vec<&str> = steps
            .into_iter()
            .flatten()
            .filter_map(|(_, step)| step.get("for_each")?.as_str())
            .collect();
        let mut above = toml::Table::new();
        for (name, text) in ABOVE {
            let needed =
                parents.contains(&name) || name == "cinemas" && parents.contains(&"showtimes");
            let own = steps.is_some_and(|steps| steps.contains_key(name));
            if needed && !own {
                above.insert(name.to_owned(), read(text)?.into());
            }
        }
        for (word, value) in own {
            match (word.as_str(), value) {
                ("steps", toml::Value::Table(steps)) => above.extend(steps),
                (_, value) => {
                    whole.insert(word, value);
                }
            }
        }
        whole.insert("steps".to_owned(), above.into());
        toml::to_string(&whole).map_err(|error| error.to_string())
    }
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../sources/reference/", $name, ".toml")))),*]
    };
}

/// Returns all examples in the order of the page.
///
/// A file that cannot be read is left out; a test refuses that.
#[must_use]
pub fn all() -> Vec<Example> {
    let read = |(name, text): &(&str, &str)| {
        let mut example: Example = toml::from_str(text).ok()?;
        (*name).clone_into(&mut example.name);
        Some(example)
    };
    FILES.iter().filter_map(read).collect()
}

const FILES: [(&str, &str); 84] = files![
    "whole-file",
    "items",
    "fixed",
    "days",
    "for-each-where",
    "handed-down",
    "gate",
    "sold-out",
    "observations",
    "filters",
    "names",
    "level-taken",
    "templates",
    "form",
    "json-body",
    "multipart",
    "graphql",
    "redirects",
    "token",
    "cookies",
    "one-of",
    "first-pages",
    "shared-listing",
    "answer",
    "decode-html",
    "decode-json5",
    "decode-xml",
    "decode-delimited",
    "decode-lines",
    "decode-js",
    "decode-string",
    "decode-soap",
    "decode-css",
    "decode-regex",
    "decode-json-ld",
    "decode-charset",
    "decode-jq",
    "paths",
    "jq",
    "html-fields",
    "field-values",
    "texts",
    "objects",
    "header",
    "columns",
    "join",
    "split",
    "same-key",
    "level-where",
    "films",
    "status-words",
    "status-tuple",
    "attributes",
    "absent",
    "join-page",
    "labels",
    "groups",
    "time-venue",
    "time-offset",
    "time-wrong-offset",
    "time-zone-name",
    "time-epoch",
    "time-business-day",
    "time-words",
    "time-relative",
    "time-javascript",
    "prices",
    "price-step",
    "pages-total",
    "pages-overlap",
    "pages-offset",
    "pages-cursor",
    "pages-link",
    "pages-repeated",
    "pages-parts",
    "marks",
    "partial",
    "empty-status",
    "empty-body",
    "container",
    "politeness",
    "hours",
    "blocked",
    "expect",
];

#[cfg(test)]
mod tests;
