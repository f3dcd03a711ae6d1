//! Retires old partitions: drops, moves or packs those that are due.
//!
//! Each partition is a transaction of its own, so a pass may be stopped anywhere. What a failed
//! pass left, the next one retires. Two leaders at a time do no harm.

use std::{error::Error, time::Duration};

use schema::{connect::is_outage, export, partition, rollup};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::BackgroundPass;
use crate::metrics::Metrics;

/// Drops, moves and packs the partitions that are due.
#[derive(Debug)]
pub struct PartitionRetirement {
    /// The metrics of retired partitions.
    pub metrics: Metrics,
    /// Ends a pass between two partitions.
    pub stop: CancellationToken,
}

/// The result of one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetiredPartitions {
    /// Partitions dropped.
    pub dropped: Vec<String>,
    /// Partitions moved to another tablespace.
    pub moved: Vec<String>,
    /// Partitions whose indexes were built again.
    pub packed: Vec<String>,
}

impl BackgroundPass for PartitionRetirement {
    type Report = RetiredPartitions;
    type Error = sqlx::Error;
    const NAME: &'static str = "retirement";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<RetiredPartitions, sqlx::Error> {
        retire_due(db, &self.stop).await
    }

    fn log(&mut self, retired: &RetiredPartitions) {
        let RetiredPartitions {
            dropped,
            moved,
            packed,
        } = retired;
        self.metrics
            .maintenance
            .observe_retired(dropped.len() + moved.len());
        info!(
            ?dropped,
            ?moved,
            ?packed,
            "old partitions were retired or packed"
        );
    }
}

/// Retires the partitions that are due; one that fails does not stop the others.
///
/// # Errors
///
/// If the database is away; what was done before stays done.
pub async fn retire_due(
    db: &PgPool,
    stop: &CancellationToken,
) -> Result<RetiredPartitions, sqlx::Error> {
    let mut retired = RetiredPartitions::default();
    rollup::record_progress(db).await?;
    export::note_late(db).await?;
    for name in partition::due(db).await? {
        if stop.is_cancelled() {
            break;
        }
        let outcome = match partition::retire(db, &name).await {
            Err(error) if !is_outage(&error) => {
                let error = &error as &dyn Error;
                warn!(
                    partition = name,
                    error, "a partition could not be dropped, moved or packed"
                );
                continue;
            }
            outcome => outcome?,
        };
        match outcome.as_deref() {
            Some("dropped") => retired.dropped.push(name),
            Some("moved") => retired.moved.push(name),
            Some("packed") => retired.packed.push(name),
            // In use, or not due any more: the next pass looks again.
            _ => {}
        }
    }
    Ok(retired)
}
