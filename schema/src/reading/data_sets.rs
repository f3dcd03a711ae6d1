//! Data sets for people: how fresh they are, what waits for what, and how their builds ended.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// A data set with a summary of its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSet {
    /// Its name; its table is `data_set.NAME`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `day` or `none`.
    pub partition: String,
    /// Its first day.
    pub since: Option<NaiveDate>,
    /// The zone of its deadline and its days.
    pub zone: String,
    /// Local time of the next day by which a day must be built.
    pub deadline: Option<String>,
    /// The gravest state of its days: `failed`, `retrying`, `building`, `waiting`, `due` or `built`.
    pub state: String,
    /// What it is built from: names of data sets, `rollup/NAME`, `events/CLIENT`, `stored/TABLE`,
    /// `files/PLACE/PATTERN`.
    pub inputs: Vec<String>,
    /// Data sets and files for which some of its days wait.
    pub waiting_for: Vec<String>,
    /// Its days that are complete; 1 for one without days.
    pub days: i64,
    /// Those that are built from their inputs as they are now.
    pub built_days: i64,
    /// Those that are due or being built.
    pub due_days: i64,
    /// Those that wait for other data sets.
    pub waiting_days: i64,
    /// Those that failed.
    pub failing_days: i64,
    /// Those whose deadline has passed.
    pub late_days: i64,
    /// The last complete day.
    pub last_day: Option<NaiveDate>,
    /// The last day that is built.
    pub last_built_day: Option<NaiveDate>,
    /// When a build last succeeded.
    pub built_at: Option<DateTime<Utc>>,
    /// Its rows.
    pub row_count: Option<i64>,
    /// Their size.
    pub bytes: Option<i64>,
    /// The last error of a day that is not built since.
    pub error: Option<String>,
}

/// A day of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DataSetDay {
    /// The day; null for a data set without days.
    pub day: Option<NaiveDate>,
    /// `built`, `building`, `due`, `waiting`, `retrying` or `failed`.
    pub state: String,
    /// Inputs that are not built, or have no files yet.
    pub waiting_for: Vec<String>,
    /// What changed since it was built.
    pub changed_inputs: Vec<String>,
    /// How often its rows changed; 0 if it was never built.
    pub revision: i64,
    /// When it was built.
    pub built_at: Option<DateTime<Utc>>,
    /// How long that took.
    pub took_seconds: Option<f64>,
    /// Its rows.
    pub row_count: Option<i64>,
    /// Their size.
    pub bytes: Option<i64>,
    /// Builds that failed in a row.
    pub tries: i32,
    /// Why.
    pub error: Option<String>,
    /// When it last failed.
    pub tried_at: Option<DateTime<Utc>>,
    /// When it may be built next.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Since when it is being built.
    pub building_since: Option<DateTime<Utc>>,
    /// Its deadline.
    pub due_by: Option<DateTime<Utc>>,
    /// Whether that has passed and it is not built.
    pub is_late: bool,
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetBuild {
    /// Its number.
    pub build_id: i64,
    /// The day.
    pub day: Option<NaiveDate>,
    /// `building`, `built`, `unchanged`, `failed`, `timed_out`, `superseded` or `lost`.
    pub state: String,
    /// When it was claimed.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The coordinator that ran it.
    pub started_by: String,
    /// Its rows.
    pub row_count: Option<i64>,
    /// Their size.
    pub bytes: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What a data set is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetDefinition {
    /// The query, as the database prints it; empty for one that is read from files.
    pub query: String,
    /// Where its files are and how their rows become columns; null for one with a query.
    pub files: Option<serde_json::Value>,
    /// The check; its rows say what is wrong.
    pub check_query: Option<String>,
    /// The file that declares it.
    pub body: String,
    /// Data sets that read it, directly or through others.
    pub dependents: Vec<String>,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
}

/// Reads at most `limit` data sets by name, behind the name `after`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<DataSet>, ReadError> {
    Ok(sqlx::query_file_as!(
        DataSet,
        "queries/read_data_sets.sql",
        after,
        limit,
        None::<&str>
    )
    .fetch_all(db)
    .await?)
}

/// Reads the data set of a name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn one(db: &mut PgConnection, name: &str) -> Result<Option<DataSet>, ReadError> {
    Ok(sqlx::query_file_as!(
        DataSet,
        "queries/read_data_sets.sql",
        None::<&str>,
        1_i64,
        name
    )
    .fetch_optional(db)
    .await?)
}

/// Reads at most `limit` days of a data set, the newest first, from `until` back; `now` replaces the
/// clock of the database in tests.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn days(
    db: &mut PgConnection,
    name: &str,
    until: Option<NaiveDate>,
    limit: i64,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<DataSetDay>, ReadError> {
    Ok(sqlx::query_file_as!(
        DataSetDay,
        "queries/read_data_set_days.sql",
        name,
        until,
        limit,
        now
    )
    .fetch_all(db)
    .await?)
}

/// Reads the last builds of a data set, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn builds(
    db: &mut PgConnection,
    name: &str,
    limit: i64,
) -> Result<Vec<DataSetBuild>, ReadError> {
    Ok(sqlx::query_file_as!(
        DataSetBuild,
        "queries/read_data_set_builds.sql",
        name,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// Reads what a data set is made of.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn definition(
    db: &mut PgConnection,
    name: &str,
) -> Result<Option<DataSetDefinition>, ReadError> {
    Ok(sqlx::query_as!(
        DataSetDefinition,
        r#"SELECT query, files, check_query, body, data_set_dependents(name) AS "dependents!", applied_at
        FROM data_set WHERE name = $1"#,
        name
    )
    .fetch_optional(db)
    .await?)
}
