//! The row of a pass in the database: how its last run ended.
//!
//! Keeps when it was last written and how that run ended. A run that ends like the one before is
//! written a few times a minute. The pass never waits for this: the row is written by a task of its
//! own, one at a time and within a bound; a row that cannot be written is written by the next run.

use std::time::{Duration, Instant};

use schema::background::{PassRun, record};
use sqlx::PgPool;
use tokio::{task::JoinHandle, time::timeout};
use tracing::debug;

/// How often a run that ends like the one before is written.
const WRITE_EVERY: Duration = Duration::from_secs(15);
/// The longest time that a write may take.
const MAX_WRITE_TIME: Duration = Duration::from_secs(5);

/// Where a coordinator records the runs of its passes.
#[derive(Debug, Clone)]
pub struct RunRecords {
    /// Its database.
    pub db: PgPool,
    /// Its name.
    pub coordinator: String,
}

/// The record of one pass.
#[derive(Debug)]
pub(super) struct RunRecord {
    records: RunRecords,
    pass: &'static str,
    written: Option<(Instant, Option<String>)>,
    /// What runs did that are not written yet: the last of them.
    report: Option<String>,
    writing: Option<JoinHandle<()>>,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct RunEnd {
    /// Time that it took.
    pub(super) took: Duration,
    /// What it did, if anything.
    pub(super) report: Option<String>,
    /// Failures in a row, and why the last of them failed.
    pub(super) failure: Option<(u32, String)>,
}

impl RunRecord {
    pub(super) fn of(records: RunRecords, pass: &'static str) -> Self {
        Self {
            records,
            pass,
            written: None,
            report: None,
            writing: None,
        }
    }

    /// Writes how a run ended, unless the same was written a moment ago or is being written now.
    pub(super) fn write(&mut self, end: RunEnd) {
        self.report = end.report.or_else(|| self.report.take());
        let is_writing = self
            .writing
            .as_ref()
            .is_some_and(|task| !task.is_finished());
        let error = end.failure.as_ref().map(|(_, error)| error.clone());
        if is_writing || !self.is_due(error.as_deref(), Instant::now()) {
            return;
        }
        self.written = Some((Instant::now(), error.clone()));
        let failures = end.failure.map_or(0, |(count, _)| count);
        let run = PassRun {
            pass: self.pass.to_owned(),
            coordinator: self.records.coordinator.clone(),
            took: end.took,
            report: self.report.take(),
            failures: i32::try_from(failures).unwrap_or(i32::MAX),
            error,
        };
        let db = self.records.db.clone();
        self.writing = Some(tokio::spawn(async move {
            match timeout(MAX_WRITE_TIME, record(&db, &run)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    debug!(pass = run.pass, error, "the run of a pass was not recorded");
                }
                Err(_) => debug!(pass = run.pass, "recording the run of a pass took too long"),
            }
        }));
    }

    fn is_due(&self, error: Option<&str>, now: Instant) -> bool {
        self.written.as_ref().is_none_or(|(at, before)| {
            before.as_deref() != error || now.duration_since(*at) >= WRITE_EVERY
        })
    }
}
