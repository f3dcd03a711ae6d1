//! The trace of a job across coordinator and pod.

use std::collections::BTreeMap;

use tests::harness::{
    fleet::{Database, Fleet, FleetOptions},
    trace_sink::{ReceivedSpan, SinkAnswer, TraceSink},
};

use crate::scenario;

/// The spans of the first trace of a seats job that has all its parts.
fn whole_trace(spans: &[ReceivedSpan]) -> Option<BTreeMap<String, ReceivedSpan>> {
    let jobs = spans.iter().filter(|span| span.name == "job seats");
    jobs.map(|job| {
        let of_trace = spans.iter().filter(|span| span.trace == job.trace);
        of_trace
            .map(|span| (span.name.clone(), span.clone()))
            .collect()
    })
    .find(|parts: &BTreeMap<_, _>| parts.contains_key("schedule") && parts.contains_key("extract"))
}

/// Coordinator and pod share nothing but the number of the job, and name one trace.
#[test]
fn a_job_is_one_trace_from_its_schedule_to_its_store() {
    scenario(async {
        let sink = TraceSink::start(SinkAnswer::Status(200)).unwrap();
        let variable =
            |name: &str, value: &str| (format!("FULLHOUSE_TELEMETRY__{name}"), value.to_owned());
        let fleet = Fleet::start(FleetOptions {
            database: Database::Scratch,
            pods: 1,
            env: vec![
                variable("OTLP", &sink.url()),
                variable("SAMPLE", "1"),
                variable("VIEW", "https://tempo.example.org/trace/{trace}"),
                ("FULLHOUSE_WEB__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
                (
                    "FULLHOUSE_WEB__OPEN_ON_LOOPBACK".to_owned(),
                    "true".to_owned(),
                ),
            ],
            ..FleetOptions::default()
        })
        .await?;
        let spans = sink.wait_for(|spans| whole_trace(spans).is_some()).await;
        let parts = whole_trace(&spans.expect("no whole trace came")).unwrap();
        let schedule = &parts["schedule"];
        assert_eq!(
            (schedule.parent.as_str(), schedule.service.as_str()),
            ("", "fullhouse-coordinator")
        );
        let job = &parts["job seats"];
        assert_eq!(
            (&job.parent, job.service.as_str()),
            (&schedule.id, "fullhouse-agent")
        );
        assert_eq!(
            job.attributes["fullhouse.job"],
            schedule.attributes["fullhouse.job"]
        );
        assert_eq!(
            job.attributes["fullhouse.source"],
            schedule.attributes["fullhouse.source"]
        );
        assert!(
            !job.links.is_empty(),
            "no link to the job that discovered the task"
        );
        let mut before = schedule.start;
        for name in ["queued", "claim", "permit", "fetch", "extract", "store"] {
            let part = &parts[name];
            assert_eq!(part.parent, job.id, "{name}");
            assert!(
                before <= part.start && part.start <= part.end,
                "{name}: {parts:?}"
            );
            before = part.start;
        }

        let address = fleet.page_address().await?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let page = format!("{address}/jobs/{}", job.attributes["fullhouse.job"]);
        let page = reqwest::get(page).await.unwrap().text().await.unwrap();
        let link = format!("https://tempo.example.org/trace/{}", job.trace);
        assert!(
            page.contains(&link),
            "the page of the job has no link to its trace"
        );
        fleet.end(&[]).await
    });
}

/// Invariant 10, of a collector: it costs spans and no job.
#[test]
fn a_fleet_does_its_work_while_its_collector_is_down() -> Result<(), std::io::Error> {
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    scenario(async {
        let fleet = Fleet::start(FleetOptions {
            database: Database::Scratch,
            pods: 1,
            env: vec![
                (
                    "FULLHOUSE_TELEMETRY__OTLP".to_owned(),
                    format!("http://{free}"),
                ),
                ("FULLHOUSE_TELEMETRY__SAMPLE".to_owned(), "1".to_owned()),
            ],
            ..FleetOptions::default()
        })
        .await?;
        fleet
            .wait_for_snapshots(50, tests::harness::wait::PATIENCE)
            .await?;
        fleet.end(&["does not take spans"]).await
    });
    Ok(())
}
