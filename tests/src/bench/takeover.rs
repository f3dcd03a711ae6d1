//! A leader that is killed, with a million tasks in the database: until the standby leads,
//! and until it has placed its first tasks.
//!
//! A few hundred showtimes of a simulated chain are due each second, so that there is
//! something to place and a pod that takes it; the million others are due in an hour.
//! `TASKS` gives another number.

use std::time::Duration;

use schema::schedule::clock;
use tokio::time::sleep;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, quantile, signed},
    scale,
};
use crate::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};
use simulated_chains::options::WorldOptions;

/// Name on the command line.
pub const NAME: &str = "takeover";

const TASKS: u32 = 1_000_000;
const LEASE: Duration = Duration::from_secs(10);
/// Beyond the lease, from the kill to the first tasks.
const BEYOND: f64 = 3.0;
/// Leaders that are killed: how much of a lease is left when one dies is chance.
const KILLS: usize = 3;
/// Between two kills, for the next leader to know what ended.
const REST: Duration = Duration::from_secs(8);

/// As many tasks as $1 that a discovery could have left, of the step that reads seats.
const FILL: &str = "INSERT INTO task (step_id, key, params, due_at, starts_at)
    SELECT
        step.step_id,
        'none/' || number,
        jsonb_build_object(
            'cinema', jsonb_build_object('key', '0001', 'name', 'Star Hà Nội 1', 'timezone', 'Asia/Ho_Chi_Minh'),
            'showtime', jsonb_build_object('key', number::text, 'starts_at', '2030-01-01T12:30:00Z')
        ),
        now() + interval '1 hour' + number * interval '1 ms',
        now() + interval '30 days'
    FROM step
    CROSS JOIN generate_series(1, $1) AS number
    WHERE step.yields = 'seats'";

/// When the first task was placed behind $1, wherever it is now; in microseconds.
const FIRST_PLACED: &str = "SELECT (extract(epoch FROM min(enqueued_at) - $1) * 1000000)::bigint
    FROM (
        SELECT enqueued_at FROM queue
        UNION ALL
        SELECT enqueued_at FROM running
        UNION ALL
        SELECT enqueued_at FROM job WHERE finished_at > $1
    ) AS placed
    WHERE enqueued_at > $1";

/// When the leader that leads was elected, after $1; in microseconds.
const ELECTED: &str = "SELECT (extract(epoch FROM elected_at - $1) * 1000000)::bigint
    FROM leader
    WHERE elected_at > $1";

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let tasks = i32::try_from(scale::of("TASKS", TASKS)).unwrap_or(i32::MAX);
    let mut fleet = Fleet::start(fleet_options()).await?;
    fleet.wait_for_snapshots(1, PATIENCE).await?;
    eprintln!("  writing {tasks} tasks");
    sqlx::query(FILL).bind(tasks).execute(fleet.db()).await?;
    sqlx::query("VACUUM (ANALYZE) task")
        .execute(fleet.db())
        .await?;
    let mut takeovers = Vec::new();
    for _ in 0..KILLS {
        sleep(REST).await;
        takeovers.push(kill(&mut fleet).await?);
    }
    if let Err(error) = fleet.end(&[]).await {
        eprintln!("  note: {error}");
    }
    let worst = |of: fn(&Takeover) -> f64| {
        let mut values: Vec<f64> = takeovers.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        quantile(&values, 1.0)
    };
    let lease = LEASE.as_secs_f64();
    Ok(vec![
        Figure::new(NAME, NAME, worst(|takeover| takeover.placed), "s")
            .reach(Reach::AtMost(lease + BEYOND)),
        Figure::new(
            NAME,
            format!("{NAME}.elected"),
            worst(|takeover| takeover.elected),
            "s",
        )
        .beside("lease", lease),
        Figure::new(
            NAME,
            format!("{NAME}.rebuild"),
            worst(|takeover| takeover.placed - takeover.elected),
            "s",
        ),
    ])
}

fn fleet_options() -> FleetOptions {
    let world = WorldOptions {
        chains: 1,
        rate: 500.0,
        burst: 500,
        ..WorldOptions::default()
    };
    FleetOptions {
        chains: Some(ChainsOptions {
            world,
            ..ChainsOptions::default()
        }),
        coordinators: 2,
        pods: 1,
        agents: 1_000,
        leader_lease: LEASE,
        ..FleetOptions::default()
    }
}

/// Seconds from the kill.
#[derive(Debug, Clone, Copy)]
struct Takeover {
    elected: f64,
    placed: f64,
}

/// Kills the leader, waits for what the other one does, and starts it again as standby.
async fn kill(fleet: &mut Fleet) -> Result<Takeover, BenchError> {
    let leader = wait_until("a leader", PATIENCE, async || fleet.leader().await).await?;
    fleet.coordinator(leader)?.kill()?;
    let killed_at = clock(fleet.db()).await?;
    let since = async |what: &str, question: &'static str| -> Result<f64, HarnessError> {
        let micros = wait_until(what, PATIENCE, async || {
            let found: Option<Option<i64>> = sqlx::query_scalar(question)
                .bind(killed_at)
                .fetch_optional(fleet.db())
                .await?;
            Ok(found.flatten())
        });
        Ok(signed(micros.await?) / 1e6)
    };
    let elected = since("the next leader", ELECTED).await?;
    let placed = since("its first tasks", FIRST_PLACED).await?;
    eprintln!(
        "  elected {elected:.1} s after the kill, first tasks placed {:.2} s later",
        placed - elected
    );
    fleet.restart_coordinator(leader)?;
    Ok(Takeover { elected, placed })
}
