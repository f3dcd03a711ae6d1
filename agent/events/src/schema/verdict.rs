//! Whether an event is taken, given its schema and how strict its key is.

use serde::{Deserialize, Serialize};

use super::{EventSchema, Violation};
use crate::event::ReceivedEvent;
use crate::limits::MAX_REASON_CHARS;
use crate::public_key::NotAllowed;
use crate::rejection::{Rejection, RejectionKind, Warning};
use crate::text::{quote, shorten};

/// How strictly the events of a key are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaMode {
    /// No event is checked.
    Off,
    /// What violates its schema is stored, and the answer warns.
    Warn,
    /// What violates its schema, or has none, is rejected.
    Enforce,
}

/// What becomes of an event by its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaVerdict {
    /// It is stored.
    Accept,
    /// It is stored; the answer names the violations. There is at least one.
    AcceptWithWarning(Vec<Violation>),
    /// It is rejected for the first of the violations. There is at least one.
    Reject(Vec<Violation>),
}

/// Says what becomes of `event`.
///
/// `schema` is the one that [`SchemaVersion::choose`](crate::SchemaVersion::choose) chose, or `None`
/// if there is none. An event without a schema violates that it must have one.
#[must_use]
pub fn judge(
    mode: SchemaMode,
    schema: Option<&EventSchema>,
    event: &ReceivedEvent,
) -> SchemaVerdict {
    let violations = || match schema {
        Some(schema) => schema.violations(event),
        None => vec![missing(event)],
    };
    let (found, verdict): (_, fn(Vec<Violation>) -> SchemaVerdict) = match mode {
        SchemaMode::Off => return SchemaVerdict::Accept,
        SchemaMode::Warn => (violations(), SchemaVerdict::AcceptWithWarning),
        SchemaMode::Enforce => (violations(), SchemaVerdict::Reject),
    };
    if found.is_empty() {
        SchemaVerdict::Accept
    } else {
        verdict(found)
    }
}

/// Says that no schema is registered for `event`.
fn missing(event: &ReceivedEvent) -> Violation {
    let (pointer, what) = match event.schema_version {
        Some(version) => (
            format!("{}/schema_version", event.pointer),
            format!("no schema that accepts version {version}"),
        ),
        None => (event.name_pointer(), "no schema".to_owned()),
    };
    let message = format!(
        "the event {} has {what}: register one, or set the key to \"warn\"",
        quote(&event.name)
    );
    Violation { pointer, message }
}

impl From<Violation> for Warning {
    fn from(violation: Violation) -> Self {
        Self {
            pointer: violation.pointer,
            reason: violation.message,
        }
    }
}

impl Rejection {
    /// Rejects an event that was read, for the first of `violations`; the reason counts the others.
    #[must_use]
    pub fn by_schema(event: &ReceivedEvent, violations: &[Violation]) -> Self {
        let first = violations.first();
        let message = first.map_or("the event violates its schema", |first| &first.message);
        let reason = match violations.len().saturating_sub(1) {
            0 => message.to_owned(),
            1 => format!(
                "{} (and 1 more violation)",
                shorten(message, MAX_REASON_CHARS - 40)
            ),
            others => format!(
                "{} (and {others} more violations)",
                shorten(message, MAX_REASON_CHARS - 40)
            ),
        };
        let pointer = first.map_or(&event.pointer, |first| &first.pointer);
        Self::of(event, RejectionKind::Schema, pointer.clone(), &reason)
    }

    /// Rejects an event that was read, because its key may not send it. `reason` is what
    /// [`PublicKeyPolicy::allow_event`](crate::PublicKeyPolicy::allow_event) says.
    #[must_use]
    pub fn by_key(event: &ReceivedEvent, reason: &NotAllowed) -> Self {
        let pointer = event.name_pointer();
        Self::of(
            event,
            RejectionKind::NotAllowed,
            pointer,
            &reason.to_string(),
        )
    }

    fn of(event: &ReceivedEvent, kind: RejectionKind, pointer: String, reason: &str) -> Self {
        Self {
            index: event.index,
            message_id: event.message_id.as_ref().map(|id| id.text.clone()),
            event: Some(event.name.clone()),
            schema_version: event.schema_version.map(|version| version.to_string()),
            kind,
            pointer,
            reason: shorten(reason, MAX_REASON_CHARS),
            body: event.to_body().to_string(),
        }
    }
}
