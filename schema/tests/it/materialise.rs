//! Computed columns.

mod failures;

use std::time::Duration;

use schema::materialise::{Batch, Watched, batch, watched};
use sqlx::{Connection as _, PgPool};
use tokio::time::{Instant, timeout};

use crate::fixture::World;

/// Ends a test that hangs; promises nothing.
const BOUND: Duration = Duration::from_mins(2);

/// Two chains in London and one cinema in Paris, and a showtime.
async fn world() -> World {
    let world = World::new().await;
    run(
        &world.db,
        "INSERT INTO source (name, title) VALUES ('other', 'Other');
        INSERT INTO cinema (source_id, discovered_by, changed_by, latitude, longitude, territory, key, name, timezone)
        VALUES (1, 1, 1, 51.50, -0.12, 'GB', '1', 'Waterloo', 'Europe/London'),
            (2, 1, 1, 51.51, -0.10, 'GB', '1', 'Blackfriars', 'Europe/London'),
            (2, 1, 1, 48.85, 2.35, 'FR', '2', 'Cité', 'Europe/Paris'),
            (1, 1, 1, NULL, NULL, 'GB', '2', 'Nowhere', 'Europe/London');
        INSERT INTO auditorium (cinema_id, discovered_by, key, name) VALUES (1, 1, '1', 'One'), (1, 1, '2', 'Two');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, seats_total, key)
        VALUES (1, 1, 1, '2026-07-01 19:30+00', 1, 1, '2026-07-01', 99, '1')",
    )
    .await;
    world
}

async fn run(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

async fn table(db: &PgPool, name: &str) -> Watched {
    let mut all = watched(db).await.unwrap();
    all.retain(|table| table.name == name);
    all.remove(0)
}

async fn once(db: &PgPool, name: &str) -> Batch {
    batch(db, &table(db, name).await).await.unwrap()
}

/// Does batches until nothing is left to do now.
async fn settle(db: &PgPool) {
    for table in watched(db).await.unwrap() {
        while !batch(db, &table).await.unwrap().is_idle() {}
    }
}

/// What is known of the nearest cinema: its id, and the distance in whole kilometres.
async fn nearest(db: &PgPool, cinema_id: i32) -> (Option<i32>, Option<f64>) {
    sqlx::query_as(
        "SELECT nearest_cinema_id, round(nearest_km) FROM cinema_fact WHERE cinema_id = $1",
    )
    .bind(cinema_id)
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn facts_follow_the_rows_that_they_are_computed_from() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    assert_eq!(nearest(db, 1).await, (Some(2), Some(2.0)));
    assert_eq!(
        nearest(db, 3).await,
        (Some(1), Some(343.0)),
        "beyond the band"
    );
    assert_eq!(
        nearest(db, 4).await,
        (None, None),
        "nobody knows where it is"
    );
    let local =
        "SELECT starts_local::text || ' ' || weekday || ' ' || seat_count FROM showtime_fact";
    let starts_local: String = sqlx::query_scalar(local).fetch_one(db).await.unwrap();
    assert_eq!(
        starts_local, "2026-07-01 20:30:00 3 99",
        "by the clock of London"
    );

    // Cinema 2 moves to Paris, the zone of cinema 1 changes, seats are seen.
    run(
        db,
        "UPDATE cinema SET latitude = 48.9, longitude = 2.3 WHERE cinema_id = 2;
        UPDATE cinema SET timezone = 'UTC' WHERE cinema_id = 1;
        INSERT INTO showtime_latest (observed_at, job_id, showtime_id, auditorium_id, seat_count, layout_id, state_hash)
        VALUES (now(), 1, 1, 1, 120, 1, gen_random_uuid())",
    )
    .await;
    settle(db).await;
    let (found, km) = nearest(db, 1).await;
    assert_eq!(found, Some(2), "it moved, and no other is nearer");
    assert!(km > Some(300.0));
    let starts_local: String = sqlx::query_scalar(local).fetch_one(db).await.unwrap();
    assert_eq!(starts_local, "2026-07-01 19:30:00 3 120");
    let counts: (i32, i32) =
        sqlx::query_as("SELECT auditorium_count, seat_count FROM cinema_fact WHERE cinema_id = 1")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(counts, (2, 120), "of its two auditoriums one was seen");
}

#[tokio::test]
async fn a_bad_row_blocks_no_other_and_is_set_aside() {
    let world = World::new().await;
    let db = &world.db;
    run(
        db,
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT 1, 1, 1, 'GB', n::text, 'A cinema', CASE n WHEN 37 THEN 'Mars/Base' ELSE 'UTC' END
        FROM generate_series(1, 100) AS n",
    )
    .await;
    let first = once(db, "cinema_fact").await;
    assert_eq!((first.computed, first.failed, first.set_aside), (99, 1, 0));
    for (failures, set_aside) in [(2_i16, 0), (3, 1)] {
        assert!(
            once(db, "cinema_fact").await.is_idle(),
            "it waits for its time"
        );
        run(db, "UPDATE materialisation_error SET retry_at = now()").await;
        let again = once(db, "cinema_fact").await;
        assert_eq!(
            (again.computed, again.failed, again.set_aside),
            (0, 1, set_aside)
        );
        let known: (i64, i16, String) =
            sqlx::query_as("SELECT row_key, failures, error FROM materialisation_error")
                .fetch_one(db)
                .await
                .unwrap();
        assert_eq!((known.0, known.1), (37, failures));
        assert!(known.2.contains("Mars/Base"), "{}", known.2);
    }
    let status: (i64, i64, i64) =
        sqlx::query_as("SELECT due, retrying, set_aside FROM materialisation_status WHERE table_name = 'cinema_fact'")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(status, (0, 0, 1));

    run(
        db,
        "UPDATE cinema SET timezone = 'UTC' WHERE cinema_id = 37",
    )
    .await;
    assert_eq!(once(db, "cinema_fact").await.computed, 1, "it changed");
    assert_eq!(world.count("materialisation_error").await, 0);
}

/// The second batch runs while the first is uncommitted.
#[tokio::test]
async fn two_batches_at_once_are_disjoint() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(
        db,
        "UPDATE materialised_table SET batch_size = 2; UPDATE cinema_fact SET materialized_at = NULL",
    )
    .await;
    let mut first = db.begin().await.unwrap();
    let ours: i32 = sqlx::query_scalar("SELECT computed FROM materialise_batch('cinema_fact')")
        .fetch_one(&mut *first)
        .await
        .unwrap();
    let theirs = timeout(BOUND, once(db, "cinema_fact"))
        .await
        .expect("a batch must not wait for another");
    first.commit().await.unwrap();
    assert_eq!((ours, theirs.computed), (2, 2));
    let due: i64 =
        sqlx::query_scalar("SELECT count(*) FROM cinema_fact WHERE materialized_at IS NULL")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(due, 0, "each row was computed once");
}

/// The change is stored while the row that it makes due is being computed.
#[tokio::test]
async fn a_storing_transaction_waits_for_no_computation() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(db, "UPDATE showtime_fact SET materialized_at = NULL").await;
    let mut computing = db.begin().await.unwrap();
    sqlx::query("SELECT materialise_batch('showtime_fact')")
        .execute(&mut *computing)
        .await
        .unwrap();
    let storing = run(db, "UPDATE showtime SET seats_total = 50");
    timeout(BOUND, storing)
        .await
        .expect("who stores must not wait for who computes");
    computing.commit().await.unwrap();
    settle(db).await;
    let seats: i32 = sqlx::query_scalar("SELECT seat_count FROM showtime_fact")
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(seats, 50, "the change is not lost");
}

#[tokio::test]
async fn a_new_column_is_filled_in_without_touching_the_others() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    let others = "SELECT string_agg(concat_ws(' ', cinema_id, materialized_at, nearest_km), ',' ORDER BY cinema_id) FROM cinema_fact";
    let before: String = sqlx::query_scalar(others).fetch_one(db).await.unwrap();
    run(
        db,
        "UPDATE materialised_table SET batch_size = 3;
        SELECT materialise_column('cinema_fact', 'letters', 'integer',
            '(SELECT 10 / (length(cinema.name) - 4) FROM cinema WHERE cinema.cinema_id = fact.cinema_id)')",
    )
    .await;
    // One row fails: its name has four letters.
    let first = once(db, "cinema_fact").await;
    assert_eq!((first.computed, first.backfilled, first.failed), (0, 2, 1));
    let filling: (Vec<String>, i64) = sqlx::query_as(
        "SELECT columns_filling::text[], rows_filled FROM materialisation_status WHERE table_name = 'cinema_fact'",
    )
    .fetch_one(db)
    .await
    .unwrap();
    assert_eq!(filling, (vec!["letters".to_owned()], 2));
    assert_eq!(once(db, "cinema_fact").await.backfilled, 1);
    settle(db).await;
    let letters: Vec<Option<i32>> =
        sqlx::query_scalar("SELECT letters FROM cinema_fact ORDER BY cinema_id")
            .fetch_all(db)
            .await
            .unwrap();
    assert_eq!(letters, [Some(2), Some(1), None, Some(3)]);
    let failed: (i64, String) =
        sqlx::query_as("SELECT row_key, column_name FROM materialisation_error")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(failed, (3, "letters".to_owned()));
    let after: String = sqlx::query_scalar(others).fetch_one(db).await.unwrap();
    assert_eq!(after, before, "nothing else was computed again");
}

#[tokio::test]
async fn rows_expire() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(
        db,
        "UPDATE cinema_fact SET materialized_at = now() - interval '1 day' WHERE cinema_id = 1;
        UPDATE showtime_fact SET materialized_at = now() - interval '1 year'",
    )
    .await;
    assert_eq!(once(db, "cinema_fact").await.computed, 1);
    assert!(
        once(db, "showtime_fact").await.is_idle(),
        "showtimes never expire"
    );
}
