//! The heart against a real database that does not answer at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::Actor;
use agent::{
    claim::Claimer,
    heart::{self, Condition, Heart, Hurry, Identity},
    metrics::Metrics,
    pod,
    store::Backlog,
};
use liveness::vital::Pulses;
use schema::scratch::Scratch;
use sqlx::PgPool;

/// Nothing here takes so long unless it hangs; a third of the lease is longer.
const BOUND: Duration = Duration::from_mins(1);
const LEASE: Duration = Duration::from_mins(30);

/// Waits until the statement gives true.
async fn until(db: &PgPool, statement: &'static str) {
    let end = Instant::now() + BOUND;
    while !sqlx::query_scalar::<_, bool>(statement)
        .fetch_one(db)
        .await
        .unwrap()
    {
        assert!(Instant::now() < end, "not in time: {statement}");
        tokio::task::yield_now().await;
    }
}

/// Invariant 2: the leader hears of a drain at once, also if a beat is under way that says
/// that there is none.
#[test]
fn a_drain_that_begins_during_a_beat_is_told_when_that_is_over() {
    pod::system().unwrap().block_on(async {
        let db = Scratch::new().await.unwrap().db;
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: LEASE,
        };
        let registration = heart::register(&db, &identity).await.unwrap();
        let (condition, pulses) = (Arc::new(Condition::default()), Pulses::default());
        let claimer = Claimer::new(
            db.clone(),
            Backlog::new(1, 1 << 20),
            condition.clone(),
            Metrics::new().unwrap(),
            pulses.add("claimer"),
        );
        let heart = Heart::new(
            db.clone(),
            identity,
            condition.clone(),
            claimer.start(),
            registration,
            pulses.add("heart"),
        )
        .start();

        let mut held = db.begin().await.unwrap();
        sqlx::query("SELECT FROM pod FOR UPDATE")
            .execute(&mut *held)
            .await
            .unwrap();
        heart.send(Hurry).await.unwrap();
        until(
            &db,
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock')",
        )
        .await;
        condition.draining.store(true, Ordering::Relaxed);
        heart.send(Hurry).await.unwrap();
        held.commit().await.unwrap();
        until(&db, "SELECT draining FROM pod").await;
    });
}
