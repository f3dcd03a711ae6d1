//! The HTTP API of a real coordinator keeps its contract: schemathesis makes requests from the
//! OpenAPI document, right and wrong ones, once for each scope, and compares the answers with it.

use std::{fs, path::Path, process::Command};

use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    tool::report_missing,
    wait::PATIENCE,
};

use crate::scenario;

/// Identifiers of things that exist, so that requests reach more than the check of them.
const SEEDED: [(&str, &str, &str); 14] = [
    (
        "^/",
        "version",
        "SELECT version::text FROM definition LIMIT 1",
    ),
    ("^/", "source", "SELECT name FROM source LIMIT 1"),
    (
        "^/",
        "task",
        "SELECT task_id::text FROM task ORDER BY task_id DESC LIMIT 1",
    ),
    (
        "^/",
        "job",
        "SELECT job_id::text FROM job WHERE outcome = 'succeeded' LIMIT 1",
    ),
    (
        "^/v1/showtimes/",
        "id",
        "SELECT showtime_id::text FROM showtime_latest LIMIT 1",
    ),
    (
        "^/v1/films/",
        "id",
        "SELECT film_id::text FROM film LIMIT 1",
    ),
    (
        "^/v1/works/",
        "id",
        "SELECT work_id::text FROM work LIMIT 1",
    ),
    (
        "^/v1/cinemas/",
        "id",
        "SELECT cinema_id::text FROM cinema LIMIT 1",
    ),
    (
        "^/v1/jobs/",
        "id",
        "SELECT job_id::text FROM job WHERE outcome = 'succeeded' LIMIT 1",
    ),
    (
        "^/v1/",
        "showtime",
        "SELECT showtime_id::text FROM showtime_latest LIMIT 1",
    ),
    (
        "^/v1/",
        "cinema",
        "SELECT cinema_id::text FROM cinema LIMIT 1",
    ),
    (
        "^/v1/event-rejects/",
        "id",
        "SELECT reject_id::text FROM event_reject LIMIT 1",
    ),
    (
        "^/v1/event-keys/",
        "key",
        "SELECT key_id::text FROM event_key LIMIT 1",
    ),
    (
        "^/v1/alert-silences/",
        "silence",
        "SELECT silence_id::text FROM alert_silence LIMIT 1",
    ),
];

/// The operations that need a client of events, which exists.
const CLIENT: &str = "[[operations]]\ninclude-path-regex = \"^/v1/(active-users|retention|funnel)\"\n\
    [operations.parameters]\n\"query.client\" = \"app\"\n";

/// What is checked of each answer. Not whether each request that fits the document is accepted: a
/// text that is no definition, and a key that belongs to another request, are refused. Nor whether
/// each wrong one is refused: the seeded identifiers take the place of wrong ones.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,\
    missing_required_header,unsupported_method,allow_header_conformance,ignored_auth";

fn options() -> FleetOptions {
    let mut chains = ChainsOptions::default();
    let world = &mut chains.world;
    (world.chains, world.cinemas, world.auditoriums) = (1, 1, 3);
    (world.days, world.rate, world.burst, world.speed) = (1, 20.0, 60, 20.0);
    let env = [
        ("FULLHOUSE_WEB__LISTEN", "127.0.0.1:0"),
        ("FULLHOUSE_WEB__REQUESTS_PER_SECOND", "100000"),
    ];
    FleetOptions {
        chains: Some(chains),
        database: Database::Scratch,
        pods: 1,
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..FleetOptions::default()
    }
}

/// Writes the settings of schemathesis: identifiers that exist.
async fn configure(fleet: &Fleet, document: &str, file: &Path) -> Result<(), HarnessError> {
    let mut text = CLIENT.to_owned();
    for (paths, parameter, question) in SEEDED {
        let value: Option<String> = sqlx::query_scalar(question)
            .fetch_optional(fleet.db())
            .await?;
        let value = value.unwrap_or_else(|| panic!("nothing is seeded for {parameter} of {paths}"));
        if document.contains(&format!("{{{parameter}}}")) {
            let seeded = format!(
                "[[operations]]\ninclude-path-regex = \"{paths}.*{{{parameter}}}\"\n\
                 [operations.parameters]\n\"path.{parameter}\" = \"{value}\"\n"
            );
            text.push_str(&seeded);
        }
    }
    fs::write(file, text).expect("the settings of schemathesis are written");
    Ok(())
}

/// Runs schemathesis with a token; fails with its report.
fn examine(base: &str, token: &str, scope: &str, config: &Path) {
    let output = Command::new("st")
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("{base}/v1/openapi.json"), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
        .args([
            "--max-examples",
            "10",
            "--seed",
            "13",
            "--continue-on-failure",
        ])
        .args(["--request-timeout", "20", "--suppress-health-check", "all"])
        .current_dir(config.parent().unwrap_or(Path::new("/")))
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "with the scope {scope}:\n{report}\n{said}"
    );
    let summary: Vec<&str> = report.lines().rev().take(12).collect();
    println!("scope {scope}: {summary:#?}");
}

/// Invariants 10 and 13: no request breaks the coordinator, and every answer is one that the
/// document states.
#[test]
fn every_answer_of_the_api_is_one_that_its_document_states() {
    if Command::new("st").arg("--version").output().is_err() {
        report_missing("there is no schemathesis (st) in PATH");
        return;
    }
    scenario(async {
        let fleet = Fleet::start(options()).await?;
        let base = fleet.page_address().await?;
        let snapshots = "SELECT count(*) FROM snapshot";
        fleet
            .wait_for_number("snapshots", snapshots, 1, PATIENCE)
            .await?;
        let works = "SELECT count(*) FROM work";
        fleet.wait_for_number("works", works, 1, PATIENCE).await?;
        fleet.operate(&["event", "client", "app"])?;
        fleet.operate(&["event", "key", "create", "app", "--name", "backend"])?;
        let quiet = [
            "alert",
            "silence",
            "*",
            "nothing",
            "--for=1h",
            "--reason=seeded",
        ];
        fleet.operate(&quiet)?;
        sqlx::query(
            "INSERT INTO event_reject (key_id, client_id, pointer, reason, body)
            SELECT key_id, client_id, '', 'is not JSON', '{' FROM event_key",
        )
        .execute(fleet.db())
        .await?;
        let document = reqwest::get(format!("{base}/v1/openapi.json")).await?;
        let document = document.text().await?;
        let config = fleet.directory().join("schemathesis.toml");
        configure(&fleet, &document, &config).await?;
        for scope in ["read", "operate", "admin"] {
            let made = fleet.operate(&["token", "create", "--name", scope, "--scope", scope])?;
            let token = made.trim().to_owned();
            let (base, config) = (base.clone(), config.clone());
            let examined =
                tokio::task::spawn_blocking(move || examine(&base, &token, scope, &config));
            if let Err(failed) = examined.await {
                std::panic::resume_unwind(failed.into_panic());
            }
        }
        let audited = fleet
            .number("SELECT count(*) FROM audit WHERE how = 'api'")
            .await?;
        assert!(audited > 0, "no request changed anything");
        // Requests that are no HTTP are tried as well, and tasks are cancelled that run.
        fleet
            .end(&[
                "request parse error",
                "results came after their lease had ended",
            ])
            .await
    });
}
