use std::time::Duration;

use chrono::Utc;
use schema::{
    finish::finish,
    pod::{Rescued, beat, rescue},
    queue::{Queued, claim, enqueue, outstanding, withdraw},
    schedule::find_vanished,
};
use tokio::time::timeout;

use crate::fixture::{MINUTE, World, finished, pod};

const BOUND: Duration = Duration::from_secs(10);

/// Invariant 4.
#[tokio::test]
async fn a_task_is_queued_or_running_once() {
    let world = World::new().await;
    let tasks = world.seats_tasks(2).await;
    assert_eq!(world.enqueue(&tasks).await.len(), 2);
    assert_eq!(world.enqueue(&tasks).await, [], "both are queued");
    assert_eq!(world.claim(1).await.len(), 1);
    assert_eq!(
        world.enqueue(&tasks).await,
        [],
        "one is queued, one is running"
    );
    assert_eq!(outstanding(&world.db).await.unwrap().len(), 2);
}

#[tokio::test]
async fn claims_come_in_the_order_of_the_leader() {
    let world = World::new().await;
    let mut tasks = world.seats_tasks(4).await;
    tasks.reverse();
    world.enqueue(&tasks).await;
    let claimed: Vec<i64> = world
        .claim(3)
        .await
        .iter()
        .map(|claim| claim.task_id)
        .collect();
    let wanted: Vec<i64> = tasks.iter().take(3).map(|task| task.task_id).collect();
    assert_eq!(claimed, wanted);
}

/// The second claim runs while the first is still uncommitted: it must neither
/// wait for it nor see its rows.
#[tokio::test]
async fn concurrent_claims_are_disjoint() {
    let world = World::new().await;
    let tasks = world.seats_tasks(4).await;
    world.enqueue(&tasks).await;
    let other = pod(&world.db).await;

    let mut first = world.db.begin().await.unwrap();
    let ours = claim(&mut *first, world.pod_id, 0, 2).await.unwrap();
    let theirs = timeout(BOUND, claim(&world.db, other, 0, 4))
        .await
        .expect("a claim must not wait for another")
        .unwrap();
    first.commit().await.unwrap();

    assert_eq!((ours.len(), theirs.len()), (2, 2));
    assert!(
        ours.iter()
            .all(|mine| theirs.iter().all(|their| mine.job_id != their.job_id))
    );
}

#[tokio::test]
async fn expired_permits_are_not_claimed_but_taken_back() {
    let world = World::new().await;
    let tasks = world.seats_tasks(1).await;
    let mut ready = world.ready(&tasks).await;
    ready[0].expires_at = Utc::now() - MINUTE;
    let queued = enqueue(&world.db, world.term, &ready).await.unwrap();
    assert_eq!(world.claim(1).await, []);
    let taken = withdraw(&world.db, world.term, &[queued[0].job_id])
        .await
        .unwrap();
    assert_eq!(taken, [queued[0].job_id]);
    assert_eq!(
        world.enqueue(&tasks).await.len(),
        1,
        "it can be queued again"
    );
}

/// A conversation goes on where it began, or nowhere.
#[tokio::test]
async fn a_row_that_names_a_pod_is_claimed_by_no_other() {
    let world = World::new().await;
    let tasks = world.seats_tasks(2).await;
    let mut ready = world.ready(&tasks).await;
    ready[0].pod_id = Some(world.pod_id);
    enqueue(&world.db, world.term, &ready).await.unwrap();
    let other = pod(&world.db).await;
    let theirs = claim(&world.db, other, 0, 9).await.unwrap();
    let of = |claims: &[schema::queue::Claim]| {
        let message = |claim: &schema::queue::Claim| (claim.task_id, claim.continues);
        claims.iter().map(message).collect::<Vec<_>>()
    };
    assert_eq!(of(&theirs), [(ready[1].task_id, false)]);
    assert_eq!(of(&world.claim(9).await), [(ready[0].task_id, true)]);
}

/// Invariant 3: a pause reaches what is queued already.
#[tokio::test]
async fn a_paused_key_is_not_claimed() {
    let world = World::new().await;
    let tasks = world.seats_tasks(1).await;
    world.enqueue(&tasks).await;
    schema::limit::pause(&world.db, 1, MINUTE, "asked to wait")
        .await
        .unwrap();
    assert_eq!(world.claim(1).await, []);
}

#[tokio::test]
async fn a_pause_is_only_made_longer() {
    let world = World::new().await;
    for pause in [MINUTE, Duration::from_secs(1)] {
        schema::limit::pause(&world.db, 1, pause, "asked to wait")
            .await
            .unwrap();
    }
    let keys = schema::schedule::limit_keys(&world.db).await.unwrap();
    assert!(keys[0].paused_until.unwrap() > Utc::now() + Duration::from_secs(30));
}

/// Invariant 2.
#[tokio::test]
async fn a_dead_pods_claims_are_lost_and_can_be_queued_again() {
    let world = World::new().await;
    let tasks = world.seats_tasks(2).await;
    world.enqueue(&tasks).await;
    assert_eq!(world.claim(2).await.len(), 2);
    assert_eq!(
        rescue(&world.db, 3).await.unwrap(),
        Rescued::default(),
        "its lease holds"
    );

    beat(&world.db, world.pod_id, Duration::ZERO, 2, false)
        .await
        .unwrap();
    let rescued = rescue(&world.db, 3).await.unwrap();
    assert_eq!(
        rescued,
        Rescued {
            pods: 1,
            claims: 2,
            isolated: 0
        }
    );
    assert_eq!(world.enqueue(&tasks).await.len(), 2);

    assert!(
        !beat(&world.db, world.pod_id, MINUTE, 2, false)
            .await
            .unwrap(),
        "it learns that it was ended"
    );
    assert_eq!(world.claim(2).await, [], "an ended pod claims nothing");
    let lost: i64 = sqlx::query_scalar("SELECT count(*) FROM job WHERE outcome = 'lost'")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(lost, 2);
}

/// A crash of the database empties the queue; the number of the next job must not begin
/// again with it, or a claim would have the name of another in the history.
#[tokio::test]
async fn only_the_rows_of_the_queue_are_out_of_the_log() {
    let world = World::new().await;
    let persistence = |name: &'static str| {
        sqlx::query_scalar::<_, String>(
            "SELECT relpersistence::text FROM pg_class WHERE oid = $1::regclass",
        )
        .bind(name)
        .fetch_one(&world.db)
    };
    assert_eq!(persistence("queue").await.unwrap(), "u");
    assert_eq!(persistence("queue_queue_id_seq").await.unwrap(), "p");
    assert_eq!(persistence("running").await.unwrap(), "p");
}

#[tokio::test]
async fn jobs_that_left_no_trace_are_found() {
    let world = World::new().await;
    let claims = world.claimed(3).await;
    let asked: Vec<Queued> = claims
        .iter()
        .map(|claim| Queued {
            task_id: claim.task_id,
            job_id: claim.job_id,
        })
        .collect();
    finish(&world.db, world.pod_id, &[finished(&claims[0])])
        .await
        .unwrap();
    sqlx::query("DELETE FROM running WHERE task_id = $1")
        .bind(claims[1].task_id)
        .execute(&world.db)
        .await
        .unwrap();
    let vanished = find_vanished(&world.db, &asked).await.unwrap();
    assert_eq!(vanished, [claims[1].job_id]);
}
