//! One request of a job: its source, its head, the limit, the wire.
//!
//! Takes a request, gives the answer and what it holds of the pod. Waits for the limit; a request
//! whose permit ends first is not sent, and its job is returned.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::header::{HeaderValue, USER_AGENT};
use schema::{enums::ErrorClass, queue::Claim};
use source_fetch::{Fetched, Opened, Phases, limit::Rate, memory_budget::Reservation};
use source_language::{
    definition::Access,
    response::FetchError,
    response::class_of,
    source::{Request, Source, conversation::Response},
    wording::with_causes,
};

use super::{
    context::{AgentContext, PodContext},
    messages::RunJob,
    outcome::{JobFailure, pause_key},
    read_slots::{HeldResources, MAX_READ_TIME},
    report::Report,
};
use crate::store::{Pause, PauseKey};

/// Returns the compiled definition of a claim, unless it forbids requests.
pub(super) async fn source_of(pod: &PodContext, claim: &Claim) -> Result<Arc<Source>, JobFailure> {
    let source = pod.sources.get(claim.definition_id).await;
    let source =
        source.map_err(|error| JobFailure::failed(ErrorClass::Definition, with_causes(&error)))?;
    match source.definition().access {
        Access::Permitted | Access::Public => Ok(source),
        Access::Blocked => {
            let message = "its definition says access = \"blocked\": nothing is sent until an operator changes that";
            Err(JobFailure::failed(ErrorClass::Definition, message))
        }
    }
}

/// Makes the HTTP request, with the headers that name the operator and the job.
pub(super) fn http_request(
    request: Request,
    pod: &PodContext,
    source: &Source,
    job_id: i64,
) -> Result<reqwest::Request, JobFailure> {
    let mut http = reqwest::Request::new(request.method, request.url);
    *http.headers_mut() = request.headers;
    *http.timeout_mut() = Some(request.timeout);
    *http.body_mut() = request.body.map(Into::into);
    let contact = source.definition().contact.as_deref();
    let agent = source_fetch::user_agent(contact.unwrap_or(&pod.contact));
    let agent = HeaderValue::try_from(agent).map_err(|_| {
        JobFailure::failed(
            ErrorClass::Definition,
            "its contact has characters that a header cannot have",
        )
    })?;
    http.headers_mut().insert(USER_AGENT, agent);
    http.headers_mut().insert("x-request-id", job_id.into());
    Ok(http)
}

/// A request of a job that is ready to be sent.
pub(super) struct OutgoingRequest {
    pub(super) request: reqwest::Request,
    /// The body of the answer is cut after this many bytes, if it is set.
    pub(super) cut_at: Option<usize>,
    /// Bytes that the conversation holds in its own reservation meanwhile.
    pub(super) held_bytes: usize,
}

/// Waits for the limit, then sends, unless the permit or the pod ends first. The answer holds a
/// read slot.
pub(super) async fn send(
    context: &AgentContext,
    job: &RunJob,
    source: &Source,
    outgoing: OutgoingRequest,
    report: &mut Report,
) -> Result<(Response, HeldResources), JobFailure> {
    // Before the limit: a request that is never sent must take nothing from others.
    context
        .fetcher
        .check(&outgoing.request)
        .map_err(JobFailure::Failed)?;
    let mut cancelled = context.pod.cancelled.clone();
    let cancelled = async move {
        // An error means that the pod is gone altogether.
        let _ = cancelled.wait_for(|&cancelled| cancelled).await;
    };
    let limit = source.definition().limit_of(&job.claim.step);
    let rate = Rate {
        per_second: limit.rate_per_second,
        burst: limit.burst,
    };
    let send = async {
        let waits_since = Instant::now();
        let leave = context
            .pod
            .limits
            .pass(job.claim.limit_key_id, rate, job.deadline);
        leave
            .await
            .map_err(|denied| JobFailure::Returned(denied.to_string()))?;
        report.count_request(waits_since.elapsed());
        let on_head = |opened: &Opened| {
            let at_most = limit.retry_after_at_most;
            if let Some(pause) = pause_at_head(context, &job.claim, opened, at_most) {
                report.record_pause(pause);
            }
        };
        let memory = context
            .pod
            .memory_budget
            .reserve(job.claim.source_id)
            .held_by_job(outgoing.held_bytes);
        let mut phases = Phases::default();
        let (fetched, took) = fetch(context, outgoing, memory, &mut phases, on_head).await;
        report.record_phases(took, phases);
        report.record_response(fetched.as_ref().ok().map(|(fetched, _)| fetched));
        let outcome = match &fetched {
            // A conditional request: the answer is as it was.
            Ok((fetched, _)) if fetched.status == 304 => "unchanged",
            Ok((fetched, _)) => class_of(fetched.status).map_or("ok", ErrorClass::label),
            Err(error) => error.class.label(),
        };
        let labels = [source.definition().name.as_str(), outcome];
        let durations = context
            .pod
            .metrics
            .fetch_duration
            .with_label_values(&labels);
        durations.observe(took.as_secs_f64());
        let (fetched, held) = fetched.map_err(JobFailure::Failed)?;
        report.hold_refusal(fetched.refusal);
        let response = Response {
            status: fetched.status,
            headers: fetched.headers,
            body: fetched.body,
            received_at: Timestamp::now(),
        };
        Ok((response, held))
    };
    tokio::select! {
        fetched = send => fetched,
        () = cancelled => Err(JobFailure::Returned("its pod ended first".to_owned())),
    }
}

/// Pauses the limit key in the pod and the fleet as soon as the head of an answer asks for it:
/// the body may be slow, or never come.
fn pause_at_head(
    context: &AgentContext,
    claim: &Claim,
    opened: &Opened,
    at_most: Option<Duration>,
) -> Option<Pause> {
    let class = class_of(opened.status())?;
    let refusal = FetchError::of_status(class, opened.status(), opened.headers(), at_most);
    let pause = pause_key(context, claim, &refusal)?;
    // A store whose mailbox is full learns of it with the result.
    let _ = context.store.try_send(PauseKey(pause));
    Some(pause)
}

/// Returns the answer with its read slot, or the failure, and how long the source took without
/// the wait for the slot. `on_head` is called when the head of the answer is there.
async fn fetch(
    context: &AgentContext,
    outgoing: OutgoingRequest,
    mut memory: Reservation,
    phases: &mut Phases,
    on_head: impl FnOnce(&Opened),
) -> (Result<(Fetched, HeldResources), FetchError>, Duration) {
    let sent_at = Instant::now();
    let opened = context.fetcher.open(outgoing.request, phases).await;
    let to_head = sent_at.elapsed();
    let opened = match opened {
        Ok(opened) => opened.cut_at(outgoing.cut_at),
        Err(error) => return (Err(error), to_head),
    };
    on_head(&opened);
    let mut slot = context.read_slots.acquire().await;
    let began_at = Instant::now();
    let read = context.fetcher.read(opened, phases, &mut memory);
    let fetched = slot.hold_at_most(MAX_READ_TIME, read).await;
    let took = to_head + began_at.elapsed();
    (
        fetched.map(|fetched| (fetched, HeldResources { slot, memory })),
        took,
    )
}
