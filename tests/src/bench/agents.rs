//! Twenty thousand agents in one process, whose sources take five seconds to answer.
//!
//! All of them have a request under way nearly all the time, each on a connection of its
//! own; the simulated chains hold as many. What it takes is sampled: memory of the pod,
//! its connections to the database, and claims whose lease is over. `AGENTS` gives another
//! number; each needs an open file in the pod and one in the chains. Where `ulimit -n` allows
//! fewer, as many agents run as fit, and the figures name their number.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use schema::fleet_status::ended_jobs;
use tokio::time::sleep;

use super::{
    Measured, cpu,
    error::BenchError,
    figure::{Figure, Reach, number, quantile, signed},
    scale,
};
use crate::harness::{
    chains::ChainsOptions,
    fleet::{Fleet, FleetOptions},
    wait::wait_until,
};
use simulated_chains::{fault::FaultKind, options::WorldOptions};

/// Name on the command line.
pub const NAME: &str = "agents";

const AGENTS: u32 = 20_000;
/// How long a source takes to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Showtimes of a cinema, about; there are more than agents, so that none waits for one.
const SHOWTIMES_OF_A_CINEMA: u32 = 300;
/// Files that a process needs for other things.
const OTHER_FILES: u64 = 1_000;
const NO_LIMIT: (f64, u32) = (50_000.0, 100_000);
/// Until as many are under way as will be.
const WARM_UP: Duration = Duration::from_secs(15);
const DURATION: Duration = Duration::from_secs(30);
const SAMPLE: Duration = Duration::from_millis(500);
const START_BOUND: Duration = Duration::from_mins(5);
/// The bars: resident memory of the pod, and its connections to the database.
const MAX_BYTES: f64 = 1.5e9;
const MAX_CONNECTIONS: f64 = 16.0;

const RUNNING: &str = "SELECT count(*) FROM running";
const CONNECTIONS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'agent %'";
/// Claims of a pod whose lease is over, or that has been ended.
const PAST_LEASE: &str =
    "SELECT count(*) FROM running INNER JOIN pod ON pod.pod_id = running.pod_id
    WHERE pod.ended_at IS NOT NULL OR pod.lease_expires_at < clock_timestamp()";
const OLDEST_MILLIS: &str = "SELECT coalesce(
    max(extract(epoch FROM clock_timestamp() - claimed_at)) * 1000, 0)::bigint FROM running";

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let wanted = scale::of("AGENTS", AGENTS).max(1);
    let agents = allow_agents(wanted);
    if agents < wanted {
        eprintln!("  only {agents} of {wanted} agents: each needs an open file; see `ulimit -n`");
    }
    let mut fleet = Fleet::start(fleet_options(agents)).await?;
    fleet.chains()?.fail("*", FaultKind::Slow, 1.0).await?;
    eprintln!("  {agents} agents begin, each answer takes {ANSWER:?}");
    let busy = i64::from(agents) * 9 / 10;
    wait_until("nine agents of ten at work", START_BOUND, async || {
        sleep(SAMPLE).await;
        Ok((fleet.number(RUNNING).await? >= busy).then_some(()))
    })
    .await?;
    sleep(WARM_UP).await;
    let duration = scale::duration(DURATION);
    eprintln!("  measuring for {duration:?}");
    let seen = Seen::of(&mut fleet, duration).await?;
    // Nothing is waited for at the end but what is under way.
    fleet.chains()?.fail("*", FaultKind::Slow, 0.0).await?;
    if let Err(error) = fleet.end(&[]).await {
        eprintln!("  note: {error}");
    }
    Ok(seen.figures(agents))
}

/// Raises the limit of open files of this process, and of those that it starts, as far as
/// `wanted` agents need, and returns how many agents fit.
fn allow_agents(wanted: u32) -> u32 {
    let needed = u64::from(wanted) + OTHER_FILES;
    let before = getrlimit(Resource::Nofile);
    if before.current.is_none_or(|current| current >= needed) {
        return wanted;
    }
    let raised = |current: u64, maximum: Option<u64>| {
        let limit = Rlimit {
            current: Some(current),
            maximum,
        };
        setrlimit(Resource::Nofile, limit).is_ok()
    };
    // Only root may raise the maximum itself.
    if raised(needed, before.maximum.map(|maximum| maximum.max(needed))) {
        return wanted;
    }
    let allowed = match before.maximum {
        Some(maximum) if raised(maximum, Some(maximum)) => maximum,
        _ => before.current.unwrap_or(needed),
    };
    agents_that_fit(wanted, allowed)
}

/// As many agents as `files` open files allow, and at least one.
fn agents_that_fit(wanted: u32, files: u64) -> u32 {
    let fitting = u32::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(u32::MAX);
    fitting.clamp(1, wanted)
}

fn fleet_options(agents: u32) -> FleetOptions {
    let (rate, burst) = NO_LIMIT;
    FleetOptions {
        chains: Some(ChainsOptions {
            world: WorldOptions {
                chains: 1,
                cinemas: agents / SHOWTIMES_OF_A_CINEMA * 5 / 4 + 2,
                rate,
                burst,
                ..WorldOptions::default()
            },
            slow: ANSWER,
            every_seats: Duration::from_secs(1),
            every_showtimes: Duration::from_mins(10),
            witness_mib: 8,
            ..ChainsOptions::default()
        }),
        coordinators: 1,
        pods: 1,
        agents: usize::try_from(agents).unwrap_or(usize::MAX),
        ..FleetOptions::default()
    }
}

/// What was seen.
struct Seen {
    in_flight: Vec<f64>,
    peak_bytes: f64,
    connections: i64,
    past_lease: i64,
    oldest_millis: i64,
    jobs: f64,
    failed: f64,
    seconds: f64,
    cpu: Duration,
}

impl Seen {
    async fn of(fleet: &mut Fleet, duration: Duration) -> Result<Self, BenchError> {
        let pod = fleet.pod(0)?.id();
        let mut seen = Self {
            in_flight: Vec::new(),
            peak_bytes: 0.0,
            connections: 0,
            past_lease: 0,
            oldest_millis: 0,
            jobs: 0.0,
            failed: 0.0,
            seconds: 0.0,
            cpu: Duration::ZERO,
        };
        let (began, used) = (Instant::now(), cpu::of_process(pod));
        while began.elapsed() < duration {
            sleep(SAMPLE).await;
            seen.in_flight.push(signed(fleet.number(RUNNING).await?));
            let connections = fleet.number(CONNECTIONS).await?;
            seen.connections = seen.connections.max(connections);
            seen.past_lease = seen.past_lease.max(fleet.number(PAST_LEASE).await?);
            seen.oldest_millis = seen.oldest_millis.max(fleet.number(OLDEST_MILLIS).await?);
        }
        let elapsed = began.elapsed();
        let recent = ended_jobs(fleet.db(), elapsed).await?;
        seen.cpu = cpu::of_process(pod).saturating_sub(used);
        seen.peak_bytes = number(cpu::peak_memory_bytes(pod));
        seen.in_flight.sort_by(f64::total_cmp);
        seen.jobs = signed(recent.jobs);
        seen.failed = signed(recent.failed);
        seen.seconds = elapsed.as_secs_f64();
        Ok(seen)
    }

    fn figures(&self, agents: u32) -> Vec<Figure> {
        let figure =
            |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
        let (agents, jobs) = (f64::from(agents), self.jobs.max(1.0));
        vec![
            figure("in_flight", quantile(&self.in_flight, 0.5), "jobs").beside("agents", agents),
            figure("memory", self.peak_bytes, "B").reach(Reach::AtMost(MAX_BYTES)),
            figure("connections", signed(self.connections), "connections")
                .reach(Reach::AtMost(MAX_CONNECTIONS)),
            figure("past_lease", signed(self.past_lease), "claims").reach(Reach::AtMost(0.0)),
            figure("oldest_claim", signed(self.oldest_millis) / 1e3, "s"),
            figure("jobs", self.jobs / self.seconds, "jobs/s")
                .beside("answers in 5 s", agents / ANSWER.as_secs_f64()),
            figure("failed", 100.0 * self.failed / jobs, "% of jobs"),
            figure("cpu_agent", self.cpu.as_secs_f64() * 1e6 / jobs, "µs/job"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_agents_run_as_open_files_allow() {
        assert_eq!(agents_that_fit(20_000, 1_048_576), 20_000);
        assert_eq!(agents_that_fit(20_000, 20_000), 19_000);
        assert_eq!(agents_that_fit(20_000, 1_000), 1);
        assert_eq!(agents_that_fit(20_000, 64), 1);
    }
}
