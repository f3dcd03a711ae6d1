//! Exports now and then, beside the ticks of the leader, at leisure: it rests for as long as it
//! works, and computes in threads of its own.
//!
//! It is a reader of the partitions (`partition_reader`, as `export`): nothing is dropped that
//! it has not exported. If an export fails, the next one goes on where it ended.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::NaiveDate;
use schema::export;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{
    order::{Done, ExportError, Order, due},
    place::{Place, PlaceError, StoreOptions},
    run::run,
    table::DataSet,
};
use crate::metrics::ExportMetrics;

/// What is exported without being asked for.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Where to.
    pub to: Arc<str>,
    /// Settings of the store.
    pub store: StoreOptions,
    /// Time between two exports.
    pub every: Duration,
    /// What.
    pub data_sets: Vec<DataSet>,
}

/// Exports what is due, and says before and after it what the partitions are needed for.
///
/// # Errors
///
/// See [`ExportError`]; what was exported before stands.
pub async fn pass(
    db: &PgPool,
    schedule: &Schedule,
    metrics: &ExportMetrics,
    stop: &CancellationToken,
) -> Result<Done, ExportError> {
    let place =
        Place::open(&schedule.to, &schedule.store).map_err(|source| in_place(schedule, source))?;
    let order = Order {
        at_leisure: true,
        ..Order::new(place, schedule.data_sets.clone())
    };
    record_progress(db, &order, metrics).await?;
    let ended = run(db, &order, stop, &mut |_| {}).await;
    record_progress(db, &order, metrics).await?;
    ended
}

fn in_place(schedule: &Schedule, source: PlaceError) -> ExportError {
    ExportError::Place {
        address: schedule.to.as_ref().to_owned(),
        source,
    }
}

/// Writes down how far the tables were read.
async fn record_progress(
    db: &PgPool,
    order: &Order,
    metrics: &ExportMetrics,
) -> Result<(), sqlx::Error> {
    let complete = export::first_incomplete_day(db).await?;
    let mut read: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for data_set in &order.data_sets {
        let due = due(db, order, *data_set).await?;
        metrics.observe_waiting(data_set.label(), due.len());
        let until = due.first().map_or(complete, |day| day.on_day);
        if let Some(parent) = data_set.parent() {
            let known = read.entry(parent).or_insert(until);
            *known = until.min(*known);
        }
    }
    for (parent, until) in read {
        export::record_progress(db, parent, until).await?;
    }
    Ok(())
}
