use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    baseline::store_listing,
    catalogue::{SeenBy, Showtime, store_showtimes},
    enums::Yields,
    finish::{Counts, Labels, Snapshot, finish},
};
use uuid::Uuid;

use crate::fixture::{World, finished};

fn by(job_id: i64) -> SeenBy {
    SeenBy {
        source_id: 1,
        job_id,
    }
}

fn showtime(key: &str, starts_at: DateTime<Utc>) -> Showtime {
    Showtime {
        key: key.to_owned(),
        film_key: "f".to_owned(),
        film_title: "A Film".to_owned(),
        auditorium_key: Some("3".to_owned()),
        auditorium_name: Some("Hall 3".to_owned()),
        starts_at,
        business_on: starts_at.date_naive(),
        seats_total: Some(100),
        sold_out: None,
        attributes: None,
    }
}

type Change = (String, Option<String>, Option<String>, i64);

async fn history(world: &World) -> Vec<Change> {
    sqlx::query_as(
        "SELECT event::text, before, after, job_id FROM showtime_history ORDER BY at, event::text DESC",
    )
    .fetch_all(&world.db)
    .await
    .unwrap()
}

async fn status(world: &World, showtime_id: i32) -> String {
    sqlx::query_scalar("SELECT status FROM showtime_status WHERE showtime_id = $1")
        .bind(showtime_id)
        .fetch_one(&world.db)
        .await
        .unwrap()
}

/// A world with a cinema, and the task that lists its showtimes.
async fn cinema() -> (World, i64) {
    let world = World::new().await;
    world.showtimes(0, 0).await;
    let step = world.step(Yields::Showtimes).await;
    let task_id = sqlx::query_scalar(
        "INSERT INTO task (step_id, key, subject_id) VALUES ($1, '1', 1) RETURNING task_id",
    )
    .bind(step)
    .fetch_one(&world.db)
    .await
    .unwrap();
    (world, task_id)
}

#[tokio::test]
async fn what_changes_in_a_listing_is_noted_as_what_it_is() {
    let (world, _) = cinema().await;
    let at = "2030-01-02T12:30:00Z".parse().unwrap();
    let first = showtime("a", at);
    store_showtimes(&world.db, by(1), 1, std::slice::from_ref(&first))
        .await
        .unwrap();
    store_showtimes(&world.db, by(2), 1, std::slice::from_ref(&first))
        .await
        .unwrap();
    let more_seats = Showtime {
        seats_total: Some(120),
        ..first.clone()
    };
    store_showtimes(&world.db, by(3), 1, &[more_seats])
        .await
        .unwrap();
    assert_eq!(history(&world).await, [], "nothing of note");

    let moved = Showtime {
        starts_at: at + TimeDelta::minutes(30),
        ..first.clone()
    };
    store_showtimes(&world.db, by(4), 1, std::slice::from_ref(&moved))
        .await
        .unwrap();
    let swapped = Showtime {
        auditorium_key: Some("4".to_owned()),
        auditorium_name: Some("Hall 4".to_owned()),
        film_key: "g".to_owned(),
        film_title: "Another Film".to_owned(),
        ..moved
    };
    store_showtimes(&world.db, by(5), 1, &[swapped, showtime("b", at)])
        .await
        .unwrap();
    let change = |event: &str, before: &str, after: &str, job| {
        (
            event.to_owned(),
            Some(before.to_owned()),
            Some(after.to_owned()),
            job,
        )
    };
    assert_eq!(
        history(&world).await,
        [
            change("moved", "2030-01-02T12:30:00Z", "2030-01-02T13:00:00Z", 4),
            change("film", "A Film", "Another Film", 5),
            change("auditorium", "Hall 3", "Hall 4", 5),
        ]
    );
}

/// Invariant 5: an answer that was not read as a whole says nothing of what is absent from it,
/// and the next whole one is compared with all that was listed.
#[tokio::test]
async fn what_is_absent_from_a_partial_listing_is_not_cancelled() {
    let (world, task_id) = cinema().await;
    let at = Utc::now() + TimeDelta::hours(5);
    let listed = [showtime("a", at), showtime("b", at), showtime("c", at)];
    let ids = store_showtimes(&world.db, by(1), 1, &listed).await.unwrap();
    let (a, b, c) = (ids["a"], ids["b"], ids["c"]);
    let list = async |job, ids: &[i32], is_whole| {
        store_listing(&world.db, task_id, job, ids, &[], None, is_whole)
            .await
            .unwrap();
    };
    list(1, &[a, b], true).await;
    list(2, &[a, c], false).await;
    list(3, &[], false).await;
    for id in [a, b, c] {
        assert_eq!(status(&world, id).await, "scheduled");
    }
    assert_eq!(history(&world).await, []);

    list(4, &[c], true).await;
    let gone = [status(&world, a).await, status(&world, b).await];
    assert_eq!(gone, ["cancelled", "cancelled"]);
    // What is there is there, however much of the answer was read.
    list(5, &[a], false).await;
    assert_eq!(status(&world, a).await, "scheduled");
}

#[tokio::test]
async fn a_showtime_that_is_listed_no_more_before_its_start_is_cancelled() {
    let (world, task_id) = cinema().await;
    let at = Utc::now() + TimeDelta::hours(5);
    let listed = [showtime("a", at), showtime("b", at)];
    let ids = store_showtimes(&world.db, by(1), 1, &listed).await.unwrap();
    let (a, b) = (ids["a"], ids["b"]);
    let list = async |job, ids: &[i32]| {
        store_listing(&world.db, task_id, job, ids, &[], None, true)
            .await
            .unwrap();
    };
    list(1, &[a, b]).await;
    assert_eq!(status(&world, b).await, "scheduled");
    list(2, &[a]).await;
    assert_eq!(status(&world, b).await, "cancelled");
    assert_eq!(status(&world, a).await, "scheduled");
    list(3, &[a]).await;
    list(4, &[a, b]).await;
    assert_eq!(status(&world, b).await, "scheduled");
    let message: Vec<_> = history(&world)
        .await
        .into_iter()
        .map(|row| (row.0, row.3))
        .collect();
    assert_eq!(
        message,
        [("unlisted".to_owned(), 2), ("relisted".to_owned(), 4)]
    );

    list(5, &[a]).await;
    let step = world.step(Yields::Seats).await;
    let seats_task: i64 = sqlx::query_scalar(
        "INSERT INTO task (step_id, key, subject_id) VALUES ($1, '1/b', $2) RETURNING task_id",
    )
    .bind(step)
    .bind(b)
    .fetch_one(&world.db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at,
            pod_id, definition_id, step_id, outcome, attempt, changed)
        VALUES (7, $1, now(), now(), now() + interval '1 second', now() + interval '1 second', 1, 1, $2, 'succeeded', 1, false)",
    )
    .bind(seats_task)
    .bind(step)
    .execute(&world.db)
    .await
    .unwrap();
    assert_eq!(
        status(&world, b).await,
        "unlisted",
        "its seats are still sold"
    );
    sqlx::query("UPDATE showtime SET starts_at = now() - interval '1 minute'")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(status(&world, b).await, "over");
    assert_eq!(status(&world, a).await, "over");
}

#[tokio::test]
async fn a_showtime_that_is_over_or_of_another_day_is_not_missed() {
    let (world, task_id) = cinema().await;
    let past = Utc::now() - TimeDelta::hours(1);
    let later = Utc::now() + TimeDelta::hours(30);
    let listed = [showtime("past", past), showtime("later", later)];
    let ids = store_showtimes(&world.db, by(1), 1, &listed).await.unwrap();
    let all: Vec<i32> = {
        let mut all: Vec<i32> = ids.into_values().collect();
        all.sort_unstable();
        all
    };
    store_listing(
        &world.db,
        task_id,
        1,
        &all,
        &[],
        Some(later.date_naive()),
        true,
    )
    .await
    .unwrap();
    // Tomorrow the task asks for another day.
    let next = later.date_naive() + TimeDelta::days(1);
    store_listing(&world.db, task_id, 2, &[], &[], Some(next), true)
        .await
        .unwrap();
    assert_eq!(history(&world).await, []);
}

#[tokio::test]
async fn a_rebuilt_auditorium_is_noted_and_seats_that_are_gone_change_to_nothing() {
    let world = World::new().await;
    world.showtimes(1, 0).await;
    world.codes().await;
    world.layout(3).await;
    world.layout(2).await;
    let step = world.step(Yields::Seats).await;
    sqlx::query("INSERT INTO task (step_id, key, subject_id) VALUES ($1, '1', 1)")
        .bind(step)
        .execute(&world.db)
        .await
        .unwrap();
    let mut tasks = schema::schedule::tasks(&world.db).await.unwrap();
    tasks.retain(|task| task.step_id == step);
    let looks = [
        (3, vec![0x00, 0x01]),
        (3, vec![0x10, 0x01]),
        (2, vec![0x12]),
    ];
    let mut jobs = Vec::new();
    for (number, (layout_id, packed)) in looks.into_iter().enumerate() {
        world.enqueue(&tasks).await;
        let claim = &world.claim(1).await[0];
        let mut job = finished(claim);
        job.seats = Some(Snapshot {
            showtime_id: 1,
            layout_id,
            tariff_id: None,
            state_hash: Uuid::from_u128(number as u128),
            packed,
            counts: Counts {
                sold: i16::try_from(layout_id).unwrap(),
                ..Counts::default()
            },
            codes_version: 0,
            labels: Labels::default(),
            price_median: None,
        });
        finish(&world.db, world.pod_id, &[job]).await.unwrap();
        jobs.push(claim.job_id);
    }
    let seen = |event: &str, before: &str, after: &str, job| {
        (
            event.to_owned(),
            Some(before.to_owned()),
            Some(after.to_owned()),
            job,
        )
    };
    assert_eq!(
        history(&world).await,
        [seen("layout", "3 seats", "2 seats", jobs[2])]
    );
    let changes: Vec<Change> = sqlx::query_as(
        "SELECT seat_key, from_status::text, to_status::text, job_id
        FROM seat_change WHERE showtime_id = 1 ORDER BY observed_at, seat_key",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let change = |seat: &str, from: &str, to: Option<&str>, job| {
        (
            seat.to_owned(),
            Some(from.to_owned()),
            to.map(str::to_owned),
            job,
        )
    };
    assert_eq!(
        changes,
        [
            change("s2", "available", Some("sold"), jobs[1]),
            change("s1", "available", Some("held"), jobs[2]),
            change("s3", "sold", None, jobs[2]),
        ]
    );
}

/// A code above 15 takes a byte per seat; what was half a byte before is the same seat.
#[tokio::test]
async fn a_wider_packing_changes_only_the_seats_that_changed() {
    let world = World::new().await;
    world.showtimes(1, 0).await;
    world.codes().await;
    world.layout(3).await;
    sqlx::query(
        "INSERT INTO seat_code (source_id, code_index, discovered_by, status, code) VALUES (1, 16, 1, 'house', 'late')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world.snapshot(1, 30, 3, &[0x10, 0x02]).await;
    world.snapshot(1, 20, 3, &[0, 1, 16]).await;
    world.snapshot(1, 10, 3, &[0x11, 0x02]).await;
    let changes: Vec<(i64, String, String, String)> = sqlx::query_as(
        "SELECT job_id, seat_key, from_status::text, to_status::text
        FROM seat_change WHERE showtime_id = 1 ORDER BY observed_at, seat_key",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let change = |job, seat: &str, from: &str, to: &str| {
        (job, seat.to_owned(), from.to_owned(), to.to_owned())
    };
    assert_eq!(
        changes,
        [
            change(20, "s3", "held", "house"),
            change(10, "s1", "available", "sold"),
            change(10, "s3", "house", "held"),
        ]
    );
    let latest: Vec<String> = sqlx::query_scalar(
        "SELECT status::text FROM seat_latest WHERE showtime_id = 1 ORDER BY seat_key",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(latest, ["sold", "sold", "held"]);
}
