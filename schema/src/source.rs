//! Sources and their definitions: applied, read by pods, paused, resumed; and what is known
//! of them.

mod state;

use std::{collections::HashMap, time::Duration};

use chrono::NaiveTime;
use sqlx::{PgConnection, PgExecutor, PgPool};
use thiserror::Error;

use crate::word::{SourceState, Yields};

pub use state::{Failure, SourceStatus, StepState, Version, failures, statuses, steps, versions};

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
    /// What its requests count against.
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
    /// What its requests count against, if not against the limit of the definition.
    pub limit: Option<NewLimit<'a>>,
    /// One task for each of so many days.
    pub days: Option<u16>,
}

/// What [`apply`] did.
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
        "limit key {key} is declared by source {other} with rate {rate_per_second}, burst {burst} and \
         {elsewhere}: one host has one limit, so give both sources the same numbers"
    )]
    LimitConflict {
        /// The limit key.
        key: String,
        /// The other source.
        other: String,
        /// Its rate.
        rate_per_second: f64,
        /// Its burst.
        burst: i32,
        /// Its budget and hours, in words.
        elsewhere: String,
    },
    /// The database could not be written.
    #[error("the definition could not be stored")]
    Database(#[from] sqlx::Error),
}

/// Puts a definition into force as the next version of its source, and makes the
/// root tasks due.
///
/// # Errors
///
/// See [`ApplyError`]; nothing is changed then.
pub async fn apply(db: &PgPool, new: &NewDefinition<'_>) -> Result<Applied, ApplyError> {
    let mut transaction = db.begin().await?;
    let applied = apply_in(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(applied)
}

async fn apply_in(db: &mut PgConnection, new: &NewDefinition<'_>) -> Result<Applied, ApplyError> {
    let source_id = sqlx::query_scalar!(
        "INSERT INTO source (name, title) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title
        RETURNING source_id",
        new.name,
        new.title
    )
    .fetch_one(&mut *db)
    .await?;
    let newest = sqlx::query!(
        "SELECT version, body FROM definition WHERE source_id = $1 ORDER BY version DESC LIMIT 1",
        source_id
    )
    .fetch_optional(&mut *db)
    .await?;
    if newest
        .as_ref()
        .is_some_and(|newest| newest.body == new.body)
    {
        return Ok(Applied::Unchanged);
    }
    let version = newest.map_or(1, |newest| newest.version + 1);
    let limit_key_id = apply_limit(db, source_id, new.limit).await?;
    let definition_id = sqlx::query_scalar!(
        "INSERT INTO definition (source_id, version, body) VALUES ($1, $2, $3) RETURNING definition_id",
        source_id,
        version,
        new.body
    )
    .fetch_one(&mut *db)
    .await?;
    apply_steps(db, source_id, limit_key_id, &new.steps).await?;
    sqlx::query!(
        "UPDATE source SET definition_id = $2 WHERE source_id = $1",
        source_id,
        definition_id
    )
    .execute(&mut *db)
    .await?;
    if let Some(reason) = new.blocked {
        set_state(&mut *db, new.name, SourceState::Blocked, Some(reason)).await?;
    }
    Ok(if version == 1 {
        Applied::Created
    } else {
        Applied::Version(version)
    })
}

async fn apply_limit(
    db: &mut PgConnection,
    source_id: i32,
    limit: NewLimit<'_>,
) -> Result<i32, ApplyError> {
    let conflict = sqlx::query!(
        r#"SELECT source.name, limit_key.rate_per_second, limit_key.burst,
            coalesce(limit_key.per_day || ' a day', 'no daily budget')
                || coalesce(', between ' || limit_key.opens_at || ' and ' || limit_key.closes_at, '')
                || coalesce(', ' || limit_key.zone, '') AS "elsewhere!"
        FROM limit_key
        INNER JOIN step ON step.limit_key_id = limit_key.limit_key_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE limit_key.name = $1
            AND source.source_id <> $2
            AND NOT step.retired
            AND (limit_key.rate_per_second, limit_key.burst, limit_key.per_day,
                limit_key.opens_at, limit_key.closes_at, limit_key.zone)
                IS DISTINCT FROM ($3, $4, $5, $6, $7, $8)
        LIMIT 1"#,
        limit.key,
        source_id,
        limit.rate_per_second,
        limit.burst,
        limit.per_day,
        limit.hours.map(|(opens_at, _)| opens_at),
        limit.hours.map(|(_, closes_at)| closes_at),
        limit.zone
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(other) = conflict {
        return Err(ApplyError::LimitConflict {
            key: limit.key.to_owned(),
            other: other.name,
            rate_per_second: other.rate_per_second,
            burst: other.burst,
            elsewhere: other.elsewhere,
        });
    }
    Ok(sqlx::query_scalar!(
        "INSERT INTO limit_key (
            name, rate_per_second, burst, concurrency, per_day, opens_at, closes_at, zone)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (name) DO UPDATE
        SET rate_per_second = excluded.rate_per_second,
            burst = excluded.burst,
            concurrency = excluded.concurrency,
            per_day = excluded.per_day,
            opens_at = excluded.opens_at,
            closes_at = excluded.closes_at,
            zone = excluded.zone
        RETURNING limit_key_id",
        limit.key,
        limit.rate_per_second,
        limit.burst,
        limit.concurrency,
        limit.per_day,
        limit.hours.map(|(opens_at, _)| opens_at),
        limit.hours.map(|(_, closes_at)| closes_at),
        limit.zone
    )
    .fetch_one(&mut *db)
    .await?)
}

async fn apply_steps(
    db: &mut PgConnection,
    source_id: i32,
    limit_key_id: i32,
    steps: &[NewStep<'_>],
) -> Result<(), ApplyError> {
    let mut ids: HashMap<&str, i32> = HashMap::new();
    for step in steps {
        let seconds =
            |duration: Duration| i32::try_from(duration.as_secs().max(1)).unwrap_or(i32::MAX);
        let own_limit = match step.limit {
            Some(limit) => Some(apply_limit(&mut *db, source_id, limit).await?),
            None => None,
        };
        let step_id = sqlx::query_scalar!(
            "INSERT INTO step (
                source_id, limit_key_id, parent_step_id, every_seconds, timeout_seconds, priority, yields, name)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (source_id, name) DO UPDATE
            SET limit_key_id = excluded.limit_key_id,
                parent_step_id = excluded.parent_step_id,
                every_seconds = excluded.every_seconds,
                timeout_seconds = excluded.timeout_seconds,
                priority = excluded.priority,
                yields = excluded.yields,
                retired = false
            RETURNING step_id",
            source_id,
            own_limit.unwrap_or(limit_key_id),
            step.parent.and_then(|parent| ids.get(parent).copied()),
            seconds(step.every),
            seconds(step.timeout),
            step.priority,
            step.yields as Yields,
            step.name
        )
        .fetch_one(&mut *db)
        .await?;
        ids.insert(step.name, step_id);
        if step.parent.is_none() {
            apply_root_tasks(&mut *db, step_id, step.days).await?;
        }
        let days = step.days.map_or(0, i32::from);
        // A task for a day that the step no longer looks at.
        sqlx::query!(
            "UPDATE task SET retired_at = now()
            WHERE step_id = $1 AND retired_at IS NULL AND (
                (params -> 'day' ->> 'offset')::integer >= $2
                OR ($2 > 0 AND params -> 'day' IS NULL)
            )",
            step_id,
            days
        )
        .execute(&mut *db)
        .await?;
        // And those that a version in between did not look at. A person's word stands.
        sqlx::query!(
            "UPDATE task SET retired_at = NULL, due_at = now(), failures = 0
            WHERE step_id = $1 AND retired_at IS NOT NULL AND retired_reason IS NULL
                AND coalesce(starts_at > now(), true)
                AND CASE
                    WHEN $2 > 0 THEN coalesce((params -> 'day' ->> 'offset')::integer < $2, false)
                    ELSE params -> 'day' IS NULL
                END",
            step_id,
            days
        )
        .execute(&mut *db)
        .await?;
    }
    let kept: Vec<i32> = ids.into_values().collect();
    sqlx::query!(
        "WITH dropped AS (
            UPDATE step SET retired = true, health = 'healthy', health_reason = NULL
            WHERE source_id = $1 AND step_id <> ALL ($2)
            RETURNING step_id
        ),
        worst AS (
            SELECT coalesce(max(health), 'healthy') AS health
            FROM step
            WHERE source_id = $1 AND step_id = ANY ($2)
        ),
        judged AS (
            UPDATE source
            SET health = worst.health,
                health_reason = CASE WHEN worst.health = 'healthy' THEN NULL ELSE health_reason END
            FROM worst
            WHERE source_id = $1 AND source.health <> worst.health
        )
        UPDATE task SET retired_at = now()
        WHERE retired_at IS NULL AND step_id IN (SELECT step_id FROM dropped)",
        source_id,
        &kept
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Makes the tasks of a root step due: one, or one for each day.
async fn apply_root_tasks(
    db: &mut PgConnection,
    step_id: i32,
    days: Option<u16>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO task (step_id, key, params)
        SELECT
            $1,
            CASE WHEN day.ahead IS NULL THEN '' ELSE '/+' || day.ahead END,
            CASE
                WHEN day.ahead IS NULL THEN '{}'
                ELSE jsonb_build_object('day', jsonb_build_object('offset', day.ahead))
            END
        FROM (
            SELECT NULL::integer AS ahead WHERE $2::integer IS NULL
            UNION ALL
            SELECT generate_series(0, $2::integer - 1)
        ) AS day
        ON CONFLICT (step_id, key) DO UPDATE
        SET due_at = now(),
            failures = 0,
            retired_at = CASE WHEN task.retired_reason IS NOT NULL THEN task.retired_at END",
        step_id,
        days.map(i32::from)
    )
    .execute(db)
    .await?;
    Ok(())
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
        INSERT INTO source_change (source_id, became, reason)
        SELECT source_id, $2::source_state::text, $3 FROM known",
        name,
        state as SourceState,
        reason
    )
    .execute(db)
    .await?;
    Ok(known.rows_affected() == 1)
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
