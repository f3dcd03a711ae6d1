use std::time::Duration;

use schema::leader::{lead, resign};
use uuid::Uuid;

use crate::fixture::{MINUTE, World};

const OTHER: Uuid = Uuid::from_u128(2);

#[tokio::test]
async fn while_the_lease_holds_nobody_else_leads() {
    let world = World::new().await;
    assert_eq!(lead(&world.db, OTHER, "other", MINUTE).await.unwrap(), None);
    let renewed = lead(&world.db, world.term.holder, "test", MINUTE)
        .await
        .unwrap();
    assert_eq!(renewed, Some(world.term), "a renewal is not a new epoch");
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_in_a_new_epoch() {
    let world = World::new().await;
    lead(&world.db, world.term.holder, "test", Duration::ZERO)
        .await
        .unwrap();
    let taken = lead(&world.db, OTHER, "other", MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((taken.holder, taken.epoch), (OTHER, world.term.epoch + 1));
}

#[tokio::test]
async fn a_leader_that_resigned_is_followed_at_once() {
    let world = World::new().await;
    resign(&world.db, world.term).await.unwrap();
    assert!(
        lead(&world.db, OTHER, "other", MINUTE)
            .await
            .unwrap()
            .is_some()
    );
}

/// The takeover waits for what the old leader is placing at this moment, so that
/// the new one's first look finds it (invariant 4).
#[tokio::test]
async fn a_takeover_waits_for_an_enqueue_under_way() {
    let world = World::new().await;
    let tasks = world.seats_tasks(1).await;
    let ready = world.ready(&tasks).await;
    lead(&world.db, world.term.holder, "test", Duration::ZERO)
        .await
        .unwrap();

    let mut placing = world.db.begin().await.unwrap();
    schema::queue::enqueue(&mut *placing, world.term, &ready)
        .await
        .unwrap();
    let db = world.db.clone();
    let takeover = tokio::spawn(async move { lead(&db, OTHER, "other", MINUTE).await.unwrap() });
    world.wait_for_locks(1).await;
    assert!(!takeover.is_finished());
    placing.commit().await.unwrap();

    assert!(takeover.await.unwrap().is_some());
    assert_eq!(world.count("queue").await, 1);
    let late = schema::queue::enqueue(&world.db, world.term, &ready)
        .await
        .unwrap();
    assert_eq!(late, [], "an old term places nothing");
}
