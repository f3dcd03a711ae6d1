//! Anomalies for people, their decisions, and the days that differ for a known reason.

use anomalies::Standing;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;

/// An anomaly with its evidence, and what a person decided on it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AnomalyRow {
    /// Its number.
    pub anomaly_id: i32,
    /// open, accepted or rejected.
    pub state: String,
    /// fleet, territory, source, cinema, work or `work_at_source`.
    pub subject_kind: String,
    /// What identifies the subject among those of its kind.
    pub subject_key: String,
    /// Name of the subject.
    pub subject_name: String,
    /// What deviates.
    pub metric: String,
    /// Why, as far as the figures show.
    pub cause: String,
    /// data fault, market event or unknown.
    pub nature: String,
    /// The first business day on which it was found.
    pub first_on: NaiveDate,
    /// The last business day on which it was found.
    pub last_on: NaiveDate,
    /// What was expected of the last day.
    pub expected: f64,
    /// What was observed on the last day.
    pub observed: f64,
    /// Minus the decimal logarithm of the probability of a value so far out.
    pub score: f32,
    /// False discovery rate of a run that reports it and all that score at least as high.
    pub q_value: f32,
    /// The evidence in words.
    pub reason: String,
    /// Smaller subjects that deviate in the same way.
    pub parts: Vec<String>,
    /// When it was found first.
    pub found_at: DateTime<Utc>,
    /// When a person decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why.
    pub decision_reason: Option<String>,
}

/// Lists at most `limit` anomalies, those found last first; of one state, if one is given, and with
/// numbers below `before`.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(
    db: impl PgExecutor<'_>,
    state: Option<Standing>,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<AnomalyRow>, sqlx::Error> {
    read(db, state, None, before, limit).await
}

/// Finds an anomaly by its number.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    anomaly_id: i32,
) -> Result<Option<AnomalyRow>, sqlx::Error> {
    let rows = read(db, None, Some(anomaly_id), None, 1).await?;
    Ok(rows.into_iter().next())
}

async fn read(
    db: impl PgExecutor<'_>,
    state: Option<Standing>,
    anomaly_id: Option<i32>,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<AnomalyRow>, sqlx::Error> {
    sqlx::query_file_as!(
        AnomalyRow,
        "queries/read_anomalies.sql",
        state.map(Standing::label),
        anomaly_id,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// Stores what a person decided on an anomaly; returns `false` if there is none of the number.
///
/// # Errors
///
/// If the statement fails.
pub async fn decide(
    db: impl PgExecutor<'_>,
    anomaly_id: i32,
    is_accepted: bool,
    who: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let standing = if is_accepted {
        Standing::Accepted
    } else {
        Standing::Rejected
    };
    let done = sqlx::query!(
        "UPDATE anomaly
        SET state = $2, decided_by = $3, decision_reason = $4, decided_at = now()
        WHERE anomaly_id = $1",
        anomaly_id,
        standing.label(),
        who,
        reason
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A day that differs for a known reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialDay {
    /// The business day.
    pub day: NaiveDate,
    /// ISO 3166 code of the territory; none for all.
    pub territory: Option<String>,
    /// Its name.
    pub name: String,
}

/// Reads the special days from one day through another, and the holidays that forecasts know.
///
/// # Errors
///
/// If the statement fails.
pub async fn special_days(
    db: impl PgExecutor<'_>,
    from_on: NaiveDate,
    through_on: NaiveDate,
) -> Result<Vec<SpecialDay>, sqlx::Error> {
    sqlx::query_as!(
        SpecialDay,
        r#"SELECT day AS "day!", territory::text, name AS "name!"
        FROM (
            SELECT day, territory, name FROM anomaly_special_day
            UNION ALL
            SELECT holiday_on, territory, coalesce(nullif(name, ''), 'holiday') FROM holiday
        ) AS special
        WHERE day BETWEEN $1 AND $2
        ORDER BY day, territory, name"#,
        from_on,
        through_on
    )
    .fetch_all(db)
    .await
}

/// Stores a special day, in place of one of that day and territory.
///
/// # Errors
///
/// If the statement fails, among others without a name.
pub async fn store_special_day(
    db: impl PgExecutor<'_>,
    special: &SpecialDay,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO anomaly_special_day (day, territory, name) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT anomaly_special_day_once DO UPDATE SET name = excluded.name",
        special.day,
        special.territory.as_deref(),
        special.name
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a special day; returns `false` if there was none.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove_special_day(
    db: impl PgExecutor<'_>,
    day: NaiveDate,
    territory: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM anomaly_special_day WHERE day = $1 AND territory IS NOT DISTINCT FROM $2",
        day,
        territory
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
