//! Prometheus and Alertmanager of the machine watch a fleet (invariant 13).

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use coordinator::alert::{
    dashboards,
    rules::{RECORDED, RUNBOOK, alert_rules, file},
};
use tests::{
    harness::{
        error::HarnessError,
        fleet::{Fleet, FleetOptions},
        monitoring::{self, Alertmanager, Prometheus},
        process::Start,
        tool::report_missing,
        wait::{PATIENCE, wait_until},
    },
    metrics_page,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::scenario;

/// What Grafana chooses for the variables of a query.
const INTERVAL: &str = "20s";
const ALL_SOURCES: &str = ".*";

/// What a receiver shaped as Slack got.
type Got = Arc<Mutex<Vec<String>>>;

/// Starts a receiver that takes everything; returns its address and what it gets.
async fn slack() -> (String, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/services/hook", listener.local_addr().unwrap());
    let got = Got::default();
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, Arc::clone(&kept)));
        }
    });
    (address, got)
}

/// Reads one request and answers as Slack does.
async fn take(mut stream: TcpStream, got: Got) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        if body.len() >= length.unwrap_or(0) {
            got.lock().unwrap().push(body.to_owned());
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            stream.write_all(answer.as_bytes()).await.ok();
            return;
        }
    }
}

async fn wait_for_message(got: &Got, words: &[&str]) -> Result<(), HarnessError> {
    let what = format!("a message with {words:?}");
    wait_until(&what, PATIENCE, async || {
        let got = got.lock().unwrap();
        let is_there = got
            .iter()
            .any(|body| words.iter().all(|word| body.contains(word)));
        Ok(is_there.then_some(()))
    })
    .await
}

/// Fails unless `promtool` finds nothing in what a process shows, and each metric has a line in the
/// reference.
async fn check_metrics(address: &str, known: &[String]) -> Result<(), HarnessError> {
    let shown = reqwest::get(format!("{address}/metrics"))
        .await?
        .text()
        .await?;
    let mut lint = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    lint.stdin
        .take()
        .unwrap()
        .write_all(shown.as_bytes())
        .unwrap();
    let lint = lint.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&lint.stderr);
    assert!(lint.status.success(), "{address}: {said}");
    for line in shown.lines() {
        let Some(name) = line.strip_prefix("# TYPE ") else {
            continue;
        };
        let name = name.split_whitespace().next().unwrap_or_default();
        assert!(
            known.iter().any(|one| one == name),
            "{name} has no line in METRICS.md"
        );
    }
    Ok(())
}

/// Waits until each query of each panel, and each recording rule, returns data.
async fn wait_for_data(prometheus: &Prometheus) -> Result<(), HarnessError> {
    let mut queries: Vec<(String, String)> = dashboards::all()
        .iter()
        .flat_map(|board| &board.panels)
        .flat_map(|panel| panel.queries.iter().map(|query| (panel.title, query)))
        .map(|(title, query)| (title.to_owned(), query.expression.clone()))
        .chain(
            RECORDED
                .iter()
                .map(|rule| (rule.name.to_owned(), rule.name.to_owned())),
        )
        .collect();
    let count = queries.len();
    let all = wait_until("data for every panel", PATIENCE, async || {
        let mut empty = Vec::new();
        for (title, query) in &queries {
            let chosen = query
                .replace("$__rate_interval", INTERVAL)
                .replace("$source", ALL_SOURCES);
            if prometheus.query(&chosen).await?.is_empty() {
                empty.push((title.clone(), query.clone()));
            }
        }
        queries = empty;
        Ok(queries.is_empty().then_some(()))
    });
    let all = all.await;
    assert!(all.is_ok(), "no data: {queries:#?}");
    println!("{count} queries return data");
    Ok(())
}

#[test]
fn every_panel_shows_data_and_the_death_of_the_leader_reaches_slack() {
    if let Some(missing) = monitoring::missing() {
        report_missing(&missing);
        return;
    }
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions::default()).await?;
        fleet.operate(&["event", "client", "app"])?;
        let key = fleet.operate(&["event", "key", "create", "app", "--name", "apps"])?;
        let receiver = fleet.add_receiver()?;
        let witness = fleet.directory().join("witness");
        let _apps = Start::new("simulated-chains", "apps")
            .args(["apps", "--rate=50", "--people=300", "--sessions=1000000"])
            .args([format!("--witness={}", witness.display())])
            .args([format!("--to={}", fleet.receiver_address(receiver)?)])
            .env("FULLHOUSE_EVENT_KEY", key.trim())
            .spawn(fleet.directory())?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;

        let mut targets = Vec::new();
        for process in [
            fleet.coordinator(0)?.metrics_address(),
            fleet.pod(0)?.metrics_address(),
            fleet.pod(1)?.metrics_address(),
            fleet.receiver(receiver)?.metrics_address(),
        ] {
            targets.extend(process);
        }
        assert_eq!(targets.len(), 4);
        let known: Vec<String> = metrics_page::metrics()
            .unwrap()
            .into_iter()
            .map(|one| one.name)
            .collect();
        for target in &targets {
            check_metrics(target, &known).await?;
        }

        let (slack, got) = slack().await;
        let alertmanager = Alertmanager::start(&slack, fleet.directory()).await?;
        let rules = fleet.directory().join("rules.yaml");
        fs::write(&rules, file(RUNBOOK)).unwrap();
        let prometheus =
            Prometheus::start(&targets, &rules, &alertmanager, fleet.directory()).await?;
        wait_until("all rules", PATIENCE, async || {
            let rules = prometheus.rules().await?;
            let evaluated = rules.iter().filter(|rule| rule["health"] == "ok").count();
            Ok((evaluated == alert_rules().len() + RECORDED.len()).then_some(()))
        })
        .await?;
        wait_for_message(&got, &["FullhouseWatchdog", "FIRING"]).await?;

        wait_for_data(&prometheus).await?;

        fleet.coordinator(0)?.kill()?;
        wait_for_message(&got, &["FullhouseNoLeader", "FIRING"]).await?;
        fleet.restart_coordinator(0)?;
        // It has another port now, so nothing is resolved here; that nothing else was sent is.
        let others: Vec<String> = got
            .lock()
            .unwrap()
            .iter()
            .filter(|body| {
                ![
                    "FullhouseWatchdog",
                    "FullhouseNoLeader",
                    "FullhouseProcessesStalled",
                ]
                .iter()
                .any(|name| body.contains(name))
            })
            .cloned()
            .collect();
        assert_eq!(others, [""; 0]);
        fleet.wait_for_snapshots(1, PATIENCE).await?;
        fleet
            .end(&[
                "work has stopped",
                "no heartbeat",
                "the database does not answer",
                "dead pods' claims given back",
            ])
            .await
    });
}
