//! What a transaction that someone forgot costs: the same load undisturbed, under a held
//! REPEATABLE READ snapshot, and beside a held transaction that has a number of its own.
//!
//! Either keeps dead rows from being removed, so a queue that scans them slows down the
//! longer it lasts. `MINUTES` says how long each is held; the trend needs ten.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, quantile},
    scale,
    steady::{Steady, Window},
};

/// Name on the command line.
pub const NAME: &str = "held";

/// Tasks per second; `RATE` gives another.
const RATE: u32 = 1_000;
/// With some 100,000 showtimes each is looked at every 100 seconds. What is looked at more often
/// leaves more dead rows of its own: a tenth of them have ten times as many each.
const CINEMAS: u32 = 300;
/// `MINUTES` gives another number of windows, `MEASURE_SECONDS` another length.
const MINUTES: u32 = 2;
const WINDOW: Duration = Duration::from_mins(1);
/// Largest allowed latency, as a multiple of the undisturbed one.
const MAX_RATIO: f64 = 1.5;
/// Largest allowed ratio of the last window to the first; noise without a trend stays below it.
const MAX_TREND: f64 = 1.25;

/// What is held, and the statements that hold it.
const HELD: [(&str, &[&str]); 3] = [
    ("nothing", &[]),
    (
        "snapshot",
        &[
            "BEGIN ISOLATION LEVEL REPEATABLE READ",
            "SELECT count(*) FROM source",
        ],
    ),
    ("xid", &["BEGIN", "SELECT pg_current_xact_id()"]),
];

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let mut steady = Steady::start(scale::of("RATE", RATE), CINEMAS).await?;
    let mut figures = Vec::new();
    let mut undisturbed = None;
    for (what, statements) in HELD {
        let mut holder = hold(steady.fleet().url(), statements).await?;
        let windows = windows(&mut steady, what).await?;
        if !statements.is_empty() {
            sqlx::query("ROLLBACK").execute(&mut holder).await?;
        }
        holder.close().await?;
        let seen = Seen::of(&windows)?;
        figures.extend(seen.figures(what, undisturbed.get_or_insert(seen)));
        // Under the next one only what it keeps itself should be dead.
        sqlx::query("VACUUM").execute(steady.fleet().db()).await?;
    }
    steady.end().await;
    Ok(figures)
}

/// Opens a connection and leaves it where `statements` bring it.
async fn hold(url: &str, statements: &[&'static str]) -> Result<PgConnection, BenchError> {
    let mut holder = PgConnection::connect(url).await?;
    for statement in statements {
        sqlx::query(*statement).execute(&mut holder).await?;
    }
    Ok(holder)
}

async fn windows(steady: &mut Steady, what: &str) -> Result<Vec<Window>, BenchError> {
    let mut windows = Vec::new();
    for minute in 1..=scale::of("MINUTES", MINUTES).max(1) {
        let window = steady.window(scale::duration(WINDOW)).await?;
        eprintln!(
            "  {what} held, window {minute}: {:.0} jobs/s, queued to started p50 {:.2} ms and \
             p99 {:.1} ms, Postgres {:.0} µs a job",
            window.jobs_per_second,
            quantile(&window.queued, 0.5),
            quantile(&window.queued, 0.99),
            window.postgres_micros,
        );
        windows.push(window);
    }
    Ok(windows)
}

/// What was seen while one thing was held.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Of all waits from queued to started, in milliseconds.
    median: f64,
    tail: f64,
    /// Of Postgres per job, in microseconds.
    cpu: f64,
    jobs_per_second: f64,
    /// The last window over the first.
    median_trend: f64,
    cpu_trend: f64,
}

impl Seen {
    fn of(windows: &[Window]) -> Result<Self, BenchError> {
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            return Err(BenchError::nothing("there was no window"));
        };
        let mut queued: Vec<f64> = windows
            .iter()
            .flat_map(|window| window.queued.iter().copied())
            .collect();
        queued.sort_by(f64::total_cmp);
        let count = windows.iter().map(|_| 1.0).sum::<f64>();
        let mean = |of: fn(&Window) -> f64| windows.iter().map(of).sum::<f64>() / count;
        let median = |window: &Window| quantile(&window.queued, 0.5);
        Ok(Self {
            median: quantile(&queued, 0.5),
            tail: quantile(&queued, 0.99),
            cpu: mean(|window| window.postgres_micros),
            jobs_per_second: mean(|window| window.jobs_per_second),
            median_trend: median(last) / median(first),
            cpu_trend: last.postgres_micros / first.postgres_micros,
        })
    }

    fn figures(&self, what: &str, undisturbed: &Self) -> Vec<Figure> {
        let name = |of: &str| format!("{NAME}.{what}_{of}");
        let beside = |of: &str, value, peer, unit| {
            Figure::new(NAME, name(of), value, unit).beside("nothing held", peer)
        };
        let times = |of: &str, value| {
            Figure::new(NAME, name(of), value, "times").reach(Reach::AtMost(MAX_RATIO))
        };
        let trend = |of: &str, value| {
            Figure::new(NAME, name(of), value, "last/first").reach(Reach::AtMost(MAX_TREND))
        };
        vec![
            beside("p50", self.median, undisturbed.median, "ms"),
            beside("p99", self.tail, undisturbed.tail, "ms"),
            beside("cpu_postgres", self.cpu, undisturbed.cpu, "µs/job"),
            beside(
                "jobs",
                self.jobs_per_second,
                undisturbed.jobs_per_second,
                "jobs/s",
            ),
            times("p50_ratio", self.median / undisturbed.median),
            times("p99_ratio", self.tail / undisturbed.tail),
            times("cpu_ratio", self.cpu / undisturbed.cpu),
            trend("p50_trend", self.median_trend),
            trend("cpu_trend", self.cpu_trend),
        ]
    }
}
