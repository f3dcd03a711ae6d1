//! The end of a claim: history, logs and results, in one fenced transaction.
//!
//! Takes finished jobs in batches and returns which of them still had a lease; keeps nothing. If a
//! batch fails, nothing of it is stored, and it may be sent again: what a first try did store is
//! found in the history.
//!
//! `queries/finish_jobs.sql` is one statement, so a batch costs one round trip. It deletes the
//! claims from `running`, which is the fence (invariant 1): a claim that was given to another pod
//! has no row there. It compares each showtime with what was stored last, by hash, and inserts
//! history, log lines, snapshots and tariffs. An answer that equals the last one is a history row
//! with `changed = false` and no snapshot (invariant 5).

mod trace;

pub use trace::{NewLogLine, Trace};

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::enums::{CacheResult, ErrorClass, LogLevel, Outcome, RequestKind};

/// One claim that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The claim.
    pub job_id: i64,
    /// Its task.
    pub task_id: i64,
    /// The job that discovered its task.
    pub parent_job_id: Option<i64>,
    /// How long ago its answer was complete; `None` if there was none.
    pub observed_ago: Option<Duration>,
    /// From request sent to body complete.
    pub fetch: Option<Duration>,
    /// Bytes of the body after decompression.
    pub response_bytes: Option<i32>,
    /// Rows extracted.
    pub row_count: Option<i32>,
    /// The wait that the source asked for.
    pub retry_after: Option<Duration>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed, exactly if it failed.
    pub error_class: Option<ErrorClass>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// Rows of the answer that could not be read; 0 if nobody can say how many, `None` if it
    /// was read as a whole.
    pub missing: Option<i32>,
    /// Requests that it sent.
    pub requests: i16,
    /// The request, secrets removed.
    pub request_url: Option<String>,
    /// Why it failed, for a person.
    pub error: Option<String>,
    /// The snapshot of a seats step.
    pub seats: Option<Snapshot>,
    /// The prices of a prices step.
    pub prices: Option<SeenPrices>,
    /// The values of an observations step.
    pub observations: Vec<Observation>,
    /// The answer, where it could not be used and is kept to be looked at.
    pub quarantined: Option<Quarantined>,
    /// Its log lines.
    pub logs: Vec<NewLogLine>,
    /// Its request and its phases.
    pub trace: Trace,
}

impl Finished {
    /// The showtime whose seats or prices it saw.
    #[must_use]
    pub fn showtime_id(&self) -> Option<i32> {
        let seats = self.seats.as_ref().map(|seats| seats.showtime_id);
        seats.or_else(|| self.prices.map(|prices| prices.showtime_id))
    }
}

/// The prices of one showtime, without its seats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenPrices {
    /// The showtime.
    pub showtime_id: i32,
    /// The tariff.
    pub tariff_id: i32,
    /// Median amount, in major units.
    pub median: Option<f64>,
}

/// One value over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// How much.
    pub value: f64,
    /// When it held; `None` for the time of the answer.
    pub at: Option<DateTime<Utc>>,
    /// Key, at the source, of the thing that was measured.
    pub subject: String,
    /// What was measured.
    pub metric: String,
    /// Further properties from the source.
    pub properties: Value,
}

/// An answer that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Bytes of the body as it came.
    pub body_bytes: i32,
    /// The header, if it was sent.
    pub content_type: Option<String>,
    /// The body, gzip; secrets removed, cut if it was long.
    pub body: Vec<u8>,
}

/// The seats of one showtime, packed, with their counters.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The showtime.
    pub showtime_id: i32,
    /// Which seats, in which order.
    pub layout_id: i32,
    /// Its prices, if the answer gave any.
    pub tariff_id: Option<i32>,
    /// 128-bit hash of `packed`.
    pub state_hash: Uuid,
    /// Code index per seat: see the column `snapshot.seats`.
    pub packed: Vec<u8>,
    /// Seats by status.
    pub counts: Counts,
    /// Version of the source's codes by which they were counted.
    pub codes_version: i32,
    /// The state of the labels of its layout.
    pub labels: Labels,
    /// Median amount of its prices, in major units, if the answer gave any.
    pub price_median: Option<f64>,
}

/// The state of the labels of a layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Labels {
    /// Seats that share row, number and area with another.
    pub repeated: i16,
    /// Labels that nearly all seats have: see the column `showtime_latest.label_fields`.
    pub fields: i16,
}

/// Seats of one snapshot by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Can be bought.
    pub available: i16,
    /// Sold.
    pub sold: i16,
    /// In a basket or reserved.
    pub held: i16,
    /// Kept back.
    pub blocked: i16,
    /// Out of order.
    pub broken: i16,
    /// For the cinema's own use.
    pub house: i16,
    /// The source says that it does not know.
    pub unknown: i16,
    /// The definition maps their code to nothing.
    pub unmapped: i16,
}

impl Counts {
    /// All seats.
    #[must_use]
    pub fn total(&self) -> i32 {
        [
            self.available,
            self.sold,
            self.held,
            self.blocked,
            self.broken,
            self.house,
            self.unknown,
            self.unmapped,
        ]
        .into_iter()
        .map(i32::from)
        .sum()
    }
}

/// The outcome of one claim of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The claim.
    pub job_id: i64,
    /// Whether its seats differed from the last and were stored.
    pub stored_snapshot: bool,
}

/// Ends the claims of `jobs` that the pod still holds; returns them.
///
/// The other claims were given to other pods meanwhile, or an earlier try of the same call ended
/// them: [`in_history`] says which. No showtime may occur twice in `jobs`.
///
/// # Errors
///
/// If the statement fails; nothing is stored then, unless only the answer was lost.
pub async fn finish(
    db: impl PgExecutor<'_>,
    pod_id: i32,
    jobs: &[Finished],
) -> Result<Vec<Ended>, sqlx::Error> {
    let column = Columns { jobs };
    let lines = || {
        jobs.iter()
            .flat_map(|job| job.logs.iter().map(|line| (job.job_id, line)))
    };
    let seen = || {
        jobs.iter()
            .flat_map(|job| job.observations.iter().map(|row| (job.job_id, row)))
    };
    let kept = || {
        jobs.iter()
            .filter_map(|job| Some((job.job_id, job.quarantined.as_ref()?)))
    };
    sqlx::query_file_as!(
        Ended,
        "queries/finish_jobs.sql",
        pod_id,
        &column.of(|job| job.job_id),
        &column.of(|job| job.parent_job_id) as &[Option<i64>],
        &column.of(|job| job.observed_ago.map(micros)) as &[Option<i64>],
        &column.of(|job| job.fetch.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.response_bytes) as &[Option<i32>],
        &column.of(|job| job.row_count) as &[Option<i32>],
        &column.of(|job| job.retry_after.map(seconds)) as &[Option<i32>],
        &column.of(|job| job.outcome) as &[Outcome],
        &column.of(|job| job.error_class) as &[Option<ErrorClass>],
        &column.of(|job| job.http_status) as &[Option<i16>],
        &column.of(|job| job.requests),
        &column.of(|job| job.request_url.as_deref()) as &[Option<&str>],
        &column.of(|job| job.error.as_deref()) as &[Option<&str>],
        &column.of(Finished::showtime_id) as &[Option<i32>],
        &column.of_seats(|seats| seats.layout_id) as &[Option<i32>],
        &column.of(tariff_id) as &[Option<i32>],
        &column.of_seats(|seats| seats.state_hash) as &[Option<Uuid>],
        &column.of_seats(|seats| seats.packed.as_slice()) as &[Option<&[u8]>],
        &column.of_seats(|seats| seats.counts.available) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.sold) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.held) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.blocked) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.broken) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.house) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.unknown) as &[Option<i16>],
        &column.of_seats(|seats| seats.counts.unmapped) as &[Option<i16>],
        &lines().map(|(job_id, _)| job_id).collect::<Vec<_>>(),
        &lines().map(|(_, line)| line.level).collect::<Vec<_>>() as &[LogLevel],
        &lines()
            .map(|(_, line)| line.message.clone())
            .collect::<Vec<_>>(),
        &column.of(price_median) as &[Option<f64>],
        &column.of_seats(|seats| seats.labels.repeated) as &[Option<i16>],
        &column.of_seats(|seats| seats.labels.fields) as &[Option<i16>],
        &column.of_seats(|seats| seats.codes_version) as &[Option<i32>],
        &seen().map(|(job_id, _)| job_id).collect::<Vec<_>>(),
        &seen().map(|(_, row)| row.value).collect::<Vec<_>>(),
        &seen().map(|(_, row)| row.at).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &seen()
            .map(|(_, row)| row.subject.clone())
            .collect::<Vec<_>>(),
        &seen()
            .map(|(_, row)| row.metric.clone())
            .collect::<Vec<_>>(),
        &seen()
            .map(|(_, row)| row.properties.clone())
            .collect::<Vec<_>>(),
        &kept().map(|(job_id, _)| job_id).collect::<Vec<_>>(),
        &kept().map(|(_, body)| body.body_bytes).collect::<Vec<_>>(),
        &kept()
            .map(|(_, body)| body.content_type.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &kept()
            .map(|(_, body)| body.body.clone())
            .collect::<Vec<_>>(),
        &column.of(|job| job.task_id),
        &column.of(|job| job.missing) as &[Option<i32>],
        &column.of(|job| job.trace.previous_job_id) as &[Option<i64>],
        &column.of(|job| job.trace.wait.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.connect.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.first_byte.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.body.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.extract.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.store.map(short_micros)) as &[Option<i32>],
        &column.of(|job| job.trace.kind) as &[Option<RequestKind>],
        &column.of(|job| job.trace.cache) as &[Option<CacheResult>],
        &column.of(|job| job.trace.first_hits) as &[Option<i16>],
        &column.of(|job| job.trace.body_hash.as_deref()) as &[Option<&[u8]>],
        &lines()
            .map(|(_, line)| line.fields.clone())
            .collect::<Vec<_>>() as &[Option<Value>]
    )
    .fetch_all(db)
    .await
}

/// Of `job_ids`, those whose history this pod has written.
///
/// # Errors
///
/// If the statement fails.
pub async fn in_history(
    db: impl PgExecutor<'_>,
    pod_id: i32,
    job_ids: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT job_id FROM job
        WHERE job_id = ANY ($1) AND pod_id = $2 AND outcome <> 'lost'
            AND finished_at > now() - interval '1 day'",
        job_ids,
        pod_id
    )
    .fetch_all(db)
    .await
}

/// Makes sure that the claim is still the pod's, and keeps it so until the
/// transaction ends: for results that take more than [`finish`].
///
/// Until then the name of the application ends in the number of the job, for `pg_stat_activity` and
/// the log of the server; Postgres cuts names at 63 bytes.
///
/// # Errors
///
/// If the statement fails.
pub async fn hold(
    transaction: &mut PgConnection,
    pod_id: i32,
    job_id: i64,
    task_id: i64,
) -> Result<bool, sqlx::Error> {
    let held = sqlx::query!(
        "SELECT job_id, set_config('application_name',
            left(current_setting('application_name'), 38) || ' job ' || job_id, true) AS application
        FROM running
        WHERE task_id = $3 AND job_id = $1 AND pod_id = $2 FOR UPDATE",
        job_id,
        pod_id,
        task_id
    )
    .fetch_optional(transaction)
    .await?;
    Ok(held.is_some())
}

/// A batch seen as columns, the way the statement takes it.
struct Columns<'a> {
    jobs: &'a [Finished],
}

impl<'a> Columns<'a> {
    fn of<T>(&self, value: impl FnMut(&'a Finished) -> T) -> Vec<T> {
        self.jobs.iter().map(value).collect()
    }

    fn of_seats<T>(&self, value: impl Fn(&'a Snapshot) -> T) -> Vec<Option<T>> {
        self.jobs
            .iter()
            .map(|job| job.seats.as_ref().map(&value))
            .collect()
    }
}

fn tariff_id(job: &Finished) -> Option<i32> {
    match &job.seats {
        Some(seats) => seats.tariff_id,
        None => job.prices.map(|prices| prices.tariff_id),
    }
}

fn price_median(job: &Finished) -> Option<f64> {
    match &job.seats {
        Some(seats) => seats.price_median,
        None => job.prices.and_then(|prices| prices.median),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn short_micros(duration: Duration) -> i32 {
    i32::try_from(duration.as_micros()).unwrap_or(i32::MAX)
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
