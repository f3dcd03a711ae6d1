//! The rows of background passes.

use std::time::Duration;

use schema::{
    background::{PassRun, record},
    scratch::Scratch,
};
use sqlx::PgPool;

fn run(coordinator: &str) -> PassRun {
    PassRun {
        pass: "sealing".to_owned(),
        coordinator: coordinator.to_owned(),
        took: Duration::from_millis(250),
        report: None,
        failures: 0,
        error: None,
    }
}

#[tokio::test]
async fn a_run_replaces_the_one_before_and_coordinators_of_last_week_go() {
    let scratch = Scratch::new().await.unwrap();
    let db = PgPool::connect(&scratch.url).await.unwrap();
    record(&db, &run("gone")).await.unwrap();
    sqlx::query("UPDATE background_pass SET run_at = run_at - interval '8 days'")
        .execute(&db)
        .await
        .unwrap();
    let worked = PassRun {
        report: Some("sealed 3".to_owned()),
        ..run("here")
    };
    let failed = PassRun {
        failures: 2,
        error: Some("x".repeat(5_000)),
        ..run("here")
    };
    for run in [worked, failed] {
        record(&db, &run).await.unwrap();
    }
    // What it did and when it succeeded stay beside the failure, which is cut.
    let rows: Vec<(String, String, i32, i32, bool)> = sqlx::query_as(
        "SELECT coordinator, report, failures, length(error), succeeded_at < run_at
        FROM background_pass",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let expected = ("here".to_owned(), "sealed 3".to_owned(), 2, 2_000, true);
    assert_eq!(rows, [expected]);
}
