//! Throughput: how many jobs succeeded in each hour, to compare an hour with its own past.

use std::time::Duration;

use sqlx::PgExecutor;

/// Counts hours that are over and not counted yet, at most `limit` of the last `back` hours, the latest
/// first, and deletes those that are older than `kept`; returns how many were counted.
///
/// # Errors
///
/// If the statement fails.
pub async fn count(
    db: impl PgExecutor<'_>,
    limit: i64,
    back: i32,
    kept: Duration,
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/count_throughput.sql",
        limit,
        back,
        kept.as_secs_f64()
    )
    .fetch_one(db)
    .await
}
