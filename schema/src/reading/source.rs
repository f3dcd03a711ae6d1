//! Sources: what they are doing, their steps, their failures, their history, their definitions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// Failures that a mix counts at most, the newest.
pub const MAX_FAILURES: i64 = 20_000;

/// What is known of a source beyond its last five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceFacts {
    /// Short name.
    pub source: String,
    /// Its name for people.
    pub title: String,
    /// The limit keys of its steps.
    pub limit_keys: Vec<String>,
    /// Tasks that are due now.
    pub due: i64,
    /// The last answer of any age that could be used.
    pub last_answer_at: Option<DateTime<Utc>>,
    /// When its health or the reason of it last changed.
    pub health_changed_at: DateTime<Utc>,
    /// The job after which it changed.
    pub health_job_id: Option<i64>,
}

/// Reads every source, by name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn facts(db: &mut PgConnection) -> Result<Vec<SourceFacts>, ReadError> {
    let rows = sqlx::query_file_as!(SourceFacts, "queries/read_source_facts.sql")
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// The failures of a step for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailureCount {
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Class of the error, or `lost`.
    pub reason: String,
    /// How many jobs.
    pub jobs: i64,
    /// How many of them ended within the last hour.
    pub jobs_last_hour: i64,
    /// When the first of them ended.
    pub first_at: DateTime<Utc>,
    /// The first of them.
    pub first_job_id: i64,
    /// When the last of them ended.
    pub last_at: DateTime<Utc>,
    /// The last of them.
    pub last_job_id: i64,
    /// Its message.
    pub last_error: Option<String>,
}

/// Counts the failures of the last day, of one source or of all, by step and reason, the most
/// first: the newest [`MAX_FAILURES`] at most.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn failures(
    db: &mut PgConnection,
    source: Option<&str>,
) -> Result<Vec<FailureCount>, ReadError> {
    let rows = sqlx::query_file_as!(
        FailureCount,
        "queries/read_failure_mix.sql",
        source,
        MAX_FAILURES
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A step whose last answers fail, and what changed before it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailingStep {
    /// The step.
    pub step: String,
    /// Tasks whose last run failed, of the last hundred failures.
    pub failing_tasks: i64,
    /// When the first failure after the last success ended.
    pub first_failed_at: DateTime<Utc>,
    /// The job of that failure.
    pub first_job_id: i64,
    /// Its class, or `lost`.
    pub first_reason: String,
    /// Its message.
    pub first_error: Option<String>,
    /// Last success of the tasks that failed last.
    pub last_success_at: Option<DateTime<Utc>>,
    /// What became different in the hour before the first failure.
    pub changed_before: Vec<String>,
}

/// Reads the steps of a source whose last answers fail.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn failing_steps(
    db: &mut PgConnection,
    source: &str,
) -> Result<Vec<FailingStep>, ReadError> {
    let rows = sqlx::query_as!(
        FailingStep,
        r#"SELECT step AS "step!", failing_tasks AS "failing_tasks!", first_failed_at AS "first_failed_at!",
            first_job_id AS "first_job_id!", first_reason AS "first_reason!", first_error,
            last_success_at, changed_before AS "changed_before!"
        FROM failing_step
        WHERE source = $1
            AND first_failed_at IS NOT NULL AND first_job_id IS NOT NULL AND first_reason IS NOT NULL
        ORDER BY first_failed_at
        LIMIT 100"#,
        source
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceDetail {
    /// Short name.
    pub source: String,
    /// Its name for people.
    pub title: String,
    /// `active`, `paused` or `blocked`.
    pub state: String,
    /// Why it is paused or blocked.
    pub state_reason: Option<String>,
    /// When its state last changed.
    pub state_changed_at: DateTime<Utc>,
    /// `healthy`, `degraded`, `quarantined`, `over its cap`, `paused` or `blocked`.
    pub health: String,
    /// Why it is not healthy.
    pub health_reason: Option<String>,
    /// When its health or the reason of it last changed.
    pub health_changed_at: DateTime<Utc>,
    /// The job after which it changed.
    pub health_job_id: Option<i64>,
    /// The version of the definition in force.
    pub definition_version: Option<i32>,
    /// When that came into force.
    pub definition_applied_at: Option<DateTime<Utc>>,
    /// Jobs of the last five minutes that succeeded.
    pub succeeded: i64,
    /// Jobs of the last five minutes that failed.
    pub failed: i64,
    /// The message of the last failure within the five minutes.
    pub last_error: Option<String>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Reads a source; `None` if there is none with this name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn one(db: &mut PgConnection, source: &str) -> Result<Option<SourceDetail>, ReadError> {
    let row = sqlx::query_file_as!(SourceDetail, "queries/read_source.sql", source)
        .fetch_optional(db)
        .await?;
    Ok(row)
}

/// A step of a source.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StepDetail {
    /// Its name.
    pub step: String,
    /// The step whose rows it fans out over.
    pub parent: Option<String>,
    /// Kind of rows that it gives.
    pub yields: String,
    /// Seconds between two runs of a task.
    pub every_seconds: i32,
    /// Its health.
    pub health: String,
    /// Why it is not healthy.
    pub health_reason: Option<String>,
    /// When its health or the reason of it last changed.
    pub health_changed_at: DateTime<Utc>,
    /// The job after which it changed.
    pub health_job_id: Option<i64>,
    /// Tasks that are not retired.
    pub tasks: i64,
    /// Tasks of these that are due now.
    pub due: i64,
    /// Tasks of these whose last run failed.
    pub failing: i64,
    /// The last answer that could be used.
    pub last_answer_at: Option<DateTime<Utc>>,
    /// Its limit key.
    pub limit_key: String,
    /// Requests per second that the limit key allows.
    pub rate_per_second: f64,
    /// Requests per second that are given out now.
    pub rate_now: f64,
    /// The task of a step without a parent, if it has one only.
    pub root_task_id: Option<i64>,
}

/// Reads the steps of a source that its definition still has, each after its parent.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn steps(db: &mut PgConnection, source: &str) -> Result<Vec<StepDetail>, ReadError> {
    let rows = sqlx::query_file_as!(StepDetail, "queries/read_source_steps.sql", source)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Something that happened to a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// The step whose health changed; `None` if it is of the whole source.
    pub step: Option<String>,
    /// The new health or state, or `version` with its number.
    pub new_state: String,
    /// Why.
    pub reason: Option<String>,
    /// The job after which it changed.
    pub job_id: Option<i64>,
}

/// Reads what happened to a source before `before`, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn history(
    db: &mut PgConnection,
    source: &str,
    before: Option<DateTime<Utc>>,
    limit: i64,
) -> Result<Vec<SourceEvent>, ReadError> {
    let rows = sqlx::query_as!(
        SourceEvent,
        r#"SELECT at AS "at!", step, new_state AS "new_state!", reason, job_id
        FROM source_history
        WHERE source = $1 AND ($2::timestamptz IS NULL OR at < $2)
        ORDER BY at DESC, step, new_state
        LIMIT $3"#,
        source,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A version of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DefinitionSummary {
    /// Counts from 1.
    pub version: i32,
    /// When it came into force.
    pub applied_at: DateTime<Utc>,
    /// Whether it is in force.
    pub is_in_force: bool,
    /// Bytes of the file.
    pub size_bytes: i32,
}

/// Reads the versions of a definition before `before`, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn version_list(
    db: &mut PgConnection,
    source: &str,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<DefinitionSummary>, ReadError> {
    let rows = sqlx::query_as!(
        DefinitionSummary,
        r#"SELECT definition.version, definition.applied_at,
            definition.definition_id = source.definition_id AS "is_in_force!",
            octet_length(definition.body) AS "size_bytes!"
        FROM definition
        INNER JOIN source ON source.source_id = definition.source_id
        WHERE source.name = $1 AND ($2::integer IS NULL OR definition.version < $2)
        ORDER BY definition.version DESC
        LIMIT $3"#,
        source,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Reads the file of one version; `None` if there is no such version.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn version_body(
    db: &mut PgConnection,
    source: &str,
    version: i32,
) -> Result<Option<String>, ReadError> {
    let body = sqlx::query_scalar!(
        "SELECT definition.body
        FROM definition
        INNER JOIN source ON source.source_id = definition.source_id
        WHERE source.name = $1 AND definition.version = $2",
        source,
        version
    )
    .fetch_optional(db)
    .await?;
    Ok(body)
}
