//! Alerts: what a person should know.
//!
//! Takes what a condition found; keeps one row for each subject for which it holds. Gives the alerts
//! about which messages are to be written. All of it runs in the transaction that [`begin_check`]
//! begins, with the read that finds the fact and the messages about it: either all is stored or
//! nothing.

pub mod overview;
pub mod subject;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};
use utoipa::ToSchema;

use crate::reading::ReadError;

pub use subject::SubjectKind;

/// How much an alert matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// A person must act soon.
    Warning,
    /// A person must act now.
    Critical,
}

impl Severity {
    /// Every severity, the lowest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// Returns the word as the table `alert` has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A condition, as far as alerts of it are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule<'a> {
    /// Its name.
    pub condition: &'a str,
    /// How much its alerts matter.
    pub severity: Severity,
    /// The limit that values pass.
    pub threshold: f64,
    /// What its subjects are.
    pub subject_kind: SubjectKind,
    /// What it means for data and readers.
    pub means: &'a str,
    /// How long it must hold before it is an alert.
    pub holds_for: Duration,
    /// How long it must not hold before the alert is over.
    pub over_for: Duration,
}

/// A subject for which a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// The subject.
    pub subject: String,
    /// The value, in the unit of the condition.
    pub value: f64,
    /// What is wrong, the value and the limit.
    pub text: String,
    /// How to look, and what to do.
    pub next_step: String,
    /// The evidence.
    pub details: Option<String>,
}

/// How many alerts of a condition began and ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turns {
    /// Alerts that were opened.
    pub opened: i64,
    /// Alerts that are over.
    pub resolved: i64,
}

/// An alert about which messages are to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct ToNotify {
    /// `new`, `still` or `resolved`.
    pub kind: String,
    /// Its number.
    pub alert_id: i64,
    /// The subject.
    pub subject: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When the condition held last.
    pub last_seen_at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The last value.
    pub value: f64,
    /// The limit that it passed.
    pub threshold: f64,
    /// What is wrong, the value and the limit.
    pub text: String,
    /// How to look, and what to do.
    pub next_step: String,
    /// The evidence.
    pub details: Option<String>,
}

/// Begins the transaction in which a condition is looked at; another leader waits for its end.
///
/// `now` replaces the clock of the database in tests; pass `None` elsewhere.
///
/// # Errors
///
/// If a statement fails.
pub async fn begin_check(
    db: &PgPool,
    condition: &str,
    now: Option<DateTime<Utc>>,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let begin = "BEGIN; SET LOCAL statement_timeout = '5s'";
    let mut transaction = db.begin_with(begin).await?;
    sqlx::query_file!("queries/begin_alert_check.sql", condition, now)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Notes that a condition cannot be looked at, and why.
///
/// # Errors
///
/// If the statement fails.
pub async fn fail_check(
    db: impl PgExecutor<'_>,
    condition: &str,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO alert_check (condition, checked_at, failed_since, error)
        VALUES ($1, now(), now(), left($2, 2000))
        ON CONFLICT (condition) DO UPDATE
        SET checked_at = now(),
            failed_since = coalesce(alert_check.failed_since, now()),
            error = excluded.error",
        condition,
        error
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes for which subjects a condition holds now, and for which it does no longer.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(
    db: &mut PgConnection,
    rule: &Rule<'_>,
    affected: &[Affected],
    now: Option<DateTime<Utc>>,
) -> Result<Turns, sqlx::Error> {
    let subjects: Vec<&str> = affected.iter().map(|one| one.subject.as_str()).collect();
    let values: Vec<f64> = affected.iter().map(|one| one.value).collect();
    let texts: Vec<&str> = affected.iter().map(|one| one.text.as_str()).collect();
    let next_steps: Vec<&str> = affected.iter().map(|one| one.next_step.as_str()).collect();
    let details: Vec<Option<&str>> = affected.iter().map(|one| one.details.as_deref()).collect();
    sqlx::query_file_as!(
        Turns,
        "queries/store_alerts.sql",
        rule.condition,
        rule.severity.word(),
        rule.threshold,
        rule.subject_kind.word(),
        rule.means,
        &subjects as &[&str],
        &values,
        &texts as &[&str],
        &next_steps as &[&str],
        &details as &[Option<&str>],
        rule.holds_for.as_secs_f64(),
        rule.over_for.as_secs_f64(),
        now
    )
    .fetch_one(db)
    .await
}

/// Reads the alerts of a condition about which messages are to be written; about one that stays open,
/// another is due after `still_every`.
///
/// # Errors
///
/// If the statement fails.
pub async fn to_notify(
    db: &mut PgConnection,
    condition: &str,
    still_every: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<ToNotify>, sqlx::Error> {
    sqlx::query_file_as!(
        ToNotify,
        "queries/read_alerts_to_notify.sql",
        condition,
        still_every.as_secs_f64(),
        now
    )
    .fetch_all(db)
    .await
}

/// Notes that messages about these alerts are written.
///
/// # Errors
///
/// If the statement fails.
pub async fn record_notified(
    db: &mut PgConnection,
    alert_ids: &[i64],
    now: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE alert SET notified_at = coalesce($2::timestamptz, now()) WHERE alert_id = ANY ($1)",
        alert_ids,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the alerts of conditions that nobody has looked at for a day: no program knows them now.
///
/// # Errors
///
/// If the statement fails.
pub async fn close_unchecked(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let closed = sqlx::query!(
        "UPDATE alert SET resolved_at = now()
        WHERE resolved_at IS NULL AND opened_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM alert_check
            WHERE alert_check.condition = alert.condition AND alert_check.checked_at > now() - interval '1 day')"
    )
    .execute(db)
    .await?;
    Ok(closed.rows_affected())
}

/// Returns whether any condition was looked at within `age`, with success.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_watched(db: impl PgExecutor<'_>, age: Duration) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM alert_check
            WHERE failed_since IS NULL AND checked_at > now() - make_interval(secs => $1)
        ) AS "is_watched!""#,
        age.as_secs_f64()
    )
    .fetch_one(db)
    .await
}

/// Deletes alerts, silences, messages and terms of leaders that ended `age` ago or longer; returns their
/// number.
///
/// # Errors
///
/// If the statement fails.
pub async fn delete_old(db: impl PgExecutor<'_>, age: Duration) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("queries/delete_old_alerts.sql", age.as_secs_f64())
        .fetch_one(db)
        .await
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertRow {
    /// Its number; the same from its beginning to its end.
    pub alert_id: i64,
    /// Name of the condition.
    pub condition: String,
    /// Kind of thing that it is about, such as `source`.
    pub subject_kind: String,
    /// What it is about.
    pub subject: String,
    /// `critical`, `warning` or `info`.
    pub severity: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When the condition held last.
    pub last_seen_at: DateTime<Utc>,
    /// When it was over; null while it is open.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When messages about it were last written.
    pub notified_at: Option<DateTime<Utc>>,
    /// The last value, in the unit of the condition.
    pub value: f64,
    /// The limit that it passed.
    pub threshold: f64,
    /// What is wrong, the value and the limit.
    pub text: String,
    /// What it means for data and readers.
    pub means: String,
    /// How to look, and what to do.
    pub next_step: String,
    /// The evidence.
    pub details: Option<String>,
    /// Number of the silence that holds back messages about it.
    pub silence_id: Option<i32>,
    /// Until when no messages are sent about it.
    pub silenced_until: Option<DateTime<Utc>>,
    /// Why not.
    pub silence_reason: Option<String>,
}

/// Lists at most `limit` alerts, the newest first: those that are open, and with `all` those that are
/// over; `before` is the number of the last one of the page before.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    all: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AlertRow>, ReadError> {
    let rows = sqlx::query_file_as!(AlertRow, "queries/read_alerts.sql", all, before, limit)
        .fetch_all(db)
        .await?;
    Ok(rows)
}
