//! A pause that a source asks for is known by the head of its answer.

use std::time::{Duration, Instant};

use agent::{config::AgentSettings, pod};
use schema::enums::{ErrorClass, Outcome};
use source_fetch::limit::{Denied, Rate};

use crate::staged_pod::{BOUND, LEASE, Server, StagedPod, definition};

/// Waits until the one key is paused; returns what is left of the pause.
async fn pause_left(pod: &StagedPod) -> Duration {
    let end = Instant::now() + BOUND;
    loop {
        let paused = schema::limit::paused(&pod.db).await.unwrap();
        if let Some(paused) = paused.first() {
            return paused.left;
        }
        assert!(Instant::now() < end, "the key is not paused");
        tokio::task::yield_now().await;
    }
}

/// Invariant 3: `Retry-After` pauses the key, whatever the body does.
fn assert_pauses(head: &str, class: ErrorClass) {
    let answer = format!("HTTP/1.1 {head}\r\nRetry-After: 600\r\n\r\n");
    pod::system().unwrap().block_on(async {
        let server = Server::start(answer).await;
        // A request may take half an hour: nothing waits for a body that never comes.
        let text = definition(server.address, "30m", "");
        let pod = StagedPod::start(&text, &AgentSettings::default()).await;
        let job_id = pod.enqueue(LEASE).await;
        let (job, left) = (pod.ended(job_id).await, pause_left(&pod).await);
        assert_eq!(
            (job.outcome, job.error_class, job.retry_after_seconds),
            (Outcome::Failed, Some(class), Some(600))
        );
        assert!(left > Duration::from_mins(8) && left <= Duration::from_mins(10));
        let rate = Rate {
            per_second: 10.0,
            burst: 5,
        };
        let deadline = Instant::now() + LEASE;
        let denied = pod.context.pod.limits.pass(1, rate, deadline);
        assert_eq!(denied.await, Err(Denied::Paused));
    });
}

#[test]
fn a_429_whose_body_never_comes_pauses_its_key() {
    assert_pauses(
        "429 Too Many Requests\r\nContent-Length: 1000",
        ErrorClass::Throttled,
    );
}

#[test]
fn a_503_whose_body_never_comes_pauses_its_key() {
    assert_pauses(
        "503 Service Unavailable\r\nTransfer-Encoding: chunked",
        ErrorClass::Unavailable,
    );
}

#[test]
fn a_429_whose_body_is_too_large_pauses_its_key() {
    assert_pauses(
        "429 Too Many Requests\r\nContent-Length: 99999999999",
        ErrorClass::Throttled,
    );
}

#[test]
fn a_429_with_more_headers_than_are_kept_pauses_its_key() {
    let long = "x".repeat(40_000);
    assert_pauses(
        &format!("429 Too Many Requests\r\nX-A: {long}\r\nX-B: {long}\r\nContent-Length: 0"),
        ErrorClass::Throttled,
    );
}
