//! The phases of a job as bars on one scale of time.

use schema::{lineage::JobRequest, reading::job::JobDetail};

use super::{format, svg};
use crate::number::float;

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

/// A phase: its name, when it began after the enqueue, and how long it took, in seconds.
type Phase = (&'static str, f64, f64);

/// Makes the phases of a job that ended, in order; `request` is its own in the conversation.
#[must_use]
pub fn rows(job: &JobDetail, request: Option<&JobRequest>) -> Vec<PhaseRow> {
    let phases = match request.filter(|request| request.phases().count() > 1) {
        Some(request) => measured(job, request),
        None => rough(job),
    };
    let whole = phases
        .iter()
        .map(|(_, begins, seconds)| begins + seconds)
        .fold(0.001, f64::max);
    phases
        .iter()
        .map(|(name, begins, seconds)| PhaseRow {
            name,
            meaning: meaning(name),
            bar: svg::span(begins / whole, seconds / whole, color(name)),
            took: format::span(*seconds),
        })
        .collect()
}

/// The phases that the pod measured, one after the other; what is left is the rest.
fn measured(job: &JobDetail, request: &JobRequest) -> Vec<Phase> {
    let mut phases = Vec::new();
    let mut begins = 0.0;
    for (name, micros) in request.phases() {
        let seconds = float(micros) / 1e6;
        phases.push((name, begins, seconds));
        begins += seconds;
    }
    let rest = seconds(job.enqueued_at, job.finished_at) - begins;
    if rest > 0.001 {
        phases.push(("rest", begins, rest));
    }
    phases
}

/// The phases of a job whose pod measured none.
fn rough(job: &JobDetail) -> Vec<Phase> {
    let queued = seconds(job.enqueued_at, job.claimed_at);
    let ran = seconds(job.claimed_at, job.finished_at);
    vec![("queued", 0.0, queued), ("run", queued, ran)]
}

fn seconds(from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>) -> f64 {
    (to - from).as_seconds_f64().max(0.0)
}

fn color(phase: &str) -> usize {
    match phase {
        "wait" => 1,
        "connect" => 5,
        "first byte" | "run" => 2,
        "body" => 3,
        "extract" | "store" => 4,
        _ => 0,
    }
}

fn meaning(phase: &str) -> &'static str {
    match phase {
        "queued" => "from the leader’s decision to the claim of a pod",
        "wait" => "in the pod, for the rate limiter",
        "connect" => "finding the address, TCP and TLS; absent where a connection was used again",
        "first byte" => "from the request sent to the head of the answer",
        "body" => "from the head to the end of the body",
        "extract" => "from bytes to rows",
        "store" => "from the result to the statement that wrote it",
        "run" => "from the claim to the end",
        _ => "between the phases, and the statement itself",
    }
}
