//! Erased users: what regions are told, and which of their files are written again.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::pseudonym::PseudonymKey;

/// A user that was erased, as a region knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedUser {
    /// Key.
    pub number: i64,
    /// The client whose user it was.
    pub client: String,
    /// What the region knows the user by.
    pub pseudonym: String,
    /// When it was erased.
    pub erased_at: DateTime<Utc>,
}

/// Notes for every region to which events of a client go by which pseudonyms it knows a user that is
/// erased; `kinds` says for each of its rows whether it was anonymous.
///
/// # Errors
///
/// If a statement fails. Run it in the transaction that removes the id.
pub async fn note(
    db: &mut PgConnection,
    client_id: i16,
    external_id: &str,
    kinds: &[bool],
    erasure_id: i32,
) -> Result<(), sqlx::Error> {
    let regions = sqlx::query!(
        "SELECT region.region_id, region_key.pseudonym_key, event_client.name AS client
        FROM region
        INNER JOIN region_key ON region_key.region_id = region.region_id
        INNER JOIN event_client ON event_client.client_id = $1
        WHERE region.direction = 'send' AND (event_client.name = ANY (region.clients) OR EXISTS (
            SELECT FROM region_file WHERE region_file.region_id = region.region_id AND client_id = $1))",
        client_id
    )
    .fetch_all(&mut *db)
    .await?;
    for region in regions {
        let Some(key) = PseudonymKey::of(&region.pseudonym_key) else {
            continue;
        };
        for is_anonymous in kinds {
            let pseudonym = key.user(&region.client, external_id, *is_anonymous);
            sqlx::query!(
                "INSERT INTO region_erasure (region_id, client_id, erasure_id, pseudonym) VALUES ($1, $2, $3, $4)",
                region.region_id,
                client_id,
                erasure_id,
                pseudonym
            )
            .execute(&mut *db)
            .await?;
        }
    }
    Ok(())
}

/// The erased users of which a region was not told yet, or those of one of its files; `limit` at most.
///
/// # Errors
///
/// If the statement fails.
pub async fn users(
    db: impl PgExecutor<'_>,
    region_id: i32,
    sequence: Option<i64>,
    limit: i64,
) -> Result<Vec<ErasedUser>, sqlx::Error> {
    sqlx::query_as!(
        ErasedUser,
        "SELECT number, event_client.name AS client, pseudonym, erased_at
        FROM region_erasure INNER JOIN event_client ON event_client.client_id = region_erasure.client_id
        WHERE region_id = $1 AND sequence IS NOT DISTINCT FROM $2
        ORDER BY number LIMIT $3",
        region_id,
        sequence,
        limit
    )
    .fetch_all(db)
    .await
}

/// Records which file tells a region of erased users.
///
/// # Errors
///
/// If the statement fails.
pub async fn assign(
    db: impl PgExecutor<'_>,
    region_id: i32,
    numbers: &[i64],
    sequence: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region_erasure SET sequence = $3
        WHERE region_id = $1 AND number = ANY ($2) AND sequence IS NULL",
        region_id,
        numbers,
        sequence
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks the files with events of users whose erasure is done, to be written again; returns how many
/// erased users that were.
///
/// # Errors
///
/// If a statement fails; nothing is marked then.
pub async fn mark_files(db: &mut PgConnection, region_id: i32) -> Result<u64, sqlx::Error> {
    let open = sqlx::query!(
        "SELECT DISTINCT region_erasure.client_id, region_erasure.erasure_id, event_erasure.user_ids
        FROM region_erasure
        INNER JOIN event_erasure ON event_erasure.erasure_id = region_erasure.erasure_id
        WHERE region_id = $1 AND NOT is_marked AND event_erasure.done_at IS NOT NULL
        LIMIT 100",
        region_id
    )
    .fetch_all(&mut *db)
    .await?;
    let mut marked = 0;
    for one in open {
        sqlx::query_file!(
            "queries/mark_region_files.sql",
            region_id,
            one.client_id,
            &one.user_ids
        )
        .execute(&mut *db)
        .await?;
        let done = sqlx::query!(
            "UPDATE region_erasure SET is_marked = true WHERE region_id = $1 AND erasure_id = $2",
            region_id,
            one.erasure_id
        )
        .execute(&mut *db)
        .await?;
        marked += done.rows_affected();
    }
    Ok(marked)
}
