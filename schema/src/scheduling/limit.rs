//! Limit keys: written by the leader, read by pods and people.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgExecutor;

use crate::leader::Term;

/// Permits of a day that the leader sets aside before it gives them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// The limit key.
    pub limit_key_id: i32,
    /// The day, in the key's zone.
    pub day_on: NaiveDate,
    /// How many of that day in all.
    pub reserved: i32,
}

/// Sets permits aside in the name of `term`; returns the keys that have them now.
///
/// None has if the term is over.
///
/// # Errors
///
/// If the statement fails. If only the answer was lost, what was set aside and is asked
/// for again is had then.
pub async fn reserve(
    db: impl PgExecutor<'_>,
    term: Term,
    reservations: &[Reservation],
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/reserve_day.sql",
        term.holder,
        term.epoch,
        &reservations
            .iter()
            .map(|row| row.limit_key_id)
            .collect::<Vec<_>>(),
        &reservations
            .iter()
            .map(|row| row.day_on)
            .collect::<Vec<_>>(),
        &reservations
            .iter()
            .map(|row| row.reserved)
            .collect::<Vec<_>>()
    )
    .fetch_all(db)
    .await
}

/// Writes down in the name of `term` what share of its rate a key is given, and why; nothing if
/// the term is over.
///
/// # Errors
///
/// If the statement fails; a new leader then begins with the share before.
pub async fn store_share(
    db: impl PgExecutor<'_>,
    term: Term,
    limit_key_id: i32,
    share: f64,
    reason: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_share.sql",
        term.holder,
        term.epoch,
        limit_key_id,
        share,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A limit key that is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// The limit key.
    pub limit_key_id: i32,
    /// Rest of the pause.
    pub left: Duration,
}

/// The limit keys that are paused now: for pods that hold claims of them.
///
/// # Errors
///
/// If the statement fails.
pub async fn paused(db: impl PgExecutor<'_>) -> Result<Vec<Paused>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT limit_key_id, extract(epoch FROM paused_until - clock_timestamp())::double precision AS "left!"
        FROM limit_key
        WHERE paused_until > clock_timestamp()"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Paused {
            limit_key_id: row.limit_key_id,
            left: Duration::try_from_secs_f64(row.left).unwrap_or_default(),
        })
        .collect())
}

/// A limit key, for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitStatus {
    /// Its name.
    pub limit_key: String,
    /// Requests per second that its definition allows.
    pub rate_per_second: f64,
    /// Requests that may come at once.
    pub burst: i32,
    /// Requests per second that are given out now.
    pub rate_now: f64,
    /// Why that is less.
    pub share_reason: Option<String>,
    /// Until when it is paused, if it is.
    pub paused_until: Option<DateTime<Utc>>,
    /// Why.
    pub pause_reason: Option<String>,
    /// Most jobs in flight at once.
    pub concurrency: Option<i32>,
    /// Requests in a day.
    pub per_day: Option<i32>,
    /// Requests of today that are spent or reserved.
    pub day_reserved: i32,
    /// When it opens, in its zone.
    pub opens_at: Option<NaiveTime>,
    /// When it closes.
    pub closes_at: Option<NaiveTime>,
    /// Its zone.
    pub zone: Option<String>,
    /// Whether its hours let it send now.
    pub is_open: bool,
}

/// Every limit key by name, or those of one source.
///
/// # Errors
///
/// If the statement fails.
pub async fn statuses(
    db: impl PgExecutor<'_>,
    source: Option<&str>,
) -> Result<Vec<LimitStatus>, sqlx::Error> {
    sqlx::query_as!(
        LimitStatus,
        r#"SELECT limit_key AS "limit_key!", rate_per_second AS "rate_per_second!", burst AS "burst!",
            rate_now AS "rate_now!", share_reason, paused_until, pause_reason, concurrency, per_day,
            day_reserved AS "day_reserved!", opens_at, closes_at, zone, is_open AS "is_open!"
        FROM limit_status
        WHERE $1::text IS NULL OR limit_key_id IN (
            SELECT step.limit_key_id
            FROM step
            INNER JOIN source ON source.source_id = step.source_id
            WHERE source.name = $1 AND NOT step.retired)
        ORDER BY limit_key"#,
        source
    )
    .fetch_all(db)
    .await
}

/// Pauses a limit key for the whole fleet, in the words of `reason`.
///
/// A pause is only ever made longer.
///
/// # Errors
///
/// If the statement fails.
pub async fn pause(
    db: impl PgExecutor<'_>,
    limit_key_id: i32,
    pause: Duration,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE limit_key
        SET paused_until = now() + make_interval(secs => $2),
            pause_reason = $3
        WHERE limit_key_id = $1
            AND (paused_until IS NULL OR paused_until < now() + make_interval(secs => $2))",
        limit_key_id,
        pause.as_secs_f64(),
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}
