use std::time::Duration;

use schema::{
    enums::{Outcome, RequestedAction},
    finish::finish,
    leader::lead,
    pod::{self, beat, rescue},
    schedule::{Decision, find_ended, tasks, write_back},
    task::{ask, by_id, by_key, count_isolated, is_asked, stopped, take_requests, waiting},
};
use uuid::Uuid;

use crate::fixture::{MINUTE, World, finished, pod};

/// Lets the pod die with the task, and gives what the history says of it.
async fn die(world: &World, pod_id: i32, tasks: &[schema::schedule::Task]) -> i16 {
    world.enqueue(tasks).await;
    let claims = schema::queue::claim(&world.db, pod_id, 0, 9).await.unwrap();
    beat(&world.db, pod_id, Duration::ZERO, 1, false)
        .await
        .unwrap();
    rescue(&world.db, 3).await.unwrap();
    let ended = find_ended(&world.db, &[claims[0].job_id]).await.unwrap();
    assert_eq!(ended[0].outcome, Outcome::Lost);
    ended[0].deaths.unwrap()
}

#[tokio::test]
async fn a_task_whose_pod_died_three_times_in_a_row_is_isolated_until_it_is_released() {
    let world = World::new().await;
    let one = world.seats_tasks(1).await;
    for deaths in 1..=3 {
        assert_eq!(count_isolated(&world.db).await.unwrap(), 0);
        assert_eq!(die(&world, pod(&world.db).await, &one).await, deaths);
    }
    assert_eq!(count_isolated(&world.db).await.unwrap(), 1);
    let still = tasks(&world.db).await.unwrap();
    assert!(still.iter().all(|task| task.task_id != one[0].task_id));
    let listed = stopped(&world.db, None).await.unwrap();
    assert!(listed[0].why.contains("3 times") && listed[0].last_job_id.is_some());

    ask(&world.db, one[0].task_id, RequestedAction::Release, None)
        .await
        .unwrap();
    let done = take_requests(&world.db, world.term).await.unwrap();
    assert!(done.asked[0].is_scheduled && done.asked[0].task.deaths == 0);
    assert_eq!(stopped(&world.db, None).await.unwrap(), []);
}

#[tokio::test]
async fn a_run_that_its_pod_outlived_clears_a_task() {
    let world = World::new().await;
    let one = world.seats_tasks(1).await;
    die(&world, pod(&world.db).await, &one).await;
    let decided = |survived| Decision {
        task_id: one[0].task_id,
        due_at: one[0].due_at,
        failures: 0,
        retired: false,
        survived,
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        starts_at: None,
        missing_since: None,
        misses: 0,
    };
    for (survived, deaths) in [(false, 1), (true, 0)] {
        write_back(&world.db, world.term, &[decided(survived)])
            .await
            .unwrap();
        let known = tasks(&world.db).await.unwrap();
        let task = known.iter().find(|task| task.task_id == one[0].task_id);
        assert_eq!(task.unwrap().deaths, deaths);
    }
}

/// A pod gives a registration up after a claim whose answer was lost, and lives on.
#[tokio::test]
async fn a_registration_that_its_pod_gave_up_makes_no_suspects() {
    let world = World::new().await;
    let claims = world.claimed(1).await;
    pod::end(&world.db, world.pod_id).await.unwrap();
    assert_eq!(rescue(&world.db, 3).await.unwrap().claims, 1);
    let ended = find_ended(&world.db, &[claims[0].job_id]).await.unwrap();
    assert_eq!(ended[0].deaths, Some(0));
}

/// Invariant 1: a late result of what a person ended is refused.
#[tokio::test]
async fn a_retired_task_leaves_queue_and_running_and_stays_retired() {
    let world = World::new().await;
    let tasks = world.seats_tasks(2).await;
    world.enqueue(&tasks).await;
    let claims = world.claim(1).await;
    let queued: Vec<_> = tasks
        .into_iter()
        .filter(|task| task.task_id != claims[0].task_id)
        .collect();
    for task_id in [claims[0].task_id, queued[0].task_id] {
        ask(&world.db, task_id, RequestedAction::Run, None)
            .await
            .unwrap();
        ask(&world.db, task_id, RequestedAction::Retire, Some("gone"))
            .await
            .unwrap();
    }
    let done = take_requests(&world.db, world.term).await.unwrap();
    assert_eq!((done.asked.len(), done.unqueued.len()), (2, 1));
    assert!(
        done.asked
            .iter()
            .all(|asked| !asked.is_scheduled && asked.action == RequestedAction::Retire)
    );
    let ended = find_ended(&world.db, &[claims[0].job_id]).await.unwrap();
    assert_eq!(ended[0].outcome, Outcome::Cancelled);
    let late = finish(&world.db, world.pod_id, &[finished(&claims[0])]).await;
    assert_eq!(late.unwrap(), []);

    // A decision that the leader made meanwhile does not bring it back.
    let decision = Decision {
        task_id: claims[0].task_id,
        due_at: ended[0].finished_at,
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
    write_back(&world.db, world.term, &[decision])
        .await
        .unwrap();
    let found = by_id(&world.db, claims[0].task_id).await.unwrap().unwrap();
    assert!(found.retired_at.is_some() && !found.is_out);
}

#[tokio::test]
async fn wishes_wait_for_the_leader_and_only_for_it() {
    let world = World::new().await;
    let one = world.seats_tasks(1).await[0];
    let request = ask(&world.db, one.task_id, RequestedAction::Run, None)
        .await
        .unwrap();
    let former = world.term;
    lead(&world.db, former.holder, "test", Duration::ZERO)
        .await
        .unwrap();
    let term = lead(&world.db, Uuid::from_u128(2), "other", MINUTE)
        .await
        .unwrap();
    let done = take_requests(&world.db, former).await.unwrap();
    assert_eq!(done.asked, []);
    assert_eq!(waiting(&world.db, &[request]).await.unwrap(), [request]);
    assert!(is_asked(&world.db).await.unwrap());
    let done = take_requests(&world.db, term.unwrap()).await.unwrap();
    assert_eq!(done.asked.len(), 1);
    assert!(!is_asked(&world.db).await.unwrap());
}

#[tokio::test]
async fn a_task_is_found_by_source_step_and_key() {
    let world = World::new().await;
    let one = world.seats_tasks(1).await[0];
    let found = by_key(&world.db, "chain", "seats", "1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.task_id, found.hindrance), (one.task_id, None));
    schema::limit::pause(&world.db, 1, MINUTE, "asked to wait")
        .await
        .unwrap();
    let found = by_id(&world.db, one.task_id).await.unwrap().unwrap();
    assert!(found.hindrance.unwrap().contains("paused until"));
    assert_eq!(
        by_key(&world.db, "chain", "seats", "nine").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn the_fleet_that_is_wanted_is_shown_in_pods() {
    let world = World::new().await;
    schema::fleet::store_wanted(&world.db, world.term, 25)
        .await
        .unwrap();
    let fleet = schema::fleet::wanted(&world.db).await.unwrap();
    assert_eq!(
        (fleet.agents_wanted, fleet.pods_wanted, fleet.pods),
        (25, 3, 1)
    );
    assert_eq!(schema::fleet::pods(&world.db).await.unwrap().len(), 1);
    pod::end(&world.db, world.pod_id).await.unwrap();
    let fleet = schema::fleet::wanted(&world.db).await.unwrap();
    assert_eq!((fleet.pods_wanted, fleet.pods), (1, 0), "one may begin");
}
