//! End to end: a whole fleet against simulated chains, beside a bare loop.
//!
//! Real processes: a private Postgres that syncs every commit, a coordinator, a pod, and
//! the chains with one worker, all on this machine. The limits are so high that they do
//! not bind, every showtime is due all the time, and the calendar runs so fast that
//! nearly every look finds another state. What is measured is what all of it together
//! does with the processors that are there.

use std::time::{Duration, Instant};

use schema::{
    fleet_status::{ended_jobs, totals},
    schedule::clock,
};
use sqlx::PgPool;
use tokio::time::sleep;

use super::{
    Measured,
    bare_loop::{self, BareLoop},
    cpu,
    error::BenchError,
    figure::{Figure, Reach, signed},
    saturated::{SETTLE, Saturated},
    server::{Wal, postmaster},
};
use crate::harness::{
    chains::Chains,
    fleet::{Fleet, Way},
};

/// Name on the command line.
pub const NAME: &str = "end_to_end";

const DURATION: Duration = Duration::from_secs(30);
const BARE_DURATION: Duration = Duration::from_secs(15);

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let mut saturated = Saturated::start(Way::Direct).await?;
    let Saturated { fleet, chains, .. } = &mut saturated;
    eprintln!("  measuring the fleet for {DURATION:?}");
    let processes = Processes::of(fleet, chains).await?;
    let run = measure(fleet.db(), &processes).await?;
    fleet.stop().await?;
    let bare = bare_loop::run(fleet.db(), chains.base(), BARE_DURATION).await?;
    saturated.end().await?;
    Ok(figures(&run, &bare))
}

/// The numbers of the processes whose time is counted.
struct Processes {
    coordinator: u32,
    agent: u32,
    postgres: u32,
    chains: u32,
}

/// Their names, in the order of [`Processes::used`].
const PARTS: [&str; 4] = ["coordinator", "agent", "postgres", "chains"];

impl Processes {
    async fn of(fleet: &mut Fleet, chains: &mut Chains) -> Result<Self, BenchError> {
        Ok(Self {
            coordinator: fleet.coordinator(0)?.id(),
            agent: fleet.pod(0)?.id(),
            postgres: postmaster(fleet.db()).await?,
            chains: chains.process().id(),
        })
    }

    fn used(&self) -> [Duration; 4] {
        [
            cpu::of_process(self.coordinator),
            cpu::of_process(self.agent),
            cpu::of_family(self.postgres),
            cpu::of_process(self.chains),
        ]
    }
}

/// What was measured of the fleet.
struct Run {
    seconds: f64,
    snapshots: f64,
    seat_records: f64,
    jobs: f64,
    failed: f64,
    showtimes: f64,
    wal_bytes: f64,
    full_pages: f64,
    used: [Duration; 4],
}

async fn measure(db: &PgPool, processes: &Processes) -> Result<Run, BenchError> {
    let (began_at, began) = (clock(db).await?, Instant::now());
    let (wal, used) = (Wal::read(db).await?, processes.used());
    let known = showtimes(db).await?;
    sleep(DURATION).await;
    let used_since = processes.used();
    let wal_since = Wal::read(db).await?;
    let discovered = showtimes(db).await? - known;
    let (elapsed, ended_at) = (began.elapsed(), clock(db).await?);
    let recent = ended_jobs(db, elapsed).await?;
    sleep(SETTLE).await;
    let stored = totals(db, began_at, ended_at).await?;
    if stored.snapshots == 0 {
        return Err(BenchError::nothing(
            "the fleet stored nothing; its logs say why",
        ));
    }
    Ok(Run {
        seconds: elapsed.as_secs_f64(),
        snapshots: signed(stored.snapshots),
        seat_records: signed(stored.seat_records),
        jobs: signed(recent.jobs),
        failed: signed(recent.failed),
        showtimes: signed(discovered),
        wal_bytes: signed(wal_since.bytes - wal.bytes),
        full_pages: signed(wal_since.full_pages - wal.full_pages),
        used: std::array::from_fn(|part| used_since[part].saturating_sub(used[part])),
    })
}

async fn showtimes(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM showtime")
        .fetch_one(db)
        .await
}

fn figures(run: &Run, bare: &BareLoop) -> Vec<Figure> {
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let mut figures = vec![
        Figure::new(NAME, NAME, run.snapshots / run.seconds, "snapshots/s")
            .reach(Reach::AtLeast(1_700.0))
            .beside("bare loop", bare.snapshots_per_second),
        figure("seat_records", run.seat_records / run.seconds, "seats/s"),
        figure("jobs", run.jobs / run.seconds, "jobs/s"),
        figure(
            "changed",
            100.0 * run.snapshots / run.jobs.max(1.0),
            "% of jobs",
        ),
        figure(
            "failed",
            100.0 * run.failed / run.jobs.max(1.0),
            "% of jobs",
        ),
        figure(
            "per_showtime",
            run.snapshots / run.showtimes.max(1.0),
            "snapshots",
        ),
        figure("seats", run.seat_records / run.snapshots, "seats/snapshot")
            .beside("bare loop", bare.seats),
        figure("wal", run.wal_bytes / run.snapshots, "B/snapshot")
            .reach(Reach::AtMost(2_048.0))
            .beside("bare loop", bare.wal_bytes),
        figure(
            "full_pages",
            1_000.0 * run.full_pages / run.snapshots,
            "pages/1,000",
        ),
    ];
    let thousands = run.snapshots / 1_000.0;
    for (part, used) in PARTS.into_iter().zip(run.used) {
        let millis = used.as_secs_f64() * 1e3 / thousands;
        figures.push(figure(&format!("cpu_{part}"), millis, "ms/1,000"));
    }
    let all = run.used.iter().sum::<Duration>().as_secs_f64();
    figures.push(figure("cpus", all / run.seconds, "processors"));
    figures
}
