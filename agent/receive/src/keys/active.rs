//! A key that may be used now: its client, its policy and its limit.

use std::{sync::Arc, time::Duration};

use event_contract::{ParseOriginError, PublicKeyPolicy, SchemaMode};
use schema::events::{key::ValidKey, store::Sender};
use uuid::Uuid;

use super::rate::Rate;

/// A key, ready to judge requests.
#[derive(Debug)]
pub(crate) struct ActiveKey {
    pub(crate) key_id: i32,
    pub(crate) is_public: bool,
    pub(crate) mode: SchemaMode,
    pub(crate) policy: PublicKeyPolicy,
    pub(crate) rate: Arc<Rate>,
    pub(crate) client: Arc<ClientFacts>,
}

/// What storing needs to know of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientFacts {
    pub(crate) client_id: i16,
    pub(crate) time_zone: String,
    pub(crate) duplicate_window: Duration,
    pub(crate) message_mask: Uuid,
}

impl ClientFacts {
    pub(crate) fn sender(&self) -> Sender<'_> {
        Sender {
            client_id: self.client_id,
            time_zone: &self.time_zone,
            duplicate_window: self.duplicate_window,
            message_mask: self.message_mask,
        }
    }
}

impl ActiveKey {
    /// Makes it of a row; a limit that did not change goes on from `before`.
    ///
    /// # Errors
    ///
    /// The number of the key and what is wrong, if an origin of it cannot be read.
    pub(crate) fn new(
        key: ValidKey,
        before: Option<&Self>,
    ) -> Result<Self, (i32, ParseOriginError)> {
        let takes_all = !key.is_public || key.origins.iter().any(|origin| origin == "*");
        let origins = (!takes_all).then_some(key.origins.as_slice());
        let events = (!key.events.is_empty()).then_some(key.events.as_slice());
        let policy = PublicKeyPolicy::new(origins, events).map_err(|error| (key.key_id, error))?;
        let rate = before
            .map(|before| before.rate.clone())
            .filter(|rate| rate.per_second == key.events_per_second)
            .unwrap_or_else(|| Arc::new(Rate::new(key.events_per_second)));
        let client = ClientFacts {
            client_id: key.client_id,
            time_zone: key.time_zone,
            duplicate_window: Duration::from_secs(
                u64::try_from(key.duplicate_window_seconds).unwrap_or_default(),
            ),
            message_mask: key.message_mask,
        };
        Ok(Self {
            key_id: key.key_id,
            is_public: key.is_public,
            // A mode that this version does not know is the strictest.
            mode: match key.schema_mode.as_str() {
                "off" => SchemaMode::Off,
                "warn" => SchemaMode::Warn,
                _ => SchemaMode::Enforce,
            },
            policy,
            rate,
            client: before
                .map(|before| before.client.clone())
                .filter(|before| **before == client)
                .unwrap_or_else(|| Arc::new(client)),
        })
    }
}
