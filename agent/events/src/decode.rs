//! Decodes a request: a body becomes one result per event.

use chrono::{DateTime, Utc};

use crate::body_format::BodyFormat;
use crate::endpoint::Endpoint;
use crate::event::{ReceivedEvent, Sender, read};
use crate::json::parse_object;
use crate::limits::{MAX_EVENT_BYTES, MAX_MESSAGE_ID_CHARS, MAX_NAME_CHARS};
use crate::rejection::{Refusal, Rejection, RejectionKind};
use crate::request_error::RequestError;
use crate::split::{Entries, Item, split};
use crate::text::shorten;

/// The spellings of the write key.
const WRITE_KEYS: [&str; 2] = ["writeKey", "write_key"];

/// What the receiver knows of a request besides its body.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'r> {
    /// Where the request was sent.
    pub endpoint: Endpoint,
    /// How the body is written.
    pub format: BodyFormat,
    /// When the request was received, by the clock that decides.
    pub received_at: DateTime<Utc>,
    /// The `User-Agent` header. It marks crawlers where an event names no user agent of its own.
    pub user_agent: Option<&'r str>,
}

/// A request, read.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedRequest {
    /// One result per event, in the order of the body.
    pub events: Vec<Result<ReceivedEvent, Rejection>>,
    /// The `writeKey` of the body, as some of Segment's libraries send it; of the first event that
    /// has one, if the envelope has none. It is a secret: log it nowhere.
    pub write_key: Option<String>,
}

/// Reads a decompressed body.
///
/// One bad event never affects the others: each has its own result.
///
/// ```
/// use event_contract::{BodyFormat, Endpoint, Receipt, decode};
///
/// let receipt = Receipt {
///     endpoint: Endpoint::Events,
///     format: BodyFormat::from_content_type(Some("application/json"))?,
///     received_at: chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000),
///     user_agent: None,
/// };
/// let body = br#"[{"event": "seat_chosen", "user_id": "u-1"}, {"event": "seat_chosen", "user_id": "null"}]"#;
/// let request = decode(receipt, body)?;
///
/// assert!(request.events[0].is_ok());
/// assert_eq!(request.events[1].as_ref().unwrap_err().pointer, "/1/user_id");
/// # Ok::<(), event_contract::RequestError>(())
/// ```
///
/// # Errors
///
/// Fails where no event can be distinguished; the error says which HTTP status belongs to it.
pub fn decode(receipt: Receipt<'_>, body: &[u8]) -> Result<DecodedRequest, RequestError> {
    let split = split(receipt.endpoint, receipt.format, body)?;
    let sender = Sender {
        received_at: receipt.received_at,
        user_agent: receipt.user_agent,
        shared: &split.shared,
        kind: match receipt.endpoint {
            Endpoint::Single(kind) => Some(kind),
            Endpoint::Events | Endpoint::Batch => None,
        },
    };
    let mut events = Vec::with_capacity(split.items.len());
    for (index, item) in split.items.iter().enumerate() {
        let event = decode_item(item, sender, index);
        events.push(event.map_err(|refusal| reject(item, index, refusal)));
    }
    let write_key = split.shared.write_key.clone();
    let write_key = write_key.or_else(|| split.items.iter().find_map(write_key_of));
    Ok(DecodedRequest { events, write_key })
}

fn decode_item(
    item: &Item<'_>,
    sender: Sender<'_>,
    index: usize,
) -> Result<ReceivedEvent, Refusal> {
    let size_bytes = item.text.len();
    if size_bytes > MAX_EVENT_BYTES {
        let reason = format!(
            "the event has {size_bytes} bytes, more than {MAX_EVENT_BYTES}: send less in one event"
        );
        return Err(Refusal::new(RejectionKind::TooLarge, String::new(), reason));
    }
    if !item.is_utf8 {
        let reason = "the event is not UTF-8: send JSON as UTF-8";
        return Err(Refusal::new(
            RejectionKind::Malformed,
            String::new(),
            reason,
        ));
    }
    read(parse_object(&item.text)?, sender, index, &item.pointer)
}

/// Says what is known of an event that is not read.
fn reject(item: &Item<'_>, index: usize, refusal: Refusal) -> Rejection {
    let entries = entries_of(item);
    let text = |names: &[&str], max_chars| {
        let text = entries.text(names)?;
        let is_sound = !text.is_empty() && !text.contains('\0');
        is_sound.then(|| shorten(&text, max_chars))
    };
    let body = shorten_bytes(&item.text, MAX_EVENT_BYTES).replace('\0', "\u{fffd}");
    let body = mask_write_key(&body);
    Rejection {
        index,
        message_id: text(&["messageId", "message_id"], MAX_MESSAGE_ID_CHARS),
        event: text(&["event", "type"], MAX_NAME_CHARS),
        schema_version: text(&["schemaVersion", "schema_version"], MAX_NAME_CHARS),
        kind: refusal.kind,
        pointer: refusal
            .pointer_within(&item.pointer)
            .replace('\0', "\u{fffd}"),
        reason: refusal.reason,
        body: shorten_bytes(&body, MAX_EVENT_BYTES).to_owned(),
    }
}

/// Returns the members of an event that need not be sound.
fn entries_of<'b>(item: &'b Item<'_>) -> Entries<'b> {
    serde_json::from_str(&item.text).unwrap_or_default()
}

fn write_key_of(item: &Item<'_>) -> Option<String> {
    // Most events have none, and are not read a second time.
    let is_worth_a_look = WRITE_KEYS.iter().any(|name| item.text.contains(name));
    is_worth_a_look.then(|| entries_of(item).text(&WRITE_KEYS))?
}

/// Returns `text` with `***` for what follows a write key's name. The text need not be JSON.
fn mask_write_key(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    // One pass over the text, however often the name stands in it.
    while let Some(start) = rest.find("\"write") {
        let name = rest.split_at(start).1;
        let length = ["\"writeKey\"", "\"write_key\""]
            .iter()
            .find_map(|quoted| name.starts_with(quoted).then_some(quoted.len()));
        let (before, after) = rest.split_at(start + length.unwrap_or(1));
        masked.push_str(before);
        rest = after;
        let value = after.trim_start_matches([' ', '\t', '\r', '\n', ':']);
        if let (Some(_), Some(value)) = (length, value.strip_prefix('"')) {
            masked.push_str(":\"***");
            rest = value.find('"').map_or("", |end| value.split_at(end).1);
        }
    }
    masked.push_str(rest);
    masked
}

/// Returns at most the first `max_bytes` of `text`, cut between characters.
fn shorten_bytes(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests;
