//! Lists of jobs: of the history, newest first, and of those that run.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{
    Counted, MAX_COUNT, ReadError,
    window::{SeqRange, seq_range},
};
use crate::enums::{ErrorClass, Outcome};

/// Which jobs of the history are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobListFilter {
    /// Name of the source.
    pub source: Option<String>,
    /// Name of the step.
    pub step: Option<String>,
    /// The task.
    pub task_id: Option<i64>,
    /// How they ended; empty for any way.
    pub outcomes: Vec<Outcome>,
    /// Why they failed.
    pub error_class: Option<ErrorClass>,
    /// Name of the pod that ran them.
    pub pod: Option<String>,
    /// They ended at this time or later.
    pub since: DateTime<Utc>,
    /// They ended before this.
    pub until: Option<DateTime<Utc>>,
    /// They ended before the job with this `ended_seq`: the page after it.
    pub before_seq: Option<i64>,
}

/// A job of the history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobRow {
    /// The job.
    pub job_id: i64,
    /// Order in which jobs ended.
    pub ended_seq: i64,
    /// Its task.
    pub task_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The key of its task, if the task still exists.
    pub key: Option<String>,
    /// `succeeded`, `failed`, `lost`, `returned`, `continued` or `cancelled`.
    pub outcome: String,
    /// Why it failed, in one word.
    pub error_class: Option<String>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// Seconds in the queue.
    pub queued_seconds: f64,
    /// Seconds from claim to end.
    pub ran_seconds: f64,
    /// Bytes of the body.
    pub response_bytes: Option<i32>,
    /// Rows extracted.
    pub row_count: Option<i32>,
    /// For seats: whether the answer differed from the last one.
    pub changed: Option<bool>,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// The pod that ran it.
    pub pod: Option<String>,
    /// Why it failed, for a person.
    pub error: Option<String>,
}

/// What a filter means in numbers of the database; `None` if nothing can match.
struct Resolved {
    step_ids: Vec<i32>,
    pod_ids: Vec<i32>,
    outcomes: Vec<Outcome>,
    range: SeqRange,
}

async fn resolve(
    db: &mut PgConnection,
    filter: &JobListFilter,
) -> Result<Option<Resolved>, ReadError> {
    let step_ids = step_ids(db, filter.source.as_deref(), filter.step.as_deref()).await?;
    let names_step = filter.source.is_some() || filter.step.is_some();
    if names_step && step_ids.is_empty() {
        return Ok(None);
    }
    let pod_ids = match &filter.pod {
        None => Vec::new(),
        Some(pod) => {
            let found = sqlx::query_scalar!(
                "SELECT pod_id FROM pod WHERE name = $1 ORDER BY pod_id DESC LIMIT 100",
                pod
            )
            .fetch_all(&mut *db)
            .await?;
            if found.is_empty() {
                return Ok(None);
            }
            found
        }
    };
    // A class is of failed jobs only; saying so lets their index serve it.
    let outcomes = match filter.error_class {
        Some(_) if filter.outcomes.is_empty() => vec![Outcome::Failed],
        _ => filter.outcomes.clone(),
    };
    let mut range = seq_range(db, filter.since, filter.until).await?;
    if let Some(before) = filter.before_seq {
        range.last = range.last.min(before.saturating_sub(1));
    }
    Ok(Some(Resolved {
        step_ids: if names_step { step_ids } else { Vec::new() },
        pod_ids,
        outcomes,
        range,
    }))
}

/// The steps of a source, or of all, by name; retired ones as well.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn step_ids(
    db: &mut PgConnection,
    source: Option<&str>,
    step: Option<&str>,
) -> Result<Vec<i32>, ReadError> {
    let ids = sqlx::query_scalar!(
        "SELECT step.step_id
        FROM step
        INNER JOIN source ON source.source_id = step.source_id
        WHERE ($1::text IS NULL OR source.name = $1) AND ($2::text IS NULL OR step.name = $2)
        ORDER BY step.step_id
        LIMIT 10000",
        source,
        step
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Lists at most `limit` jobs, those that ended last first.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &JobListFilter,
    limit: i64,
) -> Result<Vec<JobRow>, ReadError> {
    let Some(resolved) = resolve(db, filter).await? else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query_file_as!(
        JobRow,
        "queries/read_job_list.sql",
        filter.since,
        filter.until,
        resolved.range.first,
        resolved.range.last,
        &resolved.outcomes as &[Outcome],
        filter.error_class as Option<ErrorClass>,
        &resolved.step_ids,
        &resolved.pod_ids,
        filter.task_id,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Counts the jobs that a filter lists on all pages, up to [`MAX_COUNT`].
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn count(db: &mut PgConnection, filter: &JobListFilter) -> Result<Counted, ReadError> {
    let first = JobListFilter {
        before_seq: None,
        ..filter.clone()
    };
    let Some(resolved) = resolve(db, &first).await? else {
        return Ok(Counted::default());
    };
    let rows = sqlx::query_file_scalar!(
        "queries/read_job_count.sql",
        filter.since,
        filter.until,
        resolved.range.first,
        resolved.range.last,
        &resolved.outcomes as &[Outcome],
        filter.error_class as Option<ErrorClass>,
        &resolved.step_ids,
        &resolved.pod_ids,
        filter.task_id,
        MAX_COUNT + 1
    )
    .fetch_one(db)
    .await?;
    Ok(Counted::of(rows))
}

/// A job that runs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunningRow {
    /// The job.
    pub job_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The key of its task.
    pub key: String,
    /// The pod that runs it.
    pub pod: String,
    /// Seconds since it was claimed.
    pub running_seconds: f64,
    /// Seconds that it was in the queue.
    pub queued_seconds: f64,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// Seconds until the lease of its pod runs out, if the pod does not renew it.
    pub lease_seconds: f64,
}

/// Lists at most `limit` jobs that run, the longest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn running(
    db: &mut PgConnection,
    source: Option<&str>,
    step: Option<&str>,
    pod: Option<&str>,
    limit: i64,
) -> Result<Vec<RunningRow>, ReadError> {
    let rows = sqlx::query_as!(
        RunningRow,
        r#"SELECT job_id AS "job_id!", source AS "source!", step AS "step!", key AS "key!", pod AS "pod!",
            extract(epoch FROM running_for)::float8 AS "running_seconds!",
            extract(epoch FROM queued_for)::float8 AS "queued_seconds!",
            attempt AS "attempt!",
            extract(epoch FROM lease_left)::float8 AS "lease_seconds!"
        FROM running_job
        WHERE ($1::text IS NULL OR source = $1)
            AND ($2::text IS NULL OR step = $2)
            AND ($3::text IS NULL OR pod = $3)
        ORDER BY running_for DESC, job_id
        LIMIT $4"#,
        source,
        step,
        pod,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
