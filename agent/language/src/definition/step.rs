//! The words of a step: what it asks for, how often, and how its answer becomes rows.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use vocabulary::Yields;

use super::{
    AttributeWords, Decode, ExpectWords, FieldWords, FirstWords, LabelWords, OneOrMany, PagesWords,
    PriceWords, RequestWords, Share, StatusWords,
};

/// One kind of request, and how its answer becomes rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step above. This step has one task for each of its rows. A root step has none.
    pub for_each: Option<String>,
    /// Checks that select the rows of the step above; only rows for which all hold get a task.
    /// Examples: `cinema.bookable`, `cinema.kind != "drive-in"`.
    #[serde(default)]
    pub for_each_where: OneOrMany,
    /// Makes one task per day for so many days, today first, by the date at the cinema. Templates
    /// know `{{ day.date }}` and `{{ day.offset }}`.
    pub days: Option<u16>,
    /// Time between two looks at the same key. For seats it is the longest such time: within the
    /// limit, seats are looked at where most sales are expected, at most every five minutes. If the
    /// limit is too low for that many looks, showtimes that hardly sell wait longer.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// A value of the row above, such as `showtime.seats_available` or `showtime.sold_out`. A task
    /// is due when the value has changed, and otherwise after `every` and around the start.
    pub gate: Option<String>,
    /// The kind of its rows.
    pub yields: Yields,
    /// Items: the name of a row in the templates of the steps below, as in `{{ film.key }}`.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// One of `[limits]`, for a step that asks another host.
    pub limit: Option<String>,
    /// The rows themselves; no request is sent.
    #[schemars(with = "Option<Vec<BTreeMap<String, serde_json::Value>>>")]
    pub fixed: Option<Vec<toml::Table>>,
    /// Requests that are sent before `request`, in the order of the file: for a token, a session,
    /// or another list to join.
    #[serde(default)]
    pub first: IndexMap<String, FirstWords>,
    /// The request. A step without one reads rows that were requested first or handed down (`rows =
    /// "showtime.tariffs[]"`).
    pub request: Option<RequestWords>,
    /// How further pages of the answer are requested.
    pub pages: Option<PagesWords>,
    /// How the body is read: one decoder, or a chain of them. Default: `json`.
    #[serde(default)]
    pub decode: Decode,
    /// Checks that must all hold; otherwise the answer is a failure, whatever its status.
    #[serde(default)]
    pub ok: OneOrMany,
    /// Checks of which none may hold, such as `.errors` or `.pageInfo.hasNextPage`.
    #[serde(default)]
    pub fail_if: OneOrMany,
    /// Checks that show a challenge, a login page or a refusal. If one holds, the source is blocked
    /// until a person decides. `text:…` searches the body as it was received.
    #[serde(default)]
    pub blocked_if: OneOrMany,
    /// Checks that show that the answer is empty on purpose; an answer without rows is then not a
    /// failure. `status:404` is an HTTP status, `body:empty` a body without bytes.
    #[serde(default)]
    pub empty_if: OneOrMany,
    /// Where the rows are: a path or jq for JSON, a CSS selector for HTML. A path may start at a
    /// value that was handed down (`layout.seats[]`). A path without `[]` gives one row.
    pub rows: Option<String>,
    /// One name for each `[]` of a plain `rows`, outermost first. Fields may then say
    /// `area.description`.
    #[serde(default)]
    pub levels: Vec<String>,
    /// JSON: rows are lists, and this is the path of the list with the column names.
    pub header: Option<String>,
    /// JSON: a row is an object of lists of equal length, and becomes one row per position.
    #[serde(default)]
    pub columns: bool,
    /// Splits a row: one row for each part, which fields know as `part`.
    pub split: Option<SplitWords>,
    /// Checks of the row, as in `ok`; a row is left out unless all hold. A check may name a level
    /// or a value that was handed down, and continue with jq: `film.seats > 0`, `film.genre |
    /// test("live")`.
    #[serde(default, rename = "where")]
    pub keep: OneOrMany,
    /// Joins each row with a row of another list; fields then say `film.title` for a join called
    /// `film`. Joins run in the order of the file, so a later one may use values of an earlier one
    /// in `on`. Rows of a page are joined with values that were handed down or requested first.
    #[serde(default)]
    pub join: IndexMap<String, JoinWords>,
    /// HTML: an element that a true page has even without rows. If it is there, no rows are not a
    /// failure. With `may_be_empty` too, an empty page is compared with what the source gave
    /// before.
    pub container: Option<String>,
    /// Accepts an answer without rows, or without the list for them, that does not say that it is
    /// empty. The checks of `ok` must still hold, and `container` must be there. Rows that the
    /// source gave before and that should still be there are missed, unless `expect` says `learn =
    /// false`.
    #[serde(default)]
    pub may_be_empty: bool,
    /// Leaves out items that are null, `[]`, `{}` or an empty text, such as the gaps of a grid.
    #[serde(default)]
    pub skip_empty: bool,
    /// Leaves out rows that cannot be read, up to this share of all rows, such as `5%`. They are
    /// counted and reported, and the answer counts as partial: nothing is concluded from what is
    /// absent, so no showtime counts as cancelled. If more rows cannot be read, the answer fails.
    /// Not for seats and prices.
    pub skip_unreadable: Option<Share>,
    /// What to do with two rows that have the same key.
    #[serde(default)]
    pub same_key: SameKey,
    /// Where each value of a row is, by the field names of the kind that the step yields.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldWords>,
    /// Further values of a row, for the templates of the steps below. For an observation: its
    /// properties.
    #[serde(default)]
    pub carry: BTreeMap<String, FieldWords>,
    /// Showtimes: the numbers that others than the source give to the film, each under the name of
    /// the scheme: `{ imdb = ".imdb", edi = ".edi" }`. They are stored as they came.
    #[serde(default)]
    pub film_ids: BTreeMap<String, FieldWords>,
    /// Showtimes: what the source says of their format, sound, language and the like.
    pub attributes: Option<AttributeWords>,
    /// Observations: one observation per entry, instead of the fields `metric` and `value`.
    #[serde(default)]
    pub metrics: BTreeMap<String, FieldWords>,
    /// Seats: derives row letters and seat numbers for a matrix without labels.
    pub labels: Option<LabelWords>,
    /// Seats: what the status codes mean.
    pub status: Option<StatusWords>,
    /// Seats: prices that come with the seat map.
    pub prices: Option<PriceWords>,
    /// What rows must look like to be believed; an answer that fails is quarantined.
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

/// What to do with two rows that have the same key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameKey {
    /// The answer fails.
    #[default]
    Error,
    /// The first row counts. Two seats with one key that differ in anything still fail. If cinemas,
    /// showtimes or items differ in their identity (a name, a start, an auditorium), the answer
    /// counts as partial.
    First,
    /// Like `first`, but the last row counts.
    Last,
}

/// How a row is split.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitWords {
    /// The value to split.
    pub of: FieldWords,
    /// A regular expression for the separator. Empty parts are left out.
    pub by: String,
}

/// Another list whose rows are joined with the rows of the step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinWords {
    /// The other list: a path in the body, or in a value that was handed down or requested first.
    pub rows: String,
    /// The key of a row in the other list.
    pub key: FieldWords,
    /// The key in the row of the step.
    pub on: FieldWords,
    /// Keeps rows of the step without a partner; the joined values are then missing.
    #[serde(default)]
    pub optional: bool,
}
