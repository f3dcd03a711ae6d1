//! Drops, moves or packs the partitions that are due.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::BackgroundPass;
use crate::{
    metrics::Metrics,
    storage::{self, Retired},
};

/// Drops, moves and packs the partitions that are due.
#[derive(Debug)]
pub struct Retirement {
    /// Where partitions are counted.
    pub metrics: Metrics,
    /// Ends a pass between two partitions.
    pub stop: CancellationToken,
}

impl BackgroundPass for Retirement {
    type Report = Retired;
    type Error = sqlx::Error;
    const NAME: &'static str = "retirement";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<Retired, sqlx::Error> {
        storage::retire(db, &self.stop).await
    }

    fn log(&mut self, retired: &Retired) {
        let Retired {
            dropped,
            moved,
            packed,
        } = retired;
        self.metrics
            .upkeep
            .observe_retired(dropped.len() + moved.len());
        info!(
            ?dropped,
            ?moved,
            ?packed,
            "old partitions were retired or packed"
        );
    }
}
