//! Runs a whole fleet for some minutes and audits every seat that it stored.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use simulated_chains::options::WorldOptions;
use source_language::wording::with_causes;
use tests::harness::{
    audit::Audit,
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::wait_until,
};

/// Runs a fleet against simulated chains for some minutes, then compares every stored
/// seat with what was served, and the history with every request.
///
/// Ends with 1 if anything is missing, wrong, stored twice or sent beyond a limit, or if
/// the logs hold an error. Build the programs first, of the same profile:
///
///   cargo build --release --workspace --bins && target/release/soak --minutes 10 --chaos
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    /// How long the fleet runs.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Kills a pod every minute and the leader twice, and restarts Postgres once.
    #[arg(long)]
    chaos: bool,
    /// Requests per second that each of the seven chains allows.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Cinemas of each chain.
    #[arg(long, default_value_t = 5)]
    cinemas: u32,
    /// Pods.
    #[arg(long, default_value_t = 3)]
    pods: usize,
    /// Agents of each pod.
    #[arg(long, default_value_t = 200)]
    agents: usize,
}

const POD_LEASE: Duration = Duration::from_secs(5);
const LEADER_LEASE: Duration = Duration::from_secs(3);

/// A takeover may take the lease and this.
const TAKEOVER: Duration = Duration::from_secs(3);

/// Time between two lines that say how far it is.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// The least share of its rate that a busy chain must be asked (invariant 3).
const MIN_USE: f64 = 0.95;

/// What a fleet may say when nothing was done to it: the driver's own words about
/// statements that a checkpoint made slow.
const ANNOUNCED: [&str; 1] = ["WARN sqlx"];

/// What it may say besides when pods, leader and database were struck.
const ANNOUNCED_IN_CHAOS: [&str; 8] = [
    "WARN sqlx",
    "another coordinator leads now",
    "dead pods' claims given back",
    "the database is away",
    "the database does not answer",
    "no heartbeat",
    "late results may have been written by an earlier try",
    "results came after their lease had ended",
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = tokio::select! {
        ended = soak(&arguments) => ended,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("stopped before its time, nothing was audited");
            return ExitCode::FAILURE;
        }
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

/// Returns whether everything holds.
async fn soak(arguments: &Arguments) -> Result<bool, HarnessError> {
    let mut fleet = start(arguments).await?;
    let began = Instant::now();
    let end = Duration::from_secs(60 * arguments.minutes);
    let mut plan = if arguments.chaos {
        strikes(arguments.minutes)
    } else {
        Vec::new()
    };
    let mut report_at = REPORT_EVERY;
    while began.elapsed() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        while let Some((_, strike)) = plan.pop_if(|(at, _)| *at <= began.elapsed()) {
            println!(
                "{:>5} s  {}",
                began.elapsed().as_secs(),
                strike.run(&mut fleet).await?
            );
        }
        if began.elapsed() >= report_at {
            println!("{:>5} s  {}", report_at.as_secs(), progress(&fleet).await?);
            report_at += REPORT_EVERY;
        }
    }
    fleet.stop().await?;
    println!("stopped, auditing");
    let audit = fleet.audit(&[]).await?;
    println!("{audit}");
    for (source, step, reason, jobs, error) in failures(&fleet).await? {
        println!("{source} {step}: {jobs} {reason}: {error}");
    }
    let is_used = arguments.chaos || uses_its_limits(&audit);
    let holds = audit.holds() && is_used;
    let announced: &[&str] = if arguments.chaos {
        &ANNOUNCED_IN_CHAOS
    } else {
        &ANNOUNCED
    };
    fleet.end(announced).await?;
    println!(
        "{}",
        if holds {
            "everything holds"
        } else {
            "NOT everything holds"
        }
    );
    Ok(holds)
}

async fn start(arguments: &Arguments) -> Result<Fleet, HarnessError> {
    let world = WorldOptions {
        cinemas: arguments.cinemas,
        speed: 1000.0,
        rate: f64::from(arguments.rate),
        burst: 3 * arguments.rate,
        ..WorldOptions::default()
    };
    Fleet::start(FleetOptions {
        chains: Some(ChainsOptions {
            world,
            witness_mib: 4096,
            ..ChainsOptions::default()
        }),
        coordinators: 2,
        pods: arguments.pods,
        agents: arguments.agents,
        pod_lease: POD_LEASE,
        leader_lease: LEADER_LEASE,
        ..FleetOptions::default()
    })
    .await
}

fn uses_its_limits(audit: &Audit) -> bool {
    let share = audit.least_use().unwrap_or(0.0);
    let is_used = share >= MIN_USE;
    if !is_used {
        println!("a busy chain was asked only {share:.3} of its rate, less than {MIN_USE}");
    }
    is_used
}

async fn progress(fleet: &Fleet) -> Result<String, HarnessError> {
    let ask = async |question| {
        wait_until("the database", REPORT_EVERY, async || {
            fleet.number(question).await.map(Some)
        })
        .await
    };
    let snapshots = ask("SELECT count(*) FROM snapshot").await?;
    let running = ask("SELECT count(*) FROM running").await?;
    let tasks = ask("SELECT count(*) FROM task WHERE retired_at IS NULL").await?;
    Ok(format!(
        "{snapshots} snapshots stored, {running} jobs running, {tasks} tasks"
    ))
}

/// What failed: source, step, reason, how often, and the last error.
async fn failures(
    fleet: &Fleet,
) -> Result<Vec<(String, String, String, i64, String)>, HarnessError> {
    let failures = sqlx::query_as(
        "SELECT source, step, reason, jobs, coalesce(last_error, '')
        FROM source_failure ORDER BY jobs DESC LIMIT 20",
    );
    Ok(failures.fetch_all(fleet.db()).await?)
}

/// Something that is done to the fleet.
#[derive(Debug, Clone, Copy)]
enum Strike {
    Pod(usize),
    Leader,
    Postgres,
}

/// What is done when, the first last.
fn strikes(minutes: u64) -> Vec<(Duration, Strike)> {
    let whole = Duration::from_secs(60 * minutes);
    let mut plan = vec![
        (whole / 3, Strike::Leader),
        (whole / 2, Strike::Postgres),
        (whole * 2 / 3, Strike::Leader),
    ];
    for minute in 0..minutes {
        let at = Duration::from_secs(60 * minute + 20);
        plan.push((at, Strike::Pod(usize::try_from(minute).unwrap_or(0))));
    }
    plan.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    plan
}

impl Strike {
    /// Strikes, and puts back what was struck; says what happened.
    async fn run(self, fleet: &mut Fleet) -> Result<String, HarnessError> {
        match self {
            Self::Pod(number) => {
                let number = number % fleet.pods();
                fleet.pod(number)?.kill()?;
                fleet.restart_pod(number)?;
                Ok(format!(
                    "{} killed and started again",
                    Fleet::pod_name(number)
                ))
            }
            Self::Leader => {
                let first = leader(fleet, None, Duration::from_secs(10)).await?;
                fleet.coordinator(first)?.kill()?;
                let killed = Instant::now();
                leader(fleet, Some(first), LEADER_LEASE + TAKEOVER).await?;
                let took = killed.elapsed();
                fleet.restart_coordinator(first)?;
                Ok(format!(
                    "the leader was killed, another led after {took:.1?}"
                ))
            }
            Self::Postgres => {
                let began = Instant::now();
                fleet.server()?.restart().await?;
                Ok(format!("Postgres restarted in {:.1?}", began.elapsed()))
            }
        }
    }
}

async fn leader(
    fleet: &Fleet,
    other_than: Option<usize>,
    bound: Duration,
) -> Result<usize, HarnessError> {
    wait_until("a leader", bound, async || {
        let leader = fleet.leader().await?;
        Ok(leader.filter(|leader| Some(*leader) != other_than))
    })
    .await
}
