//! The heartbeat against a real database that does not answer at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::{Actor, Addr};
use agent::{
    claim::Claimer,
    heartbeat::{BeatNow, Heartbeat},
    metrics::Metrics,
    pod,
    registration::{Identity, PodState, Registration, register},
    store::Backlog,
};
use liveness::watchdog::Watchdogs;
use schema::scratch::Scratch;
use sqlx::PgPool;

/// Nothing here takes so long unless it hangs; and a third of the lease is longer.
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

/// A registered pod and its heartbeat.
struct Staged {
    db: PgPool,
    state: Arc<PodState>,
    heartbeat: Addr<Heartbeat>,
}

impl Staged {
    /// Passes the registration to `use_it` before the heartbeat starts.
    async fn start(use_it: impl FnOnce(&Arc<Registration>)) -> Self {
        let db = Scratch::new().await.unwrap().db;
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: LEASE,
        };
        let registration = register(&db, &identity).await.unwrap();
        use_it(&registration);
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
        Self {
            db,
            state,
            heartbeat,
        }
    }
}

/// Invariant 2: the leader learns of a drain at once, also if a beat is under way that does not
/// announce it.
#[test]
fn a_drain_that_begins_during_a_beat_is_announced_by_the_next_one() {
    pod::system().unwrap().block_on(async {
        let Staged {
            db,
            state,
            heartbeat,
        } = Staged::start(|_| ()).await;
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

/// Invariant 2: a claim that can never be stored is given back, because its registration is
/// replaced and ends.
#[test]
fn a_registration_whose_claim_was_dropped_is_replaced_and_ends() {
    pod::system().unwrap().block_on(async {
        let staged = Staged::start(|registration| registration.request_replacement()).await;
        let replaced = "SELECT EXISTS (SELECT FROM pod WHERE pod_id = 1 AND ended_at IS NOT NULL)
            AND EXISTS (SELECT FROM pod WHERE pod_id > 1 AND ended_at IS NULL)";
        let end = Instant::now() + BOUND;
        loop {
            let replaced = sqlx::query_scalar::<_, bool>(replaced);
            if replaced.fetch_one(&staged.db).await.unwrap() {
                return;
            }
            assert!(Instant::now() < end, "it is not replaced");
            staged.heartbeat.send(BeatNow).await.unwrap();
        }
    });
}

/// Invariants 1 and 2: results of a registration that the leader has ended need not be kept.
#[test]
fn a_registration_that_the_leader_ended_is_lost() {
    pod::system().unwrap().block_on(async {
        let mut held = None;
        let staged = Staged::start(|registration| held = Some(registration.clone())).await;
        sqlx::query("UPDATE pod SET ended_at = now(), end_reason = 'lease expired'")
            .execute(&staged.db)
            .await
            .unwrap();
        staged.heartbeat.send(BeatNow).await.unwrap();
        let end = Instant::now() + BOUND;
        while !held.as_ref().unwrap().is_lost() {
            assert!(Instant::now() < end, "it is not marked");
            tokio::task::yield_now().await;
        }
    });
}
