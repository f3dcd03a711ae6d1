//! The phases of a job as bars on one scale of time.

use schema::reading::job::JobDetail;

use super::{format, svg};

/// A phase as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseRow {
    /// Its name.
    pub name: &'static str,
    /// What happens in it.
    pub meaning: &'static str,
    /// Its bar.
    pub bar: String,
    /// How long it took.
    pub took: String,
}

/// A phase: what it is, when it began after the enqueue, and how long it took, in seconds.
struct Phase {
    name: &'static str,
    meaning: &'static str,
    begins: f64,
    seconds: f64,
}

/// Makes the phases of a job that ended, in order.
#[must_use]
pub fn rows(job: &JobDetail) -> Vec<PhaseRow> {
    let phases = phases(job);
    let whole = phases
        .iter()
        .map(|phase| phase.begins + phase.seconds)
        .fold(0.001, f64::max);
    phases
        .iter()
        .enumerate()
        .map(|(position, phase)| PhaseRow {
            name: phase.name,
            meaning: phase.meaning,
            bar: svg::span(phase.begins / whole, phase.seconds / whole, position),
            took: format::span(phase.seconds),
        })
        .collect()
}

fn phases(job: &JobDetail) -> Vec<Phase> {
    let seconds = |from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>| {
        #[allow(clippy::cast_precision_loss)]
        let micros = (to - from).num_microseconds().unwrap_or_default() as f64;
        (micros / 1e6).max(0.0)
    };
    let queued = seconds(job.enqueued_at, job.claimed_at);
    let ran = seconds(job.claimed_at, job.finished_at);
    let mut phases = vec![Phase {
        name: "queued",
        meaning: "from the leader’s decision to the claim of a pod",
        begins: 0.0,
        seconds: queued,
    }];
    let Some(fetch) = job.fetch_micros.map(|micros| f64::from(micros) / 1e6) else {
        phases.push(Phase {
            name: "run",
            meaning: "from the claim to the end",
            begins: queued,
            seconds: ran,
        });
        return phases;
    };
    let answered = job
        .observed_at
        .map_or(ran, |at| seconds(job.claimed_at, at))
        .clamp(fetch.min(ran), ran);
    phases.push(Phase {
        name: "waited",
        meaning: "in the pod, for the rate limiter and earlier requests",
        begins: queued,
        seconds: (answered - fetch).max(0.0),
    });
    phases.push(Phase {
        name: "fetch",
        meaning: "from the request sent to the body complete",
        begins: queued + (answered - fetch).max(0.0),
        seconds: fetch,
    });
    phases.push(Phase {
        name: "extract and store",
        meaning: "from the body complete to the row of the job written",
        begins: queued + answered,
        seconds: (ran - answered).max(0.0),
    });
    phases
}
