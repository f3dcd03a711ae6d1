//! What every coordinator does, whether it leads or not: it computes materialised columns
//! and refreshes materialised views.
//!
//! Both take what is due in the database and skip what another coordinator has taken, so
//! any number may do it, and none is missed.

use schema::{
    materialise::{self, Watched},
    refresh::{self, Outcome},
};
use sqlx::PgPool;
use tracing::{debug, info, warn};

use crate::metrics::Metrics;

/// What there was to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Nothing.
    #[default]
    None,
    /// Rows of a column that is new, or that have expired or failed.
    Backfill,
    /// Rows that were marked.
    Marks,
}

/// Does one batch of each table; returns the most that any had to do.
///
/// # Errors
///
/// If a batch failed as a whole; it does not keep those of other tables from being done.
pub async fn compute_once(db: &PgPool, metrics: &Metrics) -> Result<Work, sqlx::Error> {
    let mut work = Work::None;
    let mut failed = None;
    for table in materialise::watched(db).await? {
        match compute_table(db, &table, metrics).await {
            Ok(did) => work = work.max(did),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(work), Err)
}

async fn compute_table(
    db: &PgPool,
    table: &Watched,
    metrics: &Metrics,
) -> Result<Work, sqlx::Error> {
    let done = materialise::batch(db, table).await?;
    metrics.upkeep.observe_materialised(&table.name, &done);
    if let Some(reason) = &done.paused {
        warn!(
            table = table.name,
            reason, "rows cannot be computed, trying again in a minute"
        );
        return Ok(Work::None);
    }
    if done.set_aside > 0 {
        warn!(
            table = table.name,
            rows = done.set_aside,
            "rows failed too often and are set aside; see materialisation_error"
        );
    }
    if done.is_idle() {
        return Ok(Work::None);
    }
    debug!(table = table.name, ?done, "computed");
    Ok(if done.marks > 0 {
        Work::Marks
    } else {
        Work::Backfill
    })
}

/// Refreshes every view that is due and that nobody else refreshes.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn refresh_due(db: &PgPool, name: &str, metrics: &Metrics) -> Result<(), sqlx::Error> {
    for view in refresh::give_up(db).await? {
        info!(
            view,
            "a refresh has lost its coordinator or its connection; it is due as ever"
        );
    }
    while let Some(execution) = refresh::claim(db, name, None).await? {
        let outcome = refresh::run(db, &execution).await?;
        metrics
            .upkeep
            .observe_refresh(&execution.view_name, outcome);
        match outcome {
            Outcome::Refreshed => info!(view = execution.view_name, "refreshed"),
            Outcome::Superseded => debug!(view = execution.view_name, "given up meanwhile"),
            Outcome::Terminated | Outcome::Failed => warn!(
                view = execution.view_name,
                ?outcome,
                "not refreshed; refresh_status says why"
            ),
        }
    }
    Ok(())
}
