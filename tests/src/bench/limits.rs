//! Limits: how much of each key's rate a fleet uses, and by how much it ever exceeds one.
//!
//! Many keys with more work than their rate permits, at their source: first in peace, with
//! one pod and with eight; then a pod is killed, another frozen beyond its lease, the
//! leader killed, and a tenth of the chains answer 429 for a while. Where libfaketime is
//! installed, two of the pods have clocks an hour fast and slow. The witness counts.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::sleep;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, number, quantile},
};
use crate::harness::{
    chains::{Chains, ChainsOptions, LimitSeen},
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    wait::wait_until,
};
use simulated_chains::{fault::FaultKind, options::WorldOptions, witness::Line};

/// Name on the command line.
pub const NAME: &str = "limits";

const KEYS: usize = 200;
/// So much that two processors carry eight pods, each with small batches of its own.
const RATE: f64 = 2.0;
const BURST: u32 = 24;
const PODS: usize = 8;
const AGENTS: usize = 100;
const POD_LEASE: Duration = Duration::from_secs(3);
/// Chains that complain, from the first on, and for how long.
const STORMY: usize = 20;
const STORM: Duration = Duration::from_secs(10);
/// What a chain asks for when it complains: see the simulated chains.
const ASKED: Duration = Duration::from_secs(3);
/// Until every chain has more showtimes than its rate permits to look at.
const WARM_UP: Duration = Duration::from_secs(25);
const PEACE: Duration = Duration::from_secs(20);
const TROUBLE: Duration = Duration::from_secs(30);
const BOUND: Duration = Duration::from_mins(2);

/// What shifts the clock of a program, where it is installed.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Keys whose pace is below their rate, and claims of the last seconds that were given back unrun,
/// of all.
const LOST: &str = "SELECT
    (SELECT count(*) FROM limit_status WHERE rate_share < 1),
    count(*) FILTER (WHERE outcome = 'returned'),
    count(*)
    FROM job WHERE finished_at > now() - make_interval(secs => $1)";

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let mut fleet = Fleet::start(options()).await?;
    eprintln!("  {KEYS} chains of {RATE} requests a second each, warming up for {WARM_UP:?}");
    fleet.wait_for_snapshots(1, BOUND).await?;
    sleep(WARM_UP).await;
    let alone = Window::pass(PEACE).await;
    let shifted = add_pods(&mut fleet)?;
    eprintln!("  {PODS} pods, {shifted} of them with another clock");
    // Each compiles the definitions of all chains and learns their layouts first.
    sleep(WARM_UP).await;
    let peace = Window::pass(PEACE).await;
    let lost = Lost::read(&fleet).await?;
    let trouble = Window::start();
    make_trouble(&mut fleet).await?;
    sleep(TROUBLE).await;
    let trouble = trouble.end();
    let chains = fleet.chains()?;
    let (lines, seen) = (chains.witness(0).await?, chains.limits().await?);
    let mut figures = figures(&lines, &seen, alone, peace, trouble);
    figures.extend(lost.figures());
    fleet.stop().await?;
    if let Err(error) = fleet
        .end(&["dead pods' claims", "the leader ended", "came after"])
        .await
    {
        eprintln!("  note: {error}");
    }
    Ok(figures)
}

fn options() -> FleetOptions {
    FleetOptions {
        database: Database::Own,
        coordinators: 2,
        pods: 1,
        agents: AGENTS,
        pod_lease: POD_LEASE,
        chains: Some(ChainsOptions {
            world: WorldOptions {
                chains: KEYS,
                cinemas: 1,
                shows: 8,
                days: 2,
                speed: 60.0,
                rate: RATE,
                burst: BURST,
                ..ChainsOptions::default().world
            },
            retry_after: true,
            ..ChainsOptions::default()
        }),
        ..FleetOptions::default()
    }
}

/// Starts the other pods; returns how many of them have another clock.
fn add_pods(fleet: &mut Fleet) -> Result<usize, HarnessError> {
    let mut shifts = if Path::new(FAKETIME).exists() {
        vec!["+1h", "-1h"]
    } else {
        Vec::new()
    };
    let shifted = shifts.len();
    while fleet.pods() < PODS {
        match shifts.pop() {
            Some(shift) => fleet.add_pod_with(&[
                ("LD_PRELOAD", FAKETIME),
                ("FAKETIME", shift),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ])?,
            None => fleet.add_pod()?,
        };
    }
    Ok(shifted)
}

async fn make_trouble(fleet: &mut Fleet) -> Result<(), BenchError> {
    let names = stormy(fleet.chains()?);
    for name in &names {
        fleet
            .chains()?
            .fail(name, FaultKind::Throttled, 1.0)
            .await?;
    }
    fleet.pod(0)?.kill()?;
    fleet.pod(1)?.pause()?;
    let leader = wait_until("a leader", BOUND, async || fleet.leader().await).await?;
    fleet.coordinator(leader)?.kill()?;
    sleep(STORM).await;
    fleet.pod(1)?.resume()?;
    fleet.restart_pod(0)?;
    for name in &names {
        fleet
            .chains()?
            .fail(name, FaultKind::Throttled, 0.0)
            .await?;
    }
    Ok(())
}

fn stormy(chains: &Chains) -> Vec<String> {
    let chains = chains.world().chains.iter().take(STORMY);
    chains.map(|chain| chain.name.clone()).collect()
}

/// A time that is looked at, in the witness's wall clock: Unix microseconds.
#[derive(Clone, Copy)]
struct Window {
    from: i64,
    until: i64,
}

impl Window {
    fn start() -> Self {
        let from = now_micros();
        Self {
            from,
            until: i64::MAX,
        }
    }

    fn end(self) -> Self {
        Self {
            until: now_micros(),
            ..self
        }
    }

    async fn pass(length: Duration) -> Self {
        let window = Self::start();
        sleep(length).await;
        window.end()
    }

    /// The share of its rate that each key was asked, the least first.
    fn use_of(&self, lines: &[Line], keys: &BTreeMap<String, LimitSeen>) -> Vec<(f64, String)> {
        let mut counts: BTreeMap<&str, u64> = keys.keys().map(|key| (key.as_str(), 0)).collect();
        for line in lines {
            if (self.from..self.until).contains(&line.at_us) {
                *counts.entry(&line.chain).or_default() += 1;
            }
        }
        let seconds = number((self.until - self.from).unsigned_abs()) / 1e6;
        let mut shares: Vec<(f64, String)> = counts
            .into_iter()
            .map(|(key, count)| (number(count) / (RATE * seconds), key.to_owned()))
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        shares
    }
}

/// Why a key was asked less than its rate in the time that has just passed.
struct Lost {
    slowed: i64,
    returned: i64,
    ended: i64,
}

impl Lost {
    async fn read(fleet: &Fleet) -> Result<Self, BenchError> {
        let (slowed, returned, ended) = sqlx::query_as(LOST)
            .bind(PEACE.as_secs_f64())
            .fetch_one(fleet.db())
            .await?;
        Ok(Self {
            slowed,
            returned,
            ended,
        })
    }

    fn figures(&self) -> [Figure; 2] {
        let figure =
            |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
        let [slowed, returned, ended] =
            [self.slowed, self.returned, self.ended].map(|count| number(count.unsigned_abs()));
        [
            figure("slowed", slowed, "keys"),
            figure("returned", returned / ended.max(1.0) * 100.0, "% of claims"),
        ]
    }
}

fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    i64::try_from(micros).unwrap_or(i64::MAX)
}

fn figures(
    lines: &[Line],
    seen: &BTreeMap<String, LimitSeen>,
    alone: Window,
    peace: Window,
    trouble: Window,
) -> Vec<Figure> {
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let percent = |name: &str, shares: &[(f64, String)], at: f64| {
        let values: Vec<f64> = shares.iter().map(|(share, _)| share * 100.0).collect();
        figure(name, quantile(&values, at), "% of rate")
    };
    let (alone, in_peace) = (alone.use_of(lines, seen), peace.use_of(lines, seen));
    for (share, key) in &in_peace {
        let excess = seen.get(key).and_then(|seen| seen.excess).unwrap_or(0.0);
        eprintln!(
            "  {key:<14} used {:5.1} %, worst window {excess:+.2}",
            share * 100.0
        );
    }
    let complained: Vec<&str> = reaches(lines).into_keys().collect();
    let mut in_trouble = trouble.use_of(lines, seen);
    in_trouble.retain(|(_, key)| !complained.contains(&key.as_str()));
    let excess = seen.values().filter_map(|seen| seen.excess);
    let refused: u64 = seen.values().map(|seen| seen.refused).sum();
    let mut reach: Vec<f64> = reaches(lines).into_values().collect();
    reach.sort_by(f64::total_cmp);
    vec![
        figure("worst_excess", excess.fold(f64::MIN, f64::max), "requests")
            .reach(Reach::AtMost(0.0)),
        figure("refused", number(refused), "requests").reach(Reach::AtMost(0.0)),
        percent("use_one_pod_least", &alone, 0.0).reach(Reach::AtLeast(95.0)),
        percent("use_eight_pods_least", &in_peace, 0.0).reach(Reach::AtLeast(95.0)),
        percent("use_eight_pods_p50", &in_peace, 0.5),
        percent("use_in_trouble_p50", &in_trouble, 0.5),
        figure("pause_reach_p50", quantile(&reach, 0.5), "ms"),
        figure("pause_reach_longest", quantile(&reach, 1.0), "ms").reach(Reach::AtMost(1_000.0)),
    ]
}

/// For each chain that complained: how long after its first complaint the last request
/// arrived that should have waited for the pause, in milliseconds.
fn reaches(lines: &[Line]) -> BTreeMap<&str, f64> {
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    let mut last: BTreeMap<&str, f64> = BTreeMap::new();
    let pause = u64::try_from(ASKED.as_micros()).unwrap_or(u64::MAX);
    for line in lines {
        let chain = line.chain.as_str();
        if line.fault == Some(FaultKind::Throttled) {
            first.entry(chain).or_insert(line.monotonic_us);
        }
        let Some(since) = first.get(chain) else {
            continue;
        };
        let after = line.monotonic_us.saturating_sub(*since);
        if after < pause {
            last.insert(chain, number(after) / 1e3);
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulated_chains::witness::PageKind;

    fn line(chain: &str, millis: u64, fault: Option<FaultKind>) -> Line {
        Line {
            serial: 0,
            monotonic_us: millis * 1_000,
            at_us: i64::try_from(millis * 1_000).unwrap_or(0),
            chain: chain.to_owned(),
            path: String::new(),
            job: None,
            status: 200,
            kind: PageKind::Seats,
            fault,
            cinema: None,
            showtime: None,
            layout: None,
            seats: None,
        }
    }

    #[test]
    fn the_reach_of_a_pause_ends_with_the_pause() {
        let storm = Some(FaultKind::Throttled);
        let lines = [
            line("a", 0, None),
            line("a", 100, storm),
            line("a", 350, None),
            line("a", 3_100, None),
            line("b", 200, None),
        ];
        let reach: Vec<(&str, f64)> = reaches(&lines).into_iter().collect();
        assert_eq!(reach, [("a", 250.0)]);
    }
}
