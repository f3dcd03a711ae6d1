//! The state of sources for people: health, steps and versions.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::enums::Health;

/// One source and how its last five minutes went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// Short name.
    pub source: String,
    /// `healthy`, `degraded`, `quarantined`, `paused` or `blocked`.
    pub health: String,
    /// Why it is degraded or quarantined.
    pub health_reason: Option<String>,
    /// Why it is paused or blocked.
    pub state_reason: Option<String>,
    /// The version of the definition in force.
    pub definition_version: Option<i32>,
    /// Tasks that are not retired.
    pub tasks: i64,
    /// Jobs that succeeded.
    pub succeeded: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// When a job last succeeded, within the five minutes.
    pub last_success_at: Option<DateTime<Utc>>,
    /// The message of the last failure within the five minutes.
    pub last_error: Option<String>,
}

/// Every source, by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn statuses(db: impl PgExecutor<'_>) -> Result<Vec<SourceStatus>, sqlx::Error> {
    sqlx::query_as!(
        SourceStatus,
        r#"SELECT source AS "source!", health AS "health!", health_reason, state_reason, definition_version,
            tasks AS "tasks!", succeeded AS "succeeded!", failed AS "failed!", last_success_at, last_error
        FROM source_status
        ORDER BY source"#
    )
    .fetch_all(db)
    .await
}

/// Jobs of a source that the caller counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedJobs {
    /// The source.
    pub source_id: i32,
    /// Jobs that ended in the last five minutes.
    pub ended: i64,
    /// Of these, those that succeeded.
    pub succeeded: i64,
    /// Of these, those that failed.
    pub failed: i64,
    /// When the last of them succeeded.
    pub last_success_at: Option<DateTime<Utc>>,
}

/// Every source, by name, as [`statuses`] reads them, for a caller who counts: `tasks` are pairs of
/// a source and its tasks that are not retired.
///
/// # Errors
///
/// If the statement fails.
pub async fn statuses_of_counted(
    db: impl PgExecutor<'_>,
    tasks: &[(i32, i64)],
    jobs: &[CountedJobs],
) -> Result<Vec<SourceStatus>, sqlx::Error> {
    let (task_sources, active): (Vec<i32>, Vec<i64>) = tasks.iter().copied().unzip();
    let column = |of: fn(&CountedJobs) -> i64| jobs.iter().map(of).collect::<Vec<i64>>();
    let job_sources: Vec<i32> = jobs.iter().map(|counted| counted.source_id).collect();
    let last_success_at: Vec<Option<DateTime<Utc>>> =
        jobs.iter().map(|counted| counted.last_success_at).collect();
    sqlx::query_file_as!(
        SourceStatus,
        "queries/read_source_statuses.sql",
        &task_sources,
        &active,
        &job_sources,
        &column(|counted| counted.ended),
        &column(|counted| counted.succeeded),
        &column(|counted| counted.failed),
        &last_success_at as &[Option<DateTime<Utc>>]
    )
    .fetch_all(db)
    .await
}

/// The failures of a source for one reason, in the last seven days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the step.
    pub step: String,
    /// Class of the error, or `lost`.
    pub reason: String,
    /// How many jobs.
    pub jobs: i64,
    /// When the last of them ended.
    pub last_at: DateTime<Utc>,
    /// The last of them.
    pub last_job_id: i64,
    /// Its message.
    pub last_error: Option<String>,
}

/// Reads the failures of a source in the last seven days, the latest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn failures(db: impl PgExecutor<'_>, source: &str) -> Result<Vec<Failure>, sqlx::Error> {
    sqlx::query_as!(
        Failure,
        r#"SELECT step AS "step!", reason AS "reason!", jobs AS "jobs!", last_at AS "last_at!",
            last_job_id AS "last_job_id!", last_error
        FROM source_failure
        WHERE source = $1
        ORDER BY last_at DESC
        LIMIT 10"#,
        source
    )
    .fetch_all(db)
    .await
}

/// The health of one step, for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// Its name.
    pub step: String,
    /// Its health.
    pub health: Health,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The job after which it changed.
    pub job_id: Option<i64>,
    /// Tasks that are not retired.
    pub tasks: i64,
    /// Its limit.
    pub limit_key: String,
    /// Requests per second over the whole fleet.
    pub rate_per_second: f64,
    /// Requests that may come at once.
    pub burst: i32,
}

/// The steps of a source that its definition still has.
///
/// # Errors
///
/// If the statement fails.
pub async fn steps(db: impl PgExecutor<'_>, source: &str) -> Result<Vec<StepState>, sqlx::Error> {
    sqlx::query_as!(
        StepState,
        r#"SELECT step.name AS step, step.health AS "health: Health", step.health_reason AS reason,
            step.health_changed_at AS since, step.health_job_id AS job_id,
            (SELECT count(*) FROM task WHERE task.step_id = step.step_id AND task.retired_at IS NULL) AS "tasks!",
            limit_key.name AS limit_key, limit_key.rate_per_second, limit_key.burst
        FROM step
        INNER JOIN source ON source.source_id = step.source_id
        INNER JOIN limit_key ON limit_key.limit_key_id = step.limit_key_id
        WHERE source.name = $1 AND NOT step.retired
        ORDER BY step.step_id"#,
        source
    )
    .fetch_all(db)
    .await
}

/// A version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Counts from 1.
    pub version: i32,
    /// When it came into force.
    pub applied_at: DateTime<Utc>,
    /// Whether it is in force.
    pub is_in_force: bool,
    /// The file.
    pub body: String,
}

/// The versions of a source's definition, the newest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn versions(db: impl PgExecutor<'_>, source: &str) -> Result<Vec<Version>, sqlx::Error> {
    sqlx::query_as!(
        Version,
        r#"SELECT definition.version, definition.applied_at, definition.body,
            definition.definition_id = source.definition_id AS "is_in_force!"
        FROM definition
        INNER JOIN source ON source.source_id = definition.source_id
        WHERE source.name = $1
        ORDER BY definition.version DESC"#,
        source
    )
    .fetch_all(db)
    .await
}
