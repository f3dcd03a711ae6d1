//! Reads for the page of alerts: what ended, how many are open, and whether conditions are looked at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::reading::ReadError;

/// Open alerts of each severity that nobody has silenced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// A person must act now.
    pub critical: i64,
    /// A person must act soon.
    pub warning: i64,
    /// Good to know.
    pub info: i64,
}

/// Counts the open alerts that nobody has silenced.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn counts(db: &mut PgConnection) -> Result<AlertCounts, ReadError> {
    let counts = sqlx::query_file_as!(AlertCounts, "queries/count_open_alerts.sql")
        .fetch_one(db)
        .await?;
    Ok(counts)
}

/// Open alerts of a condition, silenced or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlerts {
    /// Name of the condition.
    pub condition: String,
    /// How many are open.
    pub alerts: i64,
}

/// Counts the open alerts of each condition that has any.
///
/// # Errors
///
/// If the statement fails.
pub async fn open_by_condition(db: impl PgExecutor<'_>) -> Result<Vec<OpenAlerts>, sqlx::Error> {
    sqlx::query_as!(
        OpenAlerts,
        r#"SELECT condition, count(*) AS "alerts!"
        FROM alert
        WHERE resolved_at IS NULL AND opened_at IS NOT NULL
        GROUP BY condition"#
    )
    .fetch_all(db)
    .await
}

/// An alert that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedAlert {
    /// Its number.
    pub alert_id: i64,
    /// Name of the condition.
    pub condition: String,
    /// Kind of thing that it was about.
    pub subject_kind: String,
    /// What it was about.
    pub subject: String,
    /// `critical`, `warning` or `info`.
    pub severity: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: DateTime<Utc>,
    /// What was wrong, the last value and the limit.
    pub text: String,
}

/// Lists at most `limit` alerts that ended within `age`, those that ended last first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn ended(
    db: &mut PgConnection,
    age: Duration,
    limit: i64,
) -> Result<Vec<EndedAlert>, ReadError> {
    let rows = sqlx::query_file_as!(
        EndedAlert,
        "queries/read_ended_alerts.sql",
        age.as_secs_f64(),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Returns whether a condition of this name was ever looked at.
///
/// # Errors
///
/// If the statement fails.
pub async fn was_checked(db: impl PgExecutor<'_>, condition: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM alert_check WHERE condition = $1) AS "was_checked!""#,
        condition
    )
    .fetch_one(db)
    .await
}

/// When a condition was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionCheck {
    /// Name of the condition.
    pub condition: String,
    /// When it was looked at, with or without success.
    pub checked_at: DateTime<Utc>,
    /// Since when it cannot be looked at.
    pub failed_since: Option<DateTime<Utc>>,
    /// Why it cannot be looked at.
    pub error: Option<String>,
}

/// Lists the conditions that were looked at within a day, by name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn checks(db: &mut PgConnection) -> Result<Vec<ConditionCheck>, ReadError> {
    let rows = sqlx::query_as!(
        ConditionCheck,
        "SELECT condition, checked_at, failed_since, error
        FROM alert_check
        WHERE checked_at > now() - interval '1 day'
        ORDER BY condition
        LIMIT 1000"
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
