//! Tracing: what a trace of every job costs, beside none.
//!
//! Whole fleets that have more to do than the processors can, one after the other: without traces, with
//! all, with all, without, so that a machine that becomes slower favours neither. The collector takes
//! spans without reading them, in this process, whose time is not counted. What is compared is the
//! processor time of pod and coordinator for a job. A part of that time is used whatever they do, so
//! it depends on the number of jobs: on a machine that has something else to do, fleets of one kind
//! differ by more than the traces cost. `spread` is how much they do; where it is not far below
//! `added_cpu`, the run says nothing.

use std::time::Duration;

use schema::fleet_status::ended_jobs;
use tokio::time::sleep;

use super::{
    Measured, cpu,
    error::BenchError,
    figure::{Figure, Reach, signed},
    saturated::Saturated,
    scale,
};
use crate::harness::{
    fleet::Way,
    trace_sink::{SinkAnswer, TraceSink},
};

/// Name on the command line.
pub const NAME: &str = "tracing";

const DURATION: Duration = Duration::from_secs(20);
const PAIRS: u32 = 2;

/// What fleets of one kind did, summed.
#[derive(Debug, Default)]
struct Sum {
    jobs: f64,
    seconds: f64,
    used: Duration,
    /// Microseconds per job of each fleet.
    each: Vec<f64>,
}

impl Sum {
    /// How much the fleets differ, in per cent of the least.
    fn spread(&self) -> f64 {
        let least = self.each.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.each.iter().copied().fold(0.0, f64::max);
        100.0 * (most / least - 1.0)
    }

    fn micros_per_job(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.jobs.max(1.0)
    }

    fn jobs_per_second(&self) -> f64 {
        self.jobs / self.seconds.max(1.0)
    }
}

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let sink = TraceSink::start(SinkAnswer::Discard)
        .map_err(|_| BenchError::nothing("no port is free for the collector"))?;
    let (mut off, mut on) = (Sum::default(), Sum::default());
    for pair in 0..scale::of("PAIRS", PAIRS) {
        let first_is_traced = pair % 2 == 1;
        for is_traced in [first_is_traced, !first_is_traced] {
            let otlp = is_traced.then(|| sink.url());
            let sum = if is_traced { &mut on } else { &mut off };
            measure(otlp, sum).await?;
        }
    }
    if sink.requests() == 0 {
        return Err(BenchError::nothing("no span came"));
    }
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let added = 100.0 * (on.micros_per_job() / off.micros_per_job() - 1.0);
    Ok(vec![
        figure("added_cpu", added, "%").reach(Reach::AtMost(3.0)),
        figure("spread", on.spread().max(off.spread()), "%"),
        figure("cpu", on.micros_per_job(), "µs/job").beside("no traces", off.micros_per_job()),
        figure("jobs", on.jobs_per_second(), "jobs/s").beside("no traces", off.jobs_per_second()),
    ])
}

/// Adds what a fleet does that sends all its traces to `otlp`, if that is given.
async fn measure(otlp: Option<String>, sum: &mut Sum) -> Result<(), BenchError> {
    eprintln!(
        "  a fleet {} traces",
        if otlp.is_some() { "with" } else { "without" }
    );
    let env = otlp.into_iter().flat_map(|otlp| {
        [
            ("FULLHOUSE_TELEMETRY__OTLP".to_owned(), otlp),
            ("FULLHOUSE_TELEMETRY__SAMPLE".to_owned(), "1".to_owned()),
        ]
    });
    let mut saturated = Saturated::start_with(Way::Direct, env.collect()).await?;
    let fleet = &mut saturated.fleet;
    let programs = [fleet.coordinator(0)?.id(), fleet.pod(0)?.id()];
    let used = || {
        programs
            .iter()
            .map(|id| cpu::of_process(*id))
            .sum::<Duration>()
    };
    let before = used();
    sleep(scale::duration(DURATION)).await;
    let used = used().saturating_sub(before);
    let measured = scale::duration(DURATION);
    let jobs = signed(ended_jobs(fleet.db(), measured).await?.jobs);
    sum.used += used;
    sum.jobs += jobs;
    sum.each.push(used.as_secs_f64() * 1e6 / jobs.max(1.0));
    sum.seconds += measured.as_secs_f64();
    saturated.end().await
}
