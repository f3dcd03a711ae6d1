//! The words of a request: templates in every place that a value can stand.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

/// What a step sends. All texts are templates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestWords {
    /// Full address; what a template puts into it is percent-encoded, except `vars`.
    pub url: String,
    /// `GET`, or `POST` where there is a body.
    pub method: Option<Method>,
    /// Query parameters, encoded and appended to the address.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Body as it is.
    pub body: Option<String>,
    /// Body as JSON; a text that is one `{{ … }}` keeps the type of its value.
    pub json: Option<toml::Value>,
    /// Body as a form.
    pub form: Option<BTreeMap<String, String>>,
    /// Body as a GraphQL request.
    pub graphql: Option<GraphqlWords>,
    /// How long the request may take, from connecting to the last byte.
    #[serde(with = "humantime_serde", default = "thirty_seconds")]
    pub timeout: Duration,
}

/// A GraphQL request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlWords {
    /// The document. It is sent as it is: values belong into `variables`.
    pub query: String,
    /// Name of the operation in the document.
    pub operation: Option<String>,
    /// Values for the variables of the document, written as in `json`.
    pub variables: Option<toml::Value>,
}

/// Methods that only read, and the one that is used to ask longer questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks by address.
    Get,
    /// Asks by body.
    Post,
}

/// Longer than a slow site needs, shorter than a lease.
fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}

impl RequestWords {
    /// Returns how many bodies are written; more than one cannot work.
    pub(super) fn bodies(&self) -> usize {
        usize::from(self.body.is_some())
            + usize::from(self.json.is_some())
            + usize::from(self.form.is_some())
            + usize::from(self.graphql.is_some())
    }

    /// Returns every template with the words that lead to it.
    pub(super) fn templates(&self) -> Vec<(Vec<&str>, &str)> {
        let mut all = vec![(vec!["url"], self.url.as_str())];
        all.extend(
            self.query
                .iter()
                .map(|(k, v)| (vec!["query", k.as_str()], v.as_str())),
        );
        all.extend(
            self.headers
                .iter()
                .map(|(k, v)| (vec!["headers", k.as_str()], v.as_str())),
        );
        all.extend(self.body.iter().map(|v| (vec!["body"], v.as_str())));
        let form = self.form.iter().flatten();
        all.extend(form.map(|(k, v)| (vec!["form", k.as_str()], v.as_str())));
        if let Some(json) = &self.json {
            texts(json, &mut |text| all.push((vec!["json"], text)));
        }
        if let Some(variables) = self
            .graphql
            .as_ref()
            .and_then(|graphql| graphql.variables.as_ref())
        {
            texts(variables, &mut |text| {
                all.push((vec!["graphql", "variables"], text));
            });
        }
        all
    }
}

/// Shows every text in `value` to `see`.
fn texts<'a>(value: &'a toml::Value, see: &mut impl FnMut(&'a str)) {
    match value {
        toml::Value::String(text) => see(text),
        toml::Value::Array(items) => items.iter().for_each(|item| texts(item, see)),
        toml::Value::Table(table) => table.iter().for_each(|(_, item)| texts(item, see)),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}
