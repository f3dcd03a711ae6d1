//! Rules: which fields of which events leave. What is not listed never does.

use std::collections::{BTreeMap, HashMap};

use schema::{
    events::region::{
        link::Region,
        pseudonym::{PseudonymKey, hex},
        sent::KnownUser,
    },
    export::events::EventSeen,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{RegionError, line::EventLine};

/// How a field leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// As it is.
    Free,
    /// As a pseudonym of its value.
    Pseudonym,
}

/// What may be sent of every event besides its fields.
pub const CONTEXT: [&str; 4] = ["country", "region", "sent_at", "original_at"];

/// The fields of each event that leave.
pub type EventRules = BTreeMap<String, BTreeMap<String, Disclosure>>;

/// The rules of a region, with its key.
#[derive(Debug, Clone)]
pub struct Rules {
    events: EventRules,
    context: Vec<String>,
    is_archive: bool,
    key: PseudonymKey,
}

impl Rules {
    /// The rules of a region.
    ///
    /// # Errors
    ///
    /// [`RegionError::Region`] if its row does not have rules.
    pub fn of(region: &Region, key: PseudonymKey) -> Result<Self, RegionError> {
        let events = serde_json::from_value(region.events.clone())
            .map_err(|error| RegionError::Region(format!("its events are {error}")))?;
        Ok(Self {
            events,
            context: region.context.clone(),
            is_archive: region.is_archive,
            key,
        })
    }

    /// Whether events of this name leave.
    #[must_use]
    pub fn takes(&self, event: &str) -> bool {
        self.is_archive || self.events.contains_key(event)
    }

    /// The line of an event: what the rules let out.
    ///
    /// `number` tells events apart that are alike in name, user and times. The message id is made of
    /// these, so it is the same whether the event is live or sealed, and after its user was erased.
    ///
    /// # Errors
    ///
    /// If the properties are not an object.
    pub fn line(
        &self,
        client: &str,
        (name_id, event): (i32, &str),
        seen: &EventSeen,
        number: usize,
        users: &HashMap<i32, KnownUser>,
    ) -> Result<EventLine, serde_json::Error> {
        let user = users.get(&seen.user_id);
        let id = self.key.hash(&[
            "event",
            &name_id.to_string(),
            &seen.received_at.timestamp_micros().to_string(),
            &seen.occurred_at.timestamp_micros().to_string(),
            &seen.user_id.to_string(),
            &number.to_string(),
        ]);
        Ok(EventLine {
            message_id: hex(&id[..16]),
            event: event.to_owned(),
            occurred_at: seen.occurred_at,
            received_at: seen.received_at,
            user: user.map(|user| self.user(client, user)),
            anonymous: user.is_some_and(|user| user.is_anonymous),
            country: self.context("country", seen.country.clone()),
            region: self.context("region", seen.region.clone()),
            sent_at: self.context("sent_at", seen.sent_at),
            original_at: self.context("original_at", seen.original_at),
            flags: seen.flags,
            properties: self.properties(event, &seen.properties)?,
        })
    }

    fn user(&self, client: &str, user: &KnownUser) -> String {
        if self.is_archive {
            user.external_id.clone()
        } else {
            self.key.user(client, &user.external_id, user.is_anonymous)
        }
    }

    fn context<T>(&self, name: &str, value: Option<T>) -> Option<T> {
        let is_listed = self.is_archive || self.context.iter().any(|listed| listed == name);
        value.filter(|_| is_listed)
    }

    fn properties(
        &self,
        event: &str,
        properties: &str,
    ) -> Result<BTreeMap<String, Box<RawValue>>, serde_json::Error> {
        let mut all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(properties)?;
        if self.is_archive {
            return Ok(all);
        }
        let mut leaving = BTreeMap::new();
        for (field, disclosure) in self.events.get(event).into_iter().flatten() {
            let Some(value) = all.remove(field) else {
                continue;
            };
            let value = match disclosure {
                Disclosure::Free => value,
                Disclosure::Pseudonym if value.get() == "null" => value,
                Disclosure::Pseudonym => {
                    let pseudonym = self.key.value(field, value.get());
                    RawValue::from_string(format!("\"{pseudonym}\""))?
                }
            };
            leaving.insert(field.clone(), value);
        }
        Ok(leaving)
    }
}
