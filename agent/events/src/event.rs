//! An event as it was received: checked, typed, ready to be stored.

mod properties;
mod read;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::clock::{Clock, SentTimes};
use crate::context::Context;
use crate::endpoint::EventKind;
use crate::limits::MAX_WARNINGS;
use crate::message_id::MessageId;
use crate::rejection::Warning;
use crate::schema_version::SchemaVersion;

pub(crate) use read::{Sender, read};

/// An event that may be stored.
///
/// No text in it holds U+0000 or half a surrogate pair, and no number is beyond a double, so
/// `properties` and `context` go into `jsonb` as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// Position of the event in its request, counted from 0.
    pub index: usize,
    /// JSON pointer of the event in the body, such as `/events/3`; empty for a single event.
    pub pointer: String,
    /// The key of the event, or `None` if it came without one. The receiver then makes one with
    /// [`MessageId::from_uuid`], and must say so: such an event is counted twice if it is sent twice.
    pub message_id: Option<MessageId>,
    /// Which kind of event it is.
    pub kind: EventKind,
    /// The name of the event. For every kind but `track` it is the name of the kind. A `track` event
    /// may have such a name too; `kind` distinguishes them.
    pub name: String,
    /// The version of the schema that the event declares.
    pub schema_version: Option<SchemaVersion>,
    /// The user, within the client that sent the event. Never a placeholder.
    pub user_id: Option<String>,
    /// The device or browser before its user is known, within the client. Never a placeholder.
    pub anonymous_id: Option<String>,
    /// Whether the event is a backfill of the past.
    pub is_historical: bool,
    /// The times as they were sent.
    pub sent_times: SentTimes,
    /// When the event happened.
    pub clock: Clock,
    /// Whether the device's user agent is a bot's. A bot's event is stored and marked.
    pub is_bot: bool,
    /// The properties, or the traits of `identify` and `group`.
    ///
    /// A `page` and a `screen` have their `name` and `category` here, unless the properties have one
    /// of their own; a `group` has its `group_id`, an `alias` its `previous_id`.
    pub properties: Map<String, Value>,
    /// The name under which the properties were sent, `properties` or `traits`.
    pub properties_field: &'static str,
    /// Where and with what the event was sent.
    pub context: Context,
    /// What is odd about the event, at most [`MAX_WARNINGS`].
    pub warnings: Vec<Warning>,
}

impl ReceivedEvent {
    /// Returns the JSON pointer in the body of a property, whose own pointer is `within`.
    #[must_use]
    pub fn property_pointer(&self, within: &str) -> String {
        format!("{}/{}{within}", self.pointer, self.properties_field)
    }

    /// Returns the JSON pointer in the body of the field that names the event.
    #[must_use]
    pub fn name_pointer(&self) -> String {
        let field = match self.kind {
            EventKind::Track => "event",
            EventKind::Identify
            | EventKind::Page
            | EventKind::Screen
            | EventKind::Group
            | EventKind::Alias => "type",
        };
        format!("{}/{field}", self.pointer)
    }

    /// Adds a warning, unless the event has [`MAX_WARNINGS`] already.
    pub fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// Returns the event as JSON for `/v1/events`, with the times as they were sent.
    ///
    /// It is the form in which a rejected event is kept: sent again, it is the same event, with the
    /// same message id.
    #[must_use]
    pub fn to_body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        let is_track = self.kind == EventKind::Track;
        let times = &self.sent_times;
        put(
            "message_id",
            self.message_id.as_ref().map(|id| json!(id.text)),
        );
        put("type", Some(json!(self.kind)));
        put("event", is_track.then(|| json!(self.name)));
        put(
            "schema_version",
            self.schema_version.map(|version| json!(version)),
        );
        put("user_id", self.user_id.as_ref().map(|id| json!(id)));
        put(
            "anonymous_id",
            self.anonymous_id.as_ref().map(|id| json!(id)),
        );
        put("timestamp", times.timestamp.map(time));
        put("original_timestamp", times.original_timestamp.map(time));
        put("sent_at", times.sent_at.map(time));
        put(
            "historical",
            self.is_historical.then_some(Value::Bool(true)),
        );
        put(
            self.properties_field,
            Some(Value::Object(self.properties.clone())),
        );
        let context = self.context.to_map();
        put(
            "context",
            (!context.is_empty()).then_some(Value::Object(context)),
        );
        Value::Object(body)
    }
}

fn time(at: DateTime<Utc>) -> Value {
    Value::String(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
