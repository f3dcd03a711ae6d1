//! What becomes of the queue.

use std::time::Duration;

use coordinator::{metrics::Metrics, policy::Policy, tick::Leadership};
use prometheus::Registry;
use schema::{
    leader::lead,
    pod::{NewPod, register},
};
use sqlx::PgPool;
use tokio::time::sleep;
use uuid::Uuid;

use crate::fixture::{MINUTE, world};

/// More than the permits need; far fewer than fit between two sweeps.
const TICKS: u32 = 300;

/// Ticks until so many tasks are queued; returns whether they were at last.
async fn fills(leadership: &mut Leadership, db: &PgPool, tasks: i64) -> bool {
    let metrics = Metrics::register(&Registry::new()).unwrap();
    for _ in 0..TICKS {
        leadership.tick(db, &metrics).await.unwrap();
        let queued: i64 = sqlx::query_scalar("SELECT count(*) FROM queue")
            .fetch_one(db)
            .await
            .unwrap();
        if queued == tasks {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}

/// The queue is not in the log: a crash of the database empties it, and fails a statement of the
/// leader. It looks at once for what left no trace, and not only when it sweeps.
#[tokio::test]
async fn what_a_crash_took_from_the_queue_is_placed_again_at_once() {
    let (db, _) = world().await;
    let pod = NewPod {
        name: "pod",
        version: "1",
        agents: 10,
        lease: 60 * MINUTE,
    };
    register(&db, &pod).await.unwrap();
    let term = lead(&db, Uuid::from_u128(1), "test", 60 * MINUTE).await;
    let term = term.unwrap().unwrap();
    let mut leadership = Leadership::take_over(&db, term, Policy::Freshness)
        .await
        .unwrap();
    assert!(fills(&mut leadership, &db, 2).await, "both tasks are due");

    sqlx::query("TRUNCATE queue").execute(&db).await.unwrap();
    leadership.cut_off();
    assert!(fills(&mut leadership, &db, 2).await);
}
