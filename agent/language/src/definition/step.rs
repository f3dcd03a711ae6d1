//! The words of a step: what it asks for, how often, and how its answer becomes rows.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Decode, ExpectWords, FieldWords, FirstWords, LabelWords, OneOrMany, PagesWords, PriceWords,
    RequestWords, Share, StatusWords,
};

/// One kind of request, and how its answer becomes rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step over whose rows this one fans out: one task for each row. A root step has none.
    pub for_each: Option<String>,
    /// Which of those rows have a task here: all of which each of these holds, such as
    /// `cinema.bookable` or `cinema.kind != "drive-in"`.
    #[serde(default)]
    pub for_each_where: OneOrMany,
    /// One task for each of so many days, today first, by the clock of the cinema. Templates
    /// say `{{ day.date }}` and `{{ day.offset }}`.
    pub days: Option<u16>,
    /// Time between two looks at the same key. Seats of showtimes: the longest such time;
    /// within the limit they are looked at where most sales are expected, at most every five
    /// minutes, and where the limit is too low for this many looks, those that hardly sell
    /// wait longer.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// A value of the row above, such as `showtime.seats_available`: a look is
    /// due when it has changed, and otherwise only after `every`.
    pub gate: Option<String>,
    /// What its rows are.
    pub yields: Yields,
    /// Items: the name under which templates below know a row: `{{ film.key }}`.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// One of `[limits]`, where this step asks another host than the rest.
    pub limit: Option<String>,
    /// Rows that stand in this file; nothing is asked then.
    #[schemars(with = "Option<Vec<BTreeMap<String, serde_json::Value>>>")]
    pub fixed: Option<Vec<toml::Table>>,
    /// Requests to be made first, in the order of the file: a token, a session, the other half of a join.
    #[serde(default)]
    pub first: IndexMap<String, FirstWords>,
    /// What to send. Nothing, where `rows` starts at what was asked first or at what the row
    /// above carries (`showtime.tariffs[]`).
    pub request: Option<RequestWords>,
    /// Further pages of the answer.
    pub pages: Option<PagesWords>,
    /// How the body is read: one decoder, or several in a chain.
    #[serde(default)]
    pub decode: Decode,
    /// Must all hold, or the answer is a failure despite its 200.
    #[serde(default)]
    pub ok: OneOrMany,
    /// Must none hold, such as `.errors` or `.pageInfo.hasNextPage`.
    #[serde(default)]
    pub fail_if: OneOrMany,
    /// Marks of a challenge, a login page or a refusal: the source is left alone until a
    /// person decides. `text:…` looks into the body as it came.
    #[serde(default)]
    pub blocked_if: OneOrMany,
    /// Marks of an answer that is empty and says so: no rows are then no failure. `status:404`
    /// is the HTTP status that says so, and `body:empty` that there is no body at all.
    #[serde(default)]
    pub empty_if: OneOrMany,
    /// The rows: a path or jq for JSON, a CSS selector for HTML; a path may start at what was
    /// handed down (`layout.seats[]`). A path without `[]` leads to one row.
    pub rows: Option<String>,
    /// One name for each `[]` of a plain `rows`, outermost first; fields may then say
    /// `area.Description`.
    #[serde(default)]
    pub levels: Vec<String>,
    /// JSON: rows are lists, and this path leads to the list of their names.
    pub header: Option<String>,
    /// JSON: each row is an object of equally long lists; it becomes as many rows.
    #[serde(default)]
    pub columns: bool,
    /// Takes a row apart: one row for each part, which fields know as `part`.
    pub split: Option<SplitWords>,
    /// Rows for which one of these does not hold are left out: checks as in `ok`, of the row. A
    /// value of a level or of what is handed down may be asked for by jq behind its name:
    /// `film.seats > 0`, `film.genre | test("live")`.
    #[serde(default, rename = "where")]
    pub keep: OneOrMany,
    /// Rows of another list that belong to this one; fields say `film.Title`. They are joined in
    /// the order of the file: one may be `on` a value of those before it. Rows of a page are
    /// joined with what was handed down or asked `first`.
    #[serde(default)]
    pub join: IndexMap<String, JoinWords>,
    /// HTML: an element that a true answer has even when it has no rows. With it, none is no
    /// failure; with `may_be_empty` too, none is compared with what the source gave before.
    pub container: Option<String>,
    /// Accepts an answer without rows, or without the list for them, although nothing in it
    /// says that it is empty; what `ok` and `container` name must be there. Rows that the source
    /// gave before and that should still be there are missed all the same, unless `expect` says
    /// `learn = false`.
    #[serde(default)]
    pub may_be_empty: bool,
    /// Leaves out items that are null, `[]`, `{}` or empty text: gaps of a grid.
    #[serde(default)]
    pub skip_empty: bool,
    /// Leaves out rows that cannot be read, up to this share of all rows, such as `5%`. They
    /// are counted and shown, and the answer counts as partial: what is absent from it is not
    /// taken for gone, so no showtime is noted as cancelled. An answer in which more rows
    /// cannot be read fails. Not for seats and prices, which are kept as wholes.
    pub skip_unreadable: Option<Share>,
    /// What two rows with one key mean.
    #[serde(default)]
    pub same_key: SameKey,
    /// What each row says, by the names of the kind that the step yields.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldWords>,
    /// Further values of a row, for the templates of the steps below; of an observation,
    /// its properties.
    #[serde(default)]
    pub carry: BTreeMap<String, FieldWords>,
    /// Observations: one for each of these, in place of the fields `metric` and `value`.
    #[serde(default)]
    pub metrics: BTreeMap<String, FieldWords>,
    /// Seats: row letters and numbers for a bare matrix.
    pub labels: Option<LabelWords>,
    /// Seats: which codes mean what.
    pub status: Option<StatusWords>,
    /// Seats: prices that come with the map.
    pub prices: Option<PriceWords>,
    /// What a true answer looks like; what does not is quarantined.
    #[serde(default)]
    pub expect: ExpectWords,
}

impl Step {
    /// Returns how long one request of this step may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        let main = self.request.iter().map(|request| request.timeout);
        let first = self.first.values().map(|first| first.request.timeout);
        // A step with fixed rows sends nothing and needs none.
        main.chain(first).max().unwrap_or(Duration::from_secs(1))
    }

    /// Returns where its rows are; those of a fixed list are its items.
    #[must_use]
    pub fn rows(&self) -> &str {
        self.rows.as_deref().unwrap_or(".[]")
    }

    /// Returns the name under which a row is known to the templates below, if any are.
    #[must_use]
    pub fn singular(&self) -> Option<&str> {
        match self.yields {
            Yields::Cinemas => Some("cinema"),
            Yields::Showtimes => Some("showtime"),
            Yields::Items => self.name.as_deref(),
            Yields::Seats | Yields::Prices | Yields::Observations => None,
        }
    }
}

/// What the rows of a step are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Yields {
    /// Cinemas of the source.
    Cinemas,
    /// Showtimes of a cinema.
    Showtimes,
    /// Seats of a showtime.
    Seats,
    /// Prices of a showtime.
    Prices,
    /// Anything that further steps fan out over: films, regions, dates. It is not stored.
    Items,
    /// Values over time beside the seats: weather, views of a video, mentions of a film.
    Observations,
}

impl Yields {
    /// Returns the words for fields of this kind: the required, and the further ones.
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
            Self::Prices => (
                &["amount"],
                &["ticket", "area", "currency", "amount_max", "fee", "tax"],
            ),
            Self::Items => (&["key"], &[]),
            Self::Observations => (&["subject"], &["metric", "value", "at"]),
        }
    }

    /// Returns what every row hands down to the steps below, beside what it carries.
    #[must_use]
    pub fn handed_down(self) -> &'static [&'static str] {
        match self {
            Self::Cinemas => &["key", "name", "timezone", "latitude", "longitude"],
            Self::Showtimes => &["key", "film_key", "auditorium_key", "starts_at"],
            Self::Items => &["key"],
            Self::Seats | Self::Prices | Self::Observations => &[],
        }
    }

    /// Returns the kind of row that must stand somewhere above.
    #[must_use]
    pub fn belongs_to(self) -> Option<Self> {
        match self {
            Self::Cinemas | Self::Items | Self::Observations => None,
            Self::Showtimes => Some(Self::Cinemas),
            Self::Seats | Self::Prices => Some(Self::Showtimes),
        }
    }

    /// Returns whether its rows are stored under the row above, so that there is one above.
    #[must_use]
    pub(super) fn singular_kind(self) -> bool {
        matches!(self, Self::Cinemas | Self::Showtimes)
    }

    /// Returns the word as it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cinemas => "cinemas",
            Self::Showtimes => "showtimes",
            Self::Seats => "seats",
            Self::Prices => "prices",
            Self::Items => "items",
            Self::Observations => "observations",
        }
    }
}

/// What two rows with one key mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameKey {
    /// The answer is not what the definition describes.
    #[default]
    Error,
    /// The same row twice: the first counts. Two seats that differ in anything are not the
    /// same, and fail; of cinemas, showtimes and items that differ in what makes them one (a
    /// name, a start, an auditorium) the answer counts as partial.
    First,
    /// As `first`, but the last counts.
    Last,
}

/// One row becomes several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitWords {
    /// The value to take apart.
    pub of: FieldWords,
    /// A regular expression between the parts; empty parts are left out.
    pub by: String,
}

/// Rows of another list that belong to those of the step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinWords {
    /// The other list: a path in the body, or in what was handed down or asked `first`.
    pub rows: String,
    /// What names a row of the other list.
    pub key: FieldWords,
    /// What names it in a row of the step.
    pub on: FieldWords,
    /// Keeps rows of the step that have no partner; its values are then missing.
    #[serde(default)]
    pub optional: bool,
}
