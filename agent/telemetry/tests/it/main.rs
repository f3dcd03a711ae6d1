//! The exporter against collectors that take spans, refuse them, hang, or are not there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

// It belongs to the harness of the scenarios, which run it beside real processes.
#[path = "../../../../tests/src/harness/trace_sink.rs"]
#[allow(dead_code, unreachable_pub)]
mod trace_sink;

use std::{
    net::TcpListener,
    time::{Duration, SystemTime},
};

use prometheus::Registry;
use telemetry::{JobIds, Service, Span, SpanKind, Telemetry, TelemetryMetrics, TelemetrySettings};

use crate::trace_sink::{SinkAnswer, TraceSink};

const BOUND: Duration = Duration::from_mins(1);

struct Program {
    telemetry: Telemetry,
    registry: Registry,
}

impl Program {
    fn start(otlp: String) -> Self {
        let registry = Registry::new();
        let metrics = TelemetryMetrics::register(&registry).unwrap();
        let settings = TelemetrySettings {
            otlp: Some(otlp),
            sample: 1.0,
            ..TelemetrySettings::default()
        };
        let service = Service {
            name: "test",
            instance: "one".to_owned(),
        };
        let telemetry = Telemetry::start(&settings, &service, &metrics).unwrap();
        Self {
            telemetry,
            registry,
        }
    }

    fn record(&self, spans: usize) {
        for number in 0..spans {
            let ids = self
                .telemetry
                .kept_job(i64::try_from(number).unwrap())
                .unwrap();
            let now = SystemTime::now();
            let own = (ids.trace, ids.job, Some(ids.schedule));
            let span = Span::new(own, SpanKind::Internal, "work", (now, now));
            self.telemetry.record(vec![span]);
        }
    }

    /// How many spans ended as `exported`, `queue_full`, `refused` and `unreachable`.
    fn counts(&self) -> [f64; 4] {
        let families = self.registry.gather();
        ["exported", "queue_full", "refused", "unreachable"].map(|result| {
            let metrics = families[0].get_metric();
            let metric = metrics
                .iter()
                .find(|metric| metric.get_label()[0].value() == result);
            metric.unwrap().get_counter().get_value()
        })
    }
}

#[tokio::test]
async fn spans_arrive_in_batches() {
    let sink = TraceSink::start(SinkAnswer::Status(200)).unwrap();
    let program = Program::start(sink.url());
    program.record(1_000);
    program.telemetry.flush(BOUND).await;
    assert_eq!(
        program.counts().map(|count| count.to_string()),
        ["1000", "0", "0", "0"]
    );
    let spans = sink.spans();
    assert_eq!(spans.len(), 1_000);
    assert!(sink.requests() <= 3, "{}", sink.requests());
    let ids = JobIds::new("fullhouse", 7);
    let seventh = spans
        .iter()
        .find(|span| span.id == ids.job.to_string())
        .unwrap();
    assert_eq!(
        (&seventh.trace, &seventh.parent),
        (&ids.trace.to_string(), &ids.schedule.to_string())
    );
    assert_eq!(seventh.service, "fullhouse-test");
}

/// A status that says that another try is useless is not tried again.
#[tokio::test]
async fn a_refused_batch_is_dropped_and_counted() {
    let sink = TraceSink::start(SinkAnswer::Status(500)).unwrap();
    let program = Program::start(sink.url());
    program.record(10);
    program.telemetry.flush(BOUND).await;
    assert_eq!(
        program.counts().map(|count| count.to_string()),
        ["0", "0", "10", "0"]
    );
    assert_eq!(sink.requests(), 1);
}

#[tokio::test]
async fn a_batch_for_a_collector_that_is_away_is_tried_again_then_dropped_and_counted() {
    let sink = TraceSink::start(SinkAnswer::Status(503)).unwrap();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (address, requests) in [(sink.url(), 3), (format!("http://{free}"), 3)] {
        let program = Program::start(address);
        program.record(10);
        program.telemetry.flush(BOUND).await;
        assert_eq!(
            program.counts().map(|count| count.to_string()),
            ["0", "0", "0", "10"]
        );
        assert_eq!(sink.requests(), requests);
    }
}

/// The program would hang here if it waited for the collector.
#[tokio::test]
async fn a_collector_that_hangs_fills_the_queue_and_holds_up_nobody() {
    let sink = TraceSink::start(SinkAnswer::Silence).unwrap();
    let program = Program::start(sink.url());
    program.record(10_000);
    sink.wait_for(|spans| !spans.is_empty())
        .await
        .expect("no request came");
    program.record(10_000);
    let [exported, queue_full, ..] = program.counts();
    assert_eq!(exported.to_string(), "0");
    assert!(queue_full > 10_000.0, "{queue_full}");
}
