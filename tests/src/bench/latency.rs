//! How long a task waits: from queued and from due to started, at 500 tasks a second.
//!
//! What started means, and how the load is made, says [`steady`](super::steady): the agent
//! sends its request. The claim before it and the arrival at the source after it are here
//! too, without a reach; all share two processors with the database and the source.

use std::time::Duration;

use super::{
    Measured,
    figure::{Figure, Reach, quantile},
    scale,
    steady::{CINEMAS, Steady},
};

/// Name on the command line.
pub const NAME: &str = "latency";

/// Tasks per second; `RATE` gives another.
const RATE: u32 = 500;
const DURATION: Duration = Duration::from_secs(30);
/// What is to be reached, in milliseconds.
const MEDIAN: f64 = 3.0;
const TAIL: f64 = 10.0;
/// Time between two ticks of the leader, by which a task may be placed late.
const TICK: f64 = 50.0;

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let mut steady = Steady::start(scale::of("RATE", RATE), CINEMAS).await?;
    let duration = scale::duration(DURATION);
    eprintln!("  measuring for {duration:?}");
    let window = steady.window(duration).await?;
    steady.end().await;
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let wait = |name: &str, waits: &[f64], share| figure(name, quantile(waits, share), "ms");
    Ok(vec![
        wait("queued_p50", &window.queued, 0.5).reach(Reach::AtMost(MEDIAN)),
        wait("queued_p99", &window.queued, 0.99).reach(Reach::AtMost(TAIL)),
        wait("claimed_p50", &window.claimed, 0.5),
        wait("claimed_p99", &window.claimed, 0.99),
        wait("arrived_p50", &window.arrived, 0.5),
        wait("arrived_p99", &window.arrived, 0.99),
        wait("due_p50", &window.due, 0.5),
        wait("due_p99", &window.due, 0.99).reach(Reach::AtMost(TAIL + TICK)),
        figure("jobs", window.jobs_per_second, "jobs/s"),
        figure("cpu_postgres", window.postgres_micros, "µs/job"),
    ])
}
