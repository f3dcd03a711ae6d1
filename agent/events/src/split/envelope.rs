//! `{"events": […]}` and `{"batch": […], "sentAt": …, "context": …}`.
//!
//! Segment's library for Node sends `batch` and `sentAt`, the one for Python `batch`, `sentAt` and
//! `writeKey`. What else an envelope holds, such as `integrations`, is not read.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Entries, Shared, Split, array, not_a_request, not_json};
use crate::json::parse_object;
use crate::limits::MAX_SHARED_CONTEXT_BYTES;
use crate::request_error::RequestError;
use crate::text::member;
use crate::timestamp;

/// Returns the events of an envelope, or `None` if the object is none, and so an event itself.
pub(super) fn split<'b>(entries: &Entries<'b>) -> Result<Option<Split<'b>>, RequestError> {
    let found = (lookup(entries, &["events"])?, lookup(entries, &["batch"])?);
    let (name, value) = match found {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(not_a_request(
                "/batch",
                "the body has both \"events\" and \"batch\": send one",
            ));
        }
        (Some(found), None) | (None, Some(found)) => found,
    };
    if !value.get().starts_with('[') {
        // An event may have an unknown field of that name.
        if entries.find("event").is_some() || entries.find("type").is_some() {
            return Ok(None);
        }
        let reason = format!("\"{name}\" is not an array: send {{\"{name}\": […]}}");
        return Err(not_a_request(&member(name), reason));
    }
    Ok(Some(Split {
        items: array(value.get(), &member(name))?,
        shared: Shared {
            sent_at: sent_at(entries)?,
            context: context(entries)?,
            is_historical: is_historical(entries)?,
            write_key: entries.text(&["writeKey", "write_key"]),
        },
    }))
}

/// Returns the one of `names` that the envelope has, unless its value is null.
fn lookup<'b>(
    entries: &Entries<'b>,
    names: &[&'static str],
) -> Result<Option<(&'static str, &'b RawValue)>, RequestError> {
    for name in names {
        if let Some((value, is_repeated)) = entries.find(name) {
            if is_repeated {
                let reason = format!("\"{name}\" stands twice in the body: send it once");
                return Err(not_a_request(&member(name), reason));
            }
            if value.get() != "null" {
                return Ok(Some((name, value)));
            }
        }
    }
    Ok(None)
}

fn sent_at(entries: &Entries<'_>) -> Result<Option<DateTime<Utc>>, RequestError> {
    let Some((name, raw)) = lookup(entries, &["sentAt", "sent_at"])? else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?;
    timestamp::parse(&value)
        .map(Some)
        .map_err(|reason| not_a_request(&member(name), format!("\"{name}\" is {reason}")))
}

fn context(entries: &Entries<'_>) -> Result<Map<String, Value>, RequestError> {
    let Some((name, raw)) = lookup(entries, &["context"])? else {
        return Ok(Map::new());
    };
    let size_bytes = raw.get().len();
    if size_bytes > MAX_SHARED_CONTEXT_BYTES {
        let reason = format!(
            "the shared \"context\" has {size_bytes} bytes, more than {MAX_SHARED_CONTEXT_BYTES}: send it with the events"
        );
        return Err(not_a_request(&member(name), reason));
    }
    parse_object(raw.get())
        .map_err(|refusal| not_a_request(&refusal.pointer_within(&member(name)), refusal.reason))
}

fn is_historical(entries: &Entries<'_>) -> Result<bool, RequestError> {
    match lookup(entries, &["historical"])? {
        None => Ok(false),
        Some((name, raw)) => serde_json::from_str(raw.get())
            .map_err(|_| not_a_request(&member(name), "\"historical\" is not true or false")),
    }
}
