//! Erasure of users: their ids and what their events say of them go, counts stay.
//!
//! [`erase`] removes the id at once, so no later event can name the user's number, and the properties of
//! all stored events, live and sealed. A transaction that was storing an event of the user at that moment may not have
//! seen it; so [`finish`] looks over the events again once every such transaction has ended, and only
//! then an erasure is done. Regions to which events are sent learn of it by pseudonym ([`note`]).

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::region::erased::note;

/// What an erasure removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Its number in the ledger.
    pub erasure_id: i32,
    /// Events whose properties were removed.
    pub events: i64,
    /// Rejected events that were deleted.
    pub rejects: i64,
}

/// An erasure, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its number.
    pub erasure_id: i32,
    /// The client whose user it was.
    pub client: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// Events whose properties were removed.
    pub events: i64,
    /// Rejected events that were deleted.
    pub rejects: i64,
}

/// Erases the user of a client that sent this id, signed in or anonymous; `None` if there is none.
///
/// # Errors
///
/// If a statement fails; run it in a transaction, so that nothing is half erased.
pub async fn erase(
    db: &mut PgConnection,
    client_id: i16,
    external_id: &str,
) -> Result<Option<Erased>, sqlx::Error> {
    let users = sqlx::query!(
        "DELETE FROM event_user WHERE client_id = $1 AND external_id = $2 RETURNING user_id, is_anonymous",
        client_id,
        external_id
    )
    .fetch_all(&mut *db)
    .await?;
    let user_ids: Vec<i32> = users.iter().map(|user| user.user_id).collect();
    let kinds: Vec<bool> = users.iter().map(|user| user.is_anonymous).collect();
    // Rejected events may name a user that was never stored.
    let rejects = sqlx::query!(
        "DELETE FROM event_reject WHERE client_id = $1 AND position($2 IN body) > 0",
        client_id,
        external_id
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    if user_ids.is_empty() {
        return Ok(None);
    }
    let rejects = i64::try_from(rejects).unwrap_or(i64::MAX);
    let events = remove_properties(&mut *db, client_id, &user_ids).await?;
    let erasure_id = sqlx::query_scalar!(
        "INSERT INTO event_erasure (client_id, user_ids, events, rejects)
        VALUES ($1, $2, $3, $4)
        RETURNING erasure_id",
        client_id,
        &user_ids,
        events,
        rejects
    )
    .fetch_one(&mut *db)
    .await?;
    // While the id is still known: regions know the user by a pseudonym that is made of it.
    note(&mut *db, client_id, external_id, &kinds, erasure_id).await?;
    Ok(Some(Erased {
        erasure_id,
        events,
        rejects,
    }))
}

/// Looks over the events of users again whose erasure is two minutes old; returns how many are done.
///
/// # Errors
///
/// If a statement fails; what was not done is left to the next time.
pub async fn finish(db: &PgPool) -> Result<usize, sqlx::Error> {
    // No transaction that stores events lasts a minute.
    let open = sqlx::query!(
        "SELECT erasure_id, client_id, user_ids FROM event_erasure
        WHERE done_at IS NULL AND requested_at < now() - interval '2 minutes'
        ORDER BY requested_at"
    )
    .fetch_all(db)
    .await?;
    for one in &open {
        let mut transaction = db.begin().await?;
        let events = remove_properties(&mut transaction, one.client_id, &one.user_ids).await?;
        sqlx::query!(
            "UPDATE event_erasure SET done_at = now(), events = events + $2 WHERE erasure_id = $1",
            one.erasure_id,
            events
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
    }
    Ok(open.len())
}

/// Builds the indexes by user and by name of one partition that is over, if one lacks them; returns its name.
///
/// # Errors
///
/// If the statement fails.
pub async fn index_partition(db: &PgPool) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT index_event_partition()")
        .fetch_one(db)
        .await
}

/// Lists erasures, the newest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(db: &PgPool, limit: i64) -> Result<Vec<Erasure>, sqlx::Error> {
    sqlx::query_as!(
        Erasure,
        "SELECT event_erasure.erasure_id, event_client.name AS client, event_erasure.requested_at,
            event_erasure.done_at, event_erasure.events, event_erasure.rejects
        FROM event_erasure
        INNER JOIN event_client ON event_client.client_id = event_erasure.client_id
        ORDER BY event_erasure.erasure_id DESC
        LIMIT $1",
        limit
    )
    .fetch_all(db)
    .await
}

async fn remove_properties(
    db: &mut PgConnection,
    client_id: i16,
    user_ids: &[i32],
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT erase_event_properties($1, $2) AS "events!""#,
        client_id,
        user_ids
    )
    .fetch_one(db)
    .await
}
