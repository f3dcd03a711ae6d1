//! The least SQL that moves a row from a queue to a history: no limits, no fence, no plan
//! of the source, tables of its own.

use std::sync::{Arc, atomic::Ordering};

use sqlx::PgPool;
use tokio::{task::JoinSet, time::sleep};

use super::{AHEAD, BATCH, Counters, ENQUEUED, IDLE, PODS, Rate, measure};
use crate::bench::error::BenchError;

const TABLES: [&str; 3] = [
    "CREATE TABLE plain_queue (
        queue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        task_id bigint NOT NULL,
        enqueued_at timestamptz NOT NULL DEFAULT now()
    )",
    "CREATE TABLE plain_running (
        job_id bigint PRIMARY KEY,
        task_id bigint NOT NULL,
        enqueued_at timestamptz NOT NULL,
        claimed_at timestamptz NOT NULL DEFAULT now()
    )",
    "CREATE TABLE plain_history (
        job_id bigint NOT NULL,
        task_id bigint NOT NULL,
        enqueued_at timestamptz NOT NULL,
        claimed_at timestamptz NOT NULL,
        finished_at timestamptz NOT NULL DEFAULT now()
    )",
];

const ENQUEUE: &str = "INSERT INTO plain_queue (task_id) SELECT n FROM generate_series(1, $1) AS n";

const CLAIM: &str = "
    WITH taken AS (
        DELETE FROM plain_queue
        WHERE queue_id = ANY (ARRAY(
            SELECT queue_id FROM plain_queue
            WHERE queue_id >= $1
            ORDER BY queue_id LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING queue_id, task_id, enqueued_at
    )
    INSERT INTO plain_running (job_id, task_id, enqueued_at)
    SELECT queue_id, task_id, enqueued_at FROM taken
    RETURNING job_id";

const FINISH: &str = "
    WITH ended AS (
        DELETE FROM plain_running WHERE job_id = ANY ($1)
        RETURNING job_id, task_id, enqueued_at, claimed_at
    )
    INSERT INTO plain_history (job_id, task_id, enqueued_at, claimed_at)
    SELECT job_id, task_id, enqueued_at, claimed_at FROM ended";

/// Measures it as the fleet was measured.
pub(super) async fn fleet(db: &PgPool) -> Result<Rate, BenchError> {
    for table in TABLES {
        sqlx::query(table).execute(db).await?;
    }
    let counters = Arc::new(Counters::default());
    let mut loops = JoinSet::new();
    loops.spawn(leader(db.clone(), counters.clone()));
    for _ in 0..PODS {
        loops.spawn(work(db.clone(), counters.clone()));
    }
    measure(db, &counters, loops).await
}

async fn leader(db: PgPool, counters: Arc<Counters>) -> Result<(), sqlx::Error> {
    let enqueued = i64::try_from(ENQUEUED).unwrap_or(1);
    loop {
        if counters.outstanding() > AHEAD {
            sleep(IDLE).await;
            continue;
        }
        sqlx::query(ENQUEUE).bind(enqueued).execute(&db).await?;
        counters.placed.fetch_add(enqueued, Ordering::Relaxed);
    }
}

async fn work(db: PgPool, counters: Arc<Counters>) -> Result<(), sqlx::Error> {
    let mut from = 0_i64;
    loop {
        let claimed: Vec<i64> = sqlx::query_scalar(CLAIM)
            .bind(from)
            .bind(i64::from(BATCH))
            .fetch_all(&db)
            .await?;
        let Some(highest) = claimed.iter().max() else {
            sleep(IDLE).await;
            continue;
        };
        from = highest + 1;
        let ended = sqlx::query(FINISH).bind(&claimed).execute(&db).await?;
        let ended = i64::try_from(ended.rows_affected()).unwrap_or(0);
        counters.ended.fetch_add(ended, Ordering::Relaxed);
    }
}
