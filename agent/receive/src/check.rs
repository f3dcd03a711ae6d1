//! Judges decoded events by their key and schema, and makes of each what is stored or answered.

use std::collections::HashMap;

use event_contract::{
    Adjustment, EventAnswer, MessageId, ReceivedEvent, Rejection, RejectionKind, SchemaVerdict,
    Warning, judge,
};
use schema::events::{
    identity::{ExternalUser, MAX_NAMES, ReceivedPlace},
    reject::NewReject,
    store::{
        FLAG_BOT, FLAG_FUTURE, FLAG_HISTORICAL, FLAG_PUBLIC, FLAG_SCHEMA, FLAG_SKEW, NOBODY,
        NewEvent,
    },
};
use uuid::Uuid;

use crate::{keys::ActiveKey, schemas::ClientSchemas};

/// The longest region that is stored, in characters.
const MAX_REGION_CHARS: usize = 64;

/// Bytes of an event and its answer in addition to its properties.
const ANSWER_BYTES: usize = 512;

/// An event to be stored, whose user and place have no numbers yet.
#[derive(Debug)]
pub(crate) struct PendingEvent {
    pub(crate) row: NewEvent,
    pub(crate) user: Option<ExternalUser>,
    pub(crate) place: ReceivedPlace,
}

/// A request whose events are judged.
#[derive(Debug, Default)]
pub(crate) struct CheckedRequest {
    /// An answer for each event, as if those to be stored were stored.
    pub(crate) answers: Vec<EventAnswer>,
    /// The events to be stored.
    pub(crate) pending: Vec<PendingEvent>,
    /// The places of their answers.
    pub(crate) positions: Vec<usize>,
    /// The rejected events.
    pub(crate) rejects: Vec<NewReject>,
    /// The classes of the reasons of these.
    pub(crate) kinds: Vec<RejectionKind>,
}

impl CheckedRequest {
    /// Returns about how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let events = self.pending.iter().map(|one| one.row.properties.len());
        let rejects = self.rejects.iter().map(|one| one.body.len());
        events.chain(rejects).sum::<usize>() + self.answers.len() * ANSWER_BYTES
    }
}

/// What events are judged by.
pub(crate) struct Judge<'a> {
    pub(crate) key: &'a ActiveKey,
    /// `None` where the key does not check schemas.
    pub(crate) schemas: Option<&'a ClientSchemas>,
    pub(crate) names: &'a HashMap<String, i32>,
}

impl Judge<'_> {
    /// Judges all events of a request.
    pub(crate) fn check(&self, events: Vec<Result<ReceivedEvent, Rejection>>) -> CheckedRequest {
        let mut checked = CheckedRequest {
            answers: Vec::with_capacity(events.len()),
            ..CheckedRequest::default()
        };
        for event in events {
            let event = event.map_err(Box::new);
            match event.and_then(|event| self.check_event(event)) {
                Ok((answer, pending)) => {
                    checked.positions.push(checked.answers.len());
                    checked.answers.push(answer);
                    checked.pending.push(pending);
                }
                Err(rejection) => {
                    checked.answers.push(EventAnswer::rejected(&rejection));
                    checked.kinds.push(rejection.kind);
                    checked.rejects.push(self.reject(*rejection));
                }
            }
        }
        checked
    }

    fn check_event(
        &self,
        mut event: ReceivedEvent,
    ) -> Result<(EventAnswer, PendingEvent), Box<Rejection>> {
        let key = self.key;
        if let Err(reason) = key.policy.allow_event(&event.name) {
            return Err(Box::new(Rejection::by_key(&event, &reason)));
        }
        let breaks_schema = self.judge_schema(&mut event)?;
        let Some(name_id) = self.names.get(&event.name).copied() else {
            return Err(Box::new(too_many_names(&event)));
        };
        let message_id = message_id(&mut event);
        let answer = EventAnswer::ok(&event);
        let flag = |is_set: bool, flag: i16| if is_set { flag } else { 0 };
        let clock = event.clock;
        let row = NewEvent {
            message_id,
            user_id: NOBODY,
            name_id,
            place_id: 0,
            flags: flag(event.is_bot, FLAG_BOT)
                | flag(clock.adjustment == Adjustment::Skew, FLAG_SKEW)
                | flag(clock.adjustment == Adjustment::Future, FLAG_FUTURE)
                | flag(event.is_historical, FLAG_HISTORICAL)
                | flag(breaks_schema, FLAG_SCHEMA)
                | flag(key.is_public, FLAG_PUBLIC),
            occurred_at: clock.occurred_at,
            sent_at: clock.sent_at,
            original_at: clock.original_at,
            properties: serde_json::Value::Object(event.properties).to_string(),
        };
        let user = event.user_id.map(|id| ExternalUser {
            id,
            is_anonymous: false,
        });
        let device = event.anonymous_id.map(|id| ExternalUser {
            id,
            is_anonymous: true,
        });
        let region = event.context.region;
        let place = ReceivedPlace {
            country: event.context.country,
            region: region.map(|region| region.chars().take(MAX_REGION_CHARS).collect()),
        };
        let pending = PendingEvent {
            row,
            user: user.or(device),
            place,
        };
        Ok((answer, pending))
    }

    /// Returns whether an event that is stored breaks its schema.
    fn judge_schema(&self, event: &mut ReceivedEvent) -> Result<bool, Box<Rejection>> {
        let Some(schemas) = self.schemas else {
            return Ok(false);
        };
        let schema = schemas.of(event);
        match judge(self.key.mode, schema.map(|(_, schema)| schema), event) {
            SchemaVerdict::Accept => Ok(false),
            SchemaVerdict::AcceptWithWarning(violations) => {
                for violation in violations {
                    event.warn(violation.into());
                }
                Ok(true)
            }
            SchemaVerdict::Reject(violations) => {
                let mut rejection = Rejection::by_schema(event, &violations);
                if let Some((version, _)) = schema {
                    rejection.schema_version = Some(version.to_string());
                }
                Err(Box::new(rejection))
            }
        }
    }

    fn reject(&self, rejection: Rejection) -> NewReject {
        NewReject {
            key_id: self.key.key_id,
            client_id: self.key.client.client_id,
            event: rejection.event,
            schema: rejection.schema_version,
            pointer: rejection.pointer,
            reason: rejection.reason,
            body: rejection.body,
        }
    }
}

/// Returns the id of an event, and gives it one if it came without.
fn message_id(event: &mut ReceivedEvent) -> Uuid {
    if let Some(id) = &event.message_id {
        return id.uuid;
    }
    let uuid = Uuid::new_v4();
    event.warn(Warning {
        pointer: format!("{}/message_id", event.pointer),
        reason: "the event has no message_id, so it counts twice if it is sent twice: send one"
            .to_owned(),
    });
    event.message_id = Some(MessageId::from_uuid(uuid));
    uuid
}

fn too_many_names(event: &ReceivedEvent) -> Rejection {
    Rejection {
        index: event.index,
        message_id: event.message_id.as_ref().map(|id| id.text.clone()),
        event: Some(event.name.clone()),
        schema_version: event.schema_version.map(|version| version.to_string()),
        kind: RejectionKind::BadValue,
        pointer: event.name_pointer(),
        reason: format!(
            "the client has {MAX_NAMES} names of events already: send what differs as a property"
        ),
        body: event.to_body().to_string(),
    }
}
