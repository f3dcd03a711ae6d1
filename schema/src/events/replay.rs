//! Rejected events that are checked again: which, and what becomes of them.
//!
//! The transaction that stores an event marks its reject, so each is replayed once, whatever fails and
//! however many people replay it. The message id decides as for received events; for the time since the
//! rejection too, as a client may have sent a corrected event under the same id meanwhile.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::{
    client::interval,
    intake::{self, Intake},
    store::{NewEvent, Sender, store_within},
};

/// Which rejected events are checked again: those that meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// Name of the client.
    pub client: Option<String>,
    /// Name of the event.
    pub event: Option<String>,
    /// A part of the reason, in any case.
    pub why: Option<String>,
    /// Not rejected longer ago than this.
    pub within: Option<Duration>,
    /// Number of the rejected event.
    pub reject_id: Option<i64>,
}

/// A rejected event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedEvent {
    /// Its number.
    pub reject_id: i64,
    /// When it was rejected.
    pub rejected_at: DateTime<Utc>,
    /// The key that sent it.
    pub key_id: i32,
    /// Its client.
    pub client_id: i16,
    /// The event as it came.
    pub body: String,
}

/// Why an event is rejected again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReason {
    /// The version of its schema.
    pub schema: Option<String>,
    /// JSON pointer to what is wrong; empty for the whole of it.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
}

/// A rejected event that was checked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReject {
    /// Its number.
    pub reject_id: i64,
    /// The key that sent it.
    pub key_id: i32,
    /// What is stored, or why not.
    pub verdict: Result<NewEvent, NewReason>,
}

/// What became of rejected events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// They are stored now.
    pub stored: u64,
    /// They had been stored before under their message id.
    pub duplicates: u64,
    /// They are rejected again.
    pub rejected: u64,
}

/// The clock of the database: [`find`] leaves out what was tried since then.
///
/// # Errors
///
/// If the statement fails.
pub async fn begin(db: impl PgExecutor<'_>) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT now() AS "now!""#)
        .fetch_one(db)
        .await
}

/// Finds at most `limit` rejected events that were not tried since `began_at`, those of one client
/// together.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    filter: &RejectFilter,
    began_at: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RejectedEvent>, sqlx::Error> {
    sqlx::query_file_as!(
        RejectedEvent,
        "queries/find_rejects_to_replay.sql",
        filter.client.as_deref(),
        filter.event.as_deref(),
        filter.why.as_deref(),
        filter.within.map(interval),
        filter.reject_id,
        began_at,
        limit
    )
    .fetch_all(db)
    .await
}

/// Stores events of a client that are sound now, marks them as replayed by `who`, and gives the others
/// their new reasons; in one transaction.
///
/// The duplicate window of `sender` must reach back to before the first of them was rejected. What
/// another replay took meanwhile, or an erasure deleted, is left out and not counted.
///
/// # Errors
///
/// If a statement fails; then nothing is changed. It may be tried again.
pub async fn store_checked(
    db: &PgPool,
    sender: Sender<'_>,
    who: &str,
    checked: &[CheckedReject],
) -> Result<Replayed, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let open = lock(&mut transaction, checked).await?;
    let is_open = |one: &&CheckedReject| open.contains(&one.reject_id);
    let sound: Vec<(&CheckedReject, &NewEvent)> = checked
        .iter()
        .filter(is_open)
        .filter_map(|one| Some((one, one.verdict.as_ref().ok()?)))
        .collect();
    let known = replayed_ids(&mut transaction, sender.client_id, &sound).await?;
    // Of several rejects with one message id, the first stands for it.
    let mut first: HashMap<Uuid, i64> = HashMap::new();
    let mut events = Vec::with_capacity(sound.len());
    for (one, event) in &sound {
        if !known.contains(&event.message_id)
            && let Entry::Vacant(place) = first.entry(event.message_id)
        {
            place.insert(one.reject_id);
            events.push((*event).clone());
        }
    }
    // In the order of receivers, so that two transactions never wait for each other in a circle.
    events.sort_unstable_by_key(|event| event.message_id);
    let stored = store_within(&mut transaction, sender, &events).await?;
    let ids: Vec<(i64, Option<Uuid>)> = sound
        .iter()
        .map(|(one, event)| {
            let is_first = first.get(&event.message_id) == Some(&one.reject_id);
            let is_stored = is_first && stored.contains(&event.message_id);
            (one.reject_id, is_stored.then_some(event.message_id))
        })
        .collect();
    intake::add(&mut *transaction, &counts(&sound, &ids)).await?;
    mark_replayed(&mut transaction, who, &ids).await?;
    let again: Vec<(i64, &NewReason)> = checked
        .iter()
        .filter(is_open)
        .filter_map(|one| Some((one.reject_id, one.verdict.as_ref().err()?)))
        .collect();
    mark_rejected(&mut transaction, &again).await?;
    transaction.commit().await?;
    let new = ids
        .iter()
        .filter(|(_, stored_as)| stored_as.is_some())
        .count();
    Ok(Replayed {
        stored: new as u64,
        duplicates: (ids.len() - new) as u64,
        rejected: again.len() as u64,
    })
}

/// Locks those that are still rejected; waits for other replays.
async fn lock(
    db: &mut PgConnection,
    checked: &[CheckedReject],
) -> Result<HashSet<i64>, sqlx::Error> {
    let ids: Vec<i64> = checked.iter().map(|one| one.reject_id).collect();
    let locked = sqlx::query_scalar!(
        "SELECT reject_id FROM event_reject
        WHERE reject_id = ANY($1) AND replayed_at IS NULL
        ORDER BY reject_id
        FOR UPDATE",
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(locked.into_iter().collect())
}

/// The message ids that earlier replays stored: the events may have lost theirs.
async fn replayed_ids(
    db: &mut PgConnection,
    client_id: i16,
    sound: &[(&CheckedReject, &NewEvent)],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let ids: Vec<Uuid> = sound.iter().map(|(_, event)| event.message_id).collect();
    let known = sqlx::query_scalar!(
        r#"SELECT stored_as AS "stored_as!" FROM event_reject
        WHERE client_id = $1 AND stored_as = ANY($2)"#,
        client_id,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().collect())
}

/// Counts what came with each key.
fn counts(sound: &[(&CheckedReject, &NewEvent)], ids: &[(i64, Option<Uuid>)]) -> Vec<Intake> {
    let mut counts: HashMap<i32, Intake> = HashMap::new();
    for ((one, _), (_, stored_as)) in sound.iter().zip(ids) {
        let count = counts.entry(one.key_id).or_insert(Intake {
            key_id: one.key_id,
            ..Intake::default()
        });
        if stored_as.is_some() {
            count.accepted += 1;
        } else {
            count.duplicates += 1;
        }
    }
    counts.into_values().collect()
}

async fn mark_replayed(
    db: &mut PgConnection,
    who: &str,
    ids: &[(i64, Option<Uuid>)],
) -> Result<(), sqlx::Error> {
    let (reject_ids, stored_as): (Vec<i64>, Vec<Option<Uuid>>) = ids.iter().copied().unzip();
    sqlx::query!(
        "UPDATE event_reject
        SET replayed_at = now(), replayed_by = $1, stored_as = one.stored_as
        FROM unnest($2::bigint[], $3::uuid[]) AS one (reject_id, stored_as)
        WHERE event_reject.reject_id = one.reject_id",
        who,
        &reject_ids,
        &stored_as as &[Option<Uuid>]
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn mark_rejected(
    db: &mut PgConnection,
    again: &[(i64, &NewReason)],
) -> Result<(), sqlx::Error> {
    let text = |of: fn(&NewReason) -> &String| -> Vec<String> {
        again.iter().map(|(_, one)| of(one).clone()).collect()
    };
    let schemas: Vec<Option<String>> = again.iter().map(|(_, one)| one.schema.clone()).collect();
    sqlx::query!(
        "UPDATE event_reject
        SET tried_at = now(), schema = one.schema, pointer = one.pointer, reason = one.reason
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
            AS one (reject_id, schema, pointer, reason)
        WHERE event_reject.reject_id = one.reject_id",
        &again.iter().map(|(id, _)| *id).collect::<Vec<i64>>(),
        &schemas as &[Option<String>],
        &text(|one| &one.pointer),
        &text(|one| &one.reason)
    )
    .execute(db)
    .await?;
    Ok(())
}
