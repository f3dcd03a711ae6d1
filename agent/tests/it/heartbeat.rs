//! The heartbeat against a real database that does not answer at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::Actor;
use agent::{
    claim::Claimer,
    heartbeat::{BeatNow, Heartbeat},
    liveness::Watchdogs,
    metrics::Metrics,
    pod,
    registration::{Identity, PodState, register},
    store::Backlog,
};
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

/// Invariant 2: the leader learns of a drain at once, also if a beat is under way that does not
/// announce it.
#[test]
fn a_drain_that_begins_during_a_beat_is_announced_by_the_next_one() {
    pod::system().unwrap().block_on(async {
        let db = Scratch::new().await.unwrap().db;
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: LEASE,
        };
        let registration = register(&db, &identity).await.unwrap();
        let (state, watchdogs) = (Arc::new(PodState::default()), Watchdogs::default());
        let claimer = Claimer::new(
            db.clone(),
            Backlog::new(1, 1 << 20),
            state.clone(),
            Metrics::new().unwrap(),
            watchdogs.add("claimer"),
        );
        let heartbeat = Heartbeat::new(
            db.clone(),
            identity,
            state.clone(),
            claimer.start().recipient(),
            registration,
            watchdogs.add("heartbeat"),
        )
        .start();

        let mut held = db.begin().await.unwrap();
        sqlx::query("SELECT FROM pod FOR UPDATE")
            .execute(&mut *held)
            .await
            .unwrap();
        heartbeat.send(BeatNow).await.unwrap();
        until(
            &db,
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock')",
        )
        .await;
        state.draining.store(true, Ordering::Relaxed);
        heartbeat.send(BeatNow).await.unwrap();
        held.commit().await.unwrap();
        until(&db, "SELECT draining FROM pod").await;
    });
}
