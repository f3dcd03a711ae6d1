//! The spans of a job that has ended.

use std::time::{Duration, Instant, SystemTime};

use schema::{
    enums::{ErrorClass, Outcome},
    finish::Finished,
};
use telemetry::{Span, SpanId, SpanKind};

use super::{Recorded, RequestTimes};

/// Gives ids to the children of the job's span, and turns instants into times of the clock.
struct Children<'a> {
    recorded: &'a Recorded,
    spans: Vec<Span>,
}

impl Children<'_> {
    fn clock(&self, at: Instant) -> SystemTime {
        let Recorded {
            began_at, began_on, ..
        } = self.recorded;
        match at.checked_duration_since(*began_at) {
            Some(after) => *began_on + after,
            None => *began_on - began_at.duration_since(at),
        }
    }

    fn next_id(&self) -> SpanId {
        let number = u64::try_from(self.spans.len()).unwrap_or(u64::MAX - 1) + 1;
        self.recorded.ids.job.child(number)
    }

    /// Adds a child that lasted `from` one instant `to` another.
    fn add(&mut self, name: &'static str, kind: SpanKind, from: Instant, to: Instant) -> &mut Span {
        let ids = self.recorded.ids;
        let times = (self.clock(from), self.clock(to.max(from)));
        let span = Span::new(
            (ids.trace, self.next_id(), Some(ids.job)),
            kind,
            name,
            times,
        );
        self.spans.push(span);
        let last = self.spans.len() - 1;
        &mut self.spans[last]
    }
}

/// Returns the spans of a job whose result was stored, or was refused, at `ended_at`.
pub(super) fn of_job(
    recorded: &Recorded,
    job: &Finished,
    is_stored: bool,
    ended_at: Instant,
) -> Vec<Span> {
    let mut children = Children {
        recorded,
        spans: Vec::new(),
    };
    let sent_at = recorded.claim_sent_at;
    // The row was queued before the claim was sent, so an estimate that says otherwise is wrong.
    let by_database = recorded.began_at.checked_sub(recorded.queued);
    let queued_at = by_database.map_or(sent_at, |at| at.min(sent_at));
    children.add("queued", SpanKind::Internal, queued_at, sent_at);
    children
        .add("claim", SpanKind::Client, sent_at, recorded.began_at)
        .set("db.system.name", "postgresql");
    for request in &recorded.requests {
        add_request(
            &mut children,
            request,
            job,
            recorded.completed_at.unwrap_or(ended_at),
        );
    }
    let completed_at = recorded.completed_at.unwrap_or(ended_at);
    if let Some(waiting) = &recorded.waiting {
        // Its permit ended, or its pod, before it could be sent.
        children
            .add("permit", SpanKind::Internal, waiting.since, completed_at)
            .fail("not_sent");
    }
    let store = children.add("store", SpanKind::Client, completed_at, ended_at);
    store.set("db.system.name", "postgresql");
    if !is_stored {
        store.fail("not_stored");
    }
    let root = job_span(&children, recorded, job, is_stored, (queued_at, ended_at));
    let mut spans = children.spans;
    spans.push(root);
    spans
}

/// Adds the wait for the limit, the request, and the reading of its answer.
fn add_request(
    children: &mut Children<'_>,
    request: &RequestTimes,
    job: &Finished,
    completed_at: Instant,
) {
    let sent_at = request.sent_at;
    let waited_since = sent_at.checked_sub(request.waited).unwrap_or(sent_at);
    children.add("permit", SpanKind::Internal, waited_since, sent_at);
    let received_at = request.took.map_or(completed_at, |took| sent_at + took);
    // Where the answer waited for its turn to be read, that is before it was read, and part of it.
    let read_from = request
        .extracted
        .and_then(|(until, took)| Some((until.checked_sub(took)?, until)));
    let fetch = children.add("fetch", SpanKind::Client, sent_at, received_at);
    fetch.set("http.request.method", request.method);
    fetch.set_known("server.address", request.host.clone());
    fetch.set_known("server.port", request.port.map(i64::from));
    fetch.set_known("http.response.status_code", request.status.map(i64::from));
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    fetch.set_known("fullhouse.resolve_seconds", seconds(request.phases.resolve));
    fetch.set_known("fullhouse.connect_seconds", seconds(request.phases.connect));
    fetch.set_known(
        "fullhouse.first_byte_seconds",
        seconds(request.phases.first_byte),
    );
    fetch.set_known("fullhouse.body_seconds", seconds(request.phases.body));
    match request.status {
        Some(status @ 400..) => fetch.fail(status.to_string()),
        Some(_) => {}
        None => fetch.fail(job.error_class.map_or("no_answer", ErrorClass::label)),
    }
    if let Some((from, until)) = read_from {
        children.add("extract", SpanKind::Internal, from, until);
    }
}

fn job_span(
    children: &Children<'_>,
    recorded: &Recorded,
    job: &Finished,
    is_stored: bool,
    (from, to): (Instant, Instant),
) -> Span {
    let ids = recorded.ids;
    let times = (children.clock(from), children.clock(to));
    let name = format!("job {}", recorded.step);
    let own = (ids.trace, ids.job, Some(ids.schedule));
    let mut span = Span::new(own, SpanKind::Consumer, name, times);
    span.set("fullhouse.job", job.job_id);
    span.set("fullhouse.task", job.task_id);
    span.set_known("fullhouse.source", recorded.source.clone());
    span.set("fullhouse.source_id", recorded.source_id);
    span.set("fullhouse.step", recorded.step.clone());
    span.set("fullhouse.pod_id", recorded.pod);
    span.set("fullhouse.outcome", outcome(job.outcome));
    span.set("fullhouse.requests", i64::from(job.requests));
    span.set_known("fullhouse.response_bytes", job.response_bytes);
    span.set_known("fullhouse.rows", job.row_count);
    span.set_known("fullhouse.missing_rows", job.missing);
    for led_here in [job.trace.previous_job_id, job.parent_job_id]
        .into_iter()
        .flatten()
    {
        if let Some(other) = recorded.telemetry.job(led_here) {
            span.links.push((other.trace, other.job));
        }
    }
    match (is_stored, job.error_class) {
        (false, _) => span.fail("not_stored"),
        (true, Some(class)) => span.fail(class.label()),
        (true, None) => {}
    }
    span
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Lost => "lost",
        Outcome::Returned => "returned",
        Outcome::Continued => "continued",
        Outcome::Cancelled => "cancelled",
    }
}
