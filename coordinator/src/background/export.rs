//! Exports the days that are complete, if a place for them is set.

use std::time::Duration;

use schema::connect::DatabaseFault;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{BackgroundPass, PassError};
use crate::{
    export::{
        background::{Schedule, pass},
        order::{Done, ExportError},
    },
    metrics::ExportMetrics,
};

/// Time until another try where another process exports.
const BUSY_AGAIN: Duration = Duration::from_mins(1);

/// Exports complete days to the place that the settings name.
#[derive(Debug)]
pub struct Export {
    schedule: Schedule,
    metrics: ExportMetrics,
    stop: CancellationToken,
    /// Another process exported when this one last tried.
    is_busy: bool,
}

impl Export {
    /// Exports by `schedule`, until `stop`.
    #[must_use]
    pub fn new(schedule: Schedule, metrics: ExportMetrics, stop: CancellationToken) -> Self {
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
            | Self::Panicked(_)
            | Self::NoManifest { .. }
            | Self::Foreign { .. } => DatabaseFault::Refused,
        }
    }
}

impl BackgroundPass for Export {
    type Report = Done;
    type Error = ExportError;
    const NAME: &'static str = "export";
    const EVERY: Duration = Duration::from_hours(1);

    async fn pass(&mut self, db: &PgPool) -> Result<Done, ExportError> {
        let exported = pass(db, &self.schedule, &self.metrics, &self.stop).await;
        self.is_busy = matches!(
            exported,
            Err(ExportError::Busy { .. } | ExportError::Lost { .. })
        );
        match exported {
            Err(_) if self.is_busy => Ok(Done::default()),
            Err(error) => {
                self.metrics.failures.inc();
                Err(error)
            }
            done => done,
        }
    }

    fn rest(&self, _: &Done, _: Duration) -> Duration {
        if self.is_busy {
            BUSY_AGAIN.min(self.schedule.every)
        } else {
            self.schedule.every
        }
    }

    fn log(&mut self, done: &Done) {
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
