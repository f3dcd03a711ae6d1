use chrono::DateTime;
use schema::{
    catalogue::{
        Cinema, Discovered, SeenBy, Showtime, store_cinemas, store_showtimes, store_tasks,
    },
    schedule::{Decision, limit_keys, steps, tasks_of_source, tasks_touched_by, write_back},
    source::{Applied, ApplyError, NewLimit, apply},
};
use serde_json::json;

use crate::fixture::{World, definition};

fn by(job_id: i64) -> SeenBy {
    SeenBy {
        source_id: 1,
        job_id,
    }
}

fn cinema(key: &str, name: &str) -> Cinema {
    Cinema {
        key: key.to_owned(),
        name: name.to_owned(),
        timezone: "Europe/Paris".to_owned(),
        territory: "FR".to_owned(),
        city: None,
        latitude: Some(48.85),
        longitude: None,
    }
}

fn showtime(key: &str, seats_total: i32) -> Showtime {
    Showtime {
        key: key.to_owned(),
        film_key: "f".to_owned(),
        film_title: "A Film".to_owned(),
        auditorium_key: Some("3".to_owned()),
        auditorium_name: None,
        starts_at: DateTime::UNIX_EPOCH,
        business_on: DateTime::UNIX_EPOCH.date_naive(),
        seats_total: Some(seats_total),
        sold_out: None,
        attributes: None,
    }
}

#[tokio::test]
async fn a_cinema_is_written_when_it_is_new_or_changed() {
    let world = World::new().await;
    let changed_by = "SELECT key, changed_by FROM cinema ORDER BY key";
    let listing = [cinema("a", "Alpha"), cinema("b", "Beta")];
    let first = store_cinemas(&world.db, by(1), &listing).await.unwrap();
    let renamed = [cinema("a", "Alpha"), cinema("b", "Better")];
    let second = store_cinemas(&world.db, by(2), &renamed).await.unwrap();
    assert_eq!(first, second, "ids stay");
    let rows: Vec<(String, i64)> = sqlx::query_as(changed_by)
        .fetch_all(&world.db)
        .await
        .unwrap();
    assert_eq!(rows, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
}

#[tokio::test]
async fn showtimes_share_their_film_and_auditorium() {
    let world = World::new().await;
    let cinemas = store_cinemas(&world.db, by(1), &[cinema("a", "Alpha")])
        .await
        .unwrap();
    let store = async |job, rows: &[Showtime]| {
        store_showtimes(&world.db, by(job), cinemas["a"], rows)
            .await
            .unwrap()
    };
    let first = store(1, &[showtime("1", 100), showtime("2", 100)]).await;
    assert_eq!(first.len(), 2);
    assert_eq!(
        (world.count("film").await, world.count("auditorium").await),
        (1, 1)
    );
    assert_eq!(
        store(2, &[showtime("1", 100), showtime("2", 90)]).await,
        first
    );
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT key, changed_by FROM showtime ORDER BY key")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(rows, [("1".to_owned(), 1), ("2".to_owned(), 2)]);
}

#[tokio::test]
async fn whether_a_showtime_is_sold_out_is_stored_as_the_listing_says() {
    let world = World::new().await;
    let cinemas = store_cinemas(&world.db, by(1), &[cinema("a", "Alpha")])
        .await
        .unwrap();
    let listings = [None, Some(false), Some(true), Some(true), None];
    let mut seen = Vec::new();
    for (job, sold_out) in (1..).zip(listings) {
        let row = Showtime {
            sold_out,
            ..showtime("1", 100)
        };
        store_showtimes(&world.db, by(job), cinemas["a"], &[row])
            .await
            .unwrap();
        let profile = "SELECT profile.sold_out, showtime.changed_by
            FROM showtime_profile AS profile INNER JOIN showtime USING (showtime_id)";
        let row: (Option<bool>, i64) = sqlx::query_as(profile).fetch_one(&world.db).await.unwrap();
        seen.push(row);
    }
    // The fourth listing said the same as the third.
    let expected = [
        (None, 1),
        (Some(false), 2),
        (Some(true), 3),
        (Some(true), 3),
        (None, 5),
    ];
    assert_eq!(seen, expected);
}

/// A listing that names one film in two ways would otherwise write it each time.
#[tokio::test]
async fn the_stored_name_stands_while_the_listing_has_it() {
    let world = World::new().await;
    let cinemas = store_cinemas(&world.db, by(1), &[cinema("a", "Alpha")])
        .await
        .unwrap();
    let named = |key: &str, name: &str| Showtime {
        film_title: name.to_owned(),
        auditorium_name: Some(name.to_owned()),
        ..showtime(key, 100)
    };
    for (listed, stored) in [
        (["B", "A"], "A"),
        (["A", "B"], "A"),
        (["C", "B"], "B"),
        (["A", "B"], "B"),
    ] {
        let rows = [named("1", listed[0]), named("2", listed[1])];
        store_showtimes(&world.db, by(2), cinemas["a"], &rows)
            .await
            .unwrap();
        let said: (String, String) = sqlx::query_as("SELECT title, name FROM film, auditorium")
            .fetch_one(&world.db)
            .await
            .unwrap();
        assert_eq!(said, (stored.to_owned(), stored.to_owned()), "{listed:?}");
    }
}

/// A new definition brings back what a version in between did not look at, and neither it nor a
/// leader what a person retired.
#[tokio::test]
async fn a_task_that_a_person_retired_stays_so() {
    let world = World::new().await;
    let retired = "SELECT retired_at IS NOT NULL FROM task WHERE task_id = 1";
    sqlx::query("UPDATE task SET retired_at = now(), retired_reason = 'closed' WHERE task_id = 1")
        .execute(&world.db)
        .await
        .unwrap();
    apply(&world.db, &definition("chain", "another"))
        .await
        .unwrap();
    let is_retired: bool = sqlx::query_scalar(retired)
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert!(is_retired);
}

/// A step with days and a limit of its own has a task for each day, and its own key.
#[tokio::test]
async fn a_step_of_days_has_a_task_for_each() {
    let world = World::new().await;
    for (days, tasks) in [(3, 3), (2, 2)] {
        let body = days.to_string();
        let mut new = definition("daily", &body);
        new.steps.truncate(1);
        new.steps[0].days = Some(days);
        new.steps[0].limit = Some(NewLimit {
            key: "another host",
            ..new.limit
        });
        apply(&world.db, &new).await.unwrap();
        let steps = steps(&world.db).await.unwrap();
        let step = steps.iter().find(|step| step.source == "daily").unwrap();
        let keys = limit_keys(&world.db).await.unwrap();
        let key = keys.iter().find(|key| key.name == "another host").unwrap();
        assert_eq!(step.limit_key_id, key.limit_key_id);
        let found = tasks_of_source(&world.db, step.source_id).await.unwrap();
        assert_eq!(found.len(), tasks);
    }
}

#[tokio::test]
async fn a_gate_that_says_something_else_makes_its_task_due() {
    let world = World::new().await;
    let task = |gate: &str| Discovered {
        step: "showtimes".to_owned(),
        key: "a".to_owned(),
        params: json!({}),
        subject_id: Some(3),
        starts_at: None,
        gate: Some(gate.to_owned()),
    };
    let later = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    for (job, gate, written) in [(1, "81", 1), (2, "81", 0), (3, "80", 1)] {
        let stored = store_tasks(&world.db, by(job), &[task(gate)]).await;
        assert_eq!(stored.unwrap(), written, "{gate}");
        let touched = tasks_touched_by(&world.db, &[job]).await.unwrap();
        assert_eq!(touched.len(), usize::try_from(written).unwrap());
        if let Some(touched) = touched.first() {
            assert!(touched.due_at < later);
            // The first word is no change.
            let moved_at = touched.gate_changed_at;
            assert_eq!(moved_at, (job == 3).then_some(touched.due_at), "{gate}");
            let looked = Decision {
                task_id: touched.task_id,
                due_at: later,
                failures: 0,
                retired: false,
                survived: true,
                looked_at: None,
                sales: 0.0,
                exposure: 0.0,
                sold: None,
                starts_at: None,
                missing_since: None,
                misses: 0,
            };
            write_back(&world.db, world.term, &[looked]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_known_task_is_written_only_when_it_changed() {
    let world = World::new().await;
    let task = |name: &str| Discovered {
        step: "showtimes".to_owned(),
        key: "a".to_owned(),
        params: json!({"cinema": {"name": name}}),
        subject_id: Some(3),
        starts_at: None,
        gate: None,
    };
    for (job, name, written) in [(1, "Alpha", 1), (2, "Alpha", 0), (3, "Beta", 1)] {
        let stored = store_tasks(&world.db, by(job), &[task(name)])
            .await
            .unwrap();
        assert_eq!(stored, written, "job {job}");
        let touched = tasks_touched_by(&world.db, &[job]).await.unwrap();
        assert_eq!(i64::try_from(touched.len()).unwrap(), written, "job {job}");
    }
    let discovered_by: Vec<i64> =
        sqlx::query_scalar("SELECT discovered_by FROM task WHERE discovered_by IS NOT NULL")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(discovered_by, [1], "the parent stays the first");
}

/// What a version in between did not look at is looked at again; what is over stays over.
#[tokio::test]
async fn tasks_come_back_with_the_definition_that_asks_for_them() {
    let world = World::new().await;
    let found = |key: &str, day: Option<u16>| Discovered {
        step: "showtimes".to_owned(),
        key: key.to_owned(),
        params: day.map_or(json!({}), |day| json!({ "day": { "offset": day } })),
        subject_id: Some(3),
        starts_at: None,
        gate: None,
    };
    let mut new = definition("chain", "two days");
    let at = new.steps.iter().position(|step| step.name == "showtimes");
    let at = at.unwrap();
    new.steps[at].days = Some(2);
    apply(&world.db, &new).await.unwrap();
    let over = Discovered {
        starts_at: Some(chrono::DateTime::UNIX_EPOCH),
        ..found("over", Some(0))
    };
    let tasks = [found("a/+0", Some(0)), found("a/+1", Some(1)), over];
    store_tasks(&world.db, by(1), &tasks).await.unwrap();
    sqlx::query("UPDATE task SET retired_at = now() WHERE key = 'over'")
        .execute(&world.db)
        .await
        .unwrap();
    let alive = "task WHERE retired_at IS NULL AND key IN ('a/+0', 'a/+1', 'over')";
    for (body, days, count) in [("one day", 1, 1), ("two again", 2, 2)] {
        new.body = body;
        new.steps[at].days = Some(days);
        apply(&world.db, &new).await.unwrap();
        assert_eq!(world.count(alive).await, count, "{body}");
    }
    let showtimes = new.steps.remove(at);
    new.body = "none";
    new.steps.retain(|step| step.parent != Some("showtimes"));
    apply(&world.db, &new).await.unwrap();
    assert_eq!(world.count(alive).await, 0);
    new.body = "two once more";
    new.steps.push(showtimes);
    apply(&world.db, &new).await.unwrap();
    assert_eq!(world.count(alive).await, 2);
}

#[tokio::test]
async fn every_definition_is_kept_as_a_version() {
    let world = World::new().await;
    let applied = async |body| apply(&world.db, &definition("chain", body)).await.unwrap();
    assert_eq!(applied("first").await, Applied::Unchanged);
    assert_eq!(applied("second").await, Applied::Version(2));
    assert_eq!(
        applied("first").await,
        Applied::Version(3),
        "going back is a version as well"
    );
    assert_eq!(world.count("definition").await, 3);
}

#[tokio::test]
async fn one_host_has_one_limit() {
    let world = World::new().await;
    let mut other = definition("other", "body");
    other.limit.rate_per_second = 99.0;
    let refusal = apply(&world.db, &other).await.unwrap_err();
    assert!(
        matches!(&refusal, ApplyError::LimitConflict { other, .. } if other == "chain"),
        "{refusal}"
    );
    assert_eq!(world.count("source").await, 1, "nothing of it was stored");
}

#[tokio::test]
async fn a_step_that_a_definition_drops_takes_its_tasks_along() {
    let world = World::new().await;
    world.seats_tasks(3).await;
    let mut shorter = definition("chain", "without seats");
    shorter.steps.pop();
    apply(&world.db, &shorter).await.unwrap();
    assert_eq!(world.count("task WHERE retired_at IS NOT NULL").await, 3);
}
