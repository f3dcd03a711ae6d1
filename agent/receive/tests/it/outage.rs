//! A database that goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use schema::{
    access,
    connect::{Connect, pool},
    local_server::{LocalServer, Mode},
    migrate::migrate,
    secret::{Secret, SecretKind},
};
use serde_json::{Value, json};

use crate::staged::{Staged, results};

const SENDERS: usize = 4;
/// Requests of each sender that are acknowledged before, during and after the outage.
const REQUESTS: usize = 40;

async fn staged_on_own_server() -> (LocalServer, tempfile::TempDir, Staged) {
    let directory = tempfile::tempdir().unwrap();
    let server = LocalServer::builder(directory.path().join("server")).temporary();
    let server = server.start().await.unwrap();
    server.create_database("events", None).await.unwrap();
    let url = server.url("events");
    let db = pool(&Connect {
        url: &url,
        application: "test",
        most_connections: 4,
        wait: Duration::from_secs(30),
    })
    .unwrap();
    migrate(&db).await.unwrap();
    // With the rights that it has in a fleet.
    access::fleet::prepare(&db, None).await.unwrap();
    let login = server.login("receiver", "events").await.unwrap();
    let staged = Staged::on(db, &login, |_| {}).await;
    (server, directory, staged)
}

/// Invariants 1 and 13: nothing acknowledged is lost, nothing is stored twice, no outage is silent.
#[tokio::test(flavor = "multi_thread")]
async fn through_an_outage_nothing_is_lost_and_nothing_is_doubled() {
    let (server, _directory, staged) = staged_on_own_server().await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let sending: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (http, url, key) = (staged.http.clone(), staged.url("/v1/events"), staged.secret.clone());
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                for request in 0..REQUESTS {
                    let events: Vec<Value> = (0..10)
                        .map(|event| json!({"event": "a", "user_id": format!("u{event}"), "message_id": format!("{sender}-{request}-{event}")}))
                        .collect();
                    let body = json!(events).to_string();
                    loop {
                        let request = http.post(&url).bearer_auth(key.expose()).body(body.clone());
                        let response = request.send().await.unwrap();
                        if response.status() == StatusCode::OK {
                            assert_eq!(results(response).await.len(), 10);
                            break;
                        }
                        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
                        assert!(response.headers().contains_key("retry-after"));
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while acknowledged.load(Ordering::Relaxed) < SENDERS * REQUESTS / 4 {
        tokio::task::yield_now().await;
    }
    server.stop(Mode::Immediate).await.unwrap();
    staged.until_ready(StatusCode::SERVICE_UNAVAILABLE).await;
    let unknown = Secret::generate(SecretKind::EventKey);
    let request = staged
        .http
        .post(staged.url("/v1/events"))
        .bearer_auth(unknown.expose());
    let response = request.body("[]").send().await.unwrap();
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "it may be known"
    );
    server.start().await.unwrap();
    staged.until_ready(StatusCode::OK).await;
    for sender in sending {
        sender.await.unwrap();
    }
    let all = i64::try_from(SENDERS * REQUESTS * 10).unwrap();
    assert_eq!(staged.count("event").await, all);
    let accepted: i64 = sqlx::query_scalar("SELECT sum(events)::bigint FROM event_count_change")
        .fetch_one(&staged.db)
        .await
        .unwrap();
    assert_eq!(accepted, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_answered_503_in_time() {
    let (server, _directory, staged) = staged_on_own_server().await;
    staged
        .send(&json!({"event": "a", "user_id": "u", "message_id": "1"}))
        .await;
    server.pause().await.unwrap();
    let response = staged
        .post(
            "/v1/events",
            &json!({"event": "a", "user_id": "u", "message_id": "2"}),
        )
        .await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(problem["results"][0]["result"], "retry");
    server.resume().await.unwrap();
    let answers = loop {
        let response = staged
            .post(
                "/v1/events",
                &json!({"event": "a", "user_id": "u", "message_id": "2"}),
            )
            .await;
        if response.status() == StatusCode::OK {
            break results(response).await;
        }
    };
    assert_ne!(answers[0]["result"], "retry");
    assert_eq!(staged.count("event").await, 2);
}
