//! What the database says happened.

use std::collections::{HashMap, HashSet};

use sqlx::{FromRow, PgPool};

/// One row of the history.
#[derive(Debug, FromRow)]
pub(super) struct Job {
    /// Its number.
    #[sqlx(rename = "job_id")]
    pub(super) id: i64,
    pub(super) task_id: i64,
    pub(super) parent_job_id: Option<i64>,
    pub(super) enqueued_us: i64,
    pub(super) finished_us: i64,
    pub(super) requests: i16,
    pub(super) changed: Option<bool>,
    pub(super) source: String,
    pub(super) yields: String,
    pub(super) outcome: String,
    pub(super) error_class: Option<String>,
}

/// One stored snapshot.
#[derive(Debug, FromRow)]
pub(super) struct Snapshot {
    pub(super) job_id: i64,
    pub(super) showtime_id: i32,
    pub(super) layout_id: i32,
    pub(super) cinema: String,
    pub(super) showtime: String,
    /// Available, sold, held, blocked, broken, house, unknown, unmapped.
    pub(super) counters: Vec<i16>,
    pub(super) seats: Vec<u8>,
}

/// What one database holds of a run.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// In the order of their numbers.
    pub(super) jobs: Vec<Job>,
    /// In the order of their jobs.
    pub(super) snapshots: Vec<Snapshot>,
    /// The seat keys of each layout, in its order.
    pub(super) layouts: HashMap<i32, Vec<String>>,
    /// Code and status by source and index.
    pub(super) codes: HashMap<String, HashMap<i16, (String, Option<String>)>>,
    /// Jobs that are queued or running still.
    pub(super) under_way: HashSet<i64>,
}

impl Record {
    /// Reads all of it, which suits a database of some minutes.
    pub(super) async fn read(db: &PgPool) -> Result<Self, sqlx::Error> {
        let jobs = sqlx::query_as(
            "SELECT
                job.job_id,
                job.task_id,
                job.parent_job_id,
                (extract(epoch FROM job.enqueued_at) * 1000000)::bigint AS enqueued_us,
                (extract(epoch FROM job.finished_at) * 1000000)::bigint AS finished_us,
                job.requests,
                job.changed,
                source.name AS source,
                step.yields::text AS yields,
                job.outcome::text AS outcome,
                job.error_class::text AS error_class
            FROM job
            INNER JOIN step ON step.step_id = job.step_id
            INNER JOIN source ON source.source_id = step.source_id
            ORDER BY job.job_id",
        )
        .fetch_all(db)
        .await?;
        let snapshots = sqlx::query_as(
            "SELECT
                snapshot.job_id,
                snapshot.showtime_id,
                snapshot.layout_id,
                cinema.key AS cinema,
                showtime.key AS showtime,
                ARRAY[available, sold, held, blocked, broken, house, unknown, unmapped] AS counters,
                snapshot.seats
            FROM snapshot
            INNER JOIN showtime ON showtime.showtime_id = snapshot.showtime_id
            INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
            ORDER BY snapshot.job_id",
        )
        .fetch_all(db)
        .await?;
        let layouts: Vec<(i32, Vec<String>)> =
            sqlx::query_as("SELECT layout_id, seat_key FROM layout")
                .fetch_all(db)
                .await?;
        let known: Vec<(String, i16, String, Option<String>)> = sqlx::query_as(
            "SELECT source.name, seat_code.code_index, seat_code.code, seat_code.status::text
            FROM seat_code
            INNER JOIN source ON source.source_id = seat_code.source_id",
        )
        .fetch_all(db)
        .await?;
        let under_way: Vec<i64> =
            sqlx::query_scalar("SELECT job_id FROM running UNION ALL SELECT queue_id FROM queue")
                .fetch_all(db)
                .await?;
        let mut codes: HashMap<String, HashMap<i16, _>> = HashMap::new();
        for (source, index, code, status) in known {
            codes
                .entry(source)
                .or_default()
                .insert(index, (code, status));
        }
        Ok(Self {
            jobs,
            snapshots,
            layouts: layouts.into_iter().collect(),
            codes,
            under_way: under_way.into_iter().collect(),
        })
    }
}

impl Snapshot {
    /// The index of the code of each of `count` seats: two to a byte, the first in the
    /// low half, or a byte each.
    pub(super) fn code_indices(&self, count: usize) -> Vec<i16> {
        if self.seats.len() == count {
            return self.seats.iter().map(|index| i16::from(*index)).collect();
        }
        let halves = self.seats.iter().flat_map(|pair| [pair & 15, pair >> 4]);
        halves.take(count).map(i16::from).collect()
    }
}
