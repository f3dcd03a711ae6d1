use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use schema::{
    leader::lead,
    limit::{Reservation, paused, reserve, statuses, store_share},
    schedule::limit_keys,
    source::{Applied, ApplyError, NewDefinition, NewLimit, apply, apply_all},
};
use uuid::Uuid;

use crate::fixture::{MINUTE, World, definition};

fn of_day(day: u32, reserved: i32) -> Reservation {
    Reservation {
        limit_key_id: 1,
        day_on: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
        reserved,
    }
}

/// Invariant 3: what is reserved is known to the next leader, and only the leader sets
/// anything aside.
#[tokio::test]
async fn a_budget_is_set_aside_by_the_leader_alone_and_never_goes_back() {
    let world = World::new().await;
    let db = &world.db;
    assert_eq!(
        reserve(db, world.term, &[of_day(1, 10)]).await.unwrap(),
        [1]
    );
    assert_eq!(
        reserve(db, world.term, &[of_day(1, 10)]).await.unwrap(),
        [1],
        "again"
    );
    assert_eq!(
        reserve(db, world.term, &[of_day(1, 9)]).await.unwrap(),
        [0; 0]
    );
    assert_eq!(reserve(db, world.term, &[of_day(2, 4)]).await.unwrap(), [1]);
    assert_eq!(
        reserve(db, world.term, &[of_day(1, 20)]).await.unwrap(),
        [0; 0]
    );
    lead(db, world.term.holder, "test", Duration::ZERO)
        .await
        .unwrap();
    let other = lead(db, Uuid::from_u128(2), "other", MINUTE).await.unwrap();
    assert_eq!(
        reserve(db, world.term, &[of_day(2, 8)]).await.unwrap(),
        [0; 0]
    );
    let key = limit_keys(db).await.unwrap().remove(0);
    assert_eq!(
        (key.day_on, key.day_reserved),
        (Some(of_day(2, 4).day_on), 4)
    );
    assert_eq!(
        reserve(db, other.unwrap(), &[of_day(2, 8)]).await.unwrap(),
        [1]
    );
}

#[tokio::test]
async fn a_person_sees_what_is_given_out_and_why() {
    let world = World::new().await;
    store_share(
        &world.db,
        world.term,
        1,
        0.5,
        Some("the source answered 429"),
    )
    .await
    .unwrap();
    let status = statuses(&world.db, Some("chain")).await.unwrap().remove(0);
    assert!((status.rate_now - 5.0).abs() < 1e-9 && status.is_open);
    assert!(status.share_reason.unwrap().contains("429"));
    assert_eq!(paused(&world.db).await.unwrap(), []);
    schema::limit::pause(&world.db, 1, MINUTE, "asked to wait")
        .await
        .unwrap();
    let paused = paused(&world.db).await.unwrap().remove(0);
    assert!(paused.limit_key_id == 1 && paused.left <= MINUTE && paused.left > MINUTE / 2);
}

#[tokio::test]
async fn sources_that_share_a_key_share_its_days_and_hours() {
    let world = World::new().await;
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let mut other = definition("other", "first");
    other.limit = NewLimit {
        per_day: Some(100),
        hours: Some((hour(22), hour(6))),
        zone: Some("Asia/Seoul"),
        ..other.limit
    };
    let refused = apply(&world.db, &other).await.unwrap_err().to_string();
    assert!(refused.contains("no daily budget"), "{refused}");
    other.limit.key = "nights";
    apply(&world.db, &other).await.unwrap();
    let all = statuses(&world.db, Some("other")).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].opens_at, all[0].per_day),
        (Some(hour(22)), Some(100))
    );
}

/// What the database says of the limit key that [`definition`] names.
async fn numbers(world: &World) -> (f64, i32, Option<i32>) {
    let key = limit_keys(&world.db).await.unwrap().remove(0);
    (key.rate_per_second, key.burst, key.concurrency)
}

fn conflicts(applied: Result<impl std::fmt::Debug, ApplyError>, with: &str) -> bool {
    matches!(applied.unwrap_err(), ApplyError::LimitConflict { other, .. } if other == with)
}

/// Two sources of one host, and their next definitions with other numbers.
async fn shared<'a>(world: &World) -> [NewDefinition<'a>; 2] {
    apply(&world.db, &definition("other", "first"))
        .await
        .unwrap();
    ["chain", "other"].map(|name| {
        let mut new = definition(name, "second");
        new.limit.rate_per_second = 5.0;
        new.limit.concurrency = Some(3);
        new
    })
}

#[tokio::test]
async fn a_shared_limit_changes_when_all_its_sources_are_applied_together() {
    let world = World::new().await;
    let new = shared(&world).await;
    assert!(conflicts(apply(&world.db, &new[0]).await, "other"));
    assert!(conflicts(apply(&world.db, &new[1]).await, "chain"));
    assert_eq!(
        numbers(&world).await,
        (10.0, 20, None),
        "nothing was stored"
    );
    let applied = apply_all(&world.db, &new).await.unwrap();
    assert_eq!(applied, [Applied::Version(2), Applied::Version(2)]);
    assert_eq!(numbers(&world).await, (5.0, 20, Some(3)));
    let again = apply_all(&world.db, &new).await.unwrap();
    assert_eq!(again, [Applied::Unchanged, Applied::Unchanged]);
}

#[tokio::test]
async fn definitions_that_are_applied_together_agree_or_none_is_applied() {
    let world = World::new().await;
    let mut new = shared(&world).await;
    new[1].limit.burst = 7;
    assert!(conflicts(apply_all(&world.db, &new).await, "chain"));
    // One of the files is as it was, with the old numbers.
    new[1] = definition("other", "first");
    assert!(conflicts(apply_all(&world.db, &new).await, "chain"));
    // A third source is not among them.
    let [one, other] = shared(&world).await;
    apply(&world.db, &definition("third", "first"))
        .await
        .unwrap();
    assert!(conflicts(
        apply_all(&world.db, &[one, other]).await,
        "third"
    ));
    assert_eq!(numbers(&world).await, (10.0, 20, None));
}

/// A concurrency is a number of the host as its rate is: the last file does not win.
#[tokio::test]
async fn a_concurrency_is_not_changed_by_one_of_two_sources() {
    let world = World::new().await;
    let mut other = definition("other", "first");
    other.limit.concurrency = Some(3);
    let refused = apply(&world.db, &other).await.unwrap_err();
    assert!(refused.to_string().contains("no concurrency"), "{refused}");
    assert_eq!(numbers(&world).await, (10.0, 20, None));
}

#[tokio::test]
async fn the_limits_of_one_definition_agree_as_well() {
    let world = World::new().await;
    let mut new = definition("chain", "second");
    new.steps[1].limit = Some(NewLimit {
        burst: 3,
        ..new.limit
    });
    assert!(conflicts(apply(&world.db, &new).await, "chain"));
}

/// The second waits for the first, and then sees what that declared.
#[tokio::test]
async fn two_that_declare_a_new_key_at_the_same_time_do_not_both_win() {
    let world = World::new().await;
    let [mut slow, mut fast] = ["slow", "fast"].map(|name| definition(name, "first"));
    slow.limit.key = "new";
    fast.limit = NewLimit {
        rate_per_second: 99.0,
        ..slow.limit
    };
    let mut held = world.db.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('fullhouse apply_source', 0))")
        .execute(&mut *held)
        .await
        .unwrap();
    let release = async {
        world.wait_for_locks(2).await;
        held.commit().await.unwrap();
    };
    let (slow, fast, ()) = tokio::join!(apply(&world.db, &slow), apply(&world.db, &fast), release);
    assert_eq!(usize::from(slow.is_ok()) + usize::from(fast.is_ok()), 1);
}
