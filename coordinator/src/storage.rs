//! Room: showtimes that are over are sealed, and old partitions dropped, moved or packed.
//!
//! Each batch and each partition is a transaction of its own, so it may be stopped anywhere.
//! If a pass fails, the next one finds what it left. Two leaders at a time do no harm: what
//! one of them seals, the other leaves alone.

use std::{error::Error, time::Duration};

use schema::{
    connect::is_outage,
    export, partition, rollup,
    seal::{Pass, Sealed},
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Time between two batches, so that sealing leaves the database to others.
const REST: Duration = Duration::from_millis(100);

/// What became of old partitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Partitions dropped.
    pub dropped: Vec<String>,
    /// Partitions moved to another tablespace.
    pub moved: Vec<String>,
    /// Partitions whose indexes were built again.
    pub packed: Vec<String>,
}

/// Seals all showtimes that started and were seen last `quiet` ago or longer.
///
/// # Errors
///
/// If a statement fails; what was sealed before stays sealed.
pub async fn seal(
    db: &PgPool,
    quiet: Duration,
    stop: &CancellationToken,
) -> Result<Sealed, sqlx::Error> {
    let mut sealing = Pass::new(quiet);
    let mut sealed = 0;
    while !stop.is_cancelled() && sealing.batch(db).await? {
        if sealing.done().showtimes > sealed {
            sealed = sealing.done().showtimes;
            sleep(REST).await;
        }
    }
    Ok(sealing.done().clone())
}

/// Retires the partitions that are due.
///
/// # Errors
///
/// If the database is away; what was done before stays done.
pub async fn retire(db: &PgPool, stop: &CancellationToken) -> Result<Retired, sqlx::Error> {
    let mut kept = Retired::default();
    rollup::record_progress(db).await?;
    export::note_late(db).await?;
    for name in partition::due(db).await? {
        if stop.is_cancelled() {
            break;
        }
        let retired = match partition::retire(db, &name).await {
            Err(error) if !is_outage(&error) => {
                let error = &error as &dyn Error;
                warn!(
                    partition = name,
                    error, "a partition could not be dropped, moved or packed"
                );
                continue;
            }
            retired => retired?,
        };
        match retired.as_deref() {
            Some("dropped") => kept.dropped.push(name),
            Some("moved") => kept.moved.push(name),
            Some("packed") => kept.packed.push(name),
            // In use, or not due any more: the next pass sees.
            _ => {}
        }
    }
    Ok(kept)
}
