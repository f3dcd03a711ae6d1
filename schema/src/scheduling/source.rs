//! Sources and their definitions: applied, read by pods, paused, resumed; and what is known
//! of them.

mod apply;
mod limit;
mod state;

use std::time::Duration;

use chrono::NaiveTime;
use sqlx::PgExecutor;
use thiserror::Error;

use crate::{
    enums::{SourceState, Yields},
    leader::Term,
};

pub use apply::{apply, apply_all, apply_all_within};
pub use state::{
    CountedJobs, Failure, SourceStatus, StepState, Version, failures, statuses,
    statuses_of_counted, steps, versions,
};

/// A definition to put into force.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDefinition<'a> {
    /// Short name of the source.
    pub name: &'a str,
    /// Its name for people.
    pub title: &'a str,
    /// The file, byte for byte.
    pub body: &'a str,
    /// Why it may not be scheduled, if it may not.
    pub blocked: Option<&'a str>,
    /// The limit of its requests.
    pub limit: NewLimit<'a>,
    /// Its steps, each after its parent.
    pub steps: Vec<NewStep<'a>>,
}

/// The limit of a definition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewLimit<'a> {
    /// Name of the limit key.
    pub key: &'a str,
    /// Requests per second over the whole fleet.
    pub rate_per_second: f64,
    /// Requests that may come at once.
    pub burst: i32,
    /// Most jobs in flight at once.
    pub concurrency: Option<i32>,
    /// Requests in one day of the zone.
    pub per_day: Option<i32>,
    /// Times of day between which it may send.
    pub hours: Option<(NaiveTime, NaiveTime)>,
    /// IANA zone of hours and days; there if one of them is.
    pub zone: Option<&'a str>,
}

/// One step of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStep<'a> {
    /// Name.
    pub name: &'a str,
    /// The step that it fans out over.
    pub parent: Option<&'a str>,
    /// Time between two runs of a task.
    pub every: Duration,
    /// After this a request is given up.
    pub timeout: Duration,
    /// Lower runs first.
    pub priority: i16,
    /// Kind of rows that it gives.
    pub yields: Yields,
    /// The limit of its requests, if it is not that of the definition.
    pub limit: Option<NewLimit<'a>>,
    /// One task for each of so many days.
    pub days: Option<u16>,
}

/// The result of [`apply`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The source is new.
    Created,
    /// This version is in force now.
    Version(i32),
    /// The definition in force is the same, byte for byte.
    Unchanged,
}

/// Why a definition was not put into force.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Another source has the same limit key with other numbers.
    #[error(
        "limit key {key} is declared by source {other} with {numbers}: one host has one limit, so give \
         all its sources the same numbers, and name their files in one `coordinator source apply`"
    )]
    LimitConflict {
        /// The limit key.
        key: String,
        /// The other source.
        other: String,
        /// Its numbers, in words.
        numbers: String,
    },
    /// The database could not be written.
    #[error("the definition could not be stored")]
    Database(#[from] sqlx::Error),
}

/// Changes whether a source is scheduled; returns `false` if there is no such source.
///
/// A reason must be given for any state but active.
///
/// # Errors
///
/// If the statement fails.
pub async fn set_state(
    db: impl PgExecutor<'_>,
    name: &str,
    state: SourceState,
    reason: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let known = sqlx::query!(
        "WITH known AS (
            UPDATE source SET state = $2, state_reason = $3, state_changed_at = now()
            WHERE name = $1
            RETURNING source_id
        )
        INSERT INTO source_change (source_id, new_state, reason)
        SELECT source_id, $2::source_state::text, $3 FROM known",
        name,
        state as SourceState,
        reason
    )
    .execute(db)
    .await?;
    Ok(known.rows_affected() == 1)
}

/// Blocks a source that is active, in the name of `term`; returns whether it did: not if the
/// term is over, or a person paused or blocked the source meanwhile.
///
/// # Errors
///
/// If the statement fails.
pub async fn block(
    db: impl PgExecutor<'_>,
    term: Term,
    name: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let blocked = sqlx::query_file_scalar!(
        "queries/block_source.sql",
        term.holder,
        term.epoch,
        name,
        reason
    )
    .fetch_optional(db)
    .await?;
    Ok(blocked.is_some())
}

/// A definition as a pod needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDefinition {
    /// The source's name.
    pub source: String,
    /// Counts from 1 within the source.
    pub version: i32,
    /// The file.
    pub body: String,
}

/// Reads one definition.
///
/// # Errors
///
/// If the statement fails or there is none with this id.
pub async fn definition(
    db: impl PgExecutor<'_>,
    definition_id: i32,
) -> Result<StoredDefinition, sqlx::Error> {
    sqlx::query_as!(
        StoredDefinition,
        "SELECT source.name AS source, definition.version, definition.body
        FROM definition
        INNER JOIN source ON source.source_id = definition.source_id
        WHERE definition.definition_id = $1",
        definition_id
    )
    .fetch_one(db)
    .await
}
