//! What is wrong with a whole request, and which HTTP status says so.

use crate::limits::{MAX_BODY_BYTES, MAX_EVENTS};

/// A request of which no event is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body is empty or blank.
    #[error("the body is empty: send an event, an array of events, or {{\"events\": […]}}")]
    Empty,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8 at byte {offset}: send JSON as UTF-8")]
    NotUtf8 {
        /// The first byte that is not UTF-8, counted from 0.
        offset: usize,
    },
    /// The body is not JSON, so it cannot be said where one event ends.
    #[error("the body is not JSON: {reason}")]
    NotJson {
        /// What the parser found, with line and column.
        reason: String,
    },
    /// The body is JSON, but not a request.
    #[error("{reason}")]
    NotARequest {
        /// JSON pointer into the body.
        pointer: String,
        /// What was found, and what is expected.
        reason: String,
    },
    /// The decompressed body is larger than [`MAX_BODY_BYTES`].
    #[error(
        "the body has {size_bytes} bytes, more than {MAX_BODY_BYTES}: send fewer events at once"
    )]
    TooLarge {
        /// Size of the body, as far as it was read.
        size_bytes: usize,
    },
    /// The request has more than [`MAX_EVENTS`] events.
    #[error("the request has {count} events, more than {MAX_EVENTS}: send fewer events at once")]
    TooManyEvents {
        /// How many events the request has.
        count: usize,
    },
    /// The content type is not one of those that are read.
    #[error(
        "content type {received} is not supported: send application/json or application/x-ndjson in UTF-8"
    )]
    ContentType {
        /// The content type as received, shortened and quoted.
        received: String,
    },
}

impl RequestError {
    /// Returns the HTTP status that belongs to the error: 400, 413 or 415.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Empty
            | Self::NotUtf8 { .. }
            | Self::NotJson { .. }
            | Self::NotARequest { .. } => 400,
            Self::TooLarge { .. } | Self::TooManyEvents { .. } => 413,
            Self::ContentType { .. } => 415,
        }
    }

    /// Returns the name of the error, as a metric label and for the `type` of an RFC 9457 body.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotARequest { .. } => "not_a_request",
            Self::TooLarge { .. } => "body_too_large",
            Self::TooManyEvents { .. } => "too_many_events",
            Self::ContentType { .. } => "content_type",
        }
    }

    /// Returns the JSON pointer to what is wrong, where there is one.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::NotARequest { pointer, .. } => Some(pointer),
            Self::Empty
            | Self::NotUtf8 { .. }
            | Self::NotJson { .. }
            | Self::TooLarge { .. }
            | Self::TooManyEvents { .. }
            | Self::ContentType { .. } => None,
        }
    }
}
