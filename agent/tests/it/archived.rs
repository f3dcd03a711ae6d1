//! Bodies of answers in the archive, and the phases of jobs in the history.

use std::path::Path;

use agent::{config::AgentSettings, pod};
use body_archive::{Archive, ArchiveSettings, BodyHash, StoreOptions};
use schema::{
    enums::Outcome,
    lineage::{JobRequest, LineageJob, job_lineage, job_requests},
};

use crate::staged_pod::{LEASE, Server, StagedPod, definition};

const CINEMAS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n[{\"id\":\"home\"}]";
const REFUSAL: &str =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 31\r\n\r\nyou are told: api_key=hunter2!!";
const NO_ROWS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>!!!";

fn settings(to: &Path) -> ArchiveSettings {
    ArchiveSettings {
        to: Some(to.to_str().unwrap().to_owned()),
        ..ArchiveSettings::default()
    }
}

/// Runs one job against a server that gives `answer`; returns its history and its requests.
async fn ran(answer: &str, archive: &ArchiveSettings) -> (Outcome, LineageJob, JobRequest) {
    let server = Server::start(answer.to_owned()).await;
    let text = definition(server.address, "5s", "");
    let pod = StagedPod::start_archiving(&text, &AgentSettings::default(), archive).await;
    let job_id = pod.enqueue(LEASE).await;
    let ended = pod.ended(job_id).await;
    let mut story = job_lineage(&pod.db, job_id).await.unwrap();
    let mut requests = job_requests(&pod.db, job_id).await.unwrap();
    (ended.outcome, story.remove(0), requests.remove(0))
}

async fn archived(to: &Path, job: &LineageJob) -> String {
    let archive = Archive::open(to.to_str().unwrap(), &StoreOptions::default()).unwrap();
    let hash = BodyHash::try_from(job.body_hash.as_deref().unwrap()).unwrap();
    String::from_utf8(archive.get(hash).await.unwrap()).unwrap()
}

#[test]
fn the_body_of_a_failed_job_is_archived_and_that_of_others_where_the_settings_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path();
    pod::system().unwrap().block_on(async {
        let (outcome, job, _) = ran(NO_ROWS, &settings(to)).await;
        assert_eq!(outcome, Outcome::Failed);
        assert_eq!(archived(to, &job).await, "<html>!!!");

        let (outcome, job, _) = ran(REFUSAL, &settings(to)).await;
        assert_eq!(outcome, Outcome::Failed);
        assert!(archived(to, &job).await.starts_with("you are told"));

        let (outcome, job, _) = ran(CINEMAS, &settings(to)).await;
        assert_eq!((outcome, job.body_hash), (Outcome::Succeeded, None));

        let chosen = ArchiveSettings {
            successes: [("staged".to_owned(), "9999-01-01T00:00:00Z".parse().unwrap())].into(),
            ..settings(to)
        };
        let (_, job, _) = ran(CINEMAS, &chosen).await;
        assert_eq!(archived(to, &job).await, "[{\"id\":\"home\"}]");
    });
}

#[test]
fn a_job_has_its_phases_in_the_history() {
    pod::system().unwrap().block_on(async {
        let (outcome, _, request) = ran(CINEMAS, &ArchiveSettings::default()).await;
        assert_eq!(outcome, Outcome::Succeeded);
        assert_eq!(request.kind.as_deref(), Some("step"));
        let phases: Vec<&str> = request.phases().map(|(name, _)| name).collect();
        assert_eq!(
            phases,
            [
                "queued",
                "wait",
                "connect",
                "first byte",
                "body",
                "extract",
                "store"
            ]
        );
        let (_, job, request) = ran(NO_ROWS, &ArchiveSettings::default()).await;
        assert!(request.first_byte_micros.is_some());
        let line = &job.log[0];
        assert_eq!(
            (&line["level"], &line["fields"]["class"]),
            (&"error".into(), &"malformed".into())
        );
    });
}
