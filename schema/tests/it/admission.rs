use std::time::Duration;

use schema::{enums::Yields, seal::Pass};

use crate::fixture::World;

const START: i32 = 48 * 60;

/// A showtime that started two days ago, and its seats task.
async fn started() -> World {
    let world = World::new().await;
    world.showtimes(1, 48).await;
    world.codes().await;
    world.layout(4).await;
    let step = world.step(Yields::Seats).await;
    sqlx::query("INSERT INTO task (step_id, key, subject_id) VALUES ($1, '1', 1)")
        .bind(step)
        .execute(&world.db)
        .await
        .unwrap();
    world
}

/// A look so many minutes after the start, or before it, that saw no change.
async fn looked(world: &World, minutes_after: i32) {
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at,
            pod_id, definition_id, step_id, outcome, attempt, changed)
        SELECT 900000 + $1, task_id, now(), now(),
            now() - interval '48 hours' + make_interval(mins => $1),
            now() - interval '48 hours' + make_interval(mins => $1, secs => 1),
            1, 1, step_id, 'succeeded', 1, false
        FROM task WHERE subject_id = 1",
    )
    .bind(minutes_after)
    .execute(&world.db)
    .await
    .unwrap();
}

type Admission = (
    String,
    Option<i16>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<f64>,
    Option<f64>,
);

async fn admission(world: &World) -> Admission {
    sqlx::query_as(
        "SELECT certainty::text, admissions, sold_late, holds_sold, holds_released,
            round(gap_before_seconds)::float8, round(gap_after_seconds)::float8
        FROM admission WHERE showtime_id = 1",
    )
    .fetch_one(&world.db)
    .await
    .unwrap()
}

/// Invariant 5: "no look" and "no change" are distinguished.
#[tokio::test]
async fn a_look_without_a_change_is_a_look() {
    let world = started().await;
    assert_eq!(
        admission(&world).await,
        ("none".to_owned(), None, None, None, None, None, None)
    );
    // One sold, two held, one free, half a day before.
    world.snapshot(1, START + 720, 4, &[0x21, 0x02]).await;
    let before = admission(&world).await;
    assert_eq!(
        (before.0.as_str(), before.1, before.5),
        ("before_only", Some(1), Some(43_200.0))
    );
    looked(&world, -5).await;
    assert_eq!(admission(&world).await.5, Some(300.0));
    looked(&world, 5).await;
    let both = (
        "exact".to_owned(),
        Some(1),
        Some(0),
        Some(0),
        Some(0),
        Some(300.0),
        Some(300.0),
    );
    assert_eq!(admission(&world).await, both);
}

#[tokio::test]
async fn what_became_of_held_seats_is_told() {
    let world = started().await;
    world.snapshot(1, START + 5, 4, &[0x21, 0x02]).await;
    // The free one was sold, one held seat as well, the other was let go.
    world.snapshot(1, START - 20, 4, &[0x01, 0x11]).await;
    let after = (
        "wide".to_owned(),
        Some(3),
        Some(1),
        Some(1),
        Some(1),
        Some(300.0),
        Some(1200.0),
    );
    assert_eq!(admission(&world).await, after);
    // A later change is not that of the first look.
    world.snapshot(1, START - 60, 4, &[0x00, 0x00]).await;
    assert_eq!(admission(&world).await, after);
    sqlx::query("DELETE FROM snapshot WHERE observed_at < now() - interval '48 hours'")
        .execute(&world.db)
        .await
        .unwrap();
    let only = admission(&world).await;
    assert_eq!(
        (only.0.as_str(), only.1, only.2),
        ("after_only", Some(3), None)
    );
}

#[tokio::test]
async fn a_sealed_showtime_keeps_its_looks_when_their_jobs_are_gone() {
    let world = started().await;
    world.snapshot(1, START + 720, 4, &[0x21, 0x02]).await;
    looked(&world, -5).await;
    looked(&world, 5).await;
    let live = admission(&world).await;
    let mut pass = Pass::new(Duration::from_hours(24));
    while pass.batch(&world.db).await.unwrap() {}
    assert_eq!(pass.done().showtimes, 1);
    sqlx::query("DELETE FROM job")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(admission(&world).await, live);
    // What comes late does not lose them either.
    world.snapshot(1, START - 30, 4, &[0x21, 0x01]).await;
    let mut pass = Pass::new(Duration::from_hours(24));
    while pass.batch(&world.db).await.unwrap() {}
    assert_eq!(pass.done().snapshots, 2);
    assert_eq!(admission(&world).await, live);
}
