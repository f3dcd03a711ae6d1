//! The spans of real jobs of a pod, and a collector that does not take them.

use std::collections::BTreeMap;

use telemetry::{JobIds, TelemetrySettings};

use crate::{
    staged_pod::{BOUND, Server, StagedPod, definition},
    trace_sink::{ReceivedSpan, SinkAnswer, TraceSink},
};

const LISTED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n[{\"id\":\"1\"}]";
/// A part of the address that nobody may see.
const HIDDEN: &str = "hidden-4711";

fn settings(otlp: Option<String>) -> TelemetrySettings {
    TelemetrySettings {
        otlp,
        sample: 1.0,
        ..TelemetrySettings::default()
    }
}

async fn pod(server: &Server, otlp: Option<String>) -> StagedPod {
    let definition = definition(server.address, "30s", "");
    let address = format!("http://{}/", server.address);
    let definition = definition.replace(&address, &format!("{address}{HIDDEN}?token={HIDDEN}"));
    StagedPod::start_tracing(&definition, &settings(otlp)).await
}

/// The number of spans with this result, of the metrics of the pod.
fn counted(pod: &StagedPod, result: &str) -> u64 {
    let families = pod.context.pod.metrics.registry.gather();
    let family = families
        .iter()
        .find(|family| family.name() == "fullhouse_telemetry_spans_total");
    let metrics = family.unwrap().get_metric();
    let metric = metrics
        .iter()
        .find(|metric| metric.get_label()[0].value() == result);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let count = metric.unwrap().get_counter().get_value() as u64;
    count
}

#[actix::test]
async fn the_spans_of_a_job_are_in_order_below_the_coordinators_and_show_no_secret() {
    let sink = TraceSink::start(SinkAnswer::Status(200)).unwrap();
    let server = Server::start(LISTED.to_owned()).await;
    let pod = pod(&server, Some(sink.url())).await;
    let job_id = pod.enqueue(BOUND).await;
    pod.ended(job_id).await;
    let ids = JobIds::new("fullhouse", job_id);
    let is_whole = |spans: &[ReceivedSpan]| spans.iter().any(|span| span.name == "job cinemas");
    let spans = sink.wait_for(is_whole).await.expect("no spans came");

    assert!(spans.iter().all(|span| span.trace == ids.trace.to_string()));
    assert!(spans.iter().all(|span| span.service == "fullhouse-agent"));
    assert!(
        spans.iter().all(|span| !span.text.contains(HIDDEN)),
        "{spans:?}"
    );
    let by_name: BTreeMap<&str, &ReceivedSpan> = spans
        .iter()
        .map(|span| (span.name.as_str(), span))
        .collect();
    let root = by_name["job cinemas"];
    assert_eq!(
        (root.id.clone(), root.parent.clone()),
        (ids.job.to_string(), ids.schedule.to_string())
    );
    assert_eq!(root.attributes["fullhouse.job"], job_id.to_string());
    assert_eq!(root.attributes["fullhouse.source"], "staged");
    assert_eq!(root.attributes["fullhouse.outcome"], "succeeded");
    let phases =
        ["queued", "claim", "permit", "fetch", "extract", "store"].map(|name| by_name[name]);
    assert_eq!(spans.len(), phases.len() + 1);
    for phase in phases {
        assert_eq!(phase.parent, root.id, "{}", phase.name);
        assert!(root.start <= phase.start && phase.start <= phase.end && phase.end <= root.end);
    }
    for pair in phases.windows(2) {
        assert!(
            pair[0].end <= pair[1].start,
            "{} {}",
            pair[0].name,
            pair[1].name
        );
    }
    let fetch = by_name["fetch"];
    assert_eq!(fetch.attributes["server.address"], "127.0.0.1");
    assert_eq!(fetch.attributes["http.response.status_code"], "200");
    pod.context.pod.telemetry.flush(BOUND).await;
    assert_eq!(counted(&pod, "exported"), 7);
}

/// A job waits for none of this, and what is lost is counted.
#[actix::test]
async fn a_collector_that_refuses_or_hangs_costs_spans_and_no_job() {
    let server = Server::start(LISTED.to_owned()).await;
    for (answer, result) in [
        (SinkAnswer::Status(500), Some("refused")),
        (SinkAnswer::Silence, None),
    ] {
        let sink = TraceSink::start(answer).unwrap();
        let pod = pod(&server, Some(sink.url())).await;
        for _ in 0..3 {
            let job_id = pod.enqueue(BOUND).await;
            pod.ended(job_id).await;
            pod.is_free().await;
        }
        // The collector that hangs has the first request only.
        let jobs = if result.is_some() { 3 } else { 1 };
        let has_come = |spans: &[ReceivedSpan]| {
            spans
                .iter()
                .filter(|span| span.name == "job cinemas")
                .count()
                >= jobs
        };
        sink.wait_for(has_come)
            .await
            .expect("the spans did not come");
        if let Some(result) = result {
            pod.context.pod.telemetry.flush(BOUND).await;
            assert_eq!(
                usize::try_from(counted(&pod, result)).unwrap(),
                sink.spans().len()
            );
        }
        assert_eq!(counted(&pod, "exported"), 0);
    }
}

#[actix::test]
async fn without_a_collector_nothing_is_sent() {
    let server = Server::start(LISTED.to_owned()).await;
    let sink = TraceSink::start(SinkAnswer::Status(200)).unwrap();
    let pod = pod(&server, None).await;
    let job_id = pod.enqueue(BOUND).await;
    pod.ended(job_id).await;
    assert!(!pod.context.pod.telemetry.is_on());
    assert_eq!((sink.requests(), counted(&pod, "exported")), (0, 0));
}
