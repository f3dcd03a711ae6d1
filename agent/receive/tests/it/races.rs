//! Requests that meet: each other, a revocation of the past, and the end of the receiver.

use reqwest::StatusCode;
use schema::events::{
    identity::{ReceivedPlace, resolve_names, resolve_places},
    store::NewEvent,
};
use serde_json::{Value, json};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::staged::{Staged, results, words};

const ID: &str = "0190f7a2-5b7e-7c3a-8f11-2b1d6b0f9a01";

/// Stores an event in a transaction that is left open.
async fn held_event(staged: &Staged) -> Transaction<'static, Postgres> {
    let mut connection = staged.db.acquire().await.unwrap();
    let names = resolve_names(&mut connection, staged.client_id, &["a".to_owned()])
        .await
        .unwrap();
    let places = resolve_places(&mut connection, &[ReceivedPlace::default()])
        .await
        .unwrap();
    drop(connection);
    let event = NewEvent {
        message_id: Uuid::try_parse(ID).unwrap(),
        user_id: 0,
        name_id: names[0].1,
        place_id: places[0].1,
        flags: 0,
        occurred_at: chrono::DateTime::UNIX_EPOCH,
        sent_at: None,
        original_at: None,
        properties: "{}".to_owned(),
    };
    let mut transaction = staged.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO event (occurred_at, message_key, user_id, name_id, place_id, properties)
        SELECT $1, event_message_id($2, message_mask), 0, $3, $4, '{}'
        FROM event_client WHERE client_id = $5",
    )
    .bind(event.occurred_at)
    .bind(event.message_id)
    .bind(event.name_id)
    .bind(event.place_id)
    .bind(staged.client_id)
    .execute(&mut *transaction)
    .await
    .unwrap();
    transaction
}

/// Waits until the receiver waits for the held transaction.
async fn until_waiting(staged: &Staged) {
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'receiver' AND wait_event_type = 'Lock'",
        )
        .fetch_one(&staged.db)
        .await
        .unwrap();
        if waiting > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn send(staged: &Staged) -> tokio::task::JoinHandle<reqwest::Response> {
    let body = json!({"event": "a", "user_id": "u", "message_id": ID}).to_string();
    let request = staged.request("/v1/events", body);
    tokio::spawn(async move { request.send().await.unwrap() })
}

/// Invariant 1: stored once, whichever transaction ends first.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_another_transaction_stores_waits_for_its_end() {
    for (commits, expected) in [(true, "duplicate"), (false, "ok")] {
        let staged = Staged::new().await;
        let held = held_event(&staged).await;
        let sending = send(&staged);
        until_waiting(&staged).await;
        if commits {
            held.commit().await.unwrap();
        } else {
            held.rollback().await.unwrap();
        }
        let response = sending.await.unwrap();
        assert_eq!(words(&results(response).await), [expected]);
        assert_eq!(staged.count("event").await, 1);
    }
}

/// Invariant 1: stored once.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_with_the_same_events_each_event_is_stored_by_one() {
    let staged = Staged::with(|settings| settings.receive.batch = 1).await;
    let events: Vec<Value> = (0..50)
        .map(|number| json!({"event": "a", "user_id": format!("u{}", number % 5), "message_id": format!("m{number}")}))
        .collect();
    let mut reversed = events.clone();
    reversed.reverse();
    let sending: Vec<_> = (0..20)
        .map(|number| {
            let body = if number % 2 == 0 { &events } else { &reversed };
            let request = staged.request("/v1/events", json!(body).to_string());
            tokio::spawn(async move { request.send().await.unwrap() })
        })
        .collect();
    let mut stored = 0;
    for one in sending {
        let response = one.await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        stored += words(&results(response).await)
            .iter()
            .filter(|word| **word == "ok")
            .count();
    }
    assert_eq!((stored, staged.count("event").await), (50, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_the_requests_under_way_after_their_commit() {
    let staged = Staged::new().await;
    let held = held_event(&staged).await;
    let sending = send(&staged);
    until_waiting(&staged).await;
    let address = staged.receiver.address;
    let stopping = tokio::spawn(staged.receiver.stop());
    // It takes no more connections, and the one under way waits on.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    held.rollback().await.unwrap();
    let response = sending.await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(words(&results(response).await), ["ok"]);
    stopping.await.unwrap().unwrap();
}
