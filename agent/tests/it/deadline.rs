//! A job ends at its deadline, in any phase: its slot and its registration are free then.

use std::time::Duration;

use agent::{config::AgentSettings, pod};
use schema::enums::{ErrorClass, Outcome};

use crate::staged_pod::{LEASE, Server, StagedPod, definition};

/// Long enough for a busy machine to reach the phase in which a job gets stuck.
fn settings() -> AgentSettings {
    AgentSettings {
        processing_timeout: Duration::from_secs(2),
        ..AgentSettings::default()
    }
}

/// Invariant 10.
#[test]
fn an_answer_that_never_ends_frees_its_slot_and_its_registration() {
    pod::system().unwrap().block_on(async {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[";
        let server = Server::start(answer.to_owned()).await;
        let pod = StagedPod::start(&definition(server.address, "1s", ""), &settings()).await;
        let job_id = pod.enqueue(LEASE).await;
        let job = pod.ended(job_id).await;
        assert_eq!(
            (job.outcome, job.error_class),
            (Outcome::Failed, Some(ErrorClass::Timeout))
        );
        pod.is_free().await;
    });
}

/// Invariant 10: the deadline of the job ends also what no timeout of a request covers.
#[test]
fn a_job_that_waits_for_a_lock_ends_at_its_deadline() {
    pod::system().unwrap().block_on(async {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n";
        let answer = format!("{head}{}", r#"[{"id":"1"}]"#);
        let server = Server::start(answer).await;
        let pod = StagedPod::start(&definition(server.address, "1s", ""), &settings()).await;
        let mut lock = pod.db.begin().await.unwrap();
        sqlx::query("LOCK TABLE cinema IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *lock)
            .await
            .unwrap();
        let job_id = pod.enqueue(Duration::from_secs(2)).await;
        let job = pod.ended(job_id).await;
        assert_eq!(
            (job.outcome, job.error_class),
            (Outcome::Failed, Some(ErrorClass::Timeout))
        );
        let error = pod.error_of(job_id).await;
        assert!(
            error.contains("agent.processing_timeout") && error.ends_with("storing its rows"),
            "{error}"
        );
        pod.is_free().await;
        lock.rollback().await.unwrap();
        // The same agent runs the next job.
        let job_id = pod.enqueue(LEASE).await;
        assert_eq!(pod.ended(job_id).await.outcome, Outcome::Succeeded);
    });
}
