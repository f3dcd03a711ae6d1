//! Totals of events, kept up to date from what is stored.

use std::time::Duration;

use sqlx::PgPool;

use super::client::interval;

/// What a fold took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Folded {
    /// Changes of counts of events.
    pub counts: i64,
    /// Changes of what came with keys.
    pub intake: i64,
}

/// Adds up to `limit` changes of each kind to the totals: those of five minutes only if they are not
/// older than `five_minutes_for`.
///
/// # Errors
///
/// If a statement fails; then its changes stay for the next time.
pub async fn fold(
    db: &PgPool,
    five_minutes_for: Duration,
    limit: i64,
) -> Result<Folded, sqlx::Error> {
    let counts = sqlx::query_file_scalar!(
        "queries/fold_event_counts.sql",
        limit,
        interval(five_minutes_for)
    )
    .fetch_one(db)
    .await?;
    let intake = sqlx::query_file_scalar!("queries/fold_event_intake.sql", limit)
        .fetch_one(db)
        .await?;
    Ok(Folded { counts, intake })
}

/// Deletes rejected events that are older than `keep_for`, up to `limit`; returns how many.
///
/// # Errors
///
/// If the statement fails.
pub async fn delete_rejects(
    db: &PgPool,
    keep_for: Duration,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM event_reject WHERE reject_id = ANY (ARRAY(
            SELECT reject_id FROM event_reject
            WHERE rejected_at < now() - $1::interval ORDER BY rejected_at LIMIT $2))",
        interval(keep_for),
        limit
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes counts of five minutes that are older than `keep_for`, up to `limit`; returns how many. The
/// hours that hold them stay.
///
/// # Errors
///
/// If the statement fails.
pub async fn delete_five_minutes(
    db: &PgPool,
    keep_for: Duration,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // By name, as the key begins with it.
    let done = sqlx::query!(
        "DELETE FROM event_count WHERE ctid = ANY (ARRAY(
            SELECT old.place
            FROM event_name
            CROSS JOIN LATERAL (
                SELECT event_count.ctid AS place
                FROM event_count
                WHERE event_count.name_id = event_name.name_id
                    AND NOT event_count.is_hour
                    AND event_count.bucket_at < now() - $1::interval
                LIMIT $2
            ) AS old
            LIMIT $2))",
        interval(keep_for),
        limit
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
