//! Which days are to be exported, and who writes where.

use std::time::Duration;

use chrono::NaiveDate;
use schema::export::{
    DueDay, Exported, UsedCode, due, forget_day, hold, is_held, known_days, note_late, place,
    record_progress, release, store_day,
};
use uuid::Uuid;

use crate::fixture::World;

const LONG: Duration = Duration::from_hours(1);
const DAY: i32 = 24 * 60;

/// Days that are over, so many before today.
async fn day(world: &World, ago: i32) -> NaiveDate {
    sqlx::query_scalar("SELECT (now() AT TIME ZONE 'UTC')::date - $1")
        .bind(ago)
        .fetch_one(&world.db)
        .await
        .unwrap()
}

/// A showtime with codes and a layout of five seats, and nothing seen of it yet.
async fn world() -> World {
    let world = World::new().await;
    world.showtimes(1, 72).await;
    world.codes().await;
    world.layout(5).await;
    world
}

fn exported(day: DueDay, codes: Vec<UsedCode>) -> Exported {
    Exported {
        day,
        row_count: 5,
        bytes: 100,
        files: vec!["seat-records/a".to_owned()],
        codes,
    }
}

#[tokio::test]
async fn what_is_stored_after_its_day_is_noticed_once() {
    let world = world().await;
    world.snapshot(1, 0, 5, &[0x00, 0x00, 0x00]).await;
    assert_eq!(world.count("late_day").await, 0, "today is not over");
    world.snapshot(1, 3 * DAY, 5, &[0x00, 0x00, 0x00]).await;
    assert_eq!(note_late(&world.db).await.unwrap(), 1);
    assert_eq!(note_late(&world.db).await.unwrap(), 0);
    let known = place(&world.db, "file:///a").await.unwrap();
    let days = due(&world.db, known.place_id, "snapshots").await.unwrap();
    let late = day(&world, 3).await;
    assert!(days.contains(&DueDay {
        on_day: late,
        revision: 1
    }));
    assert!(
        due(&world.db, known.place_id, "prices")
            .await
            .unwrap()
            .iter()
            .all(|one| one.on_day != late)
    );

    let first = DueDay {
        on_day: late,
        revision: 1,
    };
    store_day(
        &world.db,
        known.place_id,
        "snapshots",
        &exported(first, Vec::new()),
    )
    .await
    .unwrap();
    let is_due = async |data_set: &str| {
        let days = due(&world.db, known.place_id, data_set).await.unwrap();
        days.iter().any(|one| one.on_day == late)
    };
    assert!(!is_due("snapshots").await && is_due("seat-records").await);
    world.snapshot(1, 3 * DAY + 1, 5, &[0x00, 0x00, 0x00]).await;
    assert!(!is_due("snapshots").await, "not noticed yet");
    note_late(&world.db).await.unwrap();
    assert!(is_due("snapshots").await);
}

/// A race that is staged: what is not committed yet is left in the log.
#[tokio::test]
async fn a_late_row_that_is_not_committed_is_noticed_by_the_next_look() {
    let world = world().await;
    let mut storing = world.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO snapshot VALUES (now() - interval '3 days', 1, 1, 5, 5, 0, 0, 0, 0, 0, 0, 0, '\\x000000')",
    )
    .execute(&mut *storing)
    .await
    .unwrap();
    assert_eq!(note_late(&world.db).await.unwrap(), 0);
    storing.commit().await.unwrap();
    assert_eq!(note_late(&world.db).await.unwrap(), 1);
}

/// Invariant 6: only days in which the code occurs, and only while it means something else.
#[tokio::test]
async fn a_day_is_due_again_when_a_code_of_it_means_something_else() {
    let world = world().await;
    let known = place(&world.db, "file:///a").await.unwrap();
    world.snapshot(1, 3 * DAY, 5, &[0x33, 0x00, 0x00]).await;
    world.snapshot(1, 2 * DAY, 5, &[0x00, 0x00, 0x00]).await;
    note_late(&world.db).await.unwrap();
    let days = [day(&world, 3).await, day(&world, 2).await];
    let due_days = async || -> Vec<NaiveDate> {
        let found = due(&world.db, known.place_id, "seat-records")
            .await
            .unwrap();
        let found = found.into_iter().map(|one| one.on_day);
        found.filter(|one| days.contains(one)).collect()
    };
    assert_eq!(due_days().await, days);
    for (on_day, code_index) in [(days[0], 3), (days[1], 0)] {
        let status = (code_index == 0).then_some(schema::enums::SeatStatus::Available);
        let code = UsedCode {
            source_id: 1,
            code_index,
            status,
        };
        let read = DueDay {
            on_day,
            revision: 1,
        };
        store_day(
            &world.db,
            known.place_id,
            "seat-records",
            &exported(read, vec![code]),
        )
        .await
        .unwrap();
    }
    assert_eq!(due_days().await, []);
    sqlx::query("UPDATE seat_code SET status = 'house' WHERE code_index = 3")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(due_days().await, [days[0]]);
    let stored = known_days(&world.db, known.place_id).await.unwrap();
    assert_eq!(stored[1].files, ["seat-records/a"]);
    forget_day(&world.db, known.place_id, "seat-records", days[1])
        .await
        .unwrap();
    assert_eq!(due_days().await, days);
}

#[tokio::test]
async fn a_place_is_held_by_one_until_it_lets_go_or_its_lease_ends() {
    let world = World::new().await;
    let known = place(&world.db, "file:///a").await.unwrap();
    assert_eq!(place(&world.db, "file:///a").await.unwrap(), known);
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let is_held_by = async |holder| {
        let mut connection = world.db.acquire().await.unwrap();
        is_held(&mut connection, known.place_id, holder)
            .await
            .unwrap()
    };
    assert!(hold(&world.db, known.place_id, one, LONG).await.unwrap());
    assert!(
        hold(&world.db, known.place_id, one, LONG).await.unwrap(),
        "renewed"
    );
    assert!(!hold(&world.db, known.place_id, other, LONG).await.unwrap());
    assert!(is_held_by(one).await && !is_held_by(other).await);
    sqlx::query("UPDATE export_place SET held_until = now() - interval '1 second'")
        .execute(&world.db)
        .await
        .unwrap();
    assert!(hold(&world.db, known.place_id, other, LONG).await.unwrap());
    assert!(!hold(&world.db, known.place_id, one, LONG).await.unwrap());
    release(&world.db, known.place_id, one).await.unwrap();
    assert!(is_held_by(other).await, "only the holder lets go");
    release(&world.db, known.place_id, other).await.unwrap();
    assert!(hold(&world.db, known.place_id, one, LONG).await.unwrap());
}

#[tokio::test]
async fn a_table_without_retention_is_not_waited_for() {
    let world = World::new().await;
    let today = day(&world, 0).await;
    sqlx::raw_sql(
        "DELETE FROM partition_reader WHERE parent = 'job'; DELETE FROM retention WHERE parent = 'job'",
    )
    .execute(&world.db)
    .await
    .unwrap();
    for parent in ["job", "snapshot"] {
        record_progress(&world.db, parent, today).await.unwrap();
    }
    assert_eq!(
        world
            .count("partition_reader WHERE reader = 'export'")
            .await,
        1
    );
}

/// Showtimes 1 and 2, which were discovered three and two days ago and are exported; the second
/// is in an auditorium. Gives the place and these days.
async fn exported_showtimes(world: &World) -> (i32, [NaiveDate; 2]) {
    sqlx::raw_sql(
        "UPDATE showtime SET discovered_at = now() - make_interval(days => 4 - showtime_id);
        INSERT INTO auditorium (cinema_id, discovered_by, key, name) VALUES (1, 1, '1', 'One');
        UPDATE showtime SET auditorium_id = 1 WHERE showtime_id = 2;
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '2', 'Another')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let known = place(&world.db, "file:///a").await.unwrap();
    let days = [day(world, 3).await, day(world, 2).await];
    assert_eq!(take_due(world, known.place_id).await, days);
    (known.place_id, days)
}

/// The days of showtimes that are due once the log is taken; they are exported then.
async fn take_due(world: &World, place_id: i32) -> Vec<NaiveDate> {
    note_late(&world.db).await.unwrap();
    let days = due(&world.db, place_id, "showtimes").await.unwrap();
    for one in &days {
        store_day(&world.db, place_id, "showtimes", &exported(*one, vec![]))
            .await
            .unwrap();
    }
    days.into_iter().map(|one| one.on_day).collect()
}

#[tokio::test]
async fn the_day_of_a_showtime_is_due_when_it_or_what_it_is_called_changes() {
    let world = World::new().await;
    world.showtimes(2, 72).await;
    let (place_id, [first, second]) = exported_showtimes(&world).await;
    for (statement, expected) in [
        ("UPDATE showtime SET seats_total = 9 WHERE showtime_id = 1", vec![first]),
        ("UPDATE film SET title = 'Renamed' WHERE film_id = 1", vec![first, second]),
        ("UPDATE film SET title = 'Not shown' WHERE film_id = 2", vec![]),
        ("UPDATE cinema SET city = 'Lyon'", vec![first, second]),
        ("UPDATE cinema SET latitude = 45.75", vec![]),
        ("UPDATE auditorium SET name = 'The first'", vec![second]),
        ("UPDATE source SET title = 'The chain'", vec![first, second]),
        ("UPDATE source SET health = 'degraded', health_reason = 'a test'", vec![]),
        ("UPDATE film SET title = title", vec![]),
        (
            "INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
            VALUES (1, 1, 1, now(), 1, current_date, '3')",
            vec![],
        ),
        ("DELETE FROM showtime WHERE showtime_id = 2", vec![second]),
    ] {
        sqlx::query(statement).execute(&world.db).await.unwrap();
        assert_eq!(take_due(&world, place_id).await, expected, "{statement}");
    }
}

/// A staged race: the writer that gives a showtime another film does not see its new title yet,
/// and the writer that looks for showtimes of that film does not see this one.
#[tokio::test]
async fn a_showtime_that_is_given_a_film_that_is_renamed_meanwhile_is_due() {
    let world = World::new().await;
    world.showtimes(2, 72).await;
    let (place_id, [first, _]) = exported_showtimes(&world).await;
    let mut renaming = world.db.begin().await.unwrap();
    sqlx::query("UPDATE film SET title = 'Renamed' WHERE film_id = 2")
        .execute(&mut *renaming)
        .await
        .unwrap();
    sqlx::query("UPDATE showtime SET film_id = 2 WHERE showtime_id = 1")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(
        take_due(&world, place_id).await,
        [first],
        "with the old title"
    );
    renaming.commit().await.unwrap();
    assert_eq!(take_due(&world, place_id).await, [first]);
}

#[tokio::test]
async fn what_was_exported_is_told() {
    let world = world().await;
    let known = place(&world.db, "file:///a").await.unwrap();
    world.snapshot(1, 3 * DAY, 5, &[0x00, 0x00, 0x00]).await;
    note_late(&world.db).await.unwrap();
    let message = async || -> (i64, i64, i64) {
        sqlx::query_as(
            "SELECT days, row_count, days_waiting FROM export_status WHERE data_set = 'snapshots'",
        )
        .fetch_one(&world.db)
        .await
        .unwrap()
    };
    let (days, rows, waiting) = message().await;
    assert!((days, rows) == (0, 0) && waiting >= 1);
    let read = DueDay {
        on_day: day(&world, 3).await,
        revision: 1,
    };
    store_day(
        &world.db,
        known.place_id,
        "snapshots",
        &exported(read, Vec::new()),
    )
    .await
    .unwrap();
    assert_eq!(message().await, (1, 5, waiting - 1));
}
