//! The words of a source definition: what an author may write, read strictly.
//!
//! Takes the text of one TOML file and gives a [`Definition`] that is known to be
//! coherent: steps that exist, templates whose variables something defines, zones and
//! currencies that are real. What only a compiler can judge (selectors, jq, regular
//! expressions) is judged by [`Source::compile`](crate::source::Source::compile).
//! The message of a mistake names file, line and the way out; nothing is repaired silently.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

mod attributes;
mod check;
mod error;
mod hours;
mod expect;
mod field;
mod fixed;
mod nul;
mod request;
mod reserved;
mod seats;
mod share;
mod step;

#[cfg(test)]
mod tests;

pub use attributes::{AttributeWords, FieldOrMany};
pub use error::DefinitionError;
pub use expect::{Bounds, ExpectWords};
pub use field::{FieldTable, FieldWords, Fold, Formats, TextOf, Unescape, Year, Zone};
pub use hours::Between;
pub use request::{FirstWords, GraphqlWords, Method, PagesWords, PartWords, RequestWords};
pub use reserved::RESERVED;
pub use seats::{LabelWords, Otherwise, PriceWords, StatusOf, StatusWords};
pub use share::Share;
pub use step::{JoinWords, SameKey, SplitWords, Step};
pub use vocabulary::Yields;

/// A source definition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Name in keys, metrics and logs: `[a-z0-9-]+`.
    pub name: String,
    /// Display name.
    pub title: String,
    /// Whether the fleet may ask this source.
    pub access: Access,
    /// How site owners reach you; goes into the user agent.
    pub contact: Option<String>,
    /// ISO 3166 alpha-2 code of cinemas that have no `territory` of their own.
    pub territory: String,
    /// IANA time zone of cinemas that have no `timezone` of their own.
    pub timezone: String,
    /// ISO 4217 code of prices that have no `currency` of their own.
    pub currency: String,
    /// Whether `robots.txt` is obeyed.
    pub robots: Option<Robots>,
    /// How often the source may be asked.
    pub limit: Limit,
    /// Further limits, for steps that ask another host.
    #[serde(default)]
    pub limits: BTreeMap<String, Limit>,
    /// Constants for templates: `{{ vars.base }}`.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// References to secrets, used as `{{ secret.name }}`: `env:FULLHOUSE_SECRET_NAME` is a
    /// variable with this prefix, `file:NAME` a file below `/run/secrets/fullhouse`. An operator
    /// may configure another prefix and another directory. Nothing else can be named.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// Keeps cookies from request to request of one job. Each job starts without cookies.
    #[serde(default)]
    pub cookies: bool,
    /// The steps of the source.
    pub steps: IndexMap<String, Step>,
    #[serde(skip)]
    #[schemars(skip)]
    origin: Origin,
}

/// Where a definition was read, so that later errors can name the line.
#[derive(Debug, Clone, Default)]
struct Origin {
    file: Arc<str>,
    text: Arc<str>,
}

/// Whether the fleet may ask a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The owner agreed.
    Permitted,
    /// Published for everybody; asked politely.
    Public,
    /// Not asked until a person decides.
    Blocked,
}

/// Whether `robots.txt` is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Robots {
    /// Requests that `robots.txt` forbids to us or to everybody are not sent. The default of public
    /// sources.
    Obey,
    /// The owner agreed otherwise. The default of permitted sources.
    Ignore,
}

/// A rate limit, exact over the whole fleet.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What the limit applies to, usually a host. Sources may share a key.
    pub key: String,
    /// Further hosts whose requests count against this limit, such as `cdn.kino.example` or
    /// `kino.example:8443`. Redirects and links to further pages may lead there, and to hosts that
    /// the definition itself asks under this limit, but nowhere else.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Requests per second, above 0.
    #[serde(rename = "rate")]
    pub rate_per_second: f64,
    /// Requests that may be sent at once after a pause; at least 1.
    pub burst: u32,
    /// Maximum number of requests in flight.
    pub concurrency: Option<u32>,
    /// Maximum number of requests per calendar day of `zone`, over the whole fleet.
    pub per_day: Option<u32>,
    /// Hours of `zone` in which requests may be sent, such as `22:00-06:00`.
    pub between: Option<Between>,
    /// IANA time zone of `per_day` and `between`. Default: the time zone of the source.
    pub zone: Option<String>,
    /// The longest pause that `Retry-After` may ask for, up to an hour.
    #[serde(with = "humantime_serde", default)]
    #[schemars(with = "Option<String>")]
    pub retry_after_at_most: Option<Duration>,
}

/// How a body is read: a chain of decoders, each of which reads the result of the one before.
///
/// From bytes or text: `charset:NAME` (comes first, where the header is wrong), `json`, `json5`
/// (allows `NaN`, comments, single quotes and names without quotes; `NaN` and infinity become
/// null), `html`, `xml`, `delimited:;` or `delimited:tab` (the first line has the column names,
/// each further line becomes an object), `lines` (each line becomes a text), `js:NAME` (the literal
/// that a script assigns to `NAME`), `regex:…` (the text of the first group).
///
/// From a page: `css:SELECTOR` or `css:SELECTOR@attribute` (the text of the first match),
/// `json_ld:TYPE` or `json_ld:TYPE,TYPE` (all JSON-LD objects of these types, as a list).
///
/// From JSON: `string:.path` (the text there), `json_string` or `json_string:.path` (the JSON in a
/// string), `jq:…` (another value, made from this one).
///
/// XML becomes JSON: the root is a member with its name. An element is an object of its children,
/// its `@attributes` and its `#text`; an element with text alone is that text. Names have no
/// prefix. Elements that come more than once are a list. An element that comes once is a list if
/// its name stands before `[]` in a path of the step, or in `xml:NAME,NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "OneOrMany")]
#[schemars(with = "OneOrMany")]
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
        self.0.last().is_some_and(|word| word == "html")
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One text, or a list of them.",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        })
    }
}

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
        let definition = Self::read(text, file)?;
        check::check(&definition)?;
        Ok(definition.parents_first())
    }

    /// Reads the definition in `text` as [`Definition::parse`] does, and reports more than one
    /// problem where there are several.
    ///
    /// # Errors
    ///
    /// All problems that do not follow from each other, at least one.
    pub fn problems(text: &str, file: &str) -> Result<Self, Vec<DefinitionError>> {
        let definition = Self::read(text, file).map_err(|error| vec![error])?;
        let found = check::problems(&definition);
        if found.is_empty() {
            Ok(definition.parents_first())
        } else {
            Err(found)
        }
    }

    fn read(text: &str, file: &str) -> Result<Self, DefinitionError> {
        let mut definition: Self =
            toml::from_str(text).map_err(|error| DefinitionError::of_toml(file, text, &error))?;
        nul::refuse(file, text)?;
        definition.origin = Origin {
            file: file.into(),
            text: text.into(),
        };
        let steps = definition.steps.values_mut();
        steps.for_each(fixed::name_columns);
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

    /// Returns whether the rules of `robots.txt` are kept, said or not.
    #[must_use]
    pub fn robots(&self) -> Robots {
        self.robots.unwrap_or(match self.access {
            Access::Permitted => Robots::Ignore,
            Access::Public | Access::Blocked => Robots::Obey,
        })
    }

    /// Returns the limit that the requests of `step` count against.
    #[must_use]
    pub fn limit_of(&self, step: &str) -> &Limit {
        let named = self.steps.get(step).and_then(|step| step.limit.as_ref());
        named
            .and_then(|name| self.limits.get(name))
            .unwrap_or(&self.limit)
    }

    /// Returns whether anything in it may look at more of an answer than its body.
    pub(crate) fn looks_at_answers(&self) -> bool {
        self.origin.text.contains("answer.")
    }

    /// Returns whether a field looks at this header of an answer.
    #[must_use]
    pub fn names_header(&self, name: &str) -> bool {
        let text = self.origin.text.replace('\\', "");
        let written = [format!("headers.{name}"), format!("headers[\"{name}\"]")];
        written.iter().any(|written| text.contains(written))
    }

    /// Returns a hash of its text: the same for the same version of the same source.
    pub(crate) fn fingerprint(&self) -> u128 {
        xxhash_rust::xxh3::xxh3_128(self.origin.text.as_bytes())
    }

    /// Returns the names under which values are handed down to `step`.
    pub(crate) fn handed_down(&self, step: &str) -> Vec<String> {
        let above = self.ancestors(step);
        let steps = above.iter().filter_map(|name| self.steps.get(*name));
        let names = steps.clone().filter_map(Step::singular);
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.push("run".to_owned());
        let mut own = steps.chain(self.steps.get(step));
        if own.any(|step| step.days.is_some()) {
            names.push("day".to_owned());
        }
        names
    }

    /// Makes an error at the word that `path` leads to.
    #[must_use]
    pub fn error(
        &self,
        path: &[&str],
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> DefinitionError {
        DefinitionError::at(&self.origin.file, &self.origin.text, path, problem, way_out)
    }

    fn parents_first(mut self) -> Self {
        let depth: BTreeMap<String, usize> = self
            .steps
            .keys()
            .map(|name| (name.clone(), self.ancestors(name).len()))
            .collect();
        self.steps
            .sort_by(|a, _, b, _| (depth.get(a), a).cmp(&(depth.get(b), b)));
        self
    }
}
