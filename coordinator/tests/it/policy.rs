//! What an operator asks and says of the policy, against a database.

use coordinator::{
    background::works::match_films,
    explain::explain,
    operate::{report::cli_actor, weight},
    policy::Policy,
};
use fleet_web::operations::WeightKind;
use schema::{
    enums::SourceState,
    schedule::{self, Decision, Step},
    source::set_state,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::fixture::{MINUTE, leading, world};

/// What the leader writes after a look two minutes ago.
async fn looked(db: &PgPool, task_id: i64) {
    let now = schedule::clock(db).await.unwrap();
    let looked_at = now - 2 * MINUTE;
    let decision = Decision {
        task_id,
        due_at: looked_at + 5 * MINUTE,
        failures: 0,
        retired: false,
        survived: true,
        looked_at: Some(looked_at),
        sales: 30.0,
        exposure: 10.0,
        sold: Some(40),
        starts_at: None,
        missing_since: None,
        misses: 0,
    };
    let term = leading(db).await;
    schedule::write_back(db, term, &[decision]).await.unwrap();
}

fn assert_says(message: &str, expected: &[&str]) {
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in:\n{message}");
    }
}

#[tokio::test]
async fn a_task_is_explained_by_number_and_by_name() {
    let (db, task_id) = world().await;
    let message = explain(&db, "plaza/seats/1/4711", Policy::Freshness)
        .await
        .unwrap();
    assert_says(
        &message,
        &[
            "plaza seats 1/4711",
            "ready: waits for a permit",
            "it was never seen",
            "plaza.example.org: 2 requests a second, burst 4",
        ],
    );
    looked(&db, task_id).await;
    let message = explain(&db, &task_id.to_string(), Policy::Freshness)
        .await
        .unwrap();
    assert_says(
        &message,
        &[
            "it competes by the sales",
            "30.0 sold where 10.0 would be average",
            "weight 1",
        ],
    );
    let message = explain(&db, &task_id.to_string(), Policy::Interval)
        .await
        .unwrap();
    assert_says(&message, &["interval: every 10m"]);
}

#[tokio::test]
async fn a_task_that_is_held_says_by_what() {
    let (db, task_id) = world().await;
    set_state(&db, "plaza", SourceState::Paused, Some("asked to wait"))
        .await
        .unwrap();
    let message = explain(&db, &task_id.to_string(), Policy::Freshness)
        .await
        .unwrap();
    assert_says(&message, &["held: its source is paused"]);
    let refused = explain(&db, "plaza/seats/9", Policy::Freshness)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("no task of step seats"));
}

#[tokio::test]
async fn weights_multiply_and_reach_what_they_name() {
    let (db, task_id) = world().await;
    looked(&db, task_id).await;
    let actor = cli_actor(Some("a premiere".to_owned()));
    weight::set(&db, &actor, WeightKind::Film, "Monsoon Radio", 3.0)
        .await
        .unwrap();
    weight::set(&db, &actor, WeightKind::Territory, "fr", 2.0)
        .await
        .unwrap();
    weight::set(&db, &actor, WeightKind::Source, "plaza", 0.5)
        .await
        .unwrap();
    let message = explain(&db, &task_id.to_string(), Policy::Freshness)
        .await
        .unwrap();
    assert_says(&message, &["times weight 3\n"]);
    weight::remove(&db, &actor, WeightKind::Territory, "FR")
        .await
        .unwrap();
    let message = explain(&db, &task_id.to_string(), Policy::Freshness)
        .await
        .unwrap();
    assert_says(&message, &["times weight 1.5\n"]);
    assert!(
        weight::set(&db, &actor, WeightKind::Source, "plaza", -1.0)
            .await
            .is_err()
    );
}

/// A title stands for its work: the film of another source, under another title, weighs as much.
#[tokio::test]
async fn the_weight_of_a_title_reaches_every_film_of_its_work() {
    let (db, task_id) = world().await;
    looked(&db, task_id).await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title)
        VALUES (1, 1, 'r', 'IMAX: Radio Mousson'), (1, 1, 'x', 'Radio');
        INSERT INTO film_fact (film_id, changed_by, year, runtime_minutes, directors, original_title)
        VALUES (1, 1, 2026, 118, '{Ada Ruiz}', NULL), (2, 1, 2026, 118, '{Ada Ruiz}', 'Monsoon Radio')",
    )
    .execute(&db)
    .await
    .unwrap();
    let actor = cli_actor(Some("a premiere".to_owned()));
    let reached = async || -> Vec<i32> {
        let mut session = db.acquire().await.unwrap();
        let resolved = schema::weight::resolve(&mut session).await.unwrap();
        resolved.iter().map(|holds| holds.id).collect()
    };
    weight::set(&db, &actor, WeightKind::Film, "The Radio Mousson", 3.0)
        .await
        .unwrap();
    assert_eq!(reached().await, [0; 0], "no film has exactly that title");
    match_films(&db, &CancellationToken::new()).await.unwrap();
    assert_eq!(reached().await, [1, 2]);
    let mut session = db.acquire().await.unwrap();
    let listed = schema::weight::list(&mut session).await.unwrap();
    drop(session);
    assert_eq!(
        (listed[0].name.as_str(), listed[0].holds_for),
        ("the radio mousson", 2)
    );
    let message = explain(&db, &task_id.to_string(), Policy::Freshness)
        .await
        .unwrap();
    assert_says(&message, &["times weight 3\n"]);
    // By the title as one source lists it, decorated, and before its work is looked for.
    weight::set(&db, &actor, WeightKind::Film, "IMAX: Radio Mousson", 2.0)
        .await
        .unwrap();
    weight::remove(&db, &actor, WeightKind::Film, "The Radio Mousson")
        .await
        .unwrap();
    assert_eq!(reached().await, [1, 2]);
}

/// A new leader knows the curve that its predecessor learnt.
#[tokio::test]
async fn a_booking_curve_outlives_its_leader() {
    let (db, _) = world().await;
    let step_id = |steps: &[Step]| {
        steps
            .iter()
            .find(|step| step.name == "seats")
            .unwrap()
            .step_id
    };
    let seats = step_id(&schedule::steps(&db).await.unwrap());
    let term = leading(&db).await;
    schedule::store_curve(&db, term, seats, &[1.5; 72])
        .await
        .unwrap();
    let steps = schedule::steps(&db).await.unwrap();
    let stored = steps.iter().find(|step| step.step_id == seats).unwrap();
    assert_eq!(stored.booking_curve.as_deref(), Some(&[1.5; 72][..]));
}
