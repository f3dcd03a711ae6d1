//! Answers that could not be used, for a person who decides what they mean.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, PgPool};

/// An answer in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The job that got it.
    pub job_id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Its step.
    pub step: String,
    /// Bytes of the body as it came.
    pub body_bytes: i32,
    /// Why it could not be used.
    pub reason: String,
    /// The request.
    pub url: Option<String>,
}

/// The answers of a source in quarantine, the newest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_source(db: impl PgExecutor<'_>, source: &str) -> Result<Vec<Held>, sqlx::Error> {
    sqlx::query_as!(
        Held,
        "SELECT quarantine.job_id, quarantine.at, step.name AS step, quarantine.body_bytes,
            quarantine.reason, quarantine.url
        FROM quarantine
        INNER JOIN step ON step.step_id = quarantine.step_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE source.name = $1
        ORDER BY quarantine.at DESC, quarantine.job_id DESC",
        source
    )
    .fetch_all(db)
    .await
}

/// The body of an answer in quarantine, and what its task was.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// The job that got it.
    pub job_id: i64,
    /// Its step.
    pub step: String,
    /// Why it could not be used.
    pub reason: String,
    /// The content type by the header of the answer.
    pub content_type: Option<String>,
    /// The body, gzip.
    pub body: Vec<u8>,
    /// Bytes of the body as it came.
    pub body_bytes: i32,
    /// The values for the templates of its task.
    pub params: Value,
}

/// The newest bodies of a source in quarantine, up to `most` of each step; only that of
/// `job_id` if one is named.
///
/// # Errors
///
/// If the statement fails.
pub async fn bodies(
    db: impl PgExecutor<'_>,
    source: &str,
    job_id: Option<i64>,
    most: i64,
) -> Result<Vec<Body>, sqlx::Error> {
    sqlx::query_as!(
        Body,
        r#"SELECT job_id AS "job_id!", step AS "step!", reason AS "reason!", content_type,
            body AS "body!", body_bytes AS "body_bytes!", params AS "params!"
        FROM (
            SELECT quarantine.job_id, step.name AS step, quarantine.reason, quarantine.content_type,
                quarantine.body, quarantine.body_bytes, task.params,
                row_number() OVER (PARTITION BY quarantine.step_id ORDER BY quarantine.at DESC) AS place
            FROM quarantine
            INNER JOIN step ON step.step_id = quarantine.step_id
            INNER JOIN source ON source.source_id = step.source_id
            INNER JOIN task ON task.task_id = quarantine.task_id
            WHERE source.name = $1 AND quarantine.job_id = coalesce($2, quarantine.job_id)
        ) AS kept
        WHERE place <= $3
        ORDER BY step, place"#,
        source,
        job_id,
        most
    )
    .fetch_all(db)
    .await
}

/// Takes what a source says now for the truth: what was learnt of these steps is set aside,
/// and they are healthy. Without a step, those in quarantine. Returns their names.
///
/// # Errors
///
/// If a statement fails; nothing is changed then.
pub async fn accept(
    db: &PgPool,
    source: &str,
    step: Option<&str>,
) -> Result<Vec<String>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let accepted = accept_within(&mut transaction, source, step).await?;
    transaction.commit().await?;
    Ok(accepted)
}

/// Does the work of [`accept`] within a transaction of the caller, who commits it.
///
/// # Errors
///
/// If a statement fails; the caller rolls back then.
pub async fn accept_within(
    db: &mut PgConnection,
    source: &str,
    step: Option<&str>,
) -> Result<Vec<String>, sqlx::Error> {
    let accepted = sqlx::query_scalar!(
        "WITH accepted AS (
            UPDATE step
            SET baseline_from = now(), health = 'healthy', health_reason = NULL, health_changed_at = now()
            FROM source
            WHERE source.source_id = step.source_id
                AND source.name = $1
                AND NOT step.retired
                AND (step.name = $2 OR ($2::text IS NULL AND step.health = 'quarantined'))
            RETURNING step.source_id, step.step_id, step.name
        ), changed AS (
            INSERT INTO source_change (source_id, step_id, new_state, reason)
            SELECT source_id, step_id, 'healthy', 'accepted by a person'
            FROM accepted
        )
        SELECT name FROM accepted",
        source,
        step
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE source
        SET health = coalesce(worst.health, 'healthy'),
            health_reason = worst.reason,
            health_changed_at = now()
        FROM (SELECT 1) AS one
        LEFT JOIN LATERAL (
            SELECT step.health, step.name || ': ' || step.health_reason AS reason
            FROM step
            INNER JOIN source AS own ON own.source_id = step.source_id
            WHERE own.name = $1 AND NOT step.retired AND step.health <> 'healthy'
            ORDER BY step.health DESC
            LIMIT 1
        ) AS worst ON true
        WHERE source.name = $1",
        source
    )
    .execute(&mut *db)
    .await?;
    Ok(accepted)
}
