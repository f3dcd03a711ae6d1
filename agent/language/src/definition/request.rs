//! The words of a request: templates in every place that a value can stand.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decode, FieldWords, OneOrMany};

/// A request. Its texts are templates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestWords {
    /// The full address. Values are percent-encoded, except those of `vars`.
    pub url: String,
    /// The method. Default: `POST` with a body, else `GET`.
    pub method: Option<Method>,
    /// Query parameters; they are encoded and appended to the address.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Cookies, in addition to those that the source set.
    #[serde(default)]
    pub cookies: BTreeMap<String, String>,
    /// A body that is sent as written.
    pub body: Option<String>,
    /// A JSON body. A text that consists of one `{{ … }}` keeps the type of its value.
    #[schemars(with = "Option<serde_json::Value>")]
    pub json: Option<toml::Value>,
    /// A form as the body.
    pub form: Option<BTreeMap<String, String>>,
    /// A form with files as the body (`multipart/form-data`).
    pub multipart: Option<BTreeMap<String, PartWords>>,
    /// A GraphQL request as the body.
    pub graphql: Option<GraphqlWords>,
    /// Maximum number of redirects. Each needs a permit of its own, and none may lead to a private
    /// address.
    #[serde(default = "five")]
    pub redirects: u8,
    /// Sends `If-None-Match` or `If-Modified-Since`, where the source gave `ETag` or
    /// `Last-Modified`.
    #[serde(default = "yes")]
    pub conditional: bool,
    /// Maximum time of the request, from connecting to the last byte.
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
        /// Content of the file.
        content: String,
        /// File name.
        file: String,
        /// Media type.
        #[serde(rename = "type")]
        kind: Option<String>,
    },
}

/// A request that is sent before the request of the step. Its values are known by its name: `{{
/// token.value }}` in templates, `token.value` in fields and rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstWords {
    /// What to send.
    pub request: RequestWords,
    /// A list, such as `app.hashes`. Each item is tried in turn, as `{{ candidate }}`, until an
    /// answer passes `ok`. At most 200 items are tried.
    pub one_of: Option<String>,
    /// Further pages of the answer. A list in `take` has the items of all pages; any other value is
    /// that of the first page.
    pub pages: Option<PagesWords>,
    /// How the body is read.
    #[serde(default)]
    pub decode: Decode,
    /// Checks that must all hold.
    #[serde(default)]
    pub ok: OneOrMany,
    /// Checks of which none may hold.
    #[serde(default)]
    pub fail_if: OneOrMany,
    /// Checks that show a challenge, a login page or a refusal.
    #[serde(default)]
    pub blocked_if: OneOrMany,
    /// The values to keep: JSON values, or texts of a page. May be left out where only the cookies
    /// matter.
    #[serde(default)]
    pub take: BTreeMap<String, FieldWords>,
    /// How long this pod may use the answer again. A 401 discards it at once.
    #[serde(with = "humantime_serde", default)]
    #[schemars(with = "Option<String>")]
    pub cache: Option<Duration>,
    /// The name of a value in `take` with the seconds for which the answer may be used, if that is
    /// less than `cache`.
    pub expires_in: Option<String>,
}

/// How further pages are requested. Templates know `{{ page.number }}`, `{{ page.offset }}`, `{{
/// page.cursor }}` and `{{ page.link }}`; on the first page, cursor and link are empty. With
/// several words that can end the pages, the first that applies ends them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagesWords {
    /// Number of the first page.
    #[serde(default = "one")]
    pub from: u32,
    /// Rows per page; `page.offset` grows by it.
    pub size: Option<u32>,
    /// The number of pages, or the number of the last page if the first has number 1.
    pub total: Option<FieldWords>,
    /// The number of rows of all pages. Fewer rows are a failure. If rows came twice, or the number
    /// changed from page to page, rows moved between the requests, and the answer counts as
    /// partial.
    pub rows: Option<FieldWords>,
    /// The cursor of the next page. A missing, empty or repeated cursor ends the pages.
    pub cursor: Option<FieldWords>,
    /// The address of the next page, relative to this one, used instead of `url` and `query`. A
    /// missing or repeated address ends the pages.
    pub link: Option<FieldWords>,
    /// Checks that hold if there is a next page.
    #[serde(default)]
    pub more: OneOrMany,
    /// Continues until a page has no rows.
    #[serde(default)]
    pub until_empty: bool,
    /// Continues until a page has the rows of an earlier page, or none; that page is ignored. For
    /// sources that answer a page past the end with their last page.
    #[serde(default)]
    pub until_repeated: bool,
    /// Pages repeat rows by design. Without it, a row on two pages means that rows moved between
    /// the requests and others were missed, so the answer counts as partial.
    #[serde(default)]
    pub overlap: bool,
    /// Maximum number of pages. More are a failure, not a silent end.
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
    /// The document. It is sent as written; values belong in `variables`.
    pub query: String,
    /// The name of the operation in the document.
    pub operation: Option<String>,
    /// Values of the variables, written as in `json`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub variables: Option<toml::Value>,
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body; for questions, never to change anything at the source.
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
