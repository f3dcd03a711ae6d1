//! The baseline of listings: reads the last listing of a task, and stores the new one.
//!
//! The baseline of a showtime comes with its claim. Listings are rarer and longer, so theirs is
//! read when the answer is there.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

/// A showtime that a task listed and that is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredShowtime {
    /// The source's own key.
    pub key: String,
    /// When it starts, as far as was known.
    pub starts_at: DateTime<Utc>,
    /// The cinema's business day.
    pub business_on: NaiveDate,
}

/// The last rows of a task that lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredListing {
    /// The clock of the database, against which times are judged.
    pub now: DateTime<Utc>,
    /// Keys of the cinemas that it listed.
    pub cinemas: Vec<String>,
    /// Showtimes that it listed and that are still to come.
    pub showtimes: Vec<StoredShowtime>,
    /// Optional fields for which nearly all rows had a value.
    pub fields: Vec<String>,
}

/// Reads what a task listed last, unless a person has set it aside.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_listing(
    db: impl PgExecutor<'_>,
    task_id: i64,
) -> Result<StoredListing, sqlx::Error> {
    let row = sqlx::query_file!("queries/read_listing_baseline.sql", task_id)
        .fetch_one(db)
        .await?;
    let showtimes = row
        .showtime_keys
        .into_iter()
        .zip(row.starts_at)
        .zip(row.business_on);
    Ok(StoredListing {
        now: row.now,
        cinemas: row.cinema_keys,
        showtimes: showtimes
            .map(|((key, starts_at), business_on)| StoredShowtime {
                key,
                starts_at,
                business_on,
            })
            .collect(),
        fields: row.fields,
    })
}

/// Notes what a task listed, for the next answer to be compared with, and which showtimes
/// went and came; part of the transaction that stores the rows. `day` is the one day that the
/// task asked for, if it did; of rows that are not the whole answer nothing is concluded from
/// what is absent. What is the same is not written.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_listing(
    db: impl PgExecutor<'_>,
    task_id: i64,
    job_id: i64,
    row_ids: &[i32],
    fields: &[String],
    day: Option<NaiveDate>,
    is_whole: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_listing.sql",
        task_id,
        job_id,
        row_ids,
        fields,
        day,
        is_whole
    )
    .execute(db)
    .await?;
    Ok(())
}
