//! Jobs against requests.

use std::collections::{HashMap, HashSet};

use super::{
    Audit, Rule,
    record::{Job, Record},
};
use simulated_chains::{
    fault::FaultKind,
    witness::{Line, PageKind},
};

/// The requests of each job, in order.
pub(super) fn by_job(lines: &[Line]) -> HashMap<i64, Vec<&Line>> {
    let mut requests: HashMap<i64, Vec<&Line>> = HashMap::new();
    for line in lines {
        if let Some(job) = line.job.as_ref().and_then(|job| job.parse().ok()) {
            requests.entry(job).or_default().push(line);
        }
    }
    requests
}

/// Whether a request was answered with the whole page that it asked for.
pub(super) fn was_served(line: &Line) -> bool {
    let is_whole = matches!(line.fault, None | Some(FaultKind::Slow));
    line.status == 200 && is_whole && (line.kind != PageKind::Seats || line.seats.is_some())
}

/// Checks jobs against requests, and jobs against each other.
pub(super) fn check(audit: &mut Audit, record: &Record, lines: &[Line]) {
    let requests = by_job(lines);
    audit.add("requests", lines.len() as u64);
    for line in lines.iter().filter(|line| line.job.is_none()) {
        audit.breaks(Rule::NothingLost, || {
            format!("request {} names no job", line.serial)
        });
    }
    let mut known = HashSet::new();
    let mut ended_at: HashMap<i64, (i64, i64)> = HashMap::new();
    for job in &record.jobs {
        count(audit, job);
        if !known.insert(job.id) {
            audit.breaks(Rule::StoredOnce, || {
                format!("job {} is in the history twice", job.id)
            });
        }
        check_requests(audit, job, requests.get(&job.id).map_or(&[], Vec::as_slice));
        let before = ended_at.insert(job.task_id, (job.id, job.finished_us));
        if let Some((earlier, finished_us)) = before
            && job.enqueued_us < finished_us
        {
            audit.breaks(Rule::OneAtATime, || {
                let early = finished_us - job.enqueued_us;
                format!(
                    "task {}: job {} was queued {early} us before job {earlier} had ended",
                    job.task_id, job.id
                )
            });
        }
    }
    for job in &record.jobs {
        if job
            .parent_job_id
            .is_some_and(|parent| !known.contains(&parent))
        {
            audit.breaks(Rule::ParentsKnown, || {
                format!("the parent of job {} is not in the history", job.id)
            });
        }
    }
    for (job, lines) in &requests {
        if record.under_way.contains(job) {
            audit.add("jobs still under way", 1);
        } else if !known.contains(job) {
            audit.breaks(Rule::NothingLost, || {
                let (serial, path) = lines
                    .first()
                    .map_or((0, ""), |line| (line.serial, line.path.as_str()));
                format!("job {job} is in no history (request {serial}, {path})")
            });
        }
    }
}

fn count(audit: &mut Audit, job: &Job) {
    let outcome = match job.outcome.as_str() {
        "succeeded" => "jobs succeeded",
        "failed" => "jobs failed",
        "lost" => "jobs lost",
        "returned" => "jobs returned",
        "continued" => "jobs that another went on with",
        _ => "jobs ended in an unknown way",
    };
    audit.add(outcome, 1);
    match job.error_class.as_deref() {
        None => {}
        Some("missing") => audit.add("  of the failed: missing, its page was gone", 1),
        Some("timeout" | "unreachable") => audit.add("  of the failed: no answer", 1),
        Some("throttled") => audit.add("  of the failed: throttled", 1),
        Some("unavailable") => audit.add("  of the failed: unavailable", 1),
        Some("malformed") => audit.add("  of the failed: malformed", 1),
        Some(_) => audit.add("  of the failed: other", 1),
    }
}

fn check_requests(audit: &mut Audit, job: &Job, requests: &[&Line]) {
    let sent = requests.len();
    let says = usize::try_from(job.requests).unwrap_or(0);
    // The pod that would have counted them is gone.
    let is_lost = job.outcome == "lost";
    if is_lost {
        audit.add("  of the lost: requests served", sent as u64);
    }
    // What goes on was answered, so what it sent has come.
    let went_on = job.outcome == "continued";
    if (sent > says && !is_lost) || (went_on && sent != says) {
        audit.breaks(Rule::RequestsCounted, || {
            format!("job {} says {says} requests, {sent} came", job.id)
        });
    }
    if job.outcome == "succeeded" {
        let served = requests.iter().any(|line| was_served(line));
        let source = requests.iter().all(|line| line.chain == job.source);
        if !served || !source || sent != says {
            audit.breaks(Rule::SucceededWasServed, || {
                let answers: Vec<_> = requests
                    .iter()
                    .map(|line| (line.chain.as_str(), line.status, line.fault))
                    .collect();
                format!("job {} of {}: {answers:?}", job.id, job.source)
            });
        }
    }
}
