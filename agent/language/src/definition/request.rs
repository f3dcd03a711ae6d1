//! The words of a request: templates in every place that a value can stand.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decode, FieldWords, OneOrMany};

/// What a step sends. All texts are templates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// Cookies, beside those that the source set.
    #[serde(default)]
    pub cookies: BTreeMap<String, String>,
    /// Body as it is.
    pub body: Option<String>,
    /// Body as JSON; a text that is one `{{ … }}` keeps the type of its value.
    #[schemars(with = "Option<serde_json::Value>")]
    pub json: Option<toml::Value>,
    /// Body as a form.
    pub form: Option<BTreeMap<String, String>>,
    /// Body as the parts of a form with files (`multipart/form-data`).
    pub multipart: Option<BTreeMap<String, PartWords>>,
    /// Body as a GraphQL request.
    pub graphql: Option<GraphqlWords>,
    /// Redirects that are followed; each takes a permit of its own, and none leads to a
    /// private address.
    #[serde(default = "five")]
    pub redirects: u8,
    /// Asks again only for what has changed, where the source gives `ETag` or `Last-Modified`.
    #[serde(default = "yes")]
    pub conditional: bool,
    /// How long the request may take, from connecting to the last byte.
    #[serde(with = "humantime_serde", default = "thirty_seconds")]
    #[schemars(with = "String")]
    pub timeout: Duration,
}

/// One part of a form with files: a text, or a text with the name and type of a file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum PartWords {
    /// A field.
    Field(String),
    /// A file.
    File {
        /// What is in it.
        content: String,
        /// Its name.
        file: String,
        /// Its media type.
        #[serde(rename = "type")]
        kind: Option<String>,
    },
}

/// A request that is made before that of the step, and what is kept of its answer.
///
/// The values of `take` are known to what comes later by the name of this request:
/// `{{ token.value }}` in templates, `token.value` in fields and rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstWords {
    /// What to send.
    pub request: RequestWords,
    /// A list, such as `app.hashes`: asks for each item in turn, as `{{ candidate }}`, until
    /// an answer passes `ok`; that one is chosen. Of a list, 200 items are tried at most.
    pub one_of: Option<String>,
    /// Further pages of the answer: lists of `take` are those of all pages together, other
    /// values those of the first page.
    pub pages: Option<PagesWords>,
    /// How the body is read.
    #[serde(default)]
    pub decode: Decode,
    /// Must all hold.
    #[serde(default)]
    pub ok: OneOrMany,
    /// Must none hold.
    #[serde(default)]
    pub fail_if: OneOrMany,
    /// Marks of a challenge, a login page or a refusal.
    #[serde(default)]
    pub blocked_if: OneOrMany,
    /// What to keep of the answer: JSON values, texts of a page. Nothing, where only its
    /// cookies matter.
    #[serde(default)]
    pub take: BTreeMap<String, FieldWords>,
    /// How long the answer may be used again by this pod; a 401 ends that at once.
    #[serde(with = "humantime_serde", default)]
    #[schemars(with = "Option<String>")]
    pub cache: Option<Duration>,
    /// One of `take` that gives the seconds for which it may be used, if fewer than `cache`.
    pub expires_in: Option<String>,
}

/// How further pages of an answer are asked for. Templates say `{{ page.number }}`,
/// `{{ page.offset }}`, `{{ page.cursor }}` and `{{ page.link }}`; the first page has an empty
/// cursor and link. Where several words tell the end, the first that says so ends the walk.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagesWords {
    /// Number of the first page.
    #[serde(default = "one")]
    pub from: u32,
    /// Rows of a page: `page.offset` grows by it.
    pub size: Option<u32>,
    /// Number of pages, or of the last page when counted from `from = 1`.
    pub total: Option<FieldWords>,
    /// Number of rows of all pages, which must agree with the rows that came: fewer are a
    /// failure. Where some came twice, or the number changed from page to page, rows moved
    /// between the requests, and the answer counts as partial.
    pub rows: Option<FieldWords>,
    /// The cursor of the next page; none, an empty one or the same again ends the walk.
    pub cursor: Option<FieldWords>,
    /// The address of the next page, relative to this one; none or the same again ends the
    /// walk. It is asked for in place of `url` and `query`.
    pub link: Option<FieldWords>,
    /// Holds if there are more pages.
    #[serde(default)]
    pub more: OneOrMany,
    /// Goes on until a page has no rows.
    #[serde(default)]
    pub until_empty: bool,
    /// Goes on until a page has the rows of one before it, or none: a source that answers what
    /// is past the end with its last page again. That page is left out.
    #[serde(default)]
    pub until_repeated: bool,
    /// Rows come again on later pages by design. Without it a row on two pages means that rows
    /// moved between the requests and others were missed: the answer counts as partial.
    #[serde(default)]
    pub overlap: bool,
    /// Most pages; more are a failure, not a silent end.
    #[serde(default = "fifty")]
    pub at_most: u16,
}

impl PagesWords {
    /// Returns whether anything tells the last page.
    pub(super) fn tells(&self) -> bool {
        self.total.is_some()
            || self.rows.is_some()
            || self.cursor.is_some()
            || self.link.is_some()
            || !self.more.0.is_empty()
            || self.until_empty
            || self.until_repeated
    }
}

fn one() -> u32 {
    1
}

fn five() -> u8 {
    5
}

fn yes() -> bool {
    true
}

/// More than most listings have, fewer than a walk that never ends.
fn fifty() -> u16 {
    50
}

/// A GraphQL request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphqlWords {
    /// The document. It is sent as it is: values belong into `variables`.
    pub query: String,
    /// Name of the operation in the document.
    pub operation: Option<String>,
    /// Values for the variables of the document, written as in `json`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub variables: Option<toml::Value>,
}

/// Methods that only read, and the one that is used to ask longer questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
            + usize::from(self.multipart.is_some())
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
        all.extend(
            self.cookies
                .iter()
                .map(|(k, v)| (vec!["cookies", k.as_str()], v.as_str())),
        );
        all.extend(self.body.iter().map(|v| (vec!["body"], v.as_str())));
        for (name, part) in self.multipart.iter().flatten() {
            let texts = match part {
                PartWords::Field(text) => vec![text],
                PartWords::File { content, file, .. } => vec![content, file],
            };
            all.extend(
                texts
                    .into_iter()
                    .map(|text| (vec!["multipart", name.as_str()], text.as_str())),
            );
        }
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
