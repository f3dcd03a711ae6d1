//! Seals the showtimes that are over.

use std::{collections::HashSet, time::Duration};

use schema::seal::Sealed;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::BackgroundPass;
use crate::{metrics::Metrics, storage};

/// Packs the snapshots of each showtime that is over into one row.
#[derive(Debug)]
pub struct Sealing {
    quiet: Duration,
    stop: CancellationToken,
    metrics: Metrics,
    /// Showtimes that the last pass left as they were.
    doubted: HashSet<i32>,
}

impl Sealing {
    /// Seals what has been quiet for so long, until `stop`.
    #[must_use]
    pub fn new(quiet: Duration, metrics: Metrics, stop: CancellationToken) -> Self {
        Self {
            quiet,
            stop,
            metrics,
            doubted: HashSet::new(),
        }
    }
}

impl BackgroundPass for Sealing {
    type Report = Sealed;
    type Error = sqlx::Error;
    const NAME: &'static str = "sealing";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<Sealed, sqlx::Error> {
        let mut sealed = storage::seal(db, self.quiet, &self.stop).await?;
        self.doubted = still_refused(&mut sealed, &self.doubted);
        self.metrics.upkeep.observe_sealed(&sealed);
        Ok(sealed)
    }

    fn log(&mut self, sealed: &Sealed) {
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
    }
}

/// Leaves of those that were refused the ones that the pass before refused as well; gives all for
/// the next. While snapshots are counted again, because a code means something else now, what is
/// sealed counts otherwise than what is there.
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
