//! Cuts a body into the texts of its events, and says what all events share.
//!
//! Nothing within an event is read here. So a body must be valid JSON as a whole (a line of NDJSON
//! alone), but what is wrong within one event rejects that event only.

mod envelope;
mod lines;
mod raw;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::body_format::BodyFormat;
use crate::endpoint::Endpoint;
use crate::limits::{MAX_BODY_BYTES, MAX_EVENTS};
use crate::request_error::RequestError;

use raw::Elements;
pub(crate) use raw::Entries;

/// The text of one event, not read yet.
#[derive(Debug)]
pub(crate) struct Item<'b> {
    /// JSON pointer of the event in the body.
    pub(crate) pointer: String,
    /// The text, with U+FFFD for bytes that are not UTF-8.
    pub(crate) text: Cow<'b, str>,
    /// Whether the bytes were UTF-8.
    pub(crate) is_utf8: bool,
}

/// What an envelope says for all its events.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) sent_at: Option<DateTime<Utc>>,
    pub(crate) context: Map<String, Value>,
    pub(crate) is_historical: bool,
    pub(crate) write_key: Option<String>,
}

/// A body, cut.
#[derive(Debug)]
pub(crate) struct Split<'b> {
    pub(crate) items: Vec<Item<'b>>,
    pub(crate) shared: Shared,
}

/// Cuts `body`, which was sent to `endpoint`.
///
/// # Errors
///
/// Fails where the request as a whole cannot be read; see [`RequestError`].
pub(crate) fn split(
    endpoint: Endpoint,
    format: BodyFormat,
    body: &[u8],
) -> Result<Split<'_>, RequestError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(RequestError::TooLarge {
            size_bytes: body.len(),
        });
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(RequestError::Empty);
    }
    match format {
        BodyFormat::Ndjson if endpoint == Endpoint::Events => lines::split(body),
        BodyFormat::Ndjson | BodyFormat::Json => match split_document(endpoint, body) {
            Err(RequestError::NotJson { .. } | RequestError::NotUtf8 { .. })
                if endpoint == Endpoint::Events && lines::looks_like_lines(body) =>
            {
                lines::split(body)
            }
            outcome => outcome,
        },
    }
}

fn split_document(endpoint: Endpoint, body: &[u8]) -> Result<Split<'_>, RequestError> {
    let text = std::str::from_utf8(body).map_err(|error| RequestError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    let document: &RawValue = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let text = document.get();
    match (endpoint, text.as_bytes().first()) {
        (Endpoint::Events, Some(b'[')) => Ok(Split {
            items: array(text, "")?,
            shared: Shared::default(),
        }),
        (Endpoint::Events | Endpoint::Batch, Some(b'{')) => {
            let entries: Entries<'_> =
                serde_json::from_str(text).map_err(|error| not_json(&error))?;
            match envelope::split(&entries)? {
                Some(split) => Ok(split),
                None if endpoint == Endpoint::Events => Ok(single(text)),
                None => Err(not_a_request(
                    "/batch",
                    "the body has no \"batch\": send {\"batch\": […]}",
                )),
            }
        }
        (Endpoint::Single(_), Some(b'{')) => Ok(single(text)),
        (Endpoint::Events, _) => Err(not_a_request(
            "",
            "the body is neither an object nor an array: send an event, an array of events, or {\"events\": […]}",
        )),
        (Endpoint::Batch, _) => Err(not_a_request(
            "",
            "the body is not an object: send {\"batch\": […]}",
        )),
        (Endpoint::Single(_), _) => Err(not_a_request(
            "",
            "the body is not an object: send one event here, several to /v1/batch",
        )),
    }
}

fn single(text: &str) -> Split<'_> {
    Split {
        items: vec![Item {
            pointer: String::new(),
            text: Cow::Borrowed(text),
            is_utf8: true,
        }],
        shared: Shared::default(),
    }
}

/// Returns the elements of the array `text`, which is at `base` of the body.
fn array<'b>(text: &'b str, base: &str) -> Result<Vec<Item<'b>>, RequestError> {
    let elements: Elements<'b> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    if elements.count > MAX_EVENTS {
        return Err(RequestError::TooManyEvents {
            count: elements.count,
        });
    }
    let items = elements.first.into_iter().enumerate();
    Ok(items
        .map(|(index, element)| Item {
            pointer: format!("{base}/{index}"),
            text: Cow::Borrowed(element.get()),
            is_utf8: true,
        })
        .collect())
}

fn not_json(error: &serde_json::Error) -> RequestError {
    RequestError::NotJson {
        reason: error.to_string(),
    }
}

fn not_a_request(pointer: &str, reason: impl Into<String>) -> RequestError {
    RequestError::NotARequest {
        pointer: pointer.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
