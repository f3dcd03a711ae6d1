//! Messages: written with the alerts, once for each turn, grouped, silenced.

use std::time::Duration;

use coordinator::{
    alert::check::{Audience, Looked, check},
    background::{BackgroundPass as _, alerts::AlertWatch},
    operate::{
        alert::{silence, unsilence},
        report::cli_actor,
    },
};
use schema::alert::{self, Severity};
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{clock, look, look_after, named, run, settings, shown, webhook};
use crate::fixture::world;

const QUARANTINED: &str = "UPDATE step SET health = 'quarantined' WHERE name = 'seats'";
const BOUND: Duration = Duration::from_mins(1);

fn ops() -> Audience {
    Audience::of(&settings([("ops", webhook("http://127.0.0.1:9/"))]))
}

/// Kind, receiver and number of alerts of each message, in their order.
async fn messages(db: &PgPool) -> Vec<(String, String, i32)> {
    sqlx::query_as("SELECT kind, receiver, cardinality(alert_ids) FROM message ORDER BY sequence")
        .fetch_all(db)
        .await
        .unwrap()
}

fn message(kind: &str, alerts: i32) -> (String, String, i32) {
    (kind.to_owned(), "ops".to_owned(), alerts)
}

#[tokio::test]
async fn receivers_are_notified_when_an_alert_is_new_after_a_day_and_when_it_is_over() {
    let (db, _) = world().await;
    let audience = ops();
    run(&db, QUARANTINED).await;
    let name = "source_quarantined";
    assert_eq!(look(&db, name, &audience).await.messages, 1);
    assert_eq!(look(&db, name, &audience).await, Looked::default());
    assert_eq!(messages(&db).await, [message("new", 1)]);
    let tomorrow = clock(&db).await + audience.still_every + Duration::from_hours(1);
    let condition = named(name);
    for messages in [1, 0] {
        let looked = check(&db, &condition, &audience, Some(tomorrow))
            .await
            .unwrap();
        assert_eq!(looked.messages, messages);
    }
    run(&db, "UPDATE step SET health = 'healthy'").await;
    let then = tomorrow + condition.over_for;
    let looked = check(&db, &condition, &audience, Some(then)).await.unwrap();
    assert_eq!((looked.turns.resolved, looked.messages), (1, 1));
    let looked = check(&db, &condition, &audience, Some(then)).await.unwrap();
    assert_eq!(looked, Looked::default());
    assert_eq!(
        messages(&db).await,
        [
            message("new", 1),
            message("still", 1),
            message("resolved", 1)
        ]
    );
    let alerts: i64 = sqlx::query_scalar("SELECT count(DISTINCT alert_ids) FROM message")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(alerts, 1, "the alert keeps its number");
}

#[tokio::test]
async fn alerts_of_one_condition_are_one_message() {
    let (db, _) = world().await;
    run(
        &db,
        "INSERT INTO source (name, title, state, state_reason)
        SELECT 'chain-' || n, 'Chain', 'blocked', 'answered 403' FROM generate_series(1, 3) AS n",
    )
    .await;
    assert_eq!(look(&db, "source_blocked", &ops()).await.messages, 1);
    run(
        &db,
        "UPDATE source SET state = 'blocked', state_reason = 'answered 403'",
    )
    .await;
    assert_eq!(look(&db, "source_blocked", &ops()).await.messages, 1);
    assert_eq!(messages(&db).await, [message("new", 3), message("new", 1)]);
}

#[tokio::test]
async fn a_receiver_gets_alerts_from_its_severity_on() {
    let (db, _) = world().await;
    run(
        &db,
        "INSERT INTO attribute (source_id, discovered_by, code) VALUES (1, 1, 'OV')",
    )
    .await;
    let audience = Audience {
        receivers: vec![
            ("pager".to_owned(), Severity::Critical),
            ("ops".to_owned(), Severity::Info),
        ],
        ..ops()
    };
    assert_eq!(
        look(&db, "attributes_unmapped", &audience).await.messages,
        1
    );
    assert_eq!(messages(&db).await, [message("new", 1)]);
}

/// The race is staged: the first leader's transaction is open while the second looks.
#[tokio::test]
async fn two_leaders_do_not_double_an_alert_or_its_message() {
    let (db, _) = world().await;
    run(
        &db,
        "UPDATE source SET state = 'blocked', state_reason = 'answered 403'",
    )
    .await;
    let condition = named("source_blocked");
    let mut first = alert::begin_check(&db, condition.name, None).await.unwrap();
    let held = condition.find(&mut first).await.unwrap();
    let second = tokio::spawn({
        let (db, condition) = (db.clone(), condition.clone());
        async move { check(&db, &condition, &ops(), None).await.unwrap() }
    });
    let turns = alert::store(&mut first, &condition.rule(), &held, None)
        .await
        .unwrap();
    assert_eq!(turns.opened, 1);
    first.commit().await.unwrap();
    let second = timeout(BOUND, second).await.unwrap().unwrap();
    assert_eq!((second.turns.opened, second.messages), (0, 1));

    let watch = || {
        AlertWatch::of(
            vec![condition.clone()],
            ops(),
            shown(),
            CancellationToken::new(),
        )
    };
    let (mut one, mut other) = (watch(), watch());
    let (one, other) = tokio::join!(one.pass(&db), other.pass(&db));
    assert_eq!((one.unwrap().messages, other.unwrap().messages), (0, 0));
    assert_eq!(messages(&db).await, [message("new", 1)]);
}

/// If the messages cannot be written, neither is the alert: the next look finds both.
#[tokio::test]
async fn an_alert_is_not_stored_without_its_messages() {
    let (db, _) = world().await;
    run(
        &db,
        "UPDATE source SET state = 'blocked', state_reason = 'answered 403';
        ALTER TABLE message RENAME TO gone_message",
    )
    .await;
    let condition = named("source_blocked");
    check(&db, &condition, &ops(), None).await.unwrap_err();
    assert_eq!(super::alerts(&db, true).await, []);
    run(&db, "ALTER TABLE gone_message RENAME TO message").await;
    let looked = check(&db, &condition, &ops(), None).await.unwrap();
    assert_eq!((looked.turns.opened, looked.messages), (1, 1));
}

#[tokio::test]
async fn receivers_are_notified_of_a_silenced_alert_when_its_silence_ends() {
    let (db, _) = world().await;
    let hour = Duration::from_hours(1);
    let name = "source_quarantined";
    let silent = cli_actor(None);
    let refused = silence(&db, &silent, name, "*", hour).await.unwrap_err();
    assert!(refused.to_string().contains("give a reason"), "{refused}");
    let actor = cli_actor(Some("being mapped".to_owned()));
    silence(&db, &actor, "odd", "*", hour).await.unwrap_err();
    silence(&db, &actor, name, "other*", hour).await.unwrap();
    silence(&db, &actor, "source_*", "plaza", hour)
        .await
        .unwrap_err();
    silence(&db, &actor, "*", "pl*a", hour).await.unwrap();

    run(&db, QUARANTINED).await;
    let looked = look(&db, name, &ops()).await;
    assert_eq!((looked.turns.opened, looked.messages), (1, 0));
    let open = super::alerts(&db, false).await;
    assert_eq!(open[0].silence_reason.as_deref(), Some("being mapped"));
    unsilence(&db, &actor, 2).await.unwrap();
    unsilence(&db, &actor, 2).await.unwrap_err();
    assert_eq!(look(&db, name, &ops()).await.messages, 1);
    // Its end is sent to those who got its beginning, silenced or not.
    silence(&db, &actor, "*", "*", hour).await.unwrap();
    run(&db, "UPDATE step SET health = 'healthy'").await;
    assert_eq!(look_after(&db, name, &ops()).await.messages, 1);
    assert_eq!(
        messages(&db).await,
        [message("new", 1), message("resolved", 1)]
    );
    let audit: Vec<String> = sqlx::query_scalar("SELECT action FROM audit ORDER BY audit_id")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(
        audit,
        [
            "alert.silence",
            "alert.silence",
            "alert.unsilence",
            "alert.silence"
        ]
    );
}

#[tokio::test]
async fn what_ended_long_ago_is_deleted() {
    let (db, _) = world().await;
    run(
        &db,
        "UPDATE source SET state = 'blocked', state_reason = 'answered 403'",
    )
    .await;
    look(&db, "source_blocked", &ops()).await;
    run(
        &db,
        "UPDATE message SET sent_at = now(), created_at = now() - interval '91 days';
        UPDATE alert SET resolved_at = now() - interval '91 days'",
    )
    .await;
    let age = Duration::from_hours(90 * 24);
    assert_eq!(alert::delete_old(&db, age).await.unwrap(), 2);
    assert_eq!(messages(&db).await, []);
}

/// A condition that no program knows any more leaves no alert open.
#[tokio::test]
async fn alerts_of_conditions_that_are_gone_end() {
    let (db, _) = world().await;
    run(
        &db,
        "UPDATE source SET state = 'blocked', state_reason = 'answered 403'",
    )
    .await;
    look(&db, "source_blocked", &ops()).await;
    assert_eq!(alert::close_unchecked(&db).await.unwrap(), 0);
    run(
        &db,
        "UPDATE alert_check SET checked_at = now() - interval '2 days'",
    )
    .await;
    assert_eq!(alert::close_unchecked(&db).await.unwrap(), 1);
}
