//! Who may send, and how much.

use reqwest::StatusCode;
use schema::{
    events::key,
    secret::{Secret, SecretKind},
};
use serde_json::{Value, json};

use crate::staged::{KeyOptions, Staged};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_key_or_with_an_unknown_one_is_refused() {
    let staged = Staged::new().await;
    let unknown = Secret::generate(SecretKind::EventKey);
    for (authorization, code) in [
        (None, "no_key"),
        (Some("Bearer x".to_owned()), "unknown_key"),
        (Some("Digest x".to_owned()), "unknown_key"),
        (Some(format!("Bearer {}", unknown.expose())), "unknown_key"),
    ] {
        let mut request = staged.http.post(staged.url("/v1/events")).body("[]");
        if let Some(header) = authorization {
            request = request.header("Authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["code"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_within_seconds() {
    let staged = Staged::new().await;
    staged.send(&json!([])).await;
    assert!(key::revoke(&staged.db, staged.key_id).await.unwrap());
    let mut refused = false;
    while !refused {
        refused = staged.post("/v1/events", &json!([])).await.status() == StatusCode::UNAUTHORIZED;
        tokio::task::yield_now().await;
    }
}

/// Invariant 10: a bad client hurts only itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_does_not_reach_the_database_and_not_the_known_ones() {
    let staged = Staged::new().await;
    staged.send(&json!([])).await;
    let mut limited = 0;
    for _ in 0..500 {
        let unknown = Secret::generate(SecretKind::EventKey);
        let request = staged.http.post(staged.url("/v1/events"));
        let response = request
            .bearer_auth(unknown.expose())
            .body("[]")
            .send()
            .await
            .unwrap();
        match response.status() {
            StatusCode::UNAUTHORIZED => {}
            StatusCode::SERVICE_UNAVAILABLE => limited += 1,
            status => panic!("{status}"),
        }
    }
    assert!(limited > 0, "a hundred in a second are looked up");
    staged.send(&json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_sends_too_much_gets_the_time_at_which_to_come_again() {
    let staged = Staged::new().await;
    let key = staged
        .key(&KeyOptions {
            per_second: 1,
            ..KeyOptions::default()
        })
        .await;
    let events: Vec<Value> = (0..1_500)
        .map(|number| json!({"event": "a", "user_id": "u", "message_id": format!("m{number}")}))
        .collect();
    let send = || {
        let request = staged
            .http
            .post(staged.url("/v1/events"))
            .bearer_auth(key.expose());
        request.body(json!(events).to_string()).send()
    };
    let first = send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["ratelimit-limit"], "1");
    let second = send().await.unwrap();
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(second.headers()["ratelimit-remaining"], "0");
    let wait: u64 = second.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((900..=1_001).contains(&wait), "{wait}");
    assert_eq!(staged.count("event").await, 1_500);
    assert_eq!(
        staged
            .metric("fullhouse_receive_events_total{result=\"limited\"}")
            .await,
        Some(1_499.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_addresses_methods_and_types_are_refused_by_name() {
    let staged = Staged::new().await;
    let send = |method: reqwest::Method, path: &str, kind: &str, coding: &str| {
        let request = staged.http.request(method, staged.url(path));
        let request = request.bearer_auth(staged.secret.expose()).body("[]");
        request
            .header("Content-Type", kind.to_owned())
            .header("Content-Encoding", coding.to_owned())
            .send()
    };
    let post = reqwest::Method::POST;
    for (method, path, kind, coding, status) in [
        (
            post.clone(),
            "/v2/events",
            "application/json",
            "identity",
            404,
        ),
        (
            reqwest::Method::GET,
            "/v1/events",
            "application/json",
            "identity",
            405,
        ),
        (
            post.clone(),
            "/v1/events",
            "application/xml",
            "identity",
            415,
        ),
        (
            post.clone(),
            "/v1/events",
            "application/json",
            "compress",
            415,
        ),
        (post.clone(), "/v1/events", "application/json", "gzip", 400),
        (post, "/v1/batch", "application/json", "identity", 400),
    ] {
        let response = send(method, path, kind, coding).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path} {kind} {coding}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
}
