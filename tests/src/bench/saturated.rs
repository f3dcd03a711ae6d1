//! A whole fleet that has more to do than the processors can: no limit binds, every
//! showtime is due all the time, and nearly every look finds another state.

use std::time::{Duration, Instant};

use schema::{fleet_status::totals, schedule::clock};
use tempfile::TempDir;
use tokio::time::sleep;

use super::{error::BenchError, figure::signed, scale};
use crate::harness::{
    chains::{Chains, ChainsOptions},
    fleet::{Database, Fleet, FleetOptions, Way},
};
use simulated_chains::options::WorldOptions;

/// The chains of the world that are watched: those that the bare loop can read.
const WATCHED: [&str; 2] = ["bhd-1", "cds-1"];
/// The third chain is the second that is watched.
const CHAINS: usize = 3;
/// Some 700 showtimes each, of both chains together: so many that a showtime has
/// changed when its turn comes again. `CINEMAS` gives another number.
const CINEMAS: u32 = 40;
/// So many that auditoriums have 198 seats in the mean.
const LAYOUTS: usize = 240;
/// Some four snapshots of each showtime, as in the month that the fleet is made for, where the
/// fleet stores 2,000 in a second. `SPEED` gives another.
const SPEED: u32 = 22_000;
/// Far above what is reached.
const RATE: f64 = 50_000.0;
const BURST: u32 = 100_000;
/// As many as a pod has by default; `AGENTS` gives another number.
const AGENTS: u32 = 1_000;
/// Until every showtime was seen once.
const WARM_UP: Duration = Duration::from_secs(14);
/// Time for what was observed in the last moment to be stored.
pub const SETTLE: Duration = Duration::from_secs(1);
const START_BOUND: Duration = Duration::from_mins(3);

/// The fleet: a private Postgres that syncs every commit, a coordinator, a pod, and the
/// chains with one worker.
#[derive(Debug)]
pub struct Saturated {
    /// Database, coordinator and pod.
    pub fleet: Fleet,
    /// The chains.
    pub chains: Chains,
    _logs: TempDir,
}

impl Saturated {
    /// Starts it and waits until it is warm.
    ///
    /// # Errors
    ///
    /// If a program was not built, or a part of the fleet fails.
    pub async fn start(way: Way) -> Result<Self, BenchError> {
        Self::start_with(way, Vec::new()).await
    }

    /// The same with further settings of its programs, as variables of their environment.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn start_with(way: Way, env: Vec<(String, String)>) -> Result<Self, BenchError> {
        let logs = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
        let chains = Chains::start(chains_options(), logs.path()).await?;
        let definitions: Vec<_> = chains
            .definitions(&logs.path().join("sources"))?
            .into_iter()
            .filter(|file| {
                WATCHED
                    .iter()
                    .any(|name| file.ends_with(format!("{name}.toml")))
            })
            .collect();
        let fleet = Fleet::start(FleetOptions {
            env,
            ..fleet_options(way)
        })
        .await?;
        fleet.apply(&definitions)?;
        fleet.wait_for_snapshots(1, START_BOUND).await?;
        eprintln!("  the fleet has stored its first snapshot, warming up for {WARM_UP:?}");
        sleep(WARM_UP).await;
        Ok(Self {
            fleet,
            chains,
            _logs: logs,
        })
    }

    /// Snapshots stored in a second, over `duration`.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn snapshots_per_second(&self, duration: Duration) -> Result<f64, BenchError> {
        let db = self.fleet.db();
        let (began_at, began) = (clock(db).await?, Instant::now());
        sleep(duration).await;
        let (elapsed, ended_at) = (began.elapsed(), clock(db).await?);
        sleep(SETTLE).await;
        let stored = totals(db, began_at, ended_at).await?;
        Ok(signed(stored.snapshots) / elapsed.as_secs_f64())
    }

    /// Ends it; what its logs warn of is said, for it may explain the figures.
    ///
    /// # Errors
    ///
    /// If the chains do not end.
    pub async fn end(mut self) -> Result<(), BenchError> {
        if let Err(error) = self.fleet.end(&[]).await {
            eprintln!("  note: {error}");
        }
        self.chains.process().stop(START_BOUND).await?;
        Ok(())
    }
}

fn chains_options() -> ChainsOptions {
    ChainsOptions {
        world: WorldOptions {
            chains: CHAINS,
            cinemas: scale::of("CINEMAS", CINEMAS),
            layouts: LAYOUTS,
            speed: f64::from(scale::of("SPEED", SPEED)),
            rate: RATE,
            burst: BURST,
            ..WorldOptions::default()
        },
        every_seats: Duration::from_secs(1),
        every_showtimes: Duration::from_secs(8),
        witness_mib: 8,
        ..ChainsOptions::default()
    }
}

fn fleet_options(way: Way) -> FleetOptions {
    FleetOptions {
        database: Database::Own,
        way,
        chains: None,
        coordinators: 1,
        pods: 1,
        agents: usize::try_from(scale::of("AGENTS", AGENTS)).unwrap_or(usize::MAX),
        pod_lease: Duration::from_secs(15),
        leader_lease: Duration::from_secs(10),
        ..FleetOptions::default()
    }
}
