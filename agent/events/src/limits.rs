//! The bounds of a request and of an event.
//!
//! Sizes are those of the decompressed text. What is over a bound of the request fails the request
//! ([`RequestError`](crate::RequestError)); what is over a bound of an event rejects that event.

/// The largest body, in bytes after decompression.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The most events in one request.
pub const MAX_EVENTS: usize = 2_000;

/// The largest event, in bytes of its JSON text as it was sent.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;

/// The deepest nesting of an event. The event itself is level 1, its properties are level 2.
///
/// Far below the recursion limit of `serde_json` (128), so a stack is never at risk.
pub const MAX_DEPTH: usize = 32;

/// The most property names in one event, counted over all levels.
pub const MAX_NAMES: usize = 1_000;

/// The longest event name or property name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// The longest user, anonymous, group or previous identifier, in characters.
pub const MAX_IDENTIFIER_CHARS: usize = 200;

/// The longest message id, in characters.
pub const MAX_MESSAGE_ID_CHARS: usize = 128;

/// The largest `context` that all events of a request share, in bytes.
///
/// It is copied into each of up to [`MAX_EVENTS`] events, so it must be small.
pub const MAX_SHARED_CONTEXT_BYTES: usize = 4 * 1024;

/// The longest text of a typed field of the context, in characters.
pub const MAX_CONTEXT_CHARS: usize = 1_024;

/// The longest JSON pointer in an answer, in characters. A longer one is cut.
pub const MAX_POINTER_CHARS: usize = 512;

/// The longest reason in an answer, in characters. A longer one is cut.
pub const MAX_REASON_CHARS: usize = 400;

/// The longest quote of a received value in a reason, in characters.
pub const MAX_QUOTED_CHARS: usize = 60;

/// The most warnings about one event, and the most violations of a schema in one answer.
pub const MAX_WARNINGS: usize = 10;

/// The largest schema document, in bytes of its JSON text.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;

/// The most regular expressions in one schema document.
pub const MAX_SCHEMA_PATTERNS: usize = 100;

/// The most nodes of a schema document after each `$ref` is replaced by its target.
///
/// The bound keeps references that double at each level from taking exponential time.
pub const MAX_SCHEMA_NODES: usize = 20_000;
