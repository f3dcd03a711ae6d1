//! Showtimes that were given up, and what brings them back.

use schema::{
    catalogue::{Discovered, SeenBy, store_tasks},
    schedule::{Decision, Task, clock, tasks_touched_by, write_back},
};
use serde_json::json;

use crate::fixture::World;

fn by(job_id: i64) -> SeenBy {
    SeenBy {
        source_id: 1,
        job_id,
    }
}

/// A showtime's seats, and the decision that its leader made about it.
fn of_showtime(starts_at: chrono::DateTime<chrono::Utc>) -> Discovered {
    Discovered {
        step: "seats".to_owned(),
        key: "a".to_owned(),
        params: json!({}),
        subject_id: Some(3),
        starts_at: Some(starts_at),
        gate: None,
    }
}

async fn give_up(world: &World, task: &Task) {
    let decision = Decision {
        task_id: task.task_id,
        due_at: task.due_at,
        failures: 3,
        retired: true,
        survived: true,
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        starts_at: task.starts_at,
        missing_since: Some(task.due_at),
        misses: 3,
    };
    write_back(&world.db, world.term, &[decision])
        .await
        .unwrap();
}

/// The start of a showtime, to the microsecond that the database keeps.
async fn starts_in(world: &World, hours: i64) -> chrono::DateTime<chrono::Utc> {
    clock(&world.db).await.unwrap() + chrono::TimeDelta::hours(hours)
}

async fn lives(world: &World) -> bool {
    world
        .count("task WHERE key = 'a' AND retired_at IS NULL")
        .await
        == 1
}

/// Its source answered 404 for long, and lists it all the same: it has another look, and what
/// was said of it until then still counts.
#[tokio::test]
async fn a_showtime_that_was_given_up_comes_back_with_the_next_listing() {
    let world = World::new().await;
    let seats = of_showtime(starts_in(&world, 5).await);
    let list = async |job| {
        store_tasks(&world.db, by(job), std::slice::from_ref(&seats))
            .await
            .unwrap()
    };
    assert_eq!(list(1).await, 1);
    let task = tasks_touched_by(&world.db, &[1]).await.unwrap().remove(0);
    give_up(&world, &task).await;
    assert!(!lives(&world).await);
    assert_eq!(list(2).await, 1);
    assert!(lives(&world).await);
    let back = tasks_touched_by(&world.db, &[2]).await.unwrap().remove(0);
    assert_eq!((back.misses, back.missing_since), (3, Some(task.due_at)));
    assert_eq!(list(3).await, 0, "it is known and the same");
}

#[tokio::test]
async fn a_showtime_that_is_over_does_not_come_back() {
    let world = World::new().await;
    let seats = [of_showtime(starts_in(&world, -1).await)];
    store_tasks(&world.db, by(1), &seats).await.unwrap();
    let task = tasks_touched_by(&world.db, &[1]).await.unwrap().remove(0);
    give_up(&world, &task).await;
    assert_eq!(store_tasks(&world.db, by(2), &seats).await.unwrap(), 0);
    assert!(!lives(&world).await);
}

#[tokio::test]
async fn a_task_that_a_person_retired_does_not_come_back() {
    let world = World::new().await;
    let seats = [of_showtime(starts_in(&world, 5).await)];
    store_tasks(&world.db, by(1), &seats).await.unwrap();
    sqlx::query("UPDATE task SET retired_at = now(), retired_reason = 'no' WHERE key = 'a'")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(store_tasks(&world.db, by(2), &seats).await.unwrap(), 0);
    assert!(!lives(&world).await);
}

/// The leader gave it up, and before that was written the showtime moved: in whatever order the
/// two are written, it lives.
#[tokio::test]
async fn a_showtime_that_moves_while_it_is_given_up_lives() {
    for listed_first in [true, false] {
        let world = World::new().await;
        let (before, after) = (starts_in(&world, -1).await, starts_in(&world, 5).await);
        store_tasks(&world.db, by(1), &[of_showtime(before)])
            .await
            .unwrap();
        let task = tasks_touched_by(&world.db, &[1]).await.unwrap().remove(0);
        let moved = [of_showtime(after)];
        if listed_first {
            let mut listing = world.db.begin().await.unwrap();
            store_tasks(&mut *listing, by(2), &moved).await.unwrap();
            let commit = async {
                world.wait_for_locks(1).await;
                listing.commit().await.unwrap();
            };
            tokio::join!(give_up(&world, &task), commit);
        } else {
            give_up(&world, &task).await;
            store_tasks(&world.db, by(2), &moved).await.unwrap();
        }
        assert!(lives(&world).await, "listed first: {listed_first}");
        let found = tasks_touched_by(&world.db, &[2]).await.unwrap();
        assert_eq!(found.len(), 1, "its leader learns of it");
    }
}
