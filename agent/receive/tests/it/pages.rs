//! Web pages with public keys.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::staged::{KeyOptions, Staged, results, words};

const SHOP: &str = "https://shop.example.com";

/// Waits for a preflight that names this origin: origins are read again every few seconds.
async fn until_allowed(staged: &Staged) -> reqwest::Response {
    loop {
        let preflight = staged
            .http
            .request(Method::OPTIONS, staged.url("/v1/track"));
        let response = preflight.header("Origin", SHOP).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        if response
            .headers()
            .contains_key("access-control-allow-origin")
        {
            return response;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_may_send_and_read_the_answer_and_others_may_not() {
    let staged = Staged::new().await;
    let key = staged
        .key(&KeyOptions {
            origins: &["https://*.example.com"],
            events: &["seat_chosen"],
            ..KeyOptions::default()
        })
        .await;
    let preflight = until_allowed(&staged).await;
    assert_eq!(preflight.headers()["access-control-allow-origin"], SHOP);
    assert_eq!(preflight.headers()["access-control-allow-methods"], "POST");
    assert!(
        !preflight
            .headers()
            .contains_key("access-control-allow-credentials")
    );

    let send = |origin: Option<&'static str>| {
        let body = json!([
            {"event": "seat_chosen", "user_id": "u", "message_id": "m-1"},
            {"event": "ticket_bought", "user_id": "u", "message_id": "m-2"},
        ]);
        let mut request = staged.http.post(staged.url("/v1/events"));
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let request = request
            .header("Content-Type", "text/plain")
            .bearer_auth(key.expose());
        request.body(body.to_string()).send()
    };
    let response = send(Some(SHOP)).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], SHOP);
    assert_eq!(response.headers()["vary"], "Origin");
    assert_eq!(words(&results(response).await), ["ok", "rejected"]);
    let flags: i16 = sqlx::query_scalar("SELECT flags FROM event")
        .fetch_one(&staged.db)
        .await
        .unwrap();
    assert_eq!(flags & 32, 32, "marked as sent with a public key");

    for origin in [None, Some("https://example.com.evil"), Some("null")] {
        let response = send(origin).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin:?}");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["code"], "not_allowed");
    }
}
