//! Messages reach a receiver at least once, in their order, under one id, however it behaves.

use std::time::Duration;

use coordinator::{
    alert::{check::Audience, deliver::sign, settings::AlertSettings},
    background::messages::SentMessages,
    command::run::run as run_coordinator,
    config::Settings,
};
use schema::message;
use source_language::source::SecretRules;
use sqlx::{ConnectOptions as _, PgPool};
use tokio::{task::yield_now, time::timeout};

use super::{
    let_waits_end, look, look_after, run, send,
    server::{Got, LocalReceiver},
    settings, webhook,
};
use crate::fixture::world;

const BLOCKED: &str = "UPDATE source SET state = 'blocked', state_reason = 'answered 403'";
const BOUND: Duration = Duration::from_mins(2);

fn sent(sent: usize, failed: usize) -> SentMessages {
    SentMessages {
        sent,
        failed,
        ..SentMessages::default()
    }
}

fn ids(got: &[Got]) -> Vec<String> {
    got.iter()
        .map(|got| got.header("webhook-id").to_owned())
        .collect()
}

fn kinds(got: &[Got]) -> Vec<String> {
    got.iter()
        .map(|got| got.json()["type"].as_str().unwrap().to_owned())
        .collect()
}

/// A world with a blocked source, about which a message waits for `ops`.
async fn with_message() -> (PgPool, LocalReceiver, AlertSettings) {
    let (db, _) = world().await;
    let receiver = LocalReceiver::start().await;
    let settings = settings([("ops", webhook(&receiver.url()))]);
    run(&db, BLOCKED).await;
    let looked = look(&db, "source_blocked", &Audience::of(&settings)).await;
    assert_eq!(looked.messages, 1);
    (db, receiver, settings)
}

#[tokio::test]
async fn a_message_arrives_signed() {
    let (db, receiver, settings) = with_message().await;
    assert_eq!(send(&db, &settings).await, sent(1, 0));
    assert_eq!(send(&db, &settings).await, sent(0, 0));
    let got = receiver.take();
    assert_eq!(got.len(), 1);
    let got = &got[0];
    assert_eq!(got.line, "POST /hook HTTP/1.1");
    let key = coordinator::alert::settings::webhook_key(
        &coordinator::alert::settings::SecretText::new(super::SECRET),
    );
    let timestamp: i64 = got.header("webhook-timestamp").parse().unwrap();
    assert!((super::clock(&db).await.timestamp() - timestamp).abs() < 300);
    assert_eq!(
        got.header("webhook-signature"),
        sign(
            &key.unwrap(),
            got.header("webhook-id"),
            timestamp,
            &got.body
        )
    );
    let body = got.json();
    assert_eq!(body["type"], "alert.new");
    let alert = &body["data"]["alerts"][0];
    assert_eq!(
        (&alert["id"], &alert["subject"]),
        (&1.into(), &"plaza".into())
    );
    let next_step = alert["next_step"].as_str().unwrap();
    assert!(
        next_step.contains("coordinator source resume plaza"),
        "{next_step}"
    );
    assert_eq!(
        body["data"]["runbook"],
        "coordinator/ALERTS.md#source_blocked"
    );
    assert_eq!(alert["details"], "answered 403");
}

/// A receiver that is away costs delay only: all arrives, in order, and nothing under two ids.
#[tokio::test]
async fn a_receiver_that_was_away_gets_everything_once() {
    let (db, receiver, settings) = with_message().await;
    receiver.answers(503);
    assert_eq!(send(&db, &settings).await, sent(0, 1));
    assert_eq!(send(&db, &settings).await, sent(0, 0), "it waits");
    let_waits_end(&db).await;
    assert_eq!(send(&db, &settings).await, sent(0, 1));
    let refused = ids(&receiver.take());
    assert_eq!(refused.len(), 2);

    run(
        &db,
        "UPDATE source SET state = 'active', state_reason = NULL",
    )
    .await;
    look_after(&db, "source_blocked", &Audience::of(&settings)).await;
    // It answers again, but the oldest waits still: what came after it does not pass it.
    receiver.answers(200);
    assert_eq!(send(&db, &settings).await, sent(0, 0));
    let_waits_end(&db).await;
    assert_eq!(send(&db, &settings).await, sent(2, 0));
    let got = receiver.take();
    assert_eq!(kinds(&got), ["alert.new", "alert.resolved"]);
    let arrived = ids(&got);
    assert!(refused.iter().all(|id| *id == arrived[0]));
    assert_ne!(arrived[0], arrived[1]);
    let_waits_end(&db).await;
    assert_eq!(send(&db, &settings).await, sent(0, 0));
}

/// A sender that died before it could note that the message was sent: it is sent again.
#[tokio::test]
async fn a_message_of_a_sender_that_died_is_sent_again_under_its_id() {
    let (db, receiver, settings) = with_message().await;
    let lease = Duration::from_mins(1);
    let claimed = message::claim(&db, "ops", lease, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(send(&db, &settings).await, sent(0, 0), "another has it");
    let_waits_end(&db).await;
    assert_eq!(send(&db, &settings).await, sent(1, 0));
    let id = format!("msg_{}", claimed.message_id.simple());
    assert_eq!(ids(&receiver.take()), [id]);
}

#[tokio::test]
async fn two_senders_do_not_send_one_message_twice() {
    let (db, receiver, settings) = with_message().await;
    let (one, other) = tokio::join!(send(&db, &settings), send(&db, &settings));
    assert_eq!(one.sent + other.sent, 1);
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_refused_or_too_old_is_given_up() {
    let (db, receiver, settings) = with_message().await;
    receiver.answers(400);
    for tries in 1..=5 {
        let report = send(&db, &settings).await;
        assert_eq!(report.given_up, i64::from(tries == 5), "{tries}");
        let_waits_end(&db).await;
    }
    run(
        &db,
        "UPDATE message SET expired_at = NULL, tries = 0, created_at = now() - interval '25 hours'",
    )
    .await;
    assert_eq!(send(&db, &settings).await.given_up, 1);
    assert_eq!(receiver.take().len(), 5);
}

/// One that hangs or is away does not hold up another.
#[tokio::test]
async fn a_receiver_that_is_away_does_not_hold_up_another() {
    let (db, _) = world().await;
    let receiver = LocalReceiver::start().await;
    let settings = settings([
        ("away", webhook("http://127.0.0.1:9/")),
        ("ops", webhook(&receiver.url())),
    ]);
    run(&db, BLOCKED).await;
    look(&db, "source_blocked", &Audience::of(&settings)).await;
    assert_eq!(send(&db, &settings).await, sent(1, 1));
    assert_eq!(receiver.take().len(), 1);
    let error: String =
        sqlx::query_scalar("SELECT last_error FROM message WHERE receiver = 'away'")
            .fetch_one(&db)
            .await
            .unwrap();
    assert!(
        error.contains("no answer") && !error.contains("127.0.0.1:9/"),
        "{error}"
    );
}

/// Invariant 13: a whole coordinator finds a fact, notifies the receiver, and calls the heartbeat address.
#[actix_web::test]
async fn a_coordinator_tells_and_beats() {
    let (db, _) = world().await;
    let (hook, heart) = (LocalReceiver::start().await, LocalReceiver::start().await);
    let url = db.connect_options().to_url_lossy();
    let mut fleet = Settings {
        database: serde_json::from_value(serde_json::json!({ "url": url.as_str() })).unwrap(),
        alerts: settings([("ops", webhook(&hook.url()))]),
        ..Settings::default()
    };
    fleet.alerts.heartbeat = Some(coordinator::alert::settings::SecretText::new(heart.url()));
    fleet.coordinator.listen = ([127, 0, 0, 1], 0).into();
    run(&db, BLOCKED).await;
    let coordinator = run_coordinator(db.clone(), &fleet, SecretRules::default());
    let received = async {
        let (mut messages, mut beats) = (Vec::new(), Vec::new());
        while messages.is_empty() || beats.is_empty() {
            messages.extend(hook.take());
            beats.extend(heart.take());
            yield_now().await;
        }
        (messages, beats)
    };
    tokio::select! {
        ended = coordinator => panic!("the coordinator ended: {ended:?}"),
        received = timeout(BOUND, received) => {
            let (messages, beats) = received.unwrap_or_else(|_| panic!("no message came"));
            assert_eq!(kinds(&messages), ["alert.new"]);
            assert_eq!(beats[0].line, "GET /hook HTTP/1.1");
        }
    }
}

/// The heartbeat stops when nobody looks at conditions.
#[tokio::test]
async fn the_heartbeat_address_is_not_called_while_nothing_is_watched() {
    let (db, heart, _) = with_message().await;
    let mut settings = settings([]);
    settings.heartbeat = Some(coordinator::alert::settings::SecretText::new(heart.url()));
    send(&db, &settings).await;
    assert_eq!(heart.take().len(), 1);
    run(
        &db,
        "UPDATE alert_check SET checked_at = now() - interval '5 minutes'",
    )
    .await;
    send(&db, &settings).await;
    assert_eq!(heart.take().len(), 0);
}
