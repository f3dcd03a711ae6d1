//! Seals the showtimes that are over: packs the snapshots of each into one row.
//!
//! Each batch is a transaction of its own, so a pass may be stopped anywhere. What a failed pass
//! left, the next one seals. Two leaders at a time do no harm: what one of them seals, the other
//! leaves alone.

use std::{collections::HashSet, time::Duration};

use schema::seal::{Pass, Sealed};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::BackgroundPass;
use crate::metrics::Metrics;

/// Time between two batches, so that sealing leaves the database to others.
const REST: Duration = Duration::from_millis(100);

/// Packs the snapshots of each showtime that is over into one row.
#[derive(Debug)]
pub struct Sealer {
    quiet: Duration,
    stop: CancellationToken,
    metrics: Metrics,
    /// Showtimes that the last pass refused to seal.
    refused: HashSet<i32>,
}

impl Sealer {
    /// Seals showtimes that started and were seen last `quiet` ago or longer, until `stop`.
    #[must_use]
    pub fn new(quiet: Duration, metrics: Metrics, stop: CancellationToken) -> Self {
        Self {
            quiet,
            stop,
            metrics,
            refused: HashSet::new(),
        }
    }
}

impl BackgroundPass for Sealer {
    type Report = Sealed;
    type Error = sqlx::Error;
    const NAME: &'static str = "sealing";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<Sealed, sqlx::Error> {
        let mut sealed = seal_all(db, self.quiet, &self.stop).await?;
        self.refused = still_refused(&mut sealed, &self.refused);
        self.metrics.maintenance.observe_sealed(&sealed);
        Ok(sealed)
    }

    fn log(&mut self, sealed: &Sealed) {
        if !sealed.refused.is_empty() {
            warn!(
                showtimes = sealed.refused.len(),
                first = sealed.refused.first(),
                "showtimes are not sealed: unsealing them would not give the same snapshots"
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
    }
}

/// Seals all showtimes that started and were seen last `quiet` ago or longer.
///
/// # Errors
///
/// If a statement fails; what was sealed before stays sealed.
pub async fn seal_all(
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

/// Keeps in `sealed.refused` only the showtimes that the pass before refused as well; returns all
/// that this pass refused. One refusal is normal while a code has got another meaning and the
/// stored snapshots are not counted again yet.
fn still_refused(sealed: &mut Sealed, before: &HashSet<i32>) -> HashSet<i32> {
    let refused: HashSet<i32> = sealed.refused.iter().copied().collect();
    sealed.refused.retain(|showtime| before.contains(showtime));
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_twice_in_a_row_is_reported() {
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
