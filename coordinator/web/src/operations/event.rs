//! Actions on what receives events: clients, keys, schemas and names; and on experiments.

use std::time::Duration;

use schema::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::experiment::BeginExperiment;

/// An action of a person on what receives events.
#[derive(Debug, Clone, PartialEq)]
pub enum EventAction {
    /// Makes a client, or changes the one of that name.
    PutClient(EventClient),
    /// Gives a client a new key.
    CreateKey(NewEventKey),
    /// Revokes a key.
    RevokeKey {
        /// Its number.
        key_id: i32,
    },
    /// Registers a version of the schema of an event.
    RegisterSchema(NewEventSchema),
    /// Gives a received name another name for readers.
    Rename {
        /// The client.
        client: String,
        /// The name as it is received.
        received: String,
        /// The name that readers see.
        canonical: String,
    },
    /// Checks rejected events again, and stores those that are sound now.
    Replay(ReplayRejects),
    /// Begins an experiment.
    BeginExperiment(BeginExperiment),
    /// Ends an experiment: later exposures are not counted.
    EndExperiment {
        /// Its name.
        name: String,
    },
    /// Deletes an experiment with its results.
    DropExperiment {
        /// Its name.
        name: String,
    },
}

/// A client that sends events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventClient {
    /// Its name.
    pub name: String,
    /// IANA name of the time zone in which its days begin.
    pub time_zone: String,
    /// First day of its week: 1 for Monday to 7 for Sunday.
    pub week_start: i16,
    /// How long an event with a known message id is a duplicate.
    pub duplicate_window: Duration,
}

/// What a new key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEventKey {
    /// The client that sends with it.
    pub client: String,
    /// Its name, for people.
    pub name: String,
    /// Origins of pages that may send with it; the key is public if there are any.
    pub origins: Vec<String>,
    /// The only events that a public key may send; empty allows all.
    pub events: Vec<String>,
    /// What becomes of an event that breaks its schema.
    pub schema_mode: EventSchemaMode,
    /// Events a second that it may send to each receiver.
    pub events_per_second: i32,
    /// How long it is valid; `None` for ever.
    pub expires_in: Option<Duration>,
}

/// What becomes of an event that breaks its schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventSchemaMode {
    /// Schemas are not checked.
    #[default]
    Off,
    /// It is stored and marked, and the answer says so.
    Warn,
    /// It is rejected.
    Enforce,
}

impl EventSchemaMode {
    /// The word as the database has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

/// A version of the schema of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEventSchema {
    /// The client.
    pub client: String,
    /// The event, by the name that the client sends.
    pub event: String,
    /// `MODEL-REVISION-ADDITION`.
    pub version: String,
    /// The JSON Schema of its properties.
    pub document: Value,
}

/// Which rejected events are checked again: those that meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayRejects {
    /// Of this client.
    #[schema(min_length = 1, max_length = 63)]
    pub client: Option<String>,
    /// With this name of the event.
    #[schema(min_length = 1, max_length = 200, example = "ticket bought")]
    pub event: Option<String>,
    /// With this text in their reason, in any case.
    #[schema(min_length = 1, max_length = 500)]
    pub why: Option<String>,
    /// Rejected no longer ago than so many seconds.
    #[schema(minimum = 1)]
    pub within_seconds: Option<u64>,
    /// The one with this number.
    pub reject_id: Option<i64>,
}

/// A key that was made: its text is known only now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    /// Its number.
    pub key_id: i32,
    /// Its text.
    pub secret: Secret,
}

impl EventAction {
    /// The texts that a person gave.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::PutClient(client) => vec![&client.name, &client.time_zone],
            Self::CreateKey(key) => [&key.client, &key.name]
                .into_iter()
                .chain(&key.origins)
                .chain(&key.events)
                .map(String::as_str)
                .collect(),
            Self::RevokeKey { .. } => Vec::new(),
            Self::RegisterSchema(schema) => vec![&schema.client, &schema.event, &schema.version],
            Self::Rename {
                client,
                received,
                canonical,
            } => vec![client, received, canonical],
            Self::Replay(rejects) => [&rejects.client, &rejects.event, &rejects.why]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
            Self::BeginExperiment(experiment) => experiment.texts(),
            Self::EndExperiment { name } | Self::DropExperiment { name } => vec![name],
        }
    }
}
