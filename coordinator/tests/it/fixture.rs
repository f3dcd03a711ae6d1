//! A database with a source.

use std::time::Duration;

use schema::{
    enums::Yields,
    leader::{Term, lead},
    scratch::Scratch,
    source::{NewDefinition, NewLimit, NewStep, apply},
};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// One source whose seats step has a task for a showtime that starts in five hours.
pub(crate) async fn world() -> (PgPool, i64) {
    let db = Scratch::new().await.unwrap().db;
    let step = |name, parent, yields| NewStep {
        name,
        parent,
        every: 10 * MINUTE,
        timeout: MINUTE,
        priority: 10,
        yields,
        limit: None,
        days: None,
    };
    let definition = NewDefinition {
        name: "plaza",
        title: "Plaza",
        body: "body",
        blocked: None,
        limit: NewLimit {
            key: "plaza.example.org",
            rate_per_second: 2.0,
            burst: 4,
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
    };
    apply(&db, &definition).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'Monsoon Radio');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        VALUES (1, 1, 1, now() + interval '5 hours', 1, current_date, '4711');
        INSERT INTO task (step_id, key, subject_id, starts_at, due_at)
        SELECT step_id, '1/4711', 1, now() + interval '5 hours', now()
        FROM step WHERE name = 'seats'",
    )
    .execute(&db)
    .await
    .unwrap();
    let task_id = sqlx::query_scalar("SELECT task_id FROM task WHERE key = '1/4711'")
        .fetch_one(&db)
        .await
        .unwrap();
    (db, task_id)
}

/// The term of a leader that leads for an hour.
pub(crate) async fn leading(db: &PgPool) -> Term {
    let term = lead(db, Uuid::from_u128(1), "test", 60 * MINUTE).await;
    term.unwrap().unwrap()
}
