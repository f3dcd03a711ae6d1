use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use schema::{
    leader::lead,
    limit::{Reservation, paused, reserve, statuses, store_share},
    schedule::limit_keys,
    source::{NewLimit, apply},
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

/// Invariant 3: what is set aside is known to whoever leads next, and only the leader sets
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
    store_share(&world.db, 1, 0.5, Some("the source answered 429"))
        .await
        .unwrap();
    let status = statuses(&world.db, Some("chain")).await.unwrap().remove(0);
    assert!((status.rate_now - 5.0).abs() < 1e-9 && status.is_open);
    assert!(status.share_reason.unwrap().contains("429"));
    assert_eq!(paused(&world.db).await.unwrap(), []);
    schema::finish::pause_limit_key(&world.db, 1, MINUTE, "asked to wait")
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
