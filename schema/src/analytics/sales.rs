//! Reads sales with their times from the stored snapshots.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// Seats sold of a showtime at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct SoldAt {
    /// The showtime.
    pub showtime_id: i32,
    /// Its film.
    pub film_id: i32,
    /// Its cinema.
    pub cinema_id: i32,
    /// The limit key of the task that looks at it.
    pub limit_key_id: i32,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When the snapshot was taken.
    pub observed_at: DateTime<Utc>,
    /// Seats sold.
    pub sold: i16,
    /// All seats.
    pub seats: i32,
}

/// The snapshots of the showtimes that started in the last `days`, in order of showtime
/// and time.
///
/// # Errors
///
/// If the statement fails.
pub async fn read_sales(db: impl PgExecutor<'_>, days: i32) -> Result<Vec<SoldAt>, sqlx::Error> {
    sqlx::query_as!(
        SoldAt,
        r#"SELECT
            showtime.showtime_id, showtime.film_id, showtime.cinema_id,
            looker.limit_key_id AS "limit_key_id!",
            showtime.starts_at, snapshot.observed_at AS "observed_at!", snapshot.sold AS "sold!",
            available + sold + held + blocked + broken + house + unknown + unmapped AS "seats!"
        FROM showtime
        INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        INNER JOIN LATERAL (
            SELECT step.limit_key_id
            FROM step
            WHERE step.source_id = cinema.source_id AND step.yields = 'seats'
            ORDER BY step.retired, step.step_id
            LIMIT 1
        ) AS looker ON true
        INNER JOIN seat_snapshot AS snapshot ON snapshot.showtime_id = showtime.showtime_id
        WHERE showtime.starts_at BETWEEN now() - make_interval(days => $1) AND now()
        ORDER BY showtime.showtime_id, snapshot.observed_at"#,
        days
    )
    .fetch_all(db)
    .await
}
