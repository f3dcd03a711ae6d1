//! Puts definitions into force.

use std::{collections::HashMap, time::Duration};

use sqlx::{PgConnection, PgPool};

use super::{Applied, ApplyError, NewDefinition, NewStep, limit, set_state};
use crate::enums::{SourceState, Yields};

/// Puts a definition into force as the next version of its source, and makes the
/// root tasks due.
///
/// # Errors
///
/// See [`ApplyError`]; nothing is changed then.
pub async fn apply(db: &PgPool, new: &NewDefinition<'_>) -> Result<Applied, ApplyError> {
    let applied = apply_all(db, std::slice::from_ref(new)).await?;
    Ok(applied.into_iter().next().unwrap_or(Applied::Unchanged))
}

/// Puts several definitions into force in one transaction; returns what became of each, in
/// order. So a limit that they share can change, which it cannot one by one.
///
/// # Errors
///
/// See [`ApplyError`]; nothing is changed then.
pub async fn apply_all(db: &PgPool, new: &[NewDefinition<'_>]) -> Result<Vec<Applied>, ApplyError> {
    let mut transaction = db.begin().await?;
    let applied = apply_all_within(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(applied)
}

/// Does the work of [`apply_all`] within a transaction of the caller, who commits it.
///
/// # Errors
///
/// See [`ApplyError`]; the caller rolls back then.
pub async fn apply_all_within(
    db: &mut PgConnection,
    new: &[NewDefinition<'_>],
) -> Result<Vec<Applied>, ApplyError> {
    limit::agree(new)?;
    // Of two that declare one new limit key at the same time, the second must see the first.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('fullhouse apply_source', 0))")
        .execute(&mut *db)
        .await?;
    let mut source_ids = Vec::with_capacity(new.len());
    for definition in new {
        source_ids.push(store_source(&mut *db, definition).await?);
    }
    let mut applied = Vec::with_capacity(new.len());
    for (definition, &source_id) in new.iter().zip(&source_ids) {
        applied.push(apply_in(&mut *db, source_id, &source_ids, definition).await?);
    }
    Ok(applied)
}

async fn store_source(db: &mut PgConnection, new: &NewDefinition<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO source (name, title) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title
        RETURNING source_id",
        new.name,
        new.title
    )
    .fetch_one(db)
    .await
}

/// Applies one of several definitions; `applied` are the sources of all of them.
async fn apply_in(
    db: &mut PgConnection,
    source_id: i32,
    applied: &[i32],
    new: &NewDefinition<'_>,
) -> Result<Applied, ApplyError> {
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
    let limit_key_id = limit::store(db, applied, new.limit).await?;
    let definition_id = sqlx::query_scalar!(
        "INSERT INTO definition (source_id, version, body) VALUES ($1, $2, $3) RETURNING definition_id",
        source_id,
        version,
        new.body
    )
    .fetch_one(&mut *db)
    .await?;
    apply_steps(db, source_id, applied, limit_key_id, &new.steps).await?;
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

async fn apply_steps(
    db: &mut PgConnection,
    source_id: i32,
    applied: &[i32],
    limit_key_id: i32,
    steps: &[NewStep<'_>],
) -> Result<(), ApplyError> {
    let mut ids: HashMap<&str, i32> = HashMap::new();
    for step in steps {
        let seconds =
            |duration: Duration| i32::try_from(duration.as_secs().max(1)).unwrap_or(i32::MAX);
        let own_limit = match step.limit {
            Some(limit) => Some(limit::store(&mut *db, applied, limit).await?),
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
        // And codes that a version in between did not have. A mapping by an operator stays.
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
