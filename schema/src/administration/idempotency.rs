//! Answers to requests that carry a key, so that a repeated request changes nothing.

use sqlx::PgPool;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: the request may be carried out, and [`finish`] or [`forget`] follows.
    New,
    /// It belongs to another request.
    Other,
    /// The same request is under way.
    UnderWay,
    /// The same request was answered so.
    Answered {
        /// Status of the answer.
        status: u16,
        /// Body of the answer.
        body: String,
    },
}

/// Begins a request of `actor` with `key`; `hash` is that of the request.
///
/// Rows are kept for a day. A row that was under way for more than a minute is taken over.
///
/// # Errors
///
/// If a statement fails.
pub async fn begin(
    db: &PgPool,
    actor: &str,
    key: &str,
    hash: &[u8; 32],
) -> Result<Begun, sqlx::Error> {
    let inserted =
        sqlx::query_file_scalar!("queries/remember_request.sql", actor, key, hash.as_slice())
            .fetch_optional(db)
            .await?;
    if inserted.is_some() {
        return Ok(Begun::New);
    }
    let known = sqlx::query!(
        "SELECT request_hash, status, body FROM idempotency WHERE actor = $1 AND key = $2",
        actor,
        key
    )
    .fetch_optional(db)
    .await?;
    // The first request failed between the two statements: its sender tries again.
    let Some(known) = known else {
        return Ok(Begun::UnderWay);
    };
    if known.request_hash != hash.as_slice() {
        return Ok(Begun::Other);
    }
    Ok(match (known.status, known.body) {
        (Some(status), Some(body)) => Begun::Answered {
            status: u16::try_from(status).unwrap_or(500),
            body,
        },
        _ => Begun::UnderWay,
    })
}

/// Stores the answer of a request.
///
/// # Errors
///
/// If the statement fails.
pub async fn finish(
    db: &PgPool,
    actor: &str,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE idempotency SET status = $3, body = $4 WHERE actor = $1 AND key = $2",
        actor,
        key,
        i16::try_from(status).unwrap_or(500),
        body
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a request that failed, so that it can be sent again.
///
/// # Errors
///
/// If the statement fails.
pub async fn forget(db: &PgPool, actor: &str, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM idempotency WHERE actor = $1 AND key = $2",
        actor,
        key
    )
    .execute(db)
    .await?;
    Ok(())
}
