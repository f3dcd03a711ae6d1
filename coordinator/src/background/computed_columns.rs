//! Computes materialised columns. Any number of coordinators may: each skips what another has
//! taken.

use std::time::Duration;

use sqlx::PgPool;

use super::BackgroundPass;
use crate::{
    keep::{Work, compute_once},
    metrics::Metrics,
};

/// How many times as long as a batch of marks the rest after it is, up to a look: where ever so
/// much is stored that marks rows, computing them takes a tenth of a processor, or a batch a look.
const MARKS_REST: u32 = 9;

/// Computes the columns that are due, in batches.
#[derive(Debug)]
pub struct ComputedColumns {
    /// Where rows are counted.
    pub metrics: Metrics,
}

impl BackgroundPass for ComputedColumns {
    type Report = Work;
    type Error = sqlx::Error;
    const NAME: &'static str = "computed_columns";
    const EVERY: Duration = Duration::from_secs(1);

    async fn pass(&mut self, db: &PgPool) -> Result<Work, sqlx::Error> {
        compute_once(db, &self.metrics).await
    }

    /// Storing comes first.
    fn rest(&self, work: &Work, took: Duration) -> Duration {
        match work {
            Work::None => Self::EVERY,
            Work::Backfill => took,
            Work::Marks => (took * MARKS_REST).min(Self::EVERY),
        }
    }

    /// Each batch was logged and counted where it was made.
    fn log(&mut self, _: &Work) {}
}
