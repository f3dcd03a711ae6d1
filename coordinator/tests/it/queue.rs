//! What becomes of the queue.

use std::time::{Duration, Instant};

use coordinator::{metrics::Metrics, policy::Policy, tick::Leadership};
use prometheus::Registry;
use schema::pod::{NewPod, register};
use sqlx::PgPool;
use tokio::time::sleep;

use crate::fixture::{MINUTE, leading, world};

/// More than the permits need; far fewer than fit between two sweeps.
const TICKS: u32 = 300;
const REST: Duration = Duration::from_millis(10);
/// Longer than a permit lasts, and a machine that stalls.
const PATIENCE: Duration = Duration::from_mins(2);

/// Tasks that are queued, and those whose last look is written down.
const QUEUED: &str = "SELECT count(*) FROM queue";
const LOOKED_AT: &str = "SELECT count(looked_at) FROM task";

fn metrics() -> Metrics {
    Metrics::register(&Registry::new()).unwrap()
}

/// A leader of two tasks that are due, and agents that claim nothing.
async fn leadership() -> (PgPool, Leadership) {
    let (db, _) = world().await;
    let pod = NewPod {
        name: "pod",
        version: "1",
        agents: 10,
        lease: 60 * MINUTE,
    };
    register(&db, &pod).await.unwrap();
    let term = leading(&db).await;
    let leadership = Leadership::take_over(&db, term, Policy::Freshness)
        .await
        .unwrap();
    (db, leadership)
}

/// The jobs that the tasks in the queue will be.
async fn queued(db: &PgPool) -> Vec<i64> {
    sqlx::query_scalar("SELECT queue_id FROM queue ORDER BY queue_id")
        .fetch_all(db)
        .await
        .unwrap()
}

/// Ticks until `asked` counts both tasks; returns whether it did at last.
async fn counts_both(leadership: &mut Leadership, db: &PgPool, asked: &'static str) -> bool {
    let metrics = metrics();
    for _ in 0..TICKS {
        leadership.tick(db, &metrics).await.unwrap();
        let count: i64 = sqlx::query_scalar(asked).fetch_one(db).await.unwrap();
        if count == 2 {
            return true;
        }
        sleep(REST).await;
    }
    false
}

/// The queue is not in the log: a crash of the database empties it, and fails a statement of the
/// leader. It looks at once for what left no trace, and not only when it sweeps.
#[tokio::test]
async fn what_a_crash_took_from_the_queue_is_placed_again_at_once() {
    let (db, mut leadership) = leadership().await;
    assert!(
        counts_both(&mut leadership, &db, QUEUED).await,
        "both tasks are due"
    );

    sqlx::query("TRUNCATE queue").execute(&db).await.unwrap();
    leadership.database_lost();
    assert!(counts_both(&mut leadership, &db, QUEUED).await);
}

#[tokio::test]
async fn what_nobody_claims_is_counted_and_placed_anew() {
    let (db, mut leadership) = leadership().await;
    assert!(
        counts_both(&mut leadership, &db, QUEUED).await,
        "both tasks are due"
    );
    let unclaimed = queued(&db).await;

    let metrics = metrics();
    let end = Instant::now() + PATIENCE;
    while metrics.expired_tasks.get() < 2 {
        assert!(Instant::now() < end, "their permits end some time");
        leadership.tick(&db, &metrics).await.unwrap();
        sleep(REST).await;
    }
    assert!(counts_both(&mut leadership, &db, QUEUED).await);
    assert!(queued(&db).await.iter().all(|job| !unclaimed.contains(job)));
}

/// Nobody waits until the disk has what is written back, so a crash may take the last of it.
#[tokio::test]
async fn what_a_crash_took_of_the_schedule_is_written_again() {
    let (db, mut leadership) = leadership().await;
    assert!(
        counts_both(&mut leadership, &db, QUEUED).await,
        "both tasks are due"
    );
    sqlx::raw_sql(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, pod_id, definition_id, step_id, outcome, attempt)
        SELECT queue_id, task_id, now(), now(), now(), 1, 1, step_id, 'succeeded', 1
        FROM queue INNER JOIN task USING (task_id);
        DELETE FROM queue",
    )
    .execute(&db)
    .await
    .unwrap();
    assert!(counts_both(&mut leadership, &db, LOOKED_AT).await);

    sqlx::query("UPDATE task SET looked_at = NULL")
        .execute(&db)
        .await
        .unwrap();
    leadership.database_lost();
    assert!(counts_both(&mut leadership, &db, LOOKED_AT).await);
}
