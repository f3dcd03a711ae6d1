use std::time::Duration;

use schema::refresh::{Outcome, claim, give_up, run, statuses};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::fixture::World;

/// Ends a test that hangs; promises nothing.
const BOUND: Duration = Duration::from_mins(2);

async fn execute(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

#[tokio::test]
async fn a_view_that_is_due_is_refreshed_and_then_not_due() {
    let world = World::new().await;
    let db = &world.db;
    execute(
        db,
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'IMAX: A Film');
        INSERT INTO work (film_id, title, kind) VALUES (1, 'A Film', 'feature');
        INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'alone', 'none');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        VALUES (1, 1, 1, now(), 1, current_date, '1'), (1, 1, 1, now(), 1, current_date, '2')",
    )
    .await;
    let execution = claim(db, "me", None).await.unwrap().unwrap();
    assert_eq!(execution.view_name, "film_run");
    assert_eq!(execution.maximum_duration, Duration::from_mins(30));
    assert_eq!(
        statuses(db).await.unwrap()[0].running_by.as_deref(),
        Some("me")
    );
    assert_eq!(run(db, &execution).await.unwrap(), Outcome::Refreshed);
    let run: (i32, String, String, i64) =
        sqlx::query_as("SELECT work_id, title, listed_title, showtimes FROM film_run")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(run, (1, "A Film".to_owned(), "IMAX: A Film".to_owned(), 2));
    assert_eq!(claim(db, "me", None).await.unwrap(), None, "not due");
    let status = &statuses(db).await.unwrap()[0];
    assert!(status.last_success_at.is_some() && status.running_since.is_none());
    assert!(
        claim(db, "me", Some("film_run")).await.unwrap().is_some(),
        "as a person asked"
    );
}

/// The second claim runs while the first is uncommitted, and once it is committed.
#[tokio::test]
async fn no_view_is_refreshed_twice_at_a_time() {
    let world = World::new().await;
    let db = &world.db;
    let mut first = db.begin().await.unwrap();
    let ours = claim(&mut *first, "a", None).await.unwrap();
    assert!(ours.is_some());
    let theirs = timeout(BOUND, claim(db, "b", None))
        .await
        .expect("a claim must not wait for another")
        .unwrap();
    assert_eq!(theirs, None);
    first.commit().await.unwrap();
    assert_eq!(claim(db, "b", Some("film_run")).await.unwrap(), None);
}

#[tokio::test]
async fn a_refresh_that_takes_too_long_is_cut_off() {
    let world = World::new().await;
    let db = &world.db;
    execute(
        db,
        "CREATE MATERIALIZED VIEW slow AS SELECT pg_sleep(3600)::text AS nap WITH NO DATA;
        INSERT INTO refresh_schedule (view_name, refresh_every, maximum_duration) VALUES ('slow', '1 hour', '50 ms')",
    )
    .await;
    let execution = claim(db, "me", Some("slow")).await.unwrap().unwrap();
    let outcome = timeout(BOUND, run(db, &execution)).await.unwrap().unwrap();
    assert_eq!(outcome, Outcome::Terminated);
    let is_noted: bool = sqlx::query_scalar(
        "SELECT terminated_at IS NOT NULL AND NOT succeeded FROM refresh_execution WHERE view_name = 'slow'",
    )
    .fetch_one(db)
    .await
    .unwrap();
    assert!(is_noted);
}

#[tokio::test]
async fn a_refresh_that_fails_says_why() {
    let world = World::new().await;
    let db = &world.db;
    execute(
        db,
        "CREATE MATERIALIZED VIEW broken AS SELECT 1 / (SELECT count(*) FROM weight) AS share WITH NO DATA;
        INSERT INTO refresh_schedule (view_name, refresh_every) VALUES ('broken', '1 hour'), ('absent', '1 hour')",
    )
    .await;
    for (view, reason) in [("broken", "division by zero"), ("absent", "no such")] {
        let execution = claim(db, "me", Some(view)).await.unwrap().unwrap();
        assert_eq!(run(db, &execution).await.unwrap(), Outcome::Failed);
        let all = statuses(db).await.unwrap();
        let status = all.iter().find(|status| status.view_name == view).unwrap();
        let error = status.error.as_deref().unwrap();
        assert!(error.contains(reason), "{error}");
    }
}

/// One execution is alive in a transaction that is open, the other was claimed by a process
/// that is gone.
#[tokio::test]
async fn an_execution_is_given_up_when_nobody_runs_it() {
    let world = World::new().await;
    let db = &world.db;
    execute(
        db,
        "CREATE MATERIALIZED VIEW other AS SELECT 1 AS one;
        INSERT INTO refresh_schedule (view_name, refresh_every) VALUES ('other', '1 hour')",
    )
    .await;
    let alive = claim(db, "alive", Some("film_run")).await.unwrap().unwrap();
    let lost = claim(db, "gone", Some("other")).await.unwrap().unwrap();
    assert_eq!(
        give_up(db).await.unwrap(),
        [""; 0],
        "they may be about to begin"
    );
    execute(
        db,
        "UPDATE refresh_execution SET started_at = now() - interval '10 minutes'",
    )
    .await;
    let mut refreshing = db.begin().await.unwrap();
    sqlx::query("SELECT refresh_view($1)")
        .bind(alive.execution_id)
        .execute(&mut *refreshing)
        .await
        .unwrap();
    assert_eq!(give_up(db).await.unwrap(), ["other"]);
    refreshing.commit().await.unwrap();
    assert_eq!(run(db, &lost).await.unwrap(), Outcome::Superseded);
    assert!(claim(db, "next", Some("other")).await.unwrap().is_some());
}
