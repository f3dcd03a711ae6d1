//! Why one event is rejected, and what a client is warned of.

use serde::Serialize;

use crate::limits::{MAX_POINTER_CHARS, MAX_REASON_CHARS};
use crate::text::{Step, pointer, shorten};

/// One event that is not stored. The other events of its request are not affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Position of the event in its request, counted from 0.
    pub index: usize,
    /// The event's own message id, if it could be read, as it was sent.
    pub message_id: Option<String>,
    /// The event's name, if it could be read.
    pub event: Option<String>,
    /// The schema version that the event declares, if it could be read, as it was sent.
    pub schema_version: Option<String>,
    /// The class of the reason, for counting.
    pub kind: RejectionKind,
    /// JSON pointer into the body to what is wrong. Lines of NDJSON count as an array.
    pub pointer: String,
    /// What is wrong: the value, the limit and the way out. At most
    /// [`MAX_REASON_CHARS`] characters.
    pub reason: String,
    /// The event as it was sent, without its write key, with U+FFFD for each byte or character that
    /// Postgres cannot hold, cut at [`MAX_EVENT_BYTES`](crate::limits::MAX_EVENT_BYTES).
    ///
    /// It is text and need not be JSON: keep it as `text`, not as `jsonb`. An event that was read and
    /// then rejected, by its schema or its key, is whole: it is
    /// [`ReceivedEvent::to_body`](crate::ReceivedEvent::to_body).
    pub body: String,
}

/// The classes of reasons for which an event is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionKind {
    /// Not JSON, or not UTF-8.
    Malformed,
    /// The event is larger than its bound.
    TooLarge,
    /// The event nests deeper than its bound.
    TooDeep,
    /// The event has more property names than its bound.
    TooManyNames,
    /// An object names a property twice.
    DuplicateName,
    /// A text holds U+0000, which Postgres cannot store.
    NulCharacter,
    /// A text holds half of a surrogate pair.
    UnpairedSurrogate,
    /// A number is beyond what a double holds.
    NumberOutOfRange,
    /// A field has another type than it needs.
    WrongType,
    /// A field that this kind of event needs is missing.
    Missing,
    /// Two spellings of one field hold different values.
    Conflict,
    /// A text is empty, too long, or holds control characters.
    BadText,
    /// An identifier is what a program writes for no identifier, such as `undefined`.
    Placeholder,
    /// A time cannot be read or cannot be true.
    BadTime,
    /// A field has a value outside its set or form.
    BadValue,
    /// The event violates its schema, or has none where one is enforced.
    Schema,
    /// The key may not send this event.
    NotAllowed,
}

impl RejectionKind {
    /// Returns the name of the class, as a metric label and as JSON has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::TooManyNames => "too_many_names",
            Self::DuplicateName => "duplicate_name",
            Self::NulCharacter => "nul_character",
            Self::UnpairedSurrogate => "unpaired_surrogate",
            Self::NumberOutOfRange => "number_out_of_range",
            Self::WrongType => "wrong_type",
            Self::Missing => "missing",
            Self::Conflict => "conflict",
            Self::BadText => "bad_text",
            Self::Placeholder => "placeholder",
            Self::BadTime => "bad_time",
            Self::BadValue => "bad_value",
            Self::Schema => "schema",
            Self::NotAllowed => "not_allowed",
        }
    }
}

/// What is odd about an event that is stored nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// JSON pointer into the body.
    pub pointer: String,
    /// What is odd, and what was done about it.
    pub reason: String,
}

/// A reason to reject an event, with a pointer that starts at the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: RejectionKind,
    pub(crate) pointer: String,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(kind: RejectionKind, pointer: String, reason: impl Into<String>) -> Self {
        let reason = shorten(&reason.into(), MAX_REASON_CHARS);
        Self {
            kind,
            pointer,
            reason,
        }
    }

    /// Refuses what is at `path` of the event.
    pub(crate) fn at(kind: RejectionKind, path: &[Step], reason: impl Into<String>) -> Self {
        Self::new(kind, pointer(path), reason)
    }

    /// Returns the pointer into the body of an event that is at `base` of the body.
    pub(crate) fn pointer_within(&self, base: &str) -> String {
        shorten(&format!("{base}{}", self.pointer), MAX_POINTER_CHARS)
    }
}
