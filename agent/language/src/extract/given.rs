//! The values that a step has in addition to the body.

use std::cell::{Cell, OnceCell};

use jaq_json::Val;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{field::FieldProblem, gaps::Reading, jq, node::Node};

/// What one answer may cost, in elements that are looked at and pieces of text that are
/// taken: about half a second. A page of ten thousand rows with ten fields costs a tenth.
/// Rows in rows, or one long text in all rows, would cost the square of the answer.
const MAX_EFFORT: usize = 10_000_000;
/// Bytes of text that cost as much as an element.
const PIECE_BYTES: usize = 8;

/// The defaults of rows, from the head of the definition.
#[derive(Debug, Clone)]
pub(crate) struct Defaults {
    /// IANA name of the time zone.
    pub(crate) timezone: String,
    /// The same, looked up.
    pub(crate) zone: TimeZone,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// ISO 3166 alpha-2 code.
    pub(crate) territory: String,
}

/// The values that a step has in addition to the decoded body.
pub(crate) struct Given<'a> {
    /// The values that the rows above handed down, and the answers of `first`.
    pub(crate) params: &'a Map<String, Value>,
    /// The cinema's zone.
    pub(crate) timezone: &'a TimeZone,
    /// The defaults of an answer.
    pub(crate) defaults: &'a Defaults,
    /// When the answer came.
    pub(crate) received_at: Timestamp,
    /// The body as it came.
    pub(crate) raw: &'a [u8],
    /// The gaps of the answer, and the rows left out.
    pub(crate) reading: Reading,
    /// `params` as `$given`, made when a filter first asks for it.
    in_jq: OnceCell<Val>,
    /// The remaining budget of this answer.
    effort: Cell<usize>,
}

impl<'a> Given<'a> {
    /// Puts together what is known.
    pub(crate) fn new(
        params: &'a Map<String, Value>,
        timezone: &'a TimeZone,
        defaults: &'a Defaults,
        received_at: Timestamp,
        raw: &'a [u8],
    ) -> Self {
        Self {
            params,
            timezone,
            defaults,
            received_at,
            raw,
            reading: Reading::default(),
            in_jq: OnceCell::new(),
            effort: Cell::new(MAX_EFFORT),
        }
    }

    /// Returns what was handed down as if it were a body.
    pub(crate) fn handed_down(&self) -> Node<'a> {
        Node::Object(
            self.params
                .iter()
                .map(|(key, value)| (key.as_str().into(), value.into()))
                .collect(),
        )
    }

    /// Returns what was handed down as a value of jq.
    pub(crate) fn in_jq(&self) -> Val {
        let make = || jq::value(&self.handed_down());
        self.in_jq.get_or_init(make).clone()
    }

    /// Goes through `items` for as long as this answer may be looked at; the caller asks
    /// [`is_within_reach`](Self::is_within_reach) whether that was to the end.
    pub(crate) fn walk<I: Iterator>(&self, items: I) -> impl Iterator<Item = I::Item> {
        items.take_while(|_| {
            self.spend(1);
            self.effort.get() > 0
        })
    }

    /// Counts so many steps that an expression took.
    pub(crate) fn takes_steps(&self, steps: usize) {
        self.spend(steps);
    }

    /// Counts text of so many bytes that is taken.
    pub(crate) fn takes_text(&self, bytes: usize) {
        self.spend(bytes / PIECE_BYTES);
    }

    /// Returns whether this answer cost no more than it may.
    ///
    /// # Errors
    ///
    /// The problem, in words that follow the name of a field.
    pub(crate) fn is_within_reach(&self) -> Result<(), FieldProblem> {
        if self.effort.get() > 0 {
            return Ok(());
        }
        Err(format!(
            "takes too long: more than {MAX_EFFORT} steps for one answer; are rows inside of rows, \
             or do all take the same long text?"
        ))
    }

    /// Counts so many values that are copied.
    ///
    /// # Errors
    ///
    /// As [`is_within_reach`](Self::is_within_reach).
    pub(crate) fn takes_values(&self, count: usize) -> Result<(), FieldProblem> {
        self.spend(count);
        self.is_within_reach()
    }

    /// Counts a value that is copied, with all that is in it.
    ///
    /// # Errors
    ///
    /// As [`is_within_reach`](Self::is_within_reach).
    pub(crate) fn takes(&self, node: &Node<'_>) -> Result<(), FieldProblem> {
        match node {
            Node::Null | Node::Bool(_) | Node::Number(_) => {}
            Node::Text(text) => self.takes_text(text.len()),
            Node::List(items) => items.iter().try_for_each(|item| {
                self.spend(1);
                self.takes(item)
            })?,
            Node::Object(entries) => entries.iter().try_for_each(|(key, item)| {
                self.spend(1);
                self.takes_text(key.len());
                self.takes(item)
            })?,
            Node::Record(record) => record.members().try_for_each(|(key, item)| {
                self.spend(1);
                self.takes_text(key.len());
                self.takes(item)
            })?,
        }
        self.is_within_reach()
    }

    /// Returns what may still be done for this answer.
    pub(crate) fn effort(&self) -> usize {
        self.effort.get()
    }

    fn spend(&self, effort: usize) {
        self.effort.set(self.effort.get().saturating_sub(effort));
    }
}
