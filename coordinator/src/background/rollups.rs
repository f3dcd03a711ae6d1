//! Keeps rollups up.

use std::time::{Duration, Instant};

use schema::rollup;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::BackgroundPass;
use crate::{
    metrics::RollupMetrics,
    rollup::{Refreshed, pass},
};

/// Time between two looks at how far rollups are behind.
const OBSERVE_EVERY: Duration = Duration::from_secs(15);

/// Computes the buckets of rollups in which something was stored.
#[derive(Debug)]
pub struct Rollups {
    metrics: RollupMetrics,
    stop: CancellationToken,
    read_at: Instant,
    observed_at: Option<Instant>,
}

impl Rollups {
    /// Refreshes until `stop`.
    #[must_use]
    pub fn new(metrics: RollupMetrics, stop: CancellationToken) -> Self {
        Self {
            metrics,
            stop,
            read_at: Instant::now(),
            observed_at: None,
        }
    }
}

impl BackgroundPass for Rollups {
    type Report = Refreshed;
    type Error = sqlx::Error;
    const NAME: &'static str = "rollups";
    const EVERY: Duration = Duration::from_secs(1);
    const MAX_RETRY: Duration = Duration::from_mins(1);

    async fn pass(&mut self, db: &PgPool) -> Result<Refreshed, sqlx::Error> {
        let since = self.read_at.elapsed();
        self.read_at = Instant::now();
        let refreshed = pass(db, Some(since), &self.stop).await;
        let is_fresh = |at: Instant| at.elapsed() < OBSERVE_EVERY;
        if !self.observed_at.is_some_and(is_fresh) {
            self.metrics.observe(&rollup::status(db).await?);
            self.observed_at = Some(Instant::now());
        }
        refreshed
    }

    fn log(&mut self, refreshed: &Refreshed) {
        self.metrics.refreshed_buckets.inc_by(refreshed.buckets);
        for (name, cause) in &refreshed.set_aside {
            error!(
                rollup = name,
                error = cause,
                "a rollup was set aside: fullhouse.refresh_rollup takes it up again once its query works"
            );
        }
    }
}
