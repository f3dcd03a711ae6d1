//! What a leader does at leisure, beside its ticks: it seals the showtimes that are over, and
//! drops, moves or packs old partitions.
//!
//! Each batch and each partition is a transaction of its own, so it may be stopped anywhere.
//! If a pass fails, the next one finds what it left. Two leaders at a time do no harm: what
//! one of them seals, the other leaves alone.

use std::{collections::HashSet, error::Error, time::Duration};

use schema::{
    connect::is_outage,
    export, partition, rollup,
    seal::{Pass, Sealed},
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::metrics::Metrics;

/// Time between two passes.
const EVERY: Duration = Duration::from_mins(10);
/// Time between two batches, so that sealing leaves the database to others.
const REST: Duration = Duration::from_millis(100);

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Showtimes sealed, and those that were not.
    pub sealed: Sealed,
    /// Partitions dropped.
    pub dropped: Vec<String>,
    /// Partitions moved to another tablespace.
    pub moved: Vec<String>,
    /// Partitions whose indexes were built again.
    pub packed: Vec<String>,
}

/// Makes a pass now and then, until `stop`; seals what has been quiet for so long.
pub async fn keep(db: PgPool, quiet: Duration, metrics: Metrics, stop: CancellationToken) {
    let mut doubted = HashSet::new();
    loop {
        match pass(&db, quiet, &stop).await {
            Ok(mut kept) => {
                doubted = still_refused(&mut kept.sealed, &doubted);
                tell(&kept, &metrics);
            }
            // The leader's own loop says that the database is away.
            Err(error) if is_outage(&error) => debug!(%error, "storage was not looked after"),
            Err(error) => warn!(
                error = &error as &dyn Error,
                "storage was not looked after, the next pass tries again"
            ),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(EVERY) => {}
        }
    }
}

/// Seals all that can be sealed, then retires the partitions that are due.
///
/// # Errors
///
/// If a statement fails; what was done before stays done.
pub async fn pass(
    db: &PgPool,
    quiet: Duration,
    stop: &CancellationToken,
) -> Result<Kept, sqlx::Error> {
    let mut kept = Kept::default();
    let mut sealing = Pass::new(quiet);
    let mut sealed = 0;
    while !stop.is_cancelled() && sealing.batch(db).await? {
        if sealing.done().showtimes > sealed {
            sealed = sealing.done().showtimes;
            sleep(REST).await;
        }
    }
    kept.sealed = sealing.done().clone();
    rollup::note_read(db).await?;
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

/// Leaves of those that were refused the ones that the pass before refused as well; gives all for
/// the next. While snapshots are counted anew, because a code means something else now, what is
/// sealed counts otherwise than what is there.
fn still_refused(sealed: &mut Sealed, before: &HashSet<i32>) -> HashSet<i32> {
    let refused: HashSet<i32> = sealed.refused.iter().copied().collect();
    sealed.refused.retain(|showtime| before.contains(showtime));
    refused
}

fn tell(kept: &Kept, metrics: &Metrics) {
    let Kept {
        sealed,
        dropped,
        moved,
        packed,
    } = kept;
    metrics.upkeep.observe_sealed(sealed);
    metrics.upkeep.observe_retired(dropped.len() + moved.len());
    if !sealed.refused.is_empty() {
        warn!(
            showtimes = sealed.refused.len(),
            first = sealed.refused.first(),
            "showtimes would not come out of the seal as they went in, and stay as they are"
        );
    }
    if sealed.showtimes > 0 {
        info!(
            showtimes = sealed.showtimes,
            snapshots = sealed.snapshots,
            seat_records = sealed.seat_records,
            "showtimes that are over were sealed"
        );
    }
    if !dropped.is_empty() || !moved.is_empty() || !packed.is_empty() {
        info!(
            ?dropped,
            ?moved,
            ?packed,
            "old partitions were retired or packed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_twice_in_a_row_is_told() {
        let mut sealed = Sealed {
            refused: vec![1, 2],
            ..Sealed::default()
        };
        let before = still_refused(&mut sealed, &HashSet::new());
        assert_eq!(sealed.refused, [0; 0]);
        sealed.refused = vec![2, 3];
        let before = still_refused(&mut sealed, &before);
        assert_eq!(sealed.refused, [2]);
        assert_eq!(before, HashSet::from([2, 3]));
    }
}
