//! A pod refuses a stored definition that names a secret which its operator does not allow.

use agent::{config::AgentSettings, pod};
use schema::enums::{ErrorClass, Outcome};

use crate::staged_pod::{LEASE, Server, StagedPod, definition};

/// The coordinator refuses such a definition; a writer to the database gets past it.
#[test]
fn a_stored_definition_cannot_read_settings_of_the_pod() {
    pod::system().unwrap().block_on(async {
        for secret in ["env:FULLHOUSE_DATABASE__URL", "file:/etc/passwd"] {
            let server = Server::start("HTTP/1.1 200 OK\r\n\r\n".to_owned()).await;
            let secrets = format!("secrets = {{ key = \"{secret}\" }}");
            let text = definition(server.address, "1s", &secrets);
            let text = text.replace("\", timeout", "?key={{ secret.key }}\", timeout");
            let pod = StagedPod::start(&text, &AgentSettings::default()).await;
            let job_id = pod.enqueue(LEASE).await;
            let job = pod.ended(job_id).await;
            assert_eq!(
                (job.outcome, job.error_class),
                (Outcome::Failed, Some(ErrorClass::Definition)),
                "{secret}"
            );
            let error = pod.error_of(job_id).await;
            assert!(error.contains("secret `key`"), "{error}");
            assert_eq!(server.requests(), 0);
            pod.is_free().await;
        }
    });
}
