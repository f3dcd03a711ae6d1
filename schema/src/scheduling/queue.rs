//! The queue: tasks that are ready to run now.
//!
//! The leader [`enqueue`]s, a pod [`claim`]s. A claim moves the row from `queue` to `running` and
//! commits at once; the row in `running` is the lease of the job.
//!
//! A long transaction elsewhere must not slow this down (invariant 9). So rows of both tables are
//! inserted once and deleted once, by key, and a claim starts its scan at the lowest number that
//! its pod may still find, behind the dead rows that the long transaction keeps. Now and then a pod
//! scans from the start, because a row with a lower number may have become visible late.
//!
//! `queue` is unlogged: its rows are decisions of the leader and nothing else. A crash of the
//! database empties it; the leader, whose statement failed, then looks for tasks that left no trace
//! and queues them again. `running` is logged, and so is the sequence that numbers jobs. Only
//! claims and results wait until they are on disk. An enqueue does not: the commit of a claim also
//! flushes all earlier log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{PgExecutor, types::Json};

use crate::leader::Term;

/// The values for the templates of a task.
pub type Params = Map<String, Value>;

/// One task that is ready, with the permits that the leader took for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The task.
    pub task_id: i64,
    /// What its permits were taken from.
    pub limit_key_id: i32,
    /// Requests that it may send.
    pub permits: i16,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// When its permits end, by the clock of the database.
    pub expires_at: DateTime<Utc>,
    /// The only pod that may claim it: the one that holds the conversation.
    pub pod_id: Option<i32>,
}

/// A task that is in the queue, and the job that its claim will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// The task.
    pub task_id: i64,
    /// The job.
    pub job_id: i64,
}

/// Places `ready` in the queue, the most urgent first, in the name of `term`.
///
/// Returns what was placed: less than `ready` where a task is queued or running
/// already (invariant 4), and nothing at all if the term is over.
///
/// # Errors
///
/// If the statement fails; nothing is queued then, or the answer was lost and
/// the rows expire unclaimed or are found running.
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    term: Term,
    ready: &[Ready],
) -> Result<Vec<Queued>, sqlx::Error> {
    let task_ids: Vec<i64> = ready.iter().map(|row| row.task_id).collect();
    let limit_key_ids: Vec<i32> = ready.iter().map(|row| row.limit_key_id).collect();
    let permits: Vec<i16> = ready.iter().map(|row| row.permits).collect();
    let attempts: Vec<i16> = ready.iter().map(|row| row.attempt).collect();
    let expiries: Vec<DateTime<Utc>> = ready.iter().map(|row| row.expires_at).collect();
    let pod_ids: Vec<Option<i32>> = ready.iter().map(|row| row.pod_id).collect();
    let placed = sqlx::query_file!(
        "queries/enqueue_tasks.sql",
        term.holder,
        term.epoch,
        &task_ids,
        &limit_key_ids,
        &permits,
        &attempts,
        &expiries,
        &pod_ids as &[Option<i32>]
    )
    .fetch_all(db)
    .await?;
    Ok(placed
        .into_iter()
        .map(|row| Queued {
            task_id: row.task_id,
            job_id: row.queue_id,
        })
        .collect())
}

/// Takes rows out of the queue whose permits have ended, in the name of `term`; returns those
/// that no pod had claimed, and none if the term is over.
///
/// # Errors
///
/// If the statement fails; the rows then stay, and no claim takes them.
pub async fn withdraw(
    db: impl PgExecutor<'_>,
    term: Term,
    job_ids: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/withdraw_queued.sql",
        term.holder,
        term.epoch,
        job_ids
    )
    .fetch_all(db)
    .await
}

/// Everything that is queued or running, for a leader that takes over.
///
/// # Errors
///
/// If the statement fails.
pub async fn outstanding(db: impl PgExecutor<'_>) -> Result<Vec<Queued>, sqlx::Error> {
    sqlx::query_as!(
        Queued,
        r#"SELECT queue_id AS "job_id!", task_id AS "task_id!" FROM queue
        UNION ALL
        SELECT job_id, task_id FROM running"#
    )
    .fetch_all(db)
    .await
}

/// A claim: one task, leased to one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The job, and the fencing token of everything that it writes.
    pub job_id: i64,
    /// The task.
    pub task_id: i64,
    /// Its source.
    pub source_id: i32,
    /// The definition to run by.
    pub definition_id: i32,
    /// What its permits were taken from.
    pub limit_key_id: i32,
    /// Name of the step in the definition.
    pub step: String,
    /// The task's key.
    pub key: String,
    /// The values for its templates.
    pub params: Params,
    /// `cinema_id` for showtimes, `showtime_id` for seats.
    pub subject_id: Option<i32>,
    /// The job that discovered the task.
    pub parent_job_id: Option<i64>,
    /// Requests that it may send.
    pub permits: u16,
    /// Whether it goes on with a conversation that this pod holds.
    pub continues: bool,
    /// How long the permits hold, counted from when the claim was sent.
    pub permit: Duration,
    /// How long it waited in the queue.
    pub queued: Duration,
    /// Until the showtime that it watches starts, in seconds; negative once it has.
    pub starts_in_seconds: Option<f64>,
    /// The baseline of the showtime that it watches.
    pub baseline: StoredBaseline,
}

/// The baseline of a showtime, or else of its auditorium, before the look.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StoredBaseline {
    /// Its last layout.
    pub layout_id: Option<i32>,
    /// Seats.
    pub seat_count: Option<i16>,
    /// Of these sold; never of another showtime.
    pub sold: Option<i16>,
    /// Of these with a code that nothing mapped; never of another showtime.
    pub unmapped: Option<i16>,
    /// Seats that share row, number and area with another.
    pub repeated_labels: Option<i16>,
    /// Labels that nearly all seats have: see the column `showtime_latest.label_fields`.
    pub label_fields: Option<i16>,
    /// Median amount of the prices, in major units.
    pub price_median: Option<f64>,
}

/// Claims up to `limit` tasks for the pod, the most urgent first.
///
/// Looks from `from_job_id` on; pass 0 now and then to find what was left
/// behind. Rows that another pod is claiming at this moment are skipped, so the
/// call waits for no one and may return fewer than `limit` although more are
/// there.
///
/// # Errors
///
/// If the statement fails. Nothing is claimed then, unless only the answer was
/// lost: such claims end with the lease of the pod.
pub async fn claim(
    db: impl PgExecutor<'_>,
    pod_id: i32,
    from_job_id: i64,
    limit: u32,
) -> Result<Vec<Claim>, sqlx::Error> {
    let claims = sqlx::query_file!(
        "queries/claim_tasks.sql",
        pod_id,
        from_job_id,
        i64::from(limit)
    )
    .fetch_all(db)
    .await?;
    Ok(claims
        .into_iter()
        .map(|row| Claim {
            job_id: row.job_id,
            task_id: row.task_id,
            source_id: row.source_id,
            definition_id: row.definition_id,
            limit_key_id: row.limit_key_id,
            step: row.step,
            key: row.key,
            params: row.params.0,
            subject_id: row.subject_id,
            parent_job_id: row.parent_job_id,
            permits: u16::try_from(row.permits).unwrap_or(1),
            continues: row.continues,
            permit: Duration::from_secs_f64(row.permit_millis.max(0.0) / 1e3),
            queued: Duration::from_secs_f64(row.queued_millis.max(0.0) / 1e3),
            starts_in_seconds: row.starts_in_seconds,
            baseline: StoredBaseline {
                seat_count: row.seat_count,
                sold: row.sold,
                unmapped: row.unmapped,
                repeated_labels: row.repeated_labels,
                label_fields: row.label_fields,
                layout_id: row.layout_id,
                price_median: row.price_median,
            },
        })
        .collect())
}
