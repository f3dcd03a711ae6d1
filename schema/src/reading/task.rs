//! Tasks: lists by step and key, and one task with what it waits for.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{ReadError, job_list::step_ids};

/// Which tasks are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Name of the source.
    pub source: Option<String>,
    /// Name of the step.
    pub step: Option<String>,
    /// How their key begins.
    pub key_prefix: Option<String>,
    /// Which tasks, by their state.
    pub state: TaskState,
    /// The page after this task: number of its step, and its key.
    pub after: Option<(i32, String)>,
}

/// Tasks in one state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskState {
    /// All that are not retired.
    #[default]
    Active,
    /// Those that are due.
    Due,
    /// Those whose last run failed.
    Failing,
    /// Those that are set apart because their pods died.
    Isolated,
    /// Those that ended for good.
    Retired,
}

impl TaskState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Due,
        Self::Failing,
        Self::Isolated,
        Self::Retired,
    ];

    /// The word in an address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Due => "due",
            Self::Failing => "failing",
            Self::Isolated => "isolated",
            Self::Retired => "retired",
        }
    }
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskRow {
    /// The task.
    pub task_id: i64,
    /// Number of its step.
    pub step_id: i32,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// When it should run next.
    pub due_at: DateTime<Utc>,
    /// Its last run that succeeded.
    pub looked_at: Option<DateTime<Utc>>,
    /// Start of the showtime that it watches.
    pub starts_at: Option<DateTime<Utc>>,
    /// Failed runs since the last success.
    pub failures: i16,
    /// When it ended for good.
    pub retired_at: Option<DateTime<Utc>>,
    /// Since when it is set apart because its pods died.
    pub isolated_at: Option<DateTime<Utc>>,
}

/// Lists at most `limit` tasks, by step and key.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &TaskFilter,
    limit: i64,
) -> Result<Vec<TaskRow>, ReadError> {
    let steps = step_ids(db, filter.source.as_deref(), filter.step.as_deref()).await?;
    let mut rows: Vec<TaskRow> = Vec::new();
    let after_step = filter.after.as_ref().map(|(step, _)| *step);
    // Step by step, so that each page is one range of the index of steps and keys.
    for step_id in steps
        .into_iter()
        .filter(|step| after_step.is_none_or(|after| *step >= after))
    {
        let wanted = limit - i64::try_from(rows.len()).unwrap_or(limit);
        if wanted <= 0 {
            break;
        }
        let after = filter
            .after
            .as_ref()
            .filter(|(after, _)| *after == step_id)
            .map(|(_, key)| key.as_str());
        let found = sqlx::query_file_as!(
            TaskRow,
            "queries/read_tasks.sql",
            step_id,
            after,
            filter.key_prefix.as_deref(),
            filter.state.word(),
            wanted
        )
        .fetch_all(&mut *db)
        .await?;
        rows.extend(found);
    }
    Ok(rows)
}

/// A task and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskDetail {
    /// The task.
    pub task_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// Kind of rows that the step gives.
    pub yields: String,
    /// `cinema_id` for showtimes, `showtime_id` for seats.
    pub subject_id: Option<i32>,
    /// Seconds between two runs of a task of its step.
    pub every_seconds: i32,
    /// When it should run next.
    pub due_at: DateTime<Utc>,
    /// Its last run that succeeded.
    pub looked_at: Option<DateTime<Utc>>,
    /// Start of the showtime that it watches.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ended for good.
    pub retired_at: Option<DateTime<Utc>>,
    /// Why a person retired it.
    pub retired_reason: Option<String>,
    /// Since when it is set apart because its pods died.
    pub isolated_at: Option<DateTime<Utc>>,
    /// Last runs in a row whose pod died.
    pub deaths: i16,
    /// Failed runs since the last success.
    pub failures: i16,
    /// Since when its source says that there is no such thing.
    pub missing_since: Option<DateTime<Utc>>,
    /// The job that discovered it; `None` for the root of a source.
    pub discovered_by: Option<i64>,
    /// The last value of its gate.
    pub gate: Option<String>,
    /// Seats sold at its last look.
    pub sold: Option<i16>,
    /// The values for its templates.
    pub params: serde_json::Value,
    /// Its limit key.
    pub limit_key: String,
    /// When it was placed in the queue, if it is there.
    pub queued_at: Option<DateTime<Utc>>,
    /// When it was claimed, if it runs.
    pub claimed_at: Option<DateTime<Utc>>,
    /// The job as which it runs, or will run.
    pub job_id: Option<i64>,
    /// What keeps it from running beside its own state.
    pub hindrance: Option<String>,
    /// A request of an operator that the leader has not applied yet.
    pub requested: Option<String>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Reads a task; `None` if there is none with this number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn one(db: &mut PgConnection, task_id: i64) -> Result<Option<TaskDetail>, ReadError> {
    let row = sqlx::query_file_as!(TaskDetail, "queries/read_task.sql", task_id)
        .fetch_optional(db)
        .await?;
    Ok(row)
}
