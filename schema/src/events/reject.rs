//! Events that could not be stored, to be looked at; [`crate::reading::event_rejects`] lists them.

use sqlx::PgExecutor;

/// An event that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReject {
    /// The key that sent it.
    pub key_id: i32,
    /// Its client.
    pub client_id: i16,
    /// Its name, where that could be read.
    pub event: Option<String>,
    /// The version of its schema.
    pub schema: Option<String>,
    /// JSON pointer to what is wrong; empty for the whole of it.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
    /// The event as it came, without zero bytes.
    pub body: String,
}

/// Stores rejected events.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(db: impl PgExecutor<'_>, rejects: &[NewReject]) -> Result<(), sqlx::Error> {
    if rejects.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&NewReject) -> &String| rejects.iter().map(of).cloned().collect::<Vec<_>>();
    let optional =
        |of: fn(&NewReject) -> &Option<String>| rejects.iter().map(of).cloned().collect::<Vec<_>>();
    sqlx::query!(
        "INSERT INTO event_reject (key_id, client_id, event, schema, pointer, reason, body)
        SELECT * FROM unnest(
            $1::integer[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])",
        &rejects.iter().map(|one| one.key_id).collect::<Vec<_>>(),
        &rejects.iter().map(|one| one.client_id).collect::<Vec<_>>(),
        &optional(|one| &one.event) as &[Option<String>],
        &optional(|one| &one.schema) as &[Option<String>],
        &text(|one| &one.pointer),
        &text(|one| &one.reason),
        &text(|one| &one.body)
    )
    .execute(db)
    .await?;
    Ok(())
}
