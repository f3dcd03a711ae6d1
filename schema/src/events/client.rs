//! Clients: apps, devices and services that send events.

use std::time::Duration;

use sqlx::{PgExecutor, postgres::types::PgInterval};

/// Makes a client, or changes one of that name; returns its number.
///
/// # Errors
///
/// If the time zone is unknown to the database, or a value is outside of its bounds: a week starts on
/// 1 to 7, the window is an hour to seven days.
pub async fn put(
    db: impl PgExecutor<'_>,
    name: &str,
    time_zone: &str,
    week_start: i16,
    duplicate_window: Duration,
) -> Result<i16, sqlx::Error> {
    let window = interval(duplicate_window);
    sqlx::query_scalar!(
        "INSERT INTO event_client AS known (name, time_zone, week_start, duplicate_window)
        -- The conversion fails for a zone that is none.
        SELECT $1, $2, $3, $4::interval WHERE (now() AT TIME ZONE $2) IS NOT NULL
        ON CONFLICT (name) DO UPDATE
        SET time_zone = excluded.time_zone,
            week_start = excluded.week_start,
            duplicate_window = excluded.duplicate_window
        RETURNING client_id",
        name,
        time_zone,
        week_start,
        window
    )
    .fetch_one(db)
    .await
}

/// Finds the number of a client.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(db: impl PgExecutor<'_>, name: &str) -> Result<Option<i16>, sqlx::Error> {
    sqlx::query_scalar!("SELECT client_id FROM event_client WHERE name = $1", name)
        .fetch_optional(db)
        .await
}

/// A duration as Postgres has it.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
