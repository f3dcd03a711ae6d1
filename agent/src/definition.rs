//! The words of a source definition: what an author may write, read strictly.
//!
//! Takes the text of one TOML file and gives a [`Definition`] that is known to be
//! coherent: steps that exist, templates whose variables something defines, zones and
//! currencies that are real. What only a compiler can judge (selectors, jq, regular
//! expressions) is judged by [`Source::compile`](crate::source::Source::compile).
//! A mistake is told with file, line and the way out; nothing is repaired silently.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use indexmap::IndexMap;
use serde::Deserialize;

mod check;
mod error;
mod field;
mod request;
mod seats;

#[cfg(test)]
mod tests;

pub use error::DefinitionError;
pub use field::{FieldTable, FieldWords, Fold, Formats, TextOf, Zone};
pub use request::{GraphqlWords, Method, RequestWords};
pub use seats::{LabelWords, Otherwise, PriceWords, StatusOf, StatusWords};

/// One source as its author describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Name in keys, metrics and logs: `[a-z0-9-]+`.
    pub name: String,
    /// Display name.
    pub title: String,
    /// Whether the fleet may ask this source.
    pub access: Access,
    /// Address in the user agent, for whoever runs the site.
    pub contact: Option<String>,
    /// ISO 3166 alpha-2 code of cinemas that name none.
    pub territory: String,
    /// IANA zone of cinemas that name none.
    pub timezone: String,
    /// ISO 4217 code of prices that name none.
    pub currency: String,
    /// How often the source may be asked.
    pub limit: Limit,
    /// Free words for templates: `{{ vars.base }}`.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// References to secrets: `env:NAME` or `file:/path`; used as `{{ secret.name }}`.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// What to ask, parents before children.
    pub steps: IndexMap<String, Step>,
    #[serde(skip)]
    origin: Origin,
}

/// Where a definition was read, so that later errors can name the line.
#[derive(Debug, Clone, Default)]
struct Origin {
    file: Arc<str>,
    text: Arc<str>,
}

/// Whether the fleet may ask a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Its owner agreed.
    Permitted,
    /// Published for everybody, asked politely.
    Public,
    /// Not asked until a person decides.
    Blocked,
}

/// A rate limit, exact over the whole fleet.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What the limit applies to, often a host; sources may share one.
    pub key: String,
    /// Requests per second, above 0.
    #[serde(rename = "rate")]
    pub rate_per_second: f64,
    /// Requests that may be sent at once after a pause, at least 1.
    pub burst: u32,
    /// Requests in flight at one time, if that is limited too.
    pub concurrency: Option<u32>,
}

/// One kind of request, and how its answer becomes rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step over whose rows this one fans out; a root step has none.
    pub for_each: Option<String>,
    /// Time between two looks at the same key.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// What its rows are.
    pub yields: Yields,
    /// What to send.
    pub request: RequestWords,
    /// How the body is read.
    #[serde(default)]
    pub decode: Decode,
    /// Must all hold, or the answer is a failure despite its 200.
    #[serde(default)]
    pub ok: OneOrMany,
    /// Must none hold, such as `.errors` or `.pageInfo.hasNextPage`.
    #[serde(default)]
    pub fail_if: OneOrMany,
    /// The rows: a path or jq for JSON, a CSS selector for HTML.
    pub rows: String,
    /// One name for each `[]` of a plain `rows`, outermost first; fields may then say
    /// `area.Description`.
    #[serde(default)]
    pub levels: Vec<String>,
    /// HTML: an element that a true answer has even when it has no rows.
    pub container: Option<String>,
    /// Accepts an answer without rows, even without the container of rows.
    #[serde(default)]
    pub may_be_empty: bool,
    /// Leaves out items that are null, `[]`, `{}` or empty text: gaps of a grid.
    #[serde(default)]
    pub skip_empty: bool,
    /// What each row says, by the names of the kind that the step yields.
    pub fields: BTreeMap<String, FieldWords>,
    /// Further values of a row, for the templates of the steps below.
    #[serde(default)]
    pub carry: BTreeMap<String, FieldWords>,
    /// Seats: row letters and numbers for a bare matrix.
    pub labels: Option<LabelWords>,
    /// Seats: which codes mean what.
    pub status: Option<StatusWords>,
    /// Seats: prices that come with the map.
    pub prices: Option<PriceWords>,
}

impl Step {
    /// Returns how long one request of this step may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.request.timeout
    }
}

/// What the rows of a step are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Yields {
    /// Cinemas of the source.
    Cinemas,
    /// Showtimes of a cinema.
    Showtimes,
    /// Seats of a showtime.
    Seats,
}

impl Yields {
    /// Returns the name under which a row is known to the templates below, if any are.
    #[must_use]
    pub fn singular(self) -> Option<&'static str> {
        match self {
            Self::Cinemas => Some("cinema"),
            Self::Showtimes => Some("showtime"),
            Self::Seats => None,
        }
    }

    /// Returns the words for fields of this kind, required ones first, and their count.
    #[must_use]
    pub fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Cinemas => (
                &["key", "name"],
                &["timezone", "territory", "city", "latitude", "longitude"],
            ),
            Self::Showtimes => (
                &["key", "film_key", "film_title", "starts_at"],
                &[
                    "auditorium_key",
                    "auditorium_name",
                    "business_on",
                    "seats_total",
                    "seats_available",
                ],
            ),
            Self::Seats => (
                &["key"],
                &["row", "number", "area", "kind", "group", "x", "y"],
            ),
        }
    }

    /// Returns what every row hands down to the steps below, beside what it carries.
    #[must_use]
    pub fn handed_down(self) -> &'static [&'static str] {
        match self {
            Self::Cinemas => &["key", "name", "timezone"],
            Self::Showtimes => &["key", "starts_at"],
            Self::Seats => &[],
        }
    }
}

/// How a body is read: decoders in a chain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Decode(pub Vec<String>);

impl Default for Decode {
    fn default() -> Self {
        Self(vec!["json".to_owned()])
    }
}

impl From<OneOrMany> for Decode {
    fn from(words: OneOrMany) -> Self {
        Self(words.0)
    }
}

impl Decode {
    /// Returns whether the chain ends in a page rather than in a JSON value.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.0.iter().any(|word| word == "html")
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut texts: A,
            ) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(text) = texts.next_element()? {
                    all.push(text);
                }
                Ok(OneOrMany(all))
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Definition {
    /// Reads the definition in `text`; `file` is named in errors.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] at the first word that is unknown, missing or cannot work.
    pub fn parse(text: &str, file: &str) -> Result<Self, DefinitionError> {
        let mut definition: Self =
            toml::from_str(text).map_err(|error| DefinitionError::of_toml(file, text, &error))?;
        definition.origin = Origin {
            file: file.into(),
            text: text.into(),
        };
        check::check(&definition)?;
        definition.put_parents_first();
        Ok(definition)
    }

    /// Returns the step under which the rows of `step` were found, and so on to the root.
    #[must_use]
    pub fn ancestors(&self, step: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut at = self.steps.get(step);
        while let Some(parent) = at.and_then(|step| step.for_each.as_deref()) {
            // A definition with a cycle is refused, but is checked with this very function.
            if found.contains(&parent) || found.len() > self.steps.len() {
                break;
            }
            found.push(parent);
            at = self.steps.get(parent);
        }
        found
    }

    /// Makes an error at the word that `path` leads to.
    pub(crate) fn error(
        &self,
        path: &[&str],
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> DefinitionError {
        DefinitionError::at(&self.origin.file, &self.origin.text, path, problem, way_out)
    }

    fn put_parents_first(&mut self) {
        let depth: BTreeMap<String, usize> = self
            .steps
            .keys()
            .map(|name| (name.clone(), self.ancestors(name).len()))
            .collect();
        self.steps
            .sort_by(|a, _, b, _| (depth.get(a), a).cmp(&(depth.get(b), b)));
    }
}
