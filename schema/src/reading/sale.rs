//! What belongs to the sale of a showtime beside its seats: prices, changes, definitions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A price of a ticket, from when it was seen first.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketPrice {
    /// When it was seen first.
    pub observed_at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// Ticket type.
    pub ticket: String,
    /// Area; empty if it holds in all areas.
    pub area: String,
    /// Amount in major units, as text.
    pub amount: String,
    /// Upper end of the amount, where the source gives a range.
    pub amount_max: Option<String>,
    /// Booking fee on top of it.
    pub fee: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
}

/// Reads the last 500 prices of a showtime, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn prices(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Vec<TicketPrice>, ReadError> {
    let rows = sqlx::query_as!(
        TicketPrice,
        r#"SELECT observed_at AS "observed_at!", job_id AS "job_id!", ticket AS "ticket!", area AS "area!",
            amount::text AS "amount!", amount_max::text AS amount_max, fee::text AS fee, currency::text AS "currency!"
        FROM ticket_price
        WHERE showtime_id = $1
        ORDER BY observed_at DESC, ticket, area
        LIMIT 500"#,
        showtime_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A change of a showtime during its sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowtimeChange {
    /// When it was stored.
    pub at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// `moved`, `film`, `auditorium`, `layout`, `unlisted` or `relisted`.
    pub event: String,
    /// The old value.
    pub before: Option<String>,
    /// The new value.
    pub after: Option<String>,
}

/// Reads the last 100 changes of a showtime, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn changes(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Vec<ShowtimeChange>, ReadError> {
    let rows = sqlx::query_as!(
        ShowtimeChange,
        r#"SELECT at AS "at!", job_id AS "job_id!", event::text AS "event!", before, after
        FROM showtime_history
        WHERE showtime_id = $1
        ORDER BY at DESC
        LIMIT 100"#,
        showtime_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A version of a definition of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionChange {
    /// The version.
    pub version: i32,
    /// When it came into force.
    pub applied_at: DateTime<Utc>,
}

/// Reads the last 50 versions of a source's definition that came into force in a span of time, the
/// oldest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn definitions(
    db: &mut PgConnection,
    source_id: i32,
    from_at: DateTime<Utc>,
    until_at: DateTime<Utc>,
) -> Result<Vec<DefinitionChange>, ReadError> {
    let mut rows = sqlx::query_as!(
        DefinitionChange,
        "SELECT version, applied_at
        FROM definition
        WHERE source_id = $1 AND applied_at >= $2 AND applied_at < $3
        ORDER BY applied_at DESC
        LIMIT 50",
        source_id,
        from_at,
        until_at
    )
    .fetch_all(db)
    .await?;
    rows.reverse();
    Ok(rows)
}
