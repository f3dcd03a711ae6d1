//! Invariant 2: the rescue of dead pods' claims depends on no other background work.

use std::time::Duration;

use coordinator::{
    background::{BackgroundPass, rescue::Rescuer},
    command::run::run,
    config::Settings,
    metrics::Metrics,
};
use liveness::activity::Activities;
use prometheus::Registry;
use source_language::source::SecretRules;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};
use tokio::{task::yield_now, time::timeout};

use crate::fixture::world;

const BOUND: Duration = Duration::from_mins(2);

/// What each pass, or a step of the leader, cannot do without.
const BREAKS: [(&str, &str); 21] = [
    (
        "partitions",
        "ALTER FUNCTION ensure_partitions RENAME TO gone_partitions",
    ),
    (
        "quarantine",
        "ALTER TABLE quarantine RENAME TO gone_quarantine",
    ),
    (
        "rollups",
        "ALTER FUNCTION rollups_due RENAME TO gone_rollups",
    ),
    (
        "events",
        "ALTER TABLE event_count_change RENAME TO gone_counts",
    ),
    ("works", "ALTER TABLE film_to_match RENAME TO gone_films"),
    (
        "throughput",
        "ALTER TABLE throughput_hour RENAME TO gone_hour",
    ),
    ("anomalies", "ALTER TABLE anomaly_run RENAME TO gone_run"),
    (
        "venues",
        "ALTER TABLE cinema_to_match RENAME TO gone_cinemas",
    ),
    (
        "forecasts",
        "ALTER TABLE forecast_run RENAME TO gone_forecasts",
    ),
    (
        "retirement",
        "ALTER FUNCTION record_rollup_progress RENAME TO gone_read",
    ),
    (
        "event_sealing",
        "ALTER FUNCTION is_empty RENAME TO gone_is_empty",
    ),
    ("sealing", "ALTER TABLE snapshot RENAME TO gone_snapshot"),
    (
        "computed_columns",
        "ALTER TABLE materialised_table RENAME TO gone_columns",
    ),
    (
        "view_refresh",
        "ALTER TABLE refresh_execution RENAME TO gone_refresh",
    ),
    ("alerts", "ALTER TABLE alert_check RENAME TO gone_check"),
    ("messages", "ALTER TABLE message RENAME TO gone_message"),
    (
        "store_limits",
        "ALTER TABLE agents_wanted RENAME TO gone_wanted",
    ),
    (
        "operator_requests",
        "ALTER TABLE task_request RENAME TO gone_request",
    ),
    ("read_weights", "ALTER TABLE weight RENAME TO gone_weight"),
    (
        "run_record",
        "ALTER TABLE background_pass RENAME TO gone_pass",
    ),
    ("schedule", "ALTER TABLE queue RENAME TO gone_queue"),
];

/// A pod that died with a claim of the task.
async fn die_with_a_claim(db: &PgPool, task_id: i64) {
    sqlx::raw_sql(AssertSqlSafe(format!(
        "INSERT INTO pod (name, version, agents, heartbeat_at, lease_expires_at)
        VALUES ('dead', '1', 1, now() - interval '1 minute', now() - interval '1 second');
        INSERT INTO running (job_id, task_id, enqueued_at, pod_id, definition_id, step_id, attempt)
        SELECT 1, task_id, now(), (SELECT max(pod_id) FROM pod), 1, step_id, 1
        FROM task WHERE task_id = {task_id}"
    )))
    .execute(db)
    .await
    .unwrap();
}

async fn is_rescued(db: &PgPool) -> bool {
    let lost = "SELECT count(*) FROM job WHERE job_id = 1 AND outcome = 'lost'";
    sqlx::query_scalar::<_, i64>(lost)
        .fetch_one(db)
        .await
        .unwrap()
        == 1
}

fn settings(url: &str) -> Settings {
    let mut settings = Settings {
        database: serde_json::from_value(serde_json::json!({ "url": url })).unwrap(),
        ..Settings::default()
    };
    settings.coordinator.listen = ([127, 0, 0, 1], 0).into();
    settings.coordinator.rescue_after_outage = Duration::ZERO;
    settings
}

/// Runs a whole coordinator, which has led before the pod dies, and waits for the rescue.
async fn rescue_though(broken: &[&str]) {
    let (db, task_id) = world().await;
    for statement in broken {
        sqlx::raw_sql(AssertSqlSafe((*statement).to_owned()))
            .execute(&db)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let settings = settings(db.connect_options().to_url_lossy().as_str());
    let coordinator = run(db.clone(), &settings, SecretRules::default());
    let rescued = async {
        die_with_a_claim(&db, task_id).await;
        while !is_rescued(&db).await {
            yield_now().await;
        }
    };
    tokio::select! {
        ended = coordinator => panic!("the coordinator ended: {ended:?}"),
        rescued = timeout(BOUND, rescued) => rescued.unwrap_or_else(|_| panic!("not rescued: {broken:?}")),
    }
}

#[actix_web::test]
async fn a_pass_that_always_fails_does_not_stop_the_rescue() {
    for (pass, statement) in BREAKS {
        println!("{pass}");
        Box::pin(rescue_though(&[statement])).await;
    }
}

#[actix_web::test]
async fn the_rescue_goes_on_though_all_else_fails() {
    let all: Vec<&str> = BREAKS.iter().map(|(_, statement)| *statement).collect();
    Box::pin(rescue_though(&all)).await;
}

/// Invariant 13: a pass that fails, and why, can be read in the database.
#[actix_web::test]
async fn the_last_run_of_each_pass_is_recorded() {
    let (db, _) = world().await;
    sqlx::raw_sql("ALTER TABLE quarantine RENAME TO gone_quarantine")
        .execute(&db)
        .await
        .unwrap();
    let settings = settings(db.connect_options().to_url_lossy().as_str());
    let coordinator = run(db.clone(), &settings, SecretRules::default());
    let recorded = async {
        let runs = "SELECT
                count(*) FILTER (WHERE pass = 'rescue' AND failures = 0 AND succeeded_at = run_at),
                count(*) FILTER (WHERE pass = 'partitions' AND failures = 0),
                count(*) FILTER (WHERE pass = 'quarantine' AND failures > 0
                    AND succeeded_at IS NULL AND error LIKE '%quarantine%')
            FROM background_pass";
        while sqlx::query_as::<_, (i64, i64, i64)>(runs)
            .fetch_one(&db)
            .await
            .unwrap()
            != (1, 1, 1)
        {
            yield_now().await;
        }
    };
    tokio::select! {
        ended = coordinator => panic!("the coordinator ended: {ended:?}"),
        recorded = timeout(BOUND, recorded) => recorded.unwrap_or_else(|_| panic!("not recorded")),
    }
}

/// A pod that was silent while the database took no writes is not dead.
#[tokio::test]
async fn nobody_is_taken_for_dead_within_the_time_after_an_outage() {
    let (db, task_id) = world().await;
    die_with_a_claim(&db, task_id).await;
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let rescue = |after| Rescuer::new(after, Activities::default(), metrics.clone());
    let early = rescue(BOUND).pass(&db).await.unwrap();
    assert_eq!((early.pods, early.claims), (0, 0));
    let due = rescue(Duration::ZERO).pass(&db).await.unwrap();
    assert_eq!((due.pods, due.claims), (1, 1));
}
