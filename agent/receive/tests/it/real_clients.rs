//! Segment's own packages for Node and Python, from their registries, send into a receiver unchanged.
//!
//! `clients/install` installs them into `target/event-clients`; `.ci/run` calls it.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use tokio::process::Command;

use crate::staged::Staged;

/// Set by `.ci/run`, which installs every tool: a test that lacks one then fails.
const REQUIRED: &str = "FULLHOUSE_REQUIRE_TOOLS";

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Where the packages are; `None` if they are not installed.
fn packages() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/event-clients");
    if installed.join("pinned").exists() {
        return Some(installed);
    }
    let missing = "agent/receive/tests/clients/install was not run";
    assert!(std::env::var_os(REQUIRED).is_none(), "{missing}");
    eprintln!("not run: {missing}");
    None
}

async fn run(command: &mut Command) -> Output {
    let output = command.output().await.unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Event, how many of them, and users, signed in or not.
async fn stored(staged: &Staged) -> Vec<(String, i64, String)> {
    sqlx::query_as(
        "SELECT event_record.event, count(*), string_agg(DISTINCT event_user.external_id, ' ')
        FROM event_record
        INNER JOIN event_user ON event_user.user_id = event_record.user_id
        GROUP BY event_record.event
        ORDER BY event_record.event COLLATE \"C\"",
    )
    .fetch_all(&staged.db)
    .await
    .unwrap()
}

fn row(event: &str, count: i64, users: &str) -> (String, i64, String) {
    (event.to_owned(), count, users.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_for_node_sends_unchanged() {
    let Some(packages) = packages() else {
        return;
    };
    let staged = Staged::new().await;
    let mut command = Command::new("node");
    command
        .arg(clients().join("send.mjs"))
        .args([&staged.url(""), staged.secret.expose()])
        .arg(&packages);
    run(&mut command).await;
    assert_eq!(
        stored(&staged).await,
        [
            row("film opened", 3, "node-1"),
            row("identify", 1, "node-1"),
            row("page", 1, "node-device"),
        ]
    );
    let films: Vec<String> = sqlx::query_scalar(
        "SELECT properties ->> 'film' FROM event_record
        WHERE event = 'film opened' AND (properties ->> 'seats')::integer = 2
        ORDER BY 1",
    )
    .fetch_all(&staged.db)
    .await
    .unwrap();
    assert_eq!(films, ["Copper Moon", "Low Tide", "Salt Road"]);
    assert_eq!(staged.count("event_reject").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_for_python_sends_unchanged() {
    let Some(packages) = packages() else {
        return;
    };
    let staged = Staged::new().await;
    let mut command = Command::new("python3");
    command
        .arg(clients().join("send.py"))
        .args([&staged.url(""), staged.secret.expose()])
        .env("PYTHONPATH", packages.join("python"));
    run(&mut command).await;
    assert_eq!(
        stored(&staged).await,
        [
            row("group", 1, "python-1"),
            row("identify", 1, "python-1"),
            row("ticket bought", 2, "python-1"),
        ]
    );
    assert_eq!(staged.count("event_reject").await, 0);
}
