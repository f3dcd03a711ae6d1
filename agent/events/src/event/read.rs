//! Reads an event from its JSON object.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::ReceivedEvent;
use super::properties::{properties, take_identifier};
use crate::bot::{is_bot, is_crawler};
use crate::clock::{Clock, SentTimes};
use crate::context::Context;
use crate::endpoint::EventKind;
use crate::fields::Fields;
use crate::limits::MAX_POINTER_CHARS;
use crate::rejection::{Refusal, RejectionKind, Warning};
use crate::schema_version::SchemaVersion;
use crate::split::Shared;
use crate::text::{describe, member, quote, shorten};
use crate::{event_name, message_id, timestamp};

/// Fields of Segment's libraries that are known and not kept.
const DISCARDED: [&str; 9] = [
    "integrations",
    "_metadata",
    "channel",
    "version",
    "projectId",
    "receivedAt",
    "received_at",
    "writeKey",
    "write_key",
];

/// What is known of an event from its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'r> {
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) user_agent: Option<&'r str>,
    pub(crate) shared: &'r Shared,
    /// The kind that the address of the request names.
    pub(crate) kind: Option<EventKind>,
}

/// Reads the event `object`, which is at `pointer` of the body.
///
/// # Errors
///
/// Refuses an event of which a field is missing or cannot be what it claims.
pub(crate) fn read(
    object: Map<String, Value>,
    sender: Sender<'_>,
    index: usize,
    pointer: &str,
) -> Result<ReceivedEvent, Refusal> {
    let mut fields = Fields::new(object);
    let kind = kind(&mut fields, sender.kind)?;
    let message_id = fields
        .take(&["messageId", "message_id"])?
        .map(|field| message_id::parse(&field))
        .transpose()?;
    let name = name(&mut fields, kind)?;
    let schema_version = schema_version(&mut fields)?;
    let user_id = take_identifier(&mut fields, &["userId", "user_id"])?;
    let anonymous_id = take_identifier(&mut fields, &["anonymousId", "anonymous_id"])?;
    let is_historical = fields
        .take_flag(&["historical"])?
        .unwrap_or(sender.shared.is_historical);
    let sent_times = sent_times(&mut fields, sender.shared)?;
    let (properties_field, properties) = properties(&mut fields, kind)?;
    let context = context(&mut fields, sender.shared)?;
    require(kind, user_id.as_deref(), anonymous_id.as_deref())?;
    let has_time = sent_times.timestamp.or(sent_times.original_timestamp);
    if is_historical && has_time.is_none() {
        let reason = "a historical event has no timestamp: send when it happened";
        return Err(Refusal::new(
            RejectionKind::Missing,
            member("timestamp"),
            reason,
        ));
    }
    fields.discard(&DISCARDED);
    let is_bot = match context.user_agent.as_deref() {
        Some(user_agent) => is_bot(user_agent),
        None => sender.user_agent.is_some_and(is_crawler),
    };
    let mut event = ReceivedEvent {
        index,
        pointer: pointer.to_owned(),
        message_id,
        kind,
        name,
        schema_version,
        user_id,
        anonymous_id,
        is_historical,
        sent_times,
        clock: Clock::new(sent_times, sender.received_at, is_historical),
        is_bot,
        properties,
        properties_field,
        context,
        warnings: Vec::new(),
    };
    warn_of_unread(&fields, &mut event);
    Ok(event)
}

/// Takes `type`, which must agree with the address of the request.
fn kind(fields: &mut Fields, by_address: Option<EventKind>) -> Result<EventKind, Refusal> {
    let Some(field) = fields.take(&["type"])? else {
        return Ok(by_address.unwrap_or(EventKind::Track));
    };
    let kind = field.value.as_str().and_then(EventKind::from_name);
    match (kind, by_address) {
        (None, _) => {
            let names = EventKind::ALL.map(EventKind::as_str).join(", ");
            let reason = format!("is {}: send one of {names}", describe(&field.value));
            Err(field.refuse(RejectionKind::BadValue, &reason))
        }
        (Some(kind), Some(address)) if kind != address => {
            let reason = format!(
                "is {}, but the request was sent to /v1/{}: send it to /v1/{} or /v1/batch",
                describe(&field.value),
                address.as_str(),
                kind.as_str()
            );
            Err(field.refuse(RejectionKind::Conflict, &reason))
        }
        (Some(kind), _) => Ok(kind),
    }
}

/// Takes `event`, which a `track` event needs; the other kinds are named after the kind.
fn name(fields: &mut Fields, kind: EventKind) -> Result<String, Refusal> {
    if kind != EventKind::Track {
        return Ok(kind.as_str().to_owned());
    }
    match fields.take(&["event"])? {
        Some(field) => event_name::parse(&field),
        None => Err(Refusal::new(
            RejectionKind::Missing,
            member("event"),
            "event is missing: send the event's name",
        )),
    }
}

fn schema_version(fields: &mut Fields) -> Result<Option<SchemaVersion>, Refusal> {
    let Some(field) = fields.take(&["schemaVersion", "schema_version"])? else {
        return Ok(None);
    };
    let parsed = field.value.as_str().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| {
        let reason = format!(
            "is {}: send MODEL-REVISION-ADDITION such as \"1-0-2\", or leave it out",
            describe(&field.value)
        );
        field.refuse(RejectionKind::BadValue, &reason)
    })
}

fn sent_times(fields: &mut Fields, shared: &Shared) -> Result<SentTimes, Refusal> {
    let mut time = |names: &[&'static str]| {
        let Some(field) = fields.take(names)? else {
            return Ok(None);
        };
        timestamp::parse(&field.value)
            .map(Some)
            .map_err(|reason| field.refuse(RejectionKind::BadTime, &format!("is {reason}")))
    };
    Ok(SentTimes {
        timestamp: time(&["timestamp"])?,
        original_timestamp: time(&["originalTimestamp", "original_timestamp"])?,
        sent_at: time(&["sentAt", "sent_at"])?.or(shared.sent_at),
    })
}

/// Takes the context; what all events of the request share is added to it.
fn context(fields: &mut Fields, shared: &Shared) -> Result<Context, Refusal> {
    let mut object = fields
        .take_object(&["context"])?
        .map(|(_, object)| object)
        .unwrap_or_default();
    for (name, value) in &shared.context {
        object.entry(name).or_insert_with(|| value.clone());
    }
    Ok(Context::new(object))
}

/// Refuses an event about a user that names none.
fn require(
    kind: EventKind,
    user_id: Option<&str>,
    anonymous_id: Option<&str>,
) -> Result<(), Refusal> {
    let is_missing = match kind {
        EventKind::Track | EventKind::Page | EventKind::Screen => false,
        EventKind::Identify | EventKind::Group => user_id.or(anonymous_id).is_none(),
        EventKind::Alias => user_id.is_none(),
    };
    if !is_missing {
        return Ok(());
    }
    let reason = format!("user_id is missing: {} is about a user", kind.as_str());
    Err(Refusal::new(
        RejectionKind::Missing,
        member("user_id"),
        reason,
    ))
}

/// Warns of fields that nothing has read: a property outside `properties` would be lost silently.
fn warn_of_unread(fields: &Fields, event: &mut ReceivedEvent) {
    let warnings: Vec<_> = fields
        .unread()
        .map(|name| Warning {
            pointer: shorten(
                &format!("{}{}", event.pointer, member(name)),
                MAX_POINTER_CHARS,
            ),
            reason: format!(
                "{} is not a field of an event and was not kept: send it in {}",
                quote(name),
                event.properties_field
            ),
        })
        .take(crate::limits::MAX_WARNINGS)
        .collect();
    for warning in warnings {
        event.warn(warning);
    }
}
