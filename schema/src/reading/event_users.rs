//! Users of a client that sends events: how many are active, how many come back, how far they get.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;
use crate::events::client::interval;

/// Active users of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveDay {
    /// The day of the client.
    pub day: NaiveDate,
    /// Users that did something on that day or in the days before it, so many in all.
    pub users: i64,
}

/// Reads the active users of a client on each day from `from_on` to `until_on`: a user is active for
/// `days` days.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn active_users(
    db: &mut PgConnection,
    client: &str,
    from_on: NaiveDate,
    until_on: NaiveDate,
    days: i32,
) -> Result<Vec<ActiveDay>, ReadError> {
    let rows = sqlx::query_as!(
        ActiveDay,
        r#"SELECT day AS "day!", users AS "users!" FROM active_users($1, $2, $3, $4)"#,
        client,
        from_on,
        until_on,
        days
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A cell of the triangle of retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionCell {
    /// First day of the cohort: the users who came first in that day or week.
    pub cohort_on: NaiveDate,
    /// Days or weeks later.
    pub after: i32,
    /// Users of the cohort.
    pub cohort_users: i64,
    /// How many of them did something then; none while that time is not over.
    pub users: Option<i64>,
}

/// Reads the retention of the users of a client that came first from `from_on` to `until_on`, by `day` or
/// `week`, in the order of cohorts and time, at most 10,000 cells.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn retention(
    db: &mut PgConnection,
    client: &str,
    from_on: NaiveDate,
    until_on: NaiveDate,
    unit: &str,
) -> Result<Vec<RetentionCell>, ReadError> {
    let rows = sqlx::query_as!(
        RetentionCell,
        r#"SELECT cohort_on AS "cohort_on!", after AS "after!", cohort_users AS "cohort_users!", users
        FROM retention($1, $2, $3, $4)
        LIMIT 10000"#,
        client,
        from_on,
        until_on,
        unit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A step of a funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelStep {
    /// Its number, from 1.
    pub step: i32,
    /// The event, by the name that readers see.
    pub event: String,
    /// Users that came this far.
    pub users: i64,
}

/// Reads how many users of a client took the first of the steps between two times, and how many of them
/// took each further one, in order and within a time from the first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn funnel(
    db: &mut PgConnection,
    client: &str,
    steps: &[String],
    between: (DateTime<Utc>, DateTime<Utc>),
    within: Duration,
) -> Result<Vec<FunnelStep>, ReadError> {
    let rows = sqlx::query_as!(
        FunnelStep,
        r#"SELECT step AS "step!", event AS "event!", users AS "users!"
        FROM funnel($1, $2, $3, $4, $5)"#,
        client,
        steps,
        between.0,
        between.1,
        interval(within)
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
