use std::time::Duration;

use schema::{
    enums::{ErrorClass, LogLevel, Outcome},
    finish::{Counts, Ended, Finished, Labels, NewLogLine, Snapshot, finish, in_history},
    pod::{beat, rescue},
    queue::Claim,
    schedule::read_ended,
};
use uuid::Uuid;

use crate::fixture::{World, finished};

fn saw(claim: &Claim, state: u128) -> Finished {
    Finished {
        seats: Some(Snapshot {
            showtime_id: claim.subject_id.unwrap(),
            layout_id: 1,
            tariff_id: None,
            state_hash: Uuid::from_u128(state),
            packed: vec![0x10],
            counts: Counts {
                available: 1,
                sold: 1,
                ..Counts::default()
            },
            codes_version: 0,
            labels: Labels::default(),
            price_median: None,
        }),
        ..finished(claim)
    }
}

/// Invariant 1: result, history and logs together, once.
#[tokio::test]
async fn what_a_claim_saw_is_stored_once() {
    let world = World::new().await;
    let claim = &world.claimed(1).await[0];
    let mut job = saw(claim, 1);
    job.logs
        .push(NewLogLine::new(LogLevel::Warn, "a code is new"));
    let batch = [job];
    let ended = finish(&world.db, world.pod_id, &batch).await.unwrap();
    let stored = Ended {
        job_id: claim.job_id,
        stored_snapshot: true,
    };
    assert_eq!(ended, [stored]);
    assert_eq!(
        finish(&world.db, world.pod_id, &batch).await.unwrap(),
        [],
        "the claim has ended"
    );
    for table in ["snapshot", "job", "job_log"] {
        assert_eq!(world.count(table).await, 1, "{table}");
    }
    assert_eq!(world.count("running").await, 0);
    assert_eq!(
        in_history(&world.db, world.pod_id, &[claim.job_id, 5])
            .await
            .unwrap(),
        [claim.job_id],
        "a writer that lost the answer finds what it stored"
    );
}

/// Invariant 1: a late writer changes nothing.
#[tokio::test]
async fn a_result_after_the_lease_is_refused() {
    let world = World::new().await;
    let claim = &world.claimed(1).await[0];
    beat(&world.db, world.pod_id, Duration::ZERO, 1, false)
        .await
        .unwrap();
    rescue(&world.db, 3).await.unwrap();
    assert_eq!(
        finish(&world.db, world.pod_id, &[saw(claim, 1)])
            .await
            .unwrap(),
        []
    );
    assert_eq!(world.count("snapshot").await, 0);
    let ours = in_history(&world.db, world.pod_id, &[claim.job_id])
        .await
        .unwrap();
    assert!(ours.is_empty());
}

/// Invariant 5: what does not differ is an observation without change.
#[tokio::test]
async fn only_seats_that_differ_from_the_last_are_stored() {
    let world = World::new().await;
    let tasks = world.seats_tasks(1).await;
    for (state, is_stored) in [(1, true), (1, false), (2, true), (1, true)] {
        world.enqueue(&tasks).await;
        let claim = &world.claim(1).await[0];
        let ended = finish(&world.db, world.pod_id, &[saw(claim, state)])
            .await
            .unwrap();
        assert_eq!(ended[0].stored_snapshot, is_stored, "state {state}");
    }
    assert_eq!(world.count("snapshot").await, 3);
    let changed: Vec<Option<bool>> =
        sqlx::query_scalar("SELECT changed FROM job ORDER BY ended_seq")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(changed, [Some(true), Some(false), Some(true), Some(true)]);
}

#[tokio::test]
async fn a_tariff_is_stored_when_it_changes() {
    let world = World::new().await;
    let tasks = world.seats_tasks(1).await;
    for tariff_id in [Some(7), Some(7), None, Some(8)] {
        world.enqueue(&tasks).await;
        let claim = &world.claim(1).await[0];
        let mut job = saw(claim, 1);
        job.seats.as_mut().unwrap().tariff_id = tariff_id;
        finish(&world.db, world.pod_id, &[job]).await.unwrap();
    }
    let tariffs: Vec<i32> =
        sqlx::query_scalar("SELECT tariff_id FROM showtime_tariff ORDER BY observed_at")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(tariffs, [7, 8]);
    assert_eq!(world.count("snapshot").await, 1);
}

#[tokio::test]
async fn the_leader_reads_how_jobs_ended() {
    let world = World::new().await;
    let claims = world.claimed(2).await;
    let failed = Finished {
        outcome: Outcome::Failed,
        error_class: Some(ErrorClass::Throttled),
        retry_after: Some(Duration::from_secs(30)),
        error: Some("asked to wait".to_owned()),
        observed_ago: None,
        ..finished(&claims[1])
    };
    finish(&world.db, world.pod_id, &[saw(&claims[0], 1), failed])
        .await
        .unwrap();
    let read = read_ended(&world.db, 0, &[], 10).await.unwrap();
    assert_eq!(read.len(), 2);
    let second = read
        .iter()
        .find(|job| job.job_id == claims[1].job_id)
        .unwrap();
    assert_eq!(
        (
            second.outcome,
            second.error_class,
            second.retry_after_seconds
        ),
        (Outcome::Failed, Some(ErrorClass::Throttled), Some(30))
    );
    let seen: Vec<i64> = read.iter().map(|job| job.ended_seq).collect();
    assert_eq!(read_ended(&world.db, 0, &seen, 10).await.unwrap(), []);
}
