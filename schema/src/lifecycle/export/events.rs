//! The events that are exported, a name after the other, in pages in order of receipt.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgExecutor;

use super::read::Span;

/// A name of events that were received in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSeen {
    /// Key.
    pub name_id: i32,
    /// The client that sends it.
    pub client: String,
    /// The name that readers see.
    pub event: String,
}

/// An event of a name, live or sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSeen {
    /// When it was stored.
    pub received_at: DateTime<Utc>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// A number for its user; 0 for none.
    pub user_id: i32,
    /// Country of its place.
    pub country: Option<String>,
    /// Region within the country.
    pub region: Option<String>,
    /// A sum of the `FLAG_` constants of [`store`](crate::events::store).
    pub flags: i16,
    /// When the client says that it sent it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the client says that it happened, where that was corrected.
    pub original_at: Option<DateTime<Utc>>,
    /// Its properties, a JSON object.
    pub properties: String,
}

/// The names of events that were received in a time, in order of client and name.
///
/// # Errors
///
/// If the statement fails.
pub async fn names(db: impl PgExecutor<'_>, span: Span) -> Result<Vec<NameSeen>, sqlx::Error> {
    sqlx::query_file_as!(
        NameSeen,
        "queries/read_event_names_to_export.sql",
        span.from_at,
        span.until_at
    )
    .fetch_all(db)
    .await
}

/// The next events of a name in a time, in order of receipt: those after the moment `after`, or the first
/// if it is `None`; some `page` of them, with all that came at the moment of the last. Empty after the last.
///
/// # Errors
///
/// If the statement fails.
pub async fn events(
    db: impl PgExecutor<'_>,
    name_id: i32,
    span: Span,
    after: Option<DateTime<Utc>>,
    page: i64,
) -> Result<Vec<EventSeen>, sqlx::Error> {
    let after = after.unwrap_or(span.from_at - TimeDelta::microseconds(1));
    sqlx::query_file_as!(
        EventSeen,
        "queries/read_events_to_export.sql",
        name_id,
        after,
        span.until_at,
        page
    )
    .fetch_all(db)
    .await
}
