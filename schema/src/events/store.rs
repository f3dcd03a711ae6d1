//! The transaction that stores events: each once, with its counts.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{client::interval, intake::Intake};

/// The sender is a known bot.
pub const FLAG_BOT: i16 = 1;
/// The clock was corrected by the time of sending.
pub const FLAG_SKEW: i16 = 2;
/// It was in the future, and moved to the time of receipt.
pub const FLAG_FUTURE: i16 = 4;
/// It was sent as historical.
pub const FLAG_HISTORICAL: i16 = 8;
/// It breaks its schema.
pub const FLAG_SCHEMA: i16 = 16;
/// It was sent with a public key.
pub const FLAG_PUBLIC: i16 = 32;

/// The user of an event that names none: it is stored, and counts for no user.
pub const NOBODY: i32 = 0;

/// An event to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its name among the events of its client.
    pub message_id: Uuid,
    /// Its user, or [`NOBODY`].
    pub user_id: i32,
    /// Its name.
    pub name_id: i32,
    /// Where it happened.
    pub place_id: i16,
    /// A sum of the `FLAG_` constants.
    pub flags: i16,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the client says that it sent it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the client says that it happened, where that was corrected.
    pub original_at: Option<DateTime<Utc>>,
    /// Its properties, a JSON object without `\u0000`.
    pub properties: String,
}

/// The client whose events a transaction stores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sender<'a> {
    /// The client.
    pub client_id: i16,
    /// IANA name of its time zone.
    pub time_zone: &'a str,
    /// How long an event with a known message id is a duplicate, at least.
    pub duplicate_window: Duration,
    /// Makes a message key of a message id of this client.
    pub message_mask: Uuid,
}

impl Sender<'_> {
    /// The message key of a message id, and the other way round.
    #[must_use]
    pub const fn masked(&self, id: Uuid) -> Uuid {
        Uuid::from_u128(id.as_u128() ^ self.message_mask.as_u128())
    }
}

/// Stores events of a client and what came with its keys, in one transaction; returns the message ids
/// that were stored. The others are duplicates.
///
/// Each of its statements ends after 15 s.
///
/// `count` is called with them before the transaction ends, and gives what came with each key.
///
/// # Errors
///
/// If a statement fails; then nothing is stored. It may be tried again.
pub async fn store(
    db: &PgPool,
    sender: Sender<'_>,
    events: &[NewEvent],
    count: impl FnOnce(&HashSet<Uuid>) -> Vec<Intake> + Send,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let stored = store_within(&mut transaction, sender, events).await?;
    super::intake::add(&mut *transaction, &count(&stored)).await?;
    transaction.commit().await?;
    Ok(stored)
}

/// Stores events of a client in the transaction of the caller, as [`store`] does.
///
/// # Errors
///
/// If a statement fails; the transaction is to be given up then.
pub async fn store_within(
    transaction: &mut PgConnection,
    sender: Sender<'_>,
    events: &[NewEvent],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    sqlx::query_file!("queries/lock_event_boundary.sql")
        .fetch_one(&mut *transaction)
        .await?;
    let stored = sqlx::query_file_scalar!(
        "queries/store_events.sql",
        sender.client_id,
        &column(events, |one| sender.masked(one.message_id)),
        &column(events, |one| one.user_id),
        &column(events, |one| one.name_id),
        &column(events, |one| one.place_id),
        &column(events, |one| one.flags),
        &column(events, |one| one.occurred_at),
        &column(events, |one| one.sent_at) as &[Option<DateTime<Utc>>],
        &column(events, |one| one.original_at) as &[Option<DateTime<Utc>>],
        &events
            .iter()
            .map(|one| one.properties.as_str())
            .collect::<Vec<&str>>() as &[&str],
        interval(sender.duplicate_window),
        sender.time_zone
    )
    .fetch_all(transaction)
    .await?;
    Ok(stored.into_iter().map(|key| sender.masked(key)).collect())
}

fn column<T>(events: &[NewEvent], of: impl Fn(&NewEvent) -> T) -> Vec<T> {
    events.iter().map(of).collect()
}
