//! Exports the days that are complete, if the settings name a place for them.
//!
//! It runs at low priority: it rests for as long as it works, and computes in threads of its own.
//! It is a reader of the partitions (`partition_reader`, as `export`): nothing is dropped that it
//! has not exported. If an export fails, the next one continues where it ended.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::NaiveDate;
use schema::{connect::DatabaseFault, export};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{BackgroundPass, PassError};
use crate::{
    export::{
        order::{ExportError, ExportReport, Order, due},
        place::{Place, PlaceError, StoreOptions},
        run::run,
        table::DataSet,
    },
    metrics::ExportMetrics,
};

/// Time until the next try while another process exports to the place.
const BUSY_AGAIN: Duration = Duration::from_mins(1);

/// The exports that the leader makes.
#[derive(Debug, Clone)]
pub struct ExportSchedule {
    /// Address of the place.
    pub to: Arc<str>,
    /// Settings of the store.
    pub store: StoreOptions,
    /// Time between two exports.
    pub every: Duration,
    /// The data sets.
    pub data_sets: Vec<DataSet>,
    /// How long readers can go back to the rows before a change.
    pub snapshots_kept: Duration,
}

/// Exports complete days to the place that the settings name.
#[derive(Debug)]
pub struct Exporter {
    schedule: ExportSchedule,
    metrics: ExportMetrics,
    stop: CancellationToken,
    /// Another process exported when this one last tried.
    is_busy: bool,
}

impl Exporter {
    /// Exports by `schedule`, until `stop`.
    #[must_use]
    pub fn new(schedule: ExportSchedule, metrics: ExportMetrics, stop: CancellationToken) -> Self {
        Self {
            schedule,
            metrics,
            stop,
            is_busy: false,
        }
    }
}

impl PassError for ExportError {
    fn class(&self) -> DatabaseFault {
        match self {
            Self::Database(error) => DatabaseFault::of(error),
            Self::Busy { .. } | Self::Lost { .. } => DatabaseFault::Transient,
            Self::Place { .. }
            | Self::Parquet(_)
            | Self::Table { .. }
            | Self::Panicked(_)
            | Self::NoManifest { .. }
            | Self::Foreign { .. } => DatabaseFault::Refused,
        }
    }
}

impl BackgroundPass for Exporter {
    type Report = ExportReport;
    type Error = ExportError;
    const NAME: &'static str = "export";
    const EVERY: Duration = Duration::from_hours(1);

    async fn pass(&mut self, db: &PgPool) -> Result<ExportReport, ExportError> {
        let exported = export_due(db, &self.schedule, &self.metrics, &self.stop).await;
        self.is_busy = matches!(
            exported,
            Err(ExportError::Busy { .. } | ExportError::Lost { .. })
        );
        match exported {
            Err(_) if self.is_busy => Ok(ExportReport::default()),
            Err(error) => {
                self.metrics.failures.inc();
                Err(error)
            }
            done => done,
        }
    }

    fn rest(&self, _: &ExportReport, _: Duration) -> Duration {
        if self.is_busy {
            BUSY_AGAIN.min(self.schedule.every)
        } else {
            self.schedule.every
        }
    }

    fn log(&mut self, done: &ExportReport) {
        self.metrics.rows.inc_by(done.rows);
        self.metrics.days.inc_by(done.days);
        if done.days > 0 {
            info!(
                days = done.days,
                rows = done.rows,
                bytes = done.bytes,
                "days were exported"
            );
        }
    }
}

/// Exports the days that are due. Before and after that, stores how far the tables have been read,
/// so that no partition is dropped before it is exported.
///
/// # Errors
///
/// See [`ExportError`]; the days that were exported before stand.
pub async fn export_due(
    db: &PgPool,
    schedule: &ExportSchedule,
    metrics: &ExportMetrics,
    stop: &CancellationToken,
) -> Result<ExportReport, ExportError> {
    let place =
        Place::open(&schedule.to, &schedule.store).map_err(|source| in_place(schedule, source))?;
    let order = Order {
        is_low_priority: true,
        snapshots_kept: schedule.snapshots_kept,
        ..Order::new(place, schedule.data_sets.clone())
    };
    record_progress(db, &order, metrics).await?;
    let done = run(db, &order, stop, &mut |_| {}).await;
    record_progress(db, &order, metrics).await?;
    done
}

fn in_place(schedule: &ExportSchedule, source: PlaceError) -> ExportError {
    ExportError::Place {
        address: schedule.to.as_ref().to_owned(),
        source,
    }
}

/// Stores up to which day each table has been read.
async fn record_progress(
    db: &PgPool,
    order: &Order,
    metrics: &ExportMetrics,
) -> Result<(), sqlx::Error> {
    let complete = export::first_incomplete_day(db).await?;
    let mut read: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for data_set in &order.data_sets {
        let due = due(db, order, *data_set).await?;
        metrics.observe_waiting(data_set.label(), due.len());
        let until = due.first().map_or(complete, |day| day.on_day);
        if let Some(parent) = data_set.parent() {
            let known = read.entry(parent).or_insert(until);
            *known = until.min(*known);
        }
    }
    for (parent, until) in read {
        export::record_progress(db, parent, until).await?;
    }
    Ok(())
}
