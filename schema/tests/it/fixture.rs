//! A small world: one source with its steps, one pod, one leader.

use std::time::Duration;

use chrono::{DateTime, Utc};
use schema::{
    enums::{Outcome, Yields},
    finish::{Finished, Trace},
    leader::{Term, lead},
    pod::{NewPod, register},
    queue::{Claim, Queued, Ready, claim, enqueue},
    schedule::{Task, clock, steps, tasks},
    scratch::Scratch,
    source::{NewDefinition, NewLimit, NewStep, apply},
};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

pub(crate) struct World {
    pub(crate) db: PgPool,
    pub(crate) term: Term,
    pub(crate) pod_id: i32,
}

pub(crate) fn definition<'a>(name: &'a str, body: &'a str) -> NewDefinition<'a> {
    let step = |name, parent, yields| NewStep {
        name,
        parent,
        every: MINUTE,
        timeout: MINUTE,
        priority: 10,
        yields,
        limit: None,
        days: None,
    };
    NewDefinition {
        name,
        title: name,
        body,
        blocked: None,
        limit: NewLimit {
            key: "host",
            rate_per_second: 10.0,
            burst: 20,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![
            step("cinemas", None, Yields::Cinemas),
            step("showtimes", Some("cinemas"), Yields::Showtimes),
            step("seats", Some("showtimes"), Yields::Seats),
        ],
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = Scratch::new().await.unwrap().db;
        apply(&db, &definition("chain", "first")).await.unwrap();
        let term = lead(&db, Uuid::from_u128(1), "test", MINUTE)
            .await
            .unwrap()
            .unwrap();
        let pod_id = pod(&db).await;
        // Ids that are swapped by mistake must not agree by chance.
        sqlx::query("ALTER SEQUENCE queue_queue_id_seq RESTART WITH 70001")
            .execute(&db)
            .await
            .unwrap();
        Self { db, term, pod_id }
    }

    /// Adds `count` seats tasks and returns them.
    pub(crate) async fn seats_tasks(&self, count: i32) -> Vec<Task> {
        let step = self.step(Yields::Seats).await;
        sqlx::query(
            "INSERT INTO task (step_id, key, subject_id)
            SELECT $1, n::text, 900 + n FROM generate_series(1, $2) AS n",
        )
        .bind(step)
        .bind(count)
        .execute(&self.db)
        .await
        .unwrap();
        let mut found = tasks(&self.db).await.unwrap();
        found.retain(|task| task.step_id == step);
        found
    }

    pub(crate) async fn step(&self, yields: Yields) -> i32 {
        let all = steps(&self.db).await.unwrap();
        all.iter()
            .find(|step| step.yields == yields)
            .unwrap()
            .step_id
    }

    pub(crate) async fn ready(&self, tasks: &[Task]) -> Vec<Ready> {
        let expires_at: DateTime<Utc> = clock(&self.db).await.unwrap() + MINUTE;
        tasks
            .iter()
            .map(|task| Ready {
                task_id: task.task_id,
                limit_key_id: 1,
                permits: 1,
                attempt: 1,
                expires_at,
                pod_id: None,
            })
            .collect()
    }

    pub(crate) async fn enqueue(&self, tasks: &[Task]) -> Vec<Queued> {
        enqueue(&self.db, self.term, &self.ready(tasks).await)
            .await
            .unwrap()
    }

    pub(crate) async fn claim(&self, limit: u32) -> Vec<Claim> {
        claim(&self.db, self.pod_id, 0, limit).await.unwrap()
    }

    /// Claims `count` new seats tasks.
    pub(crate) async fn claimed(&self, count: i32) -> Vec<Claim> {
        let tasks = self.seats_tasks(count).await;
        self.enqueue(&tasks).await;
        self.claim(u32::try_from(count).unwrap()).await
    }

    /// Adds a cinema and a film, and showtimes 1 to `count` that started so many hours ago.
    pub(crate) async fn showtimes(&self, count: i32, hours_ago: i32) {
        sqlx::raw_sql(
            "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
            VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
            INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film')",
        )
        .execute(&self.db)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
            SELECT 1, 1, 1, now() - make_interval(hours => $2), 1, current_date, n::text
            FROM generate_series(1, $1) AS n",
        )
        .bind(count)
        .bind(hours_ago)
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// Adds a layout of so many seats, with the number of its seats for a key; its seats
    /// are called `s1` and so on.
    pub(crate) async fn layout(&self, seats: i32) {
        sqlx::query(
            "INSERT INTO layout OVERRIDING SYSTEM VALUE
            SELECT $1, 1, 1, gen_random_uuid(), $1, array_agg(n), array_agg(n), array_agg('s' || n),
                array_agg('r' || n), array_agg(n::text), array_agg(''::text), array_agg(''::text), array_agg(''::text)
            FROM generate_series(1, $1) AS n",
        )
        .bind(seats)
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// Makes codes 0 to 3 known: available, sold, held, and one that nothing maps.
    pub(crate) async fn codes(&self) {
        sqlx::raw_sql(
            "INSERT INTO seat_code (source_id, code_index, discovered_by, status, code)
            VALUES (1, 0, 1, 'available', 'free'), (1, 1, 1, 'sold', 'sold'),
                (1, 2, 1, 'held', 'held'), (1, 3, 1, NULL, 'odd')",
        )
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// Stores a snapshot that was taken so many minutes ago, by a job of that number, of the
    /// layout with so many seats; as the store would have, then.
    pub(crate) async fn snapshot(
        &self,
        showtime_id: i32,
        minutes_ago: i32,
        seats: i32,
        packed: &[u8],
    ) {
        sqlx::query(
            "INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id,
                available, sold, held, blocked, broken, house, unknown, unmapped, seats)
            SELECT now() - make_interval(mins => $2), $2, $1, $3, count[1], count[2], count[3],
                count[4], count[5], count[6], count[7], count[8], $4
            FROM count_seats(1, $4, $3) AS count",
        )
        .bind(showtime_id)
        .bind(minutes_ago)
        .bind(seats)
        .bind(packed)
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// Waits until so many sessions wait for a lock.
    pub(crate) async fn wait_for_locks(&self, sessions: i64) {
        const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..2000 {
            let waiting: i64 = sqlx::query_scalar(WAITING)
                .fetch_one(&self.db)
                .await
                .unwrap();
            if waiting >= sessions {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("fewer than {sessions} sessions wait for a lock");
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&self.db)
            .await
            .unwrap()
    }
}

pub(crate) async fn pod(db: &PgPool) -> i32 {
    let pod = NewPod {
        name: "pod",
        version: "test",
        agents: 10,
        lease: MINUTE,
    };
    register(db, &pod).await.unwrap()
}

/// A job that succeeded and saw nothing that is stored.
pub(crate) fn finished(claim: &Claim) -> Finished {
    Finished {
        job_id: claim.job_id,
        task_id: claim.task_id,
        parent_job_id: None,
        observed_ago: Some(Duration::from_secs(2)),
        fetch: Some(Duration::from_millis(30)),
        response_bytes: Some(1000),
        row_count: Some(3),
        missing: None,
        retry_after: None,
        outcome: Outcome::Succeeded,
        error_class: None,
        http_status: Some(200),
        requests: 1,
        request_url: Some("https://example.org/".to_owned()),
        error: None,
        seats: None,
        prices: None,
        observations: Vec::new(),
        quarantined: None,
        logs: Vec::new(),
        trace: Trace::default(),
    }
}
