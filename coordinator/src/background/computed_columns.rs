//! Computes materialised columns.
//!
//! Takes the rows that are due in the database and skips those that another coordinator has
//! taken, so any number of coordinators may do it.

use std::time::Duration;

use schema::materialise::{self, Batch, Watched};
use sqlx::PgPool;
use tracing::{debug, warn};

use super::BackgroundPass;
use crate::metrics::Metrics;

/// The rest after a batch of marked rows, as a multiple of the time that the batch took, up to
/// [`EVERY`](BackgroundPass::EVERY): under constant marking, computing takes a tenth of one
/// processor.
const MARKS_REST_RATIO: u32 = 9;

/// Computes the columns that are due, one batch of each table in a pass.
#[derive(Debug)]
pub struct ComputedColumns {
    /// Counts the rows of each table.
    pub metrics: Metrics,
}

/// The result of one pass, over all tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ComputedRows {
    /// Marks of changed rows that were taken.
    pub marks: i32,
    /// Rows computed because they were marked.
    pub computed: i32,
    /// Rows of a column that is new, or whose value expired or failed before.
    pub backfilled: i32,
    /// Rows that failed; each is tried again alone.
    pub failed: i32,
    /// Of these, rows that failed too often and are not tried any more.
    pub set_aside: i32,
}

impl ComputedRows {
    fn add(&mut self, batch: &Batch) {
        self.marks += batch.marks;
        self.computed += batch.computed;
        self.backfilled += batch.backfilled;
        self.failed += batch.failed;
        self.set_aside += batch.set_aside;
    }
}

impl BackgroundPass for ComputedColumns {
    type Report = ComputedRows;
    type Error = sqlx::Error;
    const NAME: &'static str = "computed_columns";
    const EVERY: Duration = Duration::from_secs(1);

    async fn pass(&mut self, db: &PgPool) -> Result<ComputedRows, sqlx::Error> {
        compute_batches(db, &self.metrics).await
    }

    /// Storing comes first.
    fn rest(&self, rows: &ComputedRows, took: Duration) -> Duration {
        if *rows == ComputedRows::default() {
            Self::EVERY
        } else if rows.marks > 0 {
            (took * MARKS_REST_RATIO).min(Self::EVERY)
        } else {
            took
        }
    }

    /// Each batch was logged and counted where it was made.
    fn log(&mut self, _: &ComputedRows) {}
}

/// Computes one batch of each table that has computed columns.
///
/// # Errors
///
/// If the batch of a table failed as a whole; the batches of the other tables are done.
pub async fn compute_batches(db: &PgPool, metrics: &Metrics) -> Result<ComputedRows, sqlx::Error> {
    let mut rows = ComputedRows::default();
    let mut failed = None;
    for table in materialise::watched(db).await? {
        match compute_batch(db, &table, metrics).await {
            Ok(Some(batch)) => rows.add(&batch),
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(rows), Err)
}

/// Computes one batch of a table; returns `None` where the table rests after an error.
async fn compute_batch(
    db: &PgPool,
    table: &Watched,
    metrics: &Metrics,
) -> Result<Option<Batch>, sqlx::Error> {
    let batch = materialise::batch(db, table).await?;
    metrics
        .maintenance
        .observe_materialised(&table.name, &batch);
    if let Some(reason) = &batch.paused {
        warn!(
            table = table.name,
            reason, "computed columns cannot be computed, trying again in a minute"
        );
        return Ok(None);
    }
    if batch.set_aside > 0 {
        warn!(
            table = table.name,
            rows = batch.set_aside,
            "rows failed too often and are not computed any more; see materialisation_error"
        );
    }
    if !batch.is_idle() {
        debug!(table = table.name, ?batch, "computed a batch");
    }
    Ok(Some(batch))
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;

    #[test]
    fn a_batch_of_marks_is_followed_by_a_longer_rest_than_a_backfill() {
        const TOOK: Duration = Duration::from_millis(50);
        let metrics = Metrics::register(&Registry::new()).ok();
        let pass = metrics.map(|metrics| ComputedColumns { metrics });
        let rest = |rows| pass.as_ref().map(|pass| pass.rest(&rows, TOOK));
        let backfill = ComputedRows {
            backfilled: 7,
            ..ComputedRows::default()
        };
        assert_eq!(rest(ComputedRows::default()), Some(ComputedColumns::EVERY));
        assert_eq!(rest(backfill), Some(TOOK));
        let marked = ComputedRows {
            marks: 1,
            ..backfill
        };
        assert_eq!(rest(marked), Some(9 * TOOK));
    }
}
