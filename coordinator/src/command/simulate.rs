//! `coordinator simulate`: what a policy would have seen with a budget of requests.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use comfy_table::Table;
use schema::sales;
use sqlx::PgPool;

use super::table;

use crate::{
    policy::Policy,
    simulate::{
        compare::{Comparison, compare},
        history,
        score::Score,
        synthetic::{self, SyntheticWorld},
        world::World,
    },
};

/// Arguments of `coordinator simulate`.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Replays the showtimes of the last --days from the database, in place of synthetic ones.
    #[arg(long)]
    pub history: bool,
    /// Number of synthetic showtimes.
    #[arg(long, default_value_t = 2_000)]
    pub showtimes: usize,
    /// Number of days in which they start.
    #[arg(long, default_value_t = 14)]
    pub days: u32,
    /// Seed of the synthetic sales: the same seed gives the same sales.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of limit keys of the synthetic showtimes.
    #[arg(long, default_value_t = 4)]
    pub keys: usize,
    /// Budgets in requests a second, for each limit key.
    #[arg(
        long,
        value_name = "RATE",
        value_delimiter = ',',
        conflicts_with = "gap"
    )]
    pub rate: Vec<f64>,
    /// Budgets as a time: the requests that one look per GAP at each showtime on sale would take.
    #[arg(long, value_name = "GAP", value_delimiter = ',', value_parser = humantime::parse_duration, default_values = ["10min", "20min", "40min"])]
    pub gap: Vec<Duration>,
    /// The `every` of the step.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "10min")]
    pub every: Duration,
}

/// Simulates synthetic showtimes and prints which sales were seen.
///
/// # Errors
///
/// If a budget is not positive.
pub fn run_synthetic(args: &SimulateArgs, policy: Policy) -> anyhow::Result<()> {
    let world = synthetic::world(SyntheticWorld {
        seed: args.seed,
        showtimes: args.showtimes,
        days: args.days.max(1),
        keys: args.keys.max(1),
    });
    print(&world, args, policy)
}

/// Replays showtimes from the database and prints which sales would have been seen.
///
/// # Errors
///
/// If there are no snapshots, or a statement fails.
pub async fn run_history(db: &PgPool, args: &SimulateArgs, policy: Policy) -> anyhow::Result<()> {
    let rows = sales::read_sales(db, i32::try_from(args.days).unwrap_or(i32::MAX)).await?;
    let world = history::world(&rows);
    let world = world.context("no showtime of these days has snapshots; see --days")?;
    print(&world, args, policy)
}

fn print(world: &World, args: &SimulateArgs, policy: Policy) -> anyhow::Result<()> {
    let rates: Vec<f64> = if args.rate.is_empty() {
        args.gap.iter().map(|gap| world.rate_for(*gap)).collect()
    } else {
        args.rate.clone()
    };
    anyhow::ensure!(
        rates.iter().all(|rate| rate.is_finite() && *rate > 0.0),
        "a budget must be more than 0 requests a second"
    );
    println!(
        "{} showtimes, {:.0} on sale at a time, {} seats sold, {} limit keys",
        world.shows.len(),
        world.on_sale(),
        world.sales(),
        world.keys
    );
    for rate in rates {
        println!("\n{rate:.3} requests a second of each limit key");
        println!("{}", table(&compare(world, policy, args.every, rate)));
    }
    Ok(())
}

fn table(all: &Comparison) -> Table {
    let mut table = table::with_header([
        "schedule",
        "seen within 5 min",
        "policy is",
        "mean delay",
        "last looks",
        "first looks after",
        "looks",
        "looks each",
        "longest gap",
    ]);
    let mut add = |name: &str, score: Score| {
        table.add_row([
            name.to_owned(),
            format!("{:.1} %", 100.0 * score.seen_in_time),
            format!("× {:.2}", all.policy.seen_in_time / score.seen_in_time),
            seconds(score.mean_delay),
            format!("{} of {}", score.last_looks, score.showtimes),
            format!("{} of {}", score.first_looks_after, score.showtimes),
            score.looks.to_string(),
            (score.looks / score.showtimes.max(1)).to_string(),
            seconds(score.longest_gap),
        ]);
    };
    add("policy", all.policy);
    add("fixed intervals", all.interval);
    if let Some(score) = all.knows_rates {
        add("knows every rate", score);
    }
    add("knows every sale", all.knows_sales);
    table
}

fn seconds(time: Duration) -> String {
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}
