//! NDJSON: one event a line.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Item, Shared, Split};
use crate::limits::MAX_EVENTS;
use crate::request_error::RequestError;

/// Cuts `body` at line feeds. Blank lines are no events and are not counted.
pub(super) fn split(body: &[u8]) -> Result<Split<'_>, RequestError> {
    let lines = || {
        body.split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
    };
    let count = lines().count();
    if count > MAX_EVENTS {
        return Err(RequestError::TooManyEvents { count });
    }
    let items = lines().enumerate().map(|(index, line)| {
        let (text, is_utf8) = match std::str::from_utf8(line) {
            Ok(text) => (Cow::Borrowed(text), true),
            Err(_) => (String::from_utf8_lossy(line), false),
        };
        Item {
            pointer: format!("/{index}"),
            text,
            is_utf8,
        }
    });
    Ok(Split {
        items: items.collect(),
        shared: Shared::default(),
    })
}

/// Returns whether the first line is a JSON object and more lines follow.
pub(super) fn looks_like_lines(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    let line = body.get(..end).unwrap_or_default();
    line.starts_with(b"{") && serde_json::from_slice::<&RawValue>(line).is_ok()
}
