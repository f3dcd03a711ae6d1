//! Every rollup after a load with late, corrected, moved and re-mapped data, beside a recount.
//!
//! A whole fleet stores what simulated chains sell, seven of them and some hundred looks a
//! second, while every two seconds something disorderly is done ([`disorder`]); then the fleet
//! drains, a few more things are done that nothing refreshes, and each rollup's view and table is
//! compared with its own query computed from what is stored. `MINUTES` says how long,
//! `MEASURE_SECONDS` in a finer unit.
//!
//! [`disorder`]: crate::harness::disorder

use std::time::Duration;

use schema::rollup;
use sqlx::PgPool;
use tokio::time::sleep;

use super::{
    Measured,
    figure::{Figure, Reach, number, signed},
    scale,
};
use crate::harness::{
    chains::ChainsOptions,
    disorder::Disorder,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    recount::recount,
};
use simulated_chains::options::WorldOptions;

/// Name on the command line.
pub const NAME: &str = "recount";

const MINUTES: u32 = 10;
/// Snapshots with which disorder begins.
const FIRST: i64 = 500;
const START_BOUND: Duration = Duration::from_mins(3);
/// Acts when nothing refreshes any more, for views to compute as they are read.
const DIRTY_ACTS: usize = 3;
/// Between two acts, and between two looks at how far rollups are behind.
const REST: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_secs(1);

/// 1 once nothing is dirty.
const CURRENT: &str =
    "SELECT (count(*) FILTER (WHERE state <> 'current') = 0)::integer::bigint FROM rollup_status";

/// Measures.
///
/// # Errors
///
/// If a program was not built, a part of the fleet fails, or an act is refused.
pub async fn run() -> Measured {
    let mut fleet = Fleet::start(options()).await?;
    fleet.wait_for_snapshots(FIRST, START_BOUND).await?;
    let duration = scale::duration(Duration::from_mins(scale::of("MINUTES", MINUTES).into()));
    eprintln!("  disorder for {duration:?}");
    let mut disorder = Disorder::new(&fleet);
    let ((), lag) = tokio::try_join!(disorder.go_on(duration, REST), watch(fleet.db(), duration))?;
    let struck = disorder.done().values().sum();
    for (what, rows) in disorder.done() {
        eprintln!("  {rows} {what}");
    }
    let snapshots = fleet.number("SELECT count(*) FROM seat_snapshot").await?;
    // What is dirty is computed by each view that is read, and by those above: too much of it here.
    for number in 0..fleet.pods() {
        fleet.pod(number)?.stop(START_BOUND).await?;
    }
    fleet
        .wait_for_number("rollups that are current", CURRENT, 1, START_BOUND)
        .await?;
    fleet.stop().await?;
    // A little is dirty again: late snapshots, moved showtimes, some sealed.
    let mut afterwards = Disorder::new(&fleet);
    for _ in 0..DIRTY_ACTS {
        afterwards.act().await?;
    }
    eprintln!("  {snapshots} snapshots are stored, rollups are counted again");
    let recounted = recount(fleet.db()).await?;
    for one in recounted
        .iter()
        .filter(|one| one.differing + one.differing_before > 0)
    {
        eprintln!("  {one:?}");
    }
    let sum = |of: fn(&_) -> i64| signed(recounted.iter().map(of).sum());
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let figures = vec![
        figure("differing", sum(|one| one.differing), "rows").reach(Reach::AtMost(0.0)),
        figure("differing_dirty", sum(|one| one.differing_before), "rows")
            .reach(Reach::AtMost(0.0)),
        figure("compared", sum(|one| one.rows), "rows"),
        figure("rollups", number(recounted.len() as u64), "rollups"),
        figure("struck", number(struck), "rows"),
        figure("snapshots", signed(snapshots), "snapshots"),
        figure("lag", lag, "s"),
    ];
    if let Err(error) = fleet.end(&[]).await {
        eprintln!("  note: {error}");
    }
    Ok(figures)
}

/// The largest lag of any rollup over `duration`, in seconds.
async fn watch(db: &PgPool, duration: Duration) -> Result<f64, HarnessError> {
    let end = tokio::time::Instant::now() + duration;
    let mut largest = 0.0_f64;
    while tokio::time::Instant::now() < end {
        let status = rollup::status(db).await?;
        largest = status
            .iter()
            .map(|one| one.lag_seconds)
            .fold(largest, f64::max);
        sleep(LOOK).await;
    }
    Ok(largest)
}

fn options() -> FleetOptions {
    FleetOptions {
        chains: Some(ChainsOptions {
            world: WorldOptions {
                cinemas: 4,
                auditoriums: 4,
                speed: 1000.0,
                rate: 40.0,
                burst: 120,
                ..WorldOptions::default()
            },
            witness_mib: 8,
            ..ChainsOptions::default()
        }),
        agents: 100,
        ..FleetOptions::default()
    }
}
