//! The lines of files: an event, or an erased user.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// Names the event among those of its region: 32 hexadecimal digits.
    pub message_id: String,
    /// Its name, as readers of the sender see it.
    pub event: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the sender stored it.
    pub received_at: DateTime<Utc>,
    /// The pseudonym of its user; the id, in an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether the user is a device that nobody signed in on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Country of its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Region within the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When the client says that it sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When the client says that it happened, where that was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_at: Option<DateTime<Utc>>,
    /// A sum of the `FLAG_` constants of [`store`](schema::events::store).
    #[serde(default)]
    pub flags: i16,
    /// Its properties, each as JSON text.
    pub properties: BTreeMap<String, Box<RawValue>>,
}

/// A user that was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedLine {
    /// Its number at the sender.
    pub number: i64,
    /// The client whose user it was.
    pub client: String,
    /// Its pseudonym.
    pub user: String,
    /// When it was erased.
    pub erased_at: DateTime<Utc>,
}
