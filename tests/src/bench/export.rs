//! What seat records take as Parquet, and how many are written in a second.
//!
//! The sets of [`storage`](super::storage) are loaded through the store and exported to a
//! directory, once live and once sealed. Reading, unpacking and packing take turns, so this is
//! what one core does; beside it the processor time of this process alone, without the
//! database's.

use std::time::{Duration, Instant};

use coordinator::export::{
    order::{ExportReport, Order},
    place::{Place, StoreOptions},
    run::run,
    table::DataSet,
};
use schema::seal::Pass;
use sqlx::{Executor, PgPool};
use tokio_util::sync::CancellationToken;

use super::{
    Measured, cpu,
    error::BenchError,
    figure::{Figure, Reach, number},
    server::Server,
    storage::made::{self, Set},
};

/// Name on the command line.
pub const NAME: &str = "export";

const CONNECTIONS: u32 = 4;
/// All looks are older.
const QUIET: Duration = Duration::from_hours(24);

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses, or not every seat record was exported.
pub async fn run_all() -> Measured {
    let [sparse, dense] = made::sets();
    let mut figures = measure(&sparse).await?;
    figures.extend(measure(&dense).await?);
    Ok(figures)
}

async fn measure(set: &Set) -> Measured {
    let server = Server::start(CONNECTIONS).await?;
    let db = &server.db;
    made::partitions(db).await?;
    eprintln!(
        "  {}: {} showtimes go through the store",
        set.name, set.showtimes
    );
    let loaded = made::load(db, set).await?;
    db.execute("VACUUM ANALYZE").await?;
    let live = export(db, DataSet::SeatRecords, loaded.seat_records).await?;
    let snapshots = export(db, DataSet::Snapshots, loaded.snapshots).await?;
    let mut pass = Pass::new(QUIET);
    while pass.batch(db).await? {}
    let sealed = export(db, DataSet::SeatRecords, loaded.seat_records).await?;
    let figure = |name: &str, value, unit| {
        Figure::new(NAME, format!("{NAME}.{}.{name}", set.name), value, unit)
    };
    let rate = |count: u64, took: Duration| number(count) / took.as_secs_f64();
    let records = loaded.seat_records;
    Ok(vec![
        figure("size", number(live.bytes) / number(records), "B/record").reach(Reach::AtMost(0.25)),
        figure("live", rate(records, live.took), "records/s")
            .reach(Reach::AtLeast(1e6))
            .beside("own processor time", rate(records, live.computed)),
        figure("sealed", rate(records, sealed.took), "records/s")
            .reach(Reach::AtLeast(1e6))
            .beside("own processor time", rate(records, sealed.computed)),
        figure(
            "snapshot",
            number(snapshots.bytes) / number(loaded.snapshots),
            "B/snapshot",
        ),
    ])
}

/// One export of a data set to an empty directory.
#[derive(Debug)]
pub(in crate::bench) struct Exported {
    /// Size of the files.
    pub(in crate::bench) bytes: u64,
    /// How long it took.
    pub(in crate::bench) took: Duration,
    /// Processor time of this process.
    pub(in crate::bench) computed: Duration,
}

/// Exports a data set, which must have so many rows.
///
/// # Errors
///
/// If the export fails, or has another number of rows.
pub(in crate::bench) async fn export(
    db: &PgPool,
    data_set: DataSet,
    rows: u64,
) -> Result<Exported, BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let refused = |error: &dyn std::fmt::Display| BenchError::nothing(error.to_string());
    let to = directory.path().to_string_lossy();
    let place = Place::open(&to, &StoreOptions::default()).map_err(|error| refused(&error))?;
    let order = Order::new(place, vec![data_set]);
    let (began, used) = (Instant::now(), cpu::of_process(std::process::id()));
    let done: ExportReport = run(db, &order, &CancellationToken::new(), &mut |_| {})
        .await
        .map_err(|error| refused(&error))?;
    let took = began.elapsed();
    if done.rows != rows {
        return Err(BenchError::nothing(format!(
            "{done:?} of {rows} rows of {data_set} were exported"
        )));
    }
    Ok(Exported {
        bytes: done.bytes,
        took,
        computed: cpu::of_process(std::process::id()).saturating_sub(used),
    })
}
