//! A steady load: a whole fleet that looks at each showtime at its interval, and how long
//! its tasks waited.
//!
//! A task has *started* when its agent sends the request, as the history says: when the
//! answer was complete, less the time that it took. Its request *arrives* by the wall clock
//! of the simulated chain; chain and database are on one machine, so the clocks are one. It
//! was *queued* by the clock of the database before its row was written, and *due* one
//! interval after the answer of its last look was complete, as the leader reckons.
//!
//! The first look at every showtime goes through a limit of the wanted rate, so that the
//! next ones are due evenly; then nothing limits.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use schema::schedule::clock;
use sqlx::PgPool;
use tokio::time::sleep;

use super::{
    cpu,
    error::BenchError,
    figure::number,
    scale,
    server::{Wal, postmaster},
};
use crate::harness::{
    chains::ChainsOptions,
    fleet::{Fleet, FleetOptions},
    wait::wait_until,
};
use simulated_chains::{options::WorldOptions, witness::PageKind};

/// Name of the only chain, whose showtimes are each one request.
const CHAIN: &str = "bhd-1";
/// Enough showtimes that their interval, a number of whole seconds, gives any rate nearly.
pub const CINEMAS: u32 = 30;
/// A showtime has often changed when its turn comes again.
const SPEED: f64 = 50.0;
/// Far above any load.
const NO_LIMIT: (f64, i32) = (50_000.0, 100_000);
const SETTLE: Duration = Duration::from_secs(1);
const START_BOUND: Duration = Duration::from_mins(5);

/// Sessions of the web page, which are named after it or after a request.
const WEB_SESSIONS: &str = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'web %' AND backend_type = 'client backend'";

/// Showtimes that are known, and those of them that have not been seen yet.
const SEEN: &str = "SELECT
        count(*),
        count(*) FILTER (WHERE NOT EXISTS (SELECT FROM job WHERE job.task_id = task.task_id))
    FROM task
    INNER JOIN step ON step.step_id = task.step_id
    WHERE step.yields = 'seats' AND task.retired_at IS NULL";

/// The job, when it was queued, claimed and started, and when it was due; in microseconds. A look
/// around a showtime's start is due by another rule, so that time is left out.
const WAITS: &str = "
    SELECT
        job.job_id,
        (extract(epoch FROM job.enqueued_at) * 1000000)::bigint,
        (extract(epoch FROM job.claimed_at) * 1000000)::bigint,
        (extract(epoch FROM job.observed_at) * 1000000)::bigint - job.fetch_micros,
        (extract(epoch FROM before.observed_at + make_interval(secs => step.every_seconds)) * 1000000)::bigint
    FROM job
    INNER JOIN task ON task.task_id = job.task_id
    INNER JOIN step ON step.step_id = job.step_id
    LEFT JOIN LATERAL (
        SELECT earlier.observed_at
        FROM job AS earlier
        WHERE earlier.task_id = job.task_id
            AND earlier.finished_at < job.finished_at
            AND earlier.outcome = 'succeeded'
            AND job.attempt = 1
            AND task.starts_at > job.finished_at + interval '3 minutes'
        ORDER BY earlier.finished_at DESC
        LIMIT 1
    ) AS before ON true
    WHERE job.finished_at BETWEEN $1 AND $2 AND step.yields = 'seats'
        AND job.observed_at IS NOT NULL AND job.fetch_micros IS NOT NULL";

/// What each session of the web page has used of the processors, by its process.
struct Sessions(HashMap<u32, Duration>);

async fn web_sessions(db: &PgPool) -> Result<Sessions, BenchError> {
    let pids: Vec<i32> = sqlx::query_scalar(WEB_SESSIONS).fetch_all(db).await?;
    let pids = pids.into_iter().map(i32::cast_unsigned);
    Ok(Sessions(
        pids.map(|pid| (pid, cpu::of_process(pid))).collect(),
    ))
}

impl Sessions {
    fn since(&self, before: &Self) -> Duration {
        let used = self.0.iter().map(|(pid, used)| {
            let before = before.0.get(pid).copied().unwrap_or_default();
            used.saturating_sub(before)
        });
        used.sum()
    }
}

/// A fleet of one coordinator and one pod under a steady load.
#[derive(Debug)]
pub struct Steady {
    fleet: Fleet,
    postgres: u32,
    serial: u64,
}

/// What was seen in a part of the time.
#[derive(Debug, Clone)]
pub struct Window {
    /// From queued to started, in milliseconds, sorted.
    pub queued: Vec<f64>,
    /// From queued to claimed, likewise: what the queue itself takes of that.
    pub claimed: Vec<f64>,
    /// From queued to the arrival of the request at the source, likewise.
    pub arrived: Vec<f64>,
    /// From due to started, likewise.
    pub due: Vec<f64>,
    /// Jobs per second.
    pub jobs_per_second: f64,
    /// What all processes of Postgres used, in microseconds per job.
    pub postgres_micros: f64,
    /// What its sessions of the web page used of that, likewise.
    pub web_micros: f64,
    /// Log written, in bytes per job.
    pub wal_bytes: f64,
}

impl Steady {
    /// Starts a fleet that does about `rate` jobs a second of the showtimes of `cinemas` cinemas,
    /// of which `CINEMAS` gives another number, and waits until it does.
    ///
    /// # Errors
    ///
    /// If a program was not built, or a part of the fleet fails.
    pub async fn start(rate: u32, cinemas: u32) -> Result<Self, BenchError> {
        Self::start_with(rate, cinemas, &[]).await
    }

    /// As [`start`](Self::start), with further variables in the environment of all programs.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn start_with(
        rate: u32,
        cinemas: u32,
        env: &[(&str, &str)],
    ) -> Result<Self, BenchError> {
        let mut options = fleet_options(cinemas);
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        options.env.extend(env);
        let mut fleet = Fleet::start(options).await?;
        let showtimes = showtimes(&fleet)?;
        let every = (showtimes + rate / 2) / rate.max(1);
        let every = i32::try_from(every.max(1)).unwrap_or(i32::MAX);
        sqlx::query("UPDATE step SET every_seconds = $1 WHERE yields = 'seats'")
            .bind(every)
            .execute(fleet.db())
            .await?;
        set_limit(fleet.db(), (f64::from(rate), rate.cast_signed())).await?;
        fleet.add_coordinator()?;
        eprintln!("  {showtimes} showtimes, each seen every {every} s");
        wait_until(
            "the first look at every showtime",
            START_BOUND,
            async || {
                sleep(SETTLE).await;
                let seen = sqlx::query_as::<_, (i64, i64)>(SEEN).fetch_one(fleet.db());
                let (known, unseen) = seen.await?;
                let are_known = known >= i64::from(showtimes) * 9 / 10;
                Ok((are_known && unseen <= known / 100).then_some(()))
            },
        )
        .await?;
        set_limit(fleet.db(), NO_LIMIT).await?;
        sleep(Duration::from_secs(u64::try_from(every).unwrap_or(1))).await;
        let postgres = postmaster(fleet.db()).await?;
        Ok(Self {
            fleet,
            postgres,
            serial: 0,
        })
    }

    /// The fleet.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Measures for `duration`; what is asked of the database to know it comes after.
    ///
    /// # Errors
    ///
    /// If the database or the chains do not answer, or nothing ran.
    pub async fn window(&mut self, duration: Duration) -> Result<Window, BenchError> {
        let db = self.fleet.db();
        let (began_at, began) = (clock(db).await?, Instant::now());
        let (wal, used) = (Wal::read(db).await?, cpu::of_family(self.postgres));
        let web = web_sessions(db).await?;
        sleep(duration).await;
        let used = cpu::of_family(self.postgres).saturating_sub(used);
        let web = web_sessions(db).await?.since(&web);
        let wal = Wal::read(db).await?.bytes - wal.bytes;
        let (seconds, ended_at) = (began.elapsed().as_secs_f64(), clock(db).await?);
        sleep(SETTLE).await;
        let arrivals = self.arrivals(began_at, ended_at).await?;
        let waits: Vec<(i64, i64, i64, i64, Option<i64>)> = sqlx::query_as(WAITS)
            .bind(began_at)
            .bind(ended_at + SETTLE)
            .fetch_all(self.fleet.db())
            .await?;
        let mut window = Window {
            queued: Vec::with_capacity(waits.len()),
            claimed: Vec::with_capacity(waits.len()),
            arrived: Vec::with_capacity(waits.len()),
            due: Vec::with_capacity(waits.len()),
            jobs_per_second: 0.0,
            postgres_micros: 0.0,
            web_micros: 0.0,
            wal_bytes: 0.0,
        };
        for (job_id, queued_us, claimed_us, started_us, due_us) in waits {
            if let Some(arrived_us) = arrivals.get(&job_id) {
                window.arrived.push(millis(arrived_us - queued_us));
                window.queued.push(millis(started_us - queued_us));
                window.claimed.push(millis(claimed_us - queued_us));
                window
                    .due
                    .extend(due_us.map(|due_us| millis(started_us - due_us)));
            }
        }
        for waits in [
            &mut window.queued,
            &mut window.claimed,
            &mut window.arrived,
            &mut window.due,
        ] {
            waits.sort_by(f64::total_cmp);
        }
        let jobs = number(window.queued.len() as u64);
        if jobs < 1.0 {
            return Err(BenchError::nothing("no job ran; the fleet's logs say why"));
        }
        window.jobs_per_second = jobs / seconds;
        window.postgres_micros = used.as_secs_f64() * 1e6 / jobs;
        window.web_micros = web.as_secs_f64() * 1e6 / jobs;
        window.wal_bytes = number(u64::try_from(wal).unwrap_or(0)) / jobs;
        Ok(window)
    }

    /// When the requests for seats between two instants arrived, by job.
    async fn arrivals(
        &mut self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<HashMap<i64, i64>, BenchError> {
        let span = after.timestamp_micros()..until.timestamp_micros();
        let lines = self.fleet.chains()?.witness(self.serial).await?;
        self.serial = lines.last().map_or(self.serial, |line| line.serial);
        let seats = lines
            .iter()
            .filter(|line| line.kind == PageKind::Seats && span.contains(&line.at_us));
        Ok(seats
            .filter_map(|line| Some((line.job.as_ref()?.parse().ok()?, line.at_us)))
            .collect())
    }

    /// Ends the fleet; what its logs warn of is said, for it may explain the figures.
    pub async fn end(self) {
        if let Err(error) = self.fleet.end(&[]).await {
            eprintln!("  note: {error}");
        }
    }
}

fn fleet_options(cinemas: u32) -> FleetOptions {
    let (rate, burst) = NO_LIMIT;
    let world = WorldOptions {
        chains: 1,
        cinemas: scale::of("CINEMAS", cinemas),
        speed: SPEED,
        rate,
        burst: burst.cast_unsigned(),
        ..WorldOptions::default()
    };
    FleetOptions {
        chains: Some(ChainsOptions {
            world,
            every_showtimes: Duration::from_mins(5),
            ..ChainsOptions::default()
        }),
        // Added when the interval is known.
        coordinators: 0,
        pods: 1,
        agents: 1_000,
        ..FleetOptions::default()
    }
}

/// How many showtimes the chain lists now.
fn showtimes(fleet: &Fleet) -> Result<u32, BenchError> {
    let world = fleet.chains()?.world();
    let chain = world.chain(CHAIN);
    let chain = chain.ok_or_else(|| BenchError::nothing("the chain is not in the world"))?;
    let now_ms = Timestamp::now().as_millisecond();
    let listed = (1..=world.options.cinemas)
        .filter_map(|number| world.cinema(chain, number))
        .map(|cinema| world.listed(chain, cinema, now_ms).len());
    Ok(u32::try_from(listed.sum::<usize>()).unwrap_or(u32::MAX))
}

async fn set_limit(db: &PgPool, (rate, burst): (f64, i32)) -> Result<(), BenchError> {
    sqlx::query("UPDATE limit_key SET rate_per_second = $1, burst = $2")
        .bind(rate)
        .bind(burst)
        .execute(db)
        .await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a wait is far below 2^53 µs")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1e3
}
