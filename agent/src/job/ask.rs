//! The way of a job to its answer: the source, the request, the limit, the wire.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::header::{HeaderValue, USER_AGENT};
use schema::{queue::Claim, word::ErrorClass};
use source_fetch::{Fetched, Opened, Phases, limit::Rate, memory_budget::Reservation};
use source_language::{
    definition::Access,
    response::{FetchError, class_of},
    source::{Request, Source, conversation::Response},
    wording::with_causes,
};

use super::{Run, Shared, Tools, Trouble, pause_key, reading, report::Report};
use crate::store::{Pause, PauseKey};

pub(super) async fn source_of(shared: &Shared, claim: &Claim) -> Result<Arc<Source>, Trouble> {
    let source = shared.sources.get(claim.definition_id).await;
    let source =
        source.map_err(|error| Trouble::failed(ErrorClass::Definition, with_causes(&error)))?;
    match source.definition().access {
        Access::Permitted | Access::Public => Ok(source),
        Access::Blocked => {
            let message =
                "its definition says access = \"blocked\": nothing is sent until a person decides";
            Err(Trouble::failed(ErrorClass::Definition, message))
        }
    }
}

/// Adds who asks and for which job.
pub(super) fn http_request(
    request: Request,
    shared: &Shared,
    source: &Source,
    job_id: i64,
) -> Result<reqwest::Request, Trouble> {
    let mut http = reqwest::Request::new(request.method, request.url);
    *http.headers_mut() = request.headers;
    *http.timeout_mut() = Some(request.timeout);
    *http.body_mut() = request.body.map(Into::into);
    let contact = source.definition().contact.as_deref();
    let agent = source_fetch::user_agent(contact.unwrap_or(&shared.contact));
    let agent = HeaderValue::try_from(agent).map_err(|_| {
        Trouble::failed(
            ErrorClass::Definition,
            "its contact cannot stand in a header",
        )
    })?;
    http.headers_mut().insert(USER_AGENT, agent);
    http.headers_mut().insert("x-request-id", job_id.into());
    Ok(http)
}

/// What an answer holds until its job has ended.
#[derive(Debug)]
pub(super) struct Held {
    /// Its turn to be read.
    pub(super) turn: reading::Turn,
    /// The memory of its body.
    pub(super) memory: Reservation,
}

/// Waits for the limit, then sends, unless the permit ends or the pod does. The answer has
/// its turn to be read; its body may be cut after so many bytes.
pub(super) async fn send(
    tools: &Tools,
    job: &Run,
    source: &Source,
    (request, cut_at): (reqwest::Request, Option<usize>),
    report: &mut Report,
) -> Result<(Response, Held), Trouble> {
    // Before the limit: what is never sent takes nothing from others.
    tools.fetcher.check(&request).map_err(Trouble::Failed)?;
    let mut cancelled = tools.shared.cancelled.clone();
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
        let leave = tools
            .shared
            .limits
            .pass(job.claim.limit_key_id, rate, job.deadline);
        leave
            .await
            .map_err(|denied| Trouble::Returned(denied.to_string()))?;
        report.sends();
        let on_head = |opened: &Opened| {
            let at_most = limit.retry_after_at_most;
            if let Some(pause) = pause_at_head(tools, &job.claim, opened, at_most) {
                report.asked_for_pause(pause);
            }
        };
        let memory = tools.shared.memory_budget.reserve(job.claim.source_id);
        let (fetched, took) = fetch(tools, (request, cut_at), memory, on_head).await;
        report.received(fetched.as_ref().ok().map(|(fetched, _)| fetched), took);
        let outcome = match &fetched {
            // Asked for: the answer is as it was.
            Ok((fetched, _)) if fetched.status == 304 => "unchanged",
            Ok((fetched, _)) => class_of(fetched.status).map_or("ok", ErrorClass::label),
            Err(error) => error.class.label(),
        };
        let labels = [source.definition().name.as_str(), outcome];
        let durations = tools
            .shared
            .metrics
            .fetch_duration
            .with_label_values(&labels);
        durations.observe(took.as_secs_f64());
        let (fetched, held) = fetched.map_err(Trouble::Failed)?;
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
        () = cancelled => Err(Trouble::Returned("its pod ended before it did".to_owned())),
    }
}

/// Lets the pod and the fleet know of a pause as soon as the head of an answer asks for it: its
/// body may be long in coming, or never come.
fn pause_at_head(
    tools: &Tools,
    claim: &Claim,
    opened: &Opened,
    at_most: Option<Duration>,
) -> Option<Pause> {
    let class = class_of(opened.status())?;
    let refusal = FetchError::of_status(class, opened.status(), opened.headers(), at_most);
    let pause = pause_key(tools, claim, &refusal)?;
    // A store that is full hears of it with the result.
    let _ = tools.store.try_send(PauseKey(pause));
    Some(pause)
}

/// Returns the answer in its turn, or the failure, and how long the source took: that the
/// answer waited for its turn is not in it. `on_head` is called when its head is there.
async fn fetch(
    tools: &Tools,
    (request, cut_at): (reqwest::Request, Option<usize>),
    mut memory: Reservation,
    on_head: impl FnOnce(&Opened),
) -> (Result<(Fetched, Held), FetchError>, Duration) {
    let (sent_at, mut phases) = (Instant::now(), Phases::default());
    let opened = tools.fetcher.open(request, &mut phases).await;
    let to_head = sent_at.elapsed();
    let opened = match opened {
        Ok(opened) => opened.cut_at(cut_at),
        Err(error) => return (Err(error), to_head),
    };
    on_head(&opened);
    let mut turn = tools.reading.turn().await;
    let began_at = Instant::now();
    let read = tools.fetcher.read(opened, &mut phases, &mut memory);
    let fetched = turn.spend(reading::TO_READ, read).await;
    let took = to_head + began_at.elapsed();
    (
        fetched.map(|fetched| (fetched, Held { turn, memory })),
        took,
    )
}
