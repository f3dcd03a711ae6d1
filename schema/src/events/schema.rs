//! Schemas of events, by version.

use serde_json::Value;
use sqlx::PgExecutor;

/// A version of the schema of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSchema {
    /// The event, by the name that clients send.
    pub event: String,
    /// First number of the version.
    pub model: i16,
    /// Second number.
    pub revision: i16,
    /// Third number.
    pub addition: i16,
    /// The JSON Schema of its properties.
    pub document: Value,
}

/// Registers a version; returns `false` if that version is registered with another document.
///
/// # Errors
///
/// If the statement fails.
pub async fn register(
    db: impl PgExecutor<'_>,
    client_id: i16,
    schema: &StoredSchema,
) -> Result<bool, sqlx::Error> {
    let same = sqlx::query_scalar!(
        r#"INSERT INTO event_schema AS known (client_id, event, model, revision, addition, document)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (client_id, event, model, revision, addition) DO UPDATE
        SET document = known.document
        RETURNING document = $6 AS "is_same!""#,
        client_id,
        schema.event,
        schema.model,
        schema.revision,
        schema.addition,
        schema.document
    )
    .fetch_one(db)
    .await?;
    Ok(same)
}

/// Lists the schemas of a client, by event and version.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_client(
    db: impl PgExecutor<'_>,
    client_id: i16,
) -> Result<Vec<StoredSchema>, sqlx::Error> {
    sqlx::query_as!(
        StoredSchema,
        "SELECT event, model, revision, addition, document
        FROM event_schema
        WHERE client_id = $1
        ORDER BY event, model, revision, addition",
        client_id
    )
    .fetch_all(db)
    .await
}
