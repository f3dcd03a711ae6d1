//! The rows that are exported, in pages: each is one statement, so nothing long is held open.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, error::BoxDynError};
use works::title_key;

use crate::{enums::SeatStatus, seal::pack};

/// A time, from its first moment until before its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from_at: DateTime<Utc>,
    /// End of the span: rows of this moment or later are not in it.
    pub until_at: DateTime<Utc>,
}

/// The seats of a showtime at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatsSeen {
    /// The showtime.
    pub showtime_id: i32,
    /// When the answer was complete.
    pub observed_at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// Which seats, in which order.
    pub layout_id: i32,
    /// As in `snapshot.seats`.
    pub seats: Vec<u8>,
}

/// The seats of an auditorium; every list has one entry per seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLayout {
    /// Key.
    pub layout_id: i32,
    /// The source that shows it.
    pub source_id: i32,
    /// Seats.
    pub seat_count: i16,
    /// Position from the left, where the source gives one.
    pub x: Vec<Option<i32>>,
    /// Position from the front, where the source gives one.
    pub y: Vec<Option<i32>>,
    /// Stable key.
    pub seat_key: Vec<String>,
    /// Row as displayed.
    pub row_label: Vec<String>,
    /// Number as displayed.
    pub seat_number: Vec<String>,
    /// Area or price zone.
    pub area: Vec<String>,
    /// Kind of seat.
    pub kind: Vec<String>,
    /// Seats sold together.
    pub seat_group: Vec<String>,
}

/// A status code of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// The source that says it.
    pub source_id: i32,
    /// The number that snapshots store for it.
    pub code_index: i16,
    /// The status that it means; `None` while it is not mapped.
    pub status: Option<SeatStatus>,
    /// The code as it came.
    pub code: String,
}

/// A price of a showtime, since a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSeen {
    /// The showtime.
    pub showtime_id: i32,
    /// Since when, as far as it was seen.
    pub observed_at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// Ticket type.
    pub ticket: String,
    /// Area; empty where it holds in all.
    pub area: String,
    /// Millionths of the major unit.
    pub amount: i64,
    /// Upper end of a range, as `amount`.
    pub amount_max: Option<i64>,
    /// Booking fee on top, as `amount`.
    pub fee: Option<i64>,
    /// Whether tax is in the amount.
    pub tax_included: Option<bool>,
    /// ISO 4217 code.
    pub currency: String,
}

/// A row of the history, with the names of its source and step; see the table `job`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table job have comments")]
pub struct JobEnded {
    pub job_id: i64,
    pub task_id: i64,
    pub parent_job_id: Option<i64>,
    pub ended_seq: i64,
    pub enqueued_at: DateTime<Utc>,
    pub claimed_at: DateTime<Utc>,
    pub observed_at: Option<DateTime<Utc>>,
    pub finished_at: DateTime<Utc>,
    pub pod_id: i32,
    pub definition_id: i32,
    pub step_id: i32,
    pub source: String,
    pub step: String,
    pub fetch_micros: Option<i32>,
    pub response_bytes: Option<i32>,
    pub row_count: Option<i32>,
    pub retry_after_seconds: Option<i32>,
    pub outcome: String,
    pub error_class: Option<String>,
    pub http_status: Option<i16>,
    pub requests: i16,
    pub attempt: i16,
    pub unmapped: Option<i16>,
    pub sold: Option<i16>,
    pub changed: Option<bool>,
    pub request_url: Option<String>,
    pub error: Option<String>,
}

/// Which jobs are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only of these tasks.
    pub tasks: Option<Arc<[i64]>>,
    /// Only of the source of this name.
    pub source: Option<String>,
}

/// The showtimes among `only` of the works with this title, in any case and form, and of the source
/// with this name, in their order; what is `None` is not asked.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_showtimes(
    db: impl PgExecutor<'_>,
    only: Option<&[i32]>,
    film: Option<&str>,
    source: Option<&str>,
) -> Result<Vec<i32>, sqlx::Error> {
    let key = film.and_then(title_key);
    sqlx::query_file_scalar!("queries/find_showtimes.sql", only, film, key, source)
        .fetch_all(db)
        .await
}

/// The tasks that look at the seats or prices of showtimes.
///
/// # Errors
///
/// If the statement fails.
pub async fn tasks_of(db: impl PgExecutor<'_>, showtimes: &[i32]) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT task.task_id FROM task
        INNER JOIN step ON step.step_id = task.step_id AND step.yields IN ('seats', 'prices')
        WHERE task.subject_id = ANY ($1)",
        showtimes
    )
    .fetch_all(db)
    .await
}

/// The showtimes that have snapshots of a time, in their order.
///
/// # Errors
///
/// If the statement fails.
pub async fn seen_showtimes(
    db: impl PgExecutor<'_>,
    span: Span,
    only: Option<&[i32]>,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/find_seen_showtimes.sql",
        span.from_at,
        span.until_at,
        only
    )
    .fetch_all(db)
    .await
}

/// The snapshots of showtimes in a time, live and sealed alike, in order of showtime and time.
///
/// # Errors
///
/// If the statement fails, or sealed data cannot be read.
pub async fn snapshots(
    db: impl PgExecutor<'_>,
    showtimes: &[i32],
    span: Span,
) -> Result<Vec<SeatsSeen>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "queries/read_snapshots.sql",
        showtimes,
        span.from_at,
        span.until_at
    )
    .fetch_all(db)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(showtime_id), Some(observed_at), Some(data)) =
            (row.showtime_id, row.observed_at, row.data)
        else {
            continue;
        };
        if let Some(count) = row.snapshot_count {
            let count = usize::try_from(count).unwrap_or_default();
            let unpacked = pack::unpack(observed_at, count, &data).ok_or_else(|| {
                let said = format!("the sealed data of showtime {showtime_id} cannot be read");
                sqlx::Error::Decode(BoxDynError::from(said))
            })?;
            let of_span = unpacked
                .into_iter()
                .filter(|row| row.observed_at >= span.from_at && row.observed_at < span.until_at);
            found.extend(of_span.map(|row| SeatsSeen {
                showtime_id,
                observed_at: row.observed_at,
                job_id: row.job_id,
                layout_id: row.layout_id,
                seats: row.seats,
            }));
        } else if let (Some(job_id), Some(layout_id)) = (row.job_id, row.layout_id) {
            found.push(SeatsSeen {
                showtime_id,
                observed_at,
                job_id,
                layout_id,
                seats: data,
            });
        }
    }
    found.sort_unstable_by_key(|row| (row.showtime_id, row.observed_at));
    Ok(found)
}

/// The layouts with these keys.
///
/// # Errors
///
/// If the statement fails.
pub async fn layouts(
    db: impl PgExecutor<'_>,
    layout_ids: &[i32],
) -> Result<Vec<StoredLayout>, sqlx::Error> {
    sqlx::query_as!(
        StoredLayout,
        r#"SELECT layout_id, source_id, seat_count, x AS "x: Vec<Option<i32>>",
            y AS "y: Vec<Option<i32>>", seat_key, row_label, seat_number,
            area, kind, seat_group
        FROM layout
        WHERE layout_id = ANY ($1)"#,
        layout_ids
    )
    .fetch_all(db)
    .await
}

/// All status codes, in order of source and index.
///
/// # Errors
///
/// If the statement fails.
pub async fn codes(db: impl PgExecutor<'_>) -> Result<Vec<StoredCode>, sqlx::Error> {
    sqlx::query_as!(
        StoredCode,
        r#"SELECT source_id, code_index, status AS "status: SeatStatus", code
        FROM seat_code
        ORDER BY source_id, code_index"#
    )
    .fetch_all(db)
    .await
}

/// The showtimes whose prices were seen in a time, in their order.
///
/// # Errors
///
/// If the statement fails.
pub async fn priced_showtimes(
    db: impl PgExecutor<'_>,
    span: Span,
    only: Option<&[i32]>,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT DISTINCT showtime_id
        FROM showtime_tariff
        WHERE observed_at >= $1 AND observed_at < $2
            AND ($3::integer[] IS NULL OR showtime_id = ANY ($3))
        ORDER BY showtime_id",
        span.from_at,
        span.until_at,
        only
    )
    .fetch_all(db)
    .await
}

/// The prices of showtimes that were seen in a time, in order of showtime and time.
///
/// # Errors
///
/// If the statement fails, or an amount is beyond nine trillion.
pub async fn prices(
    db: impl PgExecutor<'_>,
    showtimes: &[i32],
    span: Span,
) -> Result<Vec<PriceSeen>, sqlx::Error> {
    sqlx::query_file_as!(
        PriceSeen,
        "queries/read_prices.sql",
        showtimes,
        span.from_at,
        span.until_at
    )
    .fetch_all(db)
    .await
}

/// The next `most` jobs after number `after` that ended in a time, in the order of their numbers.
///
/// # Errors
///
/// If the statement fails.
pub async fn jobs(
    db: impl PgExecutor<'_>,
    span: Span,
    filter: &JobFilter,
    after: i64,
    most: i64,
) -> Result<Vec<JobEnded>, sqlx::Error> {
    sqlx::query_file_as!(
        JobEnded,
        "queries/read_jobs.sql",
        span.from_at,
        span.until_at,
        after,
        most,
        filter.tasks.as_deref(),
        filter.source.as_deref()
    )
    .fetch_all(db)
    .await
}
