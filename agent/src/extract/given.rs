//! What a step knows beside the body.

use std::cell::OnceCell;

use jaq_json::Val;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{jq, node::Node};
use crate::source::Source;

/// What a step knows beside the decoded body.
pub(crate) struct Given<'a> {
    /// What the rows above handed down, and what was asked first.
    pub(crate) params: &'a Map<String, Value>,
    /// The cinema's zone.
    pub(crate) timezone: &'a TimeZone,
    /// The source's defaults.
    pub(crate) source: &'a Source,
    /// When the answer came.
    pub(crate) received_at: Timestamp,
    /// The body as it came.
    pub(crate) raw: &'a [u8],
    /// `params` as `$given`, made when a filter first asks for it.
    in_jq: OnceCell<Val>,
}

impl<'a> Given<'a> {
    /// Puts together what is known.
    pub(crate) fn new(
        params: &'a Map<String, Value>,
        timezone: &'a TimeZone,
        source: &'a Source,
        received_at: Timestamp,
        raw: &'a [u8],
    ) -> Self {
        Self {
            params,
            timezone,
            source,
            received_at,
            raw,
            in_jq: OnceCell::new(),
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
}
