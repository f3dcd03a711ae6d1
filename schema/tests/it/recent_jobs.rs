//! The jobs of the last minutes, counted span by span.

use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    reading::{
        Reader,
        recent_jobs::{EndedInSpan, active_tasks, ended_since},
    },
    source::{CountedJobs, statuses, statuses_of_counted},
};
use serde_json::Value;

use crate::fixture::World;

/// A world in which 200 jobs ended at even times within the last five minutes; one failed, or two of
/// three if `is_bad`. Before, 100,000 ended in the course of a day.
async fn with_jobs(is_bad: bool) -> World {
    let world = World::new().await;
    world.seats_tasks(3).await;
    sqlx::raw_sql(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, attempt)
        SELECT 1000 + n, 1, at, at, at, at, 1, 1, 1, 'succeeded', 1
        FROM (SELECT n, now() - interval '24 hours' + n * interval '0.8 seconds' AS at
            FROM generate_series(1, 100000) AS n) AS made
        ORDER BY n",
    )
    .execute(&world.db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, error, attempt, row_count, changed)
        SELECT 1000000 + n, 1, at, at, at, at, 1, 1, 1, outcome::job_outcome,
            CASE WHEN outcome = 'failed' THEN 'timeout'::error_class END,
            CASE WHEN outcome = 'failed' THEN 'failure ' || n END, 1, 100, n % 4 = 0
        FROM (
            SELECT n, now() - n * interval '1.4 seconds' AS at,
                CASE WHEN n = 1 OR ($1 AND n % 3 > 0) THEN 'failed' ELSE 'succeeded' END AS outcome
            FROM generate_series(1, 200) AS n) AS made",
    )
    .bind(is_bad)
    .execute(&world.db)
    .await
    .unwrap();
    // Ranges of pages are summarised as autovacuum does it.
    sqlx::raw_sql("VACUUM (ANALYZE) job")
        .execute(&world.db)
        .await
        .unwrap();
    world
}

async fn lately(reader: &mut Reader) -> Vec<EndedInSpan> {
    let now: DateTime<Utc> = sqlx::query_scalar("SELECT now()")
        .fetch_one(&mut **reader)
        .await
        .unwrap();
    ended_since(reader, now - TimeDelta::minutes(5))
        .await
        .unwrap()
}

/// The page counts for itself, and says the same as the view.
#[tokio::test]
async fn counted_statuses_are_those_of_the_view() {
    for is_bad in [false, true] {
        let world = with_jobs(is_bad).await;
        let mut reader = Reader::begin_repeated(&world.db).await.unwrap();
        let tasks = active_tasks(&mut reader).await.unwrap();
        let spans = lately(&mut reader).await;
        let sum = |of: fn(&EndedInSpan) -> i64| spans.iter().map(of).sum::<i64>();
        let jobs = CountedJobs {
            source_id: 1,
            ended: sum(|span| span.ended),
            succeeded: sum(|span| span.succeeded),
            failed: sum(|span| span.failed),
            last_success_at: spans.iter().filter_map(|span| span.last_success_at).max(),
        };
        assert_eq!((jobs.ended, sum(|span| span.snapshots)), (200, 50));
        assert_eq!(sum(|span| span.seat_records), 5_000);
        let counted = statuses_of_counted(&mut *reader, &tasks, &[jobs])
            .await
            .unwrap();
        assert_eq!(counted, statuses(&mut *reader).await.unwrap());
        let expected = if is_bad { "degraded" } else { "healthy" };
        assert_eq!(counted[0].health, expected);
        assert_eq!(counted[0].last_error.as_deref(), Some("failure 1"));
    }
}

/// The generic plan knows no time, and still reads the last pages only.
#[tokio::test]
async fn recent_jobs_are_read_from_the_end_of_the_day() {
    let world = with_jobs(false).await;
    let mut reader = Reader::begin_repeated(&world.db).await.unwrap();
    let prepare = format!(
        "PREPARE recent AS {}",
        include_str!("../../queries/read_ended_jobs_by_source.sql")
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *reader)
        .await
        .unwrap();
    let plan: Value = sqlx::query_scalar(
        "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE recent(now() - interval '12 seconds', 5)",
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    let read = rows_read(&plan[0]["Plan"]);
    // Some pages of sixteen, of the 1,500 and more of the day.
    assert!((8.0..8_000.0).contains(&read), "{read} rows: {plan:#}");
}

/// Rows that scans of partitions of `job` looked at.
fn rows_read(node: &Value) -> f64 {
    let of = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let is_job = node["Relation Name"]
        .as_str()
        .is_some_and(|name| name.starts_with("job_"));
    let own = if is_job {
        of("Actual Rows") + of("Rows Removed by Filter") + of("Rows Removed by Index Recheck")
    } else {
        0.0
    };
    let below = node["Plans"]
        .as_array()
        .into_iter()
        .flatten()
        .map(rows_read);
    own + below.sum::<f64>()
}
