//! Looks at one condition: what it finds, its alerts, and the messages about them, all or nothing.
//!
//! Two leaders at a time take turns, so neither doubles what the other does. Receivers are notified
//! when an alert is new, again after a time while it is open, and when it is over, if they were notified
//! before. Of a silenced alert they are notified when its silence ends, if it is still open.

use std::time::Duration;

use chrono::{DateTime, Utc};
use schema::{
    alert::{self, Severity, Turns},
    message::{self, NewMessage},
};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{
    condition::Condition,
    content::{MessageContent, group},
    settings::AlertSettings,
};

/// Who is notified, as far as messages are written for them.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Names of receivers, and the lowest severity of which each is notified.
    pub receivers: Vec<(String, Severity)>,
    /// Time between two notifications of an alert that stays open.
    pub still_every: Duration,
    /// Address of the web page, for links.
    pub page: Option<String>,
}

impl Audience {
    /// Takes the receivers of the settings.
    #[must_use]
    pub fn of(settings: &AlertSettings) -> Self {
        let receivers = settings.receivers.iter();
        Self {
            receivers: receivers
                .map(|(name, receiver)| (name.clone(), receiver.severity()))
                .collect(),
            still_every: settings.still_every,
            page: settings.page.clone(),
        }
    }
}

/// What one look did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Alerts that were opened and that are over.
    pub turns: Turns,
    /// Messages that were written.
    pub messages: usize,
}

/// Looks at a condition; `now` replaces the clock of the database in tests.
///
/// # Errors
///
/// If a statement fails; nothing is stored then.
pub async fn check(
    db: &PgPool,
    condition: &Condition,
    audience: &Audience,
    now: Option<DateTime<Utc>>,
) -> Result<Looked, sqlx::Error> {
    let mut transaction = alert::begin_check(db, condition.name, now).await?;
    let held = condition.find(&mut transaction).await?;
    let turns = alert::store(&mut transaction, &condition.rule(), &held, now).await?;
    let messages = write_messages(&mut transaction, condition, audience, now).await?;
    transaction.commit().await?;
    Ok(Looked { turns, messages })
}

async fn write_messages(
    db: &mut PgConnection,
    condition: &Condition,
    audience: &Audience,
    now: Option<DateTime<Utc>>,
) -> Result<usize, sqlx::Error> {
    let receivers: Vec<&str> = audience
        .receivers
        .iter()
        .filter(|(_, lowest)| *lowest <= condition.severity)
        .map(|(name, _)| name.as_str())
        .collect();
    if receivers.is_empty() {
        return Ok(0);
    }
    let alerts = alert::to_notify(db, condition.name, audience.still_every, now).await?;
    let mut messages = 0;
    for (alert_ids, content) in group(condition, audience.page.as_deref(), alerts) {
        for receiver in &receivers {
            let message = NewMessage {
                receiver,
                kind: &content.kind,
                alert_ids: &alert_ids,
                content: json!(content),
            };
            message::write(db, &message, now).await?;
            messages += 1;
        }
        alert::record_notified(db, &alert_ids, now).await?;
    }
    Ok(messages)
}

/// Reads what a message says.
///
/// # Errors
///
/// If another version wrote it, and this one cannot read it.
pub fn content_of(stored: serde_json::Value) -> Result<MessageContent, serde_json::Error> {
    serde_json::from_value(stored)
}
