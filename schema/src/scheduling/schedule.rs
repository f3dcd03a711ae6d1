//! Reads the rows of which the leader builds its schedule, and writes its decisions.

mod ended;

pub use ended::{EndedJob, find_ended, find_vanished, next_ended_seq, read_ended};

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgExecutor;

use crate::{
    enums::{Health, SourceState, Yields},
    leader::Term,
};

/// The clock of the database, by which everything is judged (invariant 8).
///
/// # Errors
///
/// If the statement fails.
pub async fn clock(db: impl PgExecutor<'_>) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(db)
        .await
}

/// A limit key.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitKey {
    /// Key.
    pub limit_key_id: i32,
    /// Name in the definitions.
    pub name: String,
    /// Requests per second over the whole fleet.
    pub rate_per_second: f64,
    /// Requests that may come at once.
    pub burst: i32,
    /// Most jobs in flight at once.
    pub concurrency: Option<i32>,
    /// Nothing runs before then.
    pub paused_until: Option<DateTime<Utc>>,
    /// Share of the rate that the leader gave out last; at most 1.
    pub rate_share: f64,
    /// Requests in one day of the zone.
    pub per_day: Option<i32>,
    /// The day of which permits were set aside last.
    pub day_on: Option<NaiveDate>,
    /// How many permits of that day were set aside.
    pub day_reserved: i32,
    /// Nothing is sent before this time of day.
    pub opens_at: Option<NaiveTime>,
    /// Nothing is sent from this time of day on.
    pub closes_at: Option<NaiveTime>,
    /// IANA zone of hours and days.
    pub zone: Option<String>,
}

/// All limit keys.
///
/// # Errors
///
/// If the statement fails.
pub async fn limit_keys(db: impl PgExecutor<'_>) -> Result<Vec<LimitKey>, sqlx::Error> {
    sqlx::query_as!(
        LimitKey,
        "SELECT limit_key_id, name, rate_per_second, burst, concurrency, paused_until, rate_share,
            per_day, day_on, day_reserved, opens_at, closes_at, zone
        FROM limit_key"
    )
    .fetch_all(db)
    .await
}

/// A step of a source, as the schedule needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Key.
    pub step_id: i32,
    /// Its source.
    pub source_id: i32,
    /// The source's name.
    pub source: String,
    /// Whether the source is scheduled.
    pub state: SourceState,
    /// The definition in force.
    pub definition_id: i32,
    /// The limit that its requests count against.
    pub limit_key_id: i32,
    /// Time between two runs of a task.
    pub every: Duration,
    /// After this a request is given up.
    pub timeout: Duration,
    /// Lower runs first.
    pub priority: i16,
    /// Kind of rows that it gives.
    pub yields: Yields,
    /// Whether the definition in force has lost it.
    pub retired: bool,
    /// Its name in the definition.
    pub name: String,
    /// Its health, as a leader stored it last.
    pub health: Health,
    /// Why it is not healthy.
    pub health_reason: Option<String>,
    /// Answers are compared with what was seen since then.
    pub baseline_from: Option<DateTime<Utc>>,
    /// How sales come, as a leader learnt it; only the coordinator reads the numbers.
    pub booking_curve: Option<Vec<f32>>,
}

/// All steps of all sources.
///
/// # Errors
///
/// If the statement fails.
pub async fn steps(db: impl PgExecutor<'_>) -> Result<Vec<Step>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT
            step.step_id, step.source_id, step.limit_key_id, step.every_seconds,
            step.timeout_seconds, step.priority, step.retired, step.name,
            step.health_reason, step.baseline_from, step.booking_curve,
            step.health AS "health: Health",
            step.yields AS "yields: Yields",
            source.name AS source,
            source.state AS "state: SourceState",
            source.definition_id AS "definition_id!"
        FROM step
        INNER JOIN source ON source.source_id = step.source_id
        WHERE source.definition_id IS NOT NULL"#
    )
    .fetch_all(db)
    .await?;
    let seconds = |value: i32| Duration::from_secs(u64::try_from(value).unwrap_or(1));
    Ok(rows
        .into_iter()
        .map(|row| Step {
            step_id: row.step_id,
            source_id: row.source_id,
            source: row.source,
            state: row.state,
            definition_id: row.definition_id,
            limit_key_id: row.limit_key_id,
            every: seconds(row.every_seconds),
            timeout: seconds(row.timeout_seconds),
            priority: row.priority,
            yields: row.yields,
            retired: row.retired,
            name: row.name,
            health: row.health,
            health_reason: row.health_reason,
            baseline_from: row.baseline_from,
            booking_curve: row.booking_curve,
        })
        .collect())
}

/// A task, as the schedule needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    /// Key.
    pub task_id: i64,
    /// Its step.
    pub step_id: i32,
    /// When it should run next.
    pub due_at: DateTime<Utc>,
    /// Start of the showtime that it watches.
    pub starts_at: Option<DateTime<Utc>>,
    /// Failed runs since the last success.
    pub failures: i16,
    /// Runs in a row, up to the last, whose pod died.
    pub deaths: i16,
    /// Whether the row above says when there is something to see.
    pub gated: bool,
    /// When that last said something else than before.
    pub gate_changed_at: Option<DateTime<Utc>>,
    /// Film of its showtime.
    pub film_id: Option<i32>,
    /// Cinema of its showtime.
    pub cinema_id: Option<i32>,
    /// Its last run that succeeded.
    pub looked_at: Option<DateTime<Utc>>,
    /// Seats sold between its looks, discounted.
    pub sales: f32,
    /// Seats that an average showtime would have sold meanwhile.
    pub exposure: f32,
    /// Seats sold at its last look.
    pub sold: Option<i16>,
    /// When its source first said that there is no such thing, of the answers that came last.
    pub missing_since: Option<DateTime<Utc>>,
    /// How many such answers came last, one after the other.
    pub misses: i16,
}

/// Reads tasks that are neither retired nor isolated, where `$condition`, a text that goes on behind
/// `WHERE`, holds. One statement for each condition: with conditions that parameters switch off, a
/// plan for all tasks could be kept for those of one job.
macro_rules! select_tasks {
    ($condition:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Task,
            r#"SELECT
                task.task_id, task.step_id, task.due_at, task.starts_at, task.failures, task.deaths,
                task.gate IS NOT NULL AS "gated!", task.gate_changed_at, showtime.film_id AS "film_id?",
                showtime.cinema_id AS "cinema_id?", task.looked_at, task.sales, task.exposure, task.sold,
                task.missing_since, task.misses
            FROM task
            INNER JOIN step ON step.step_id = task.step_id
            LEFT JOIN showtime ON showtime.showtime_id = task.subject_id AND step.yields = 'seats'
            WHERE task.retired_at IS NULL AND task.isolated_at IS NULL"# + $condition
            $(, $argument)*
        )
    };
}

/// All tasks that are neither retired nor isolated, which a new leader starts from.
///
/// # Errors
///
/// If the statement fails.
pub async fn tasks(db: impl PgExecutor<'_>) -> Result<Vec<Task>, sqlx::Error> {
    select_tasks!("").fetch_all(db).await
}

/// The tasks of one source that are neither retired nor isolated: after a new definition.
///
/// # Errors
///
/// If the statement fails.
pub async fn tasks_of_source(
    db: impl PgExecutor<'_>,
    source_id: i32,
) -> Result<Vec<Task>, sqlx::Error> {
    select_tasks!(" AND step.source_id = $1", source_id)
        .fetch_all(db)
        .await
}

/// The tasks that these jobs discovered or changed.
///
/// # Errors
///
/// If the statement fails.
pub async fn tasks_touched_by(
    db: impl PgExecutor<'_>,
    job_ids: &[i64],
) -> Result<Vec<Task>, sqlx::Error> {
    select_tasks!(" AND task.touched_by = ANY ($1)", job_ids)
        .fetch_all(db)
        .await
}

/// A decision of the leader about one task, with its state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The task.
    pub task_id: i64,
    /// When it should run next.
    pub due_at: DateTime<Utc>,
    /// Failed runs since the last success.
    pub failures: i16,
    /// Whether it ended for good.
    pub retired: bool,
    /// Whether the pod outlived the run.
    pub survived: bool,
    /// Its last run that succeeded.
    pub looked_at: Option<DateTime<Utc>>,
    /// As in [`Task`].
    pub sales: f32,
    /// As in [`Task`].
    pub exposure: f32,
    /// As in [`Task`].
    pub sold: Option<i16>,
    /// The start by which it was judged: it does not end if it moved since.
    pub starts_at: Option<DateTime<Utc>>,
    /// As in [`Task`].
    pub missing_since: Option<DateTime<Utc>>,
    /// As in [`Task`].
    pub misses: i16,
}

/// Writes decisions back in the name of `term`, so that a new leader starts from them;
/// nothing if the term is over.
///
/// # Errors
///
/// If the statement fails; a new leader would then run some tasks again.
pub async fn write_back(
    db: impl PgExecutor<'_>,
    term: Term,
    decisions: &[Decision],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/write_schedule.sql",
        term.holder,
        term.epoch,
        &decisions.iter().map(|row| row.task_id).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.due_at).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.failures).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.retired).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.survived).collect::<Vec<_>>(),
        &decisions
            .iter()
            .map(|row| row.looked_at)
            .collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &decisions.iter().map(|row| row.sales).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.exposure).collect::<Vec<_>>(),
        &decisions.iter().map(|row| row.sold).collect::<Vec<_>>() as &[Option<i16>],
        &decisions
            .iter()
            .map(|row| row.starts_at)
            .collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &decisions
            .iter()
            .map(|row| row.missing_since)
            .collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &decisions.iter().map(|row| row.misses).collect::<Vec<_>>()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores the booking curve of a step in the name of `term`, for the next leader; nothing if
/// the term is over.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_curve(
    db: impl PgExecutor<'_>,
    term: Term,
    step_id: i32,
    numbers: &[f32],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_curve.sql",
        term.holder,
        term.epoch,
        step_id,
        numbers
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Step {
    /// Whether tasks of this step are to run.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.state == SourceState::Active && !self.retired
    }
}
