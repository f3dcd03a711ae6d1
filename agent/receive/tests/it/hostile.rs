//! Requests that are written to do harm: bounded, answered, and nothing else is harmed.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::staged::{Staged, results, words};

/// Invariant 10: a bad client hurts only itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_event_is_rejected_and_its_neighbours_are_stored() {
    let staged = Staged::new().await;
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let names: Map<String, Value> = (0..10_000)
        .map(|number| (format!("n{number}"), json!(1)))
        .collect();
    let good = |id: &str| format!(r#"{{"event":"a","user_id":"u","message_id":"{id}"}}"#);
    let bad = |name: &str, properties: &str| {
        format!(r#"{{"event":"a","user_id":"u","message_id":"{name}","properties":{properties}}}"#)
    };
    for (name, properties) in [
        ("deep", format!(r#"{{"a":{deep}}}"#)),
        ("nul", r#"{"a":"\u0000"}"#.to_owned()),
        ("twice", r#"{"a":1,"a":2}"#.to_owned()),
        ("names", Value::Object(names).to_string()),
        ("surrogate", r#"{"a":"\ud800"}"#.to_owned()),
        ("number", r#"{"a":1e999}"#.to_owned()),
        ("large", format!(r#"{{"a":"{}"}}"#, "x".repeat(70_000))),
    ] {
        let body = format!(
            "[{},{},{}]",
            good(&format!("{name}-1")),
            bad(name, &properties),
            good(&format!("{name}-2"))
        );
        let response = staged.request("/v1/events", body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        assert_eq!(
            words(&results(response).await),
            ["ok", "rejected", "ok"],
            "{name}"
        );
    }
    assert_eq!(
        (
            staged.count("event").await,
            staged.count("event_reject").await
        ),
        (14, 7)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_request_is_answered_400() {
    let staged = Staged::new().await;
    for body in ["", "{", "nul", "[{}] x", "5", "\u{0}"] {
        let response = staged.request("/v1/events", body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
    }
}

/// Invariant 10: what one client sends is bounded for all.
#[tokio::test(flavor = "multi_thread")]
async fn names_and_rejected_events_of_a_client_are_bounded() {
    let staged = Staged::new().await;
    for part in 0..3 {
        let events: Vec<Value> = (0..2_000)
            .map(|number| json!({"event": format!("e{part}-{number}"), "user_id": "u", "message_id": format!("{part}-{number}")}))
            .collect();
        staged.send(&json!(events)).await;
    }
    assert_eq!(staged.count("event_name").await, 5_000);
    assert_eq!(staged.count("event").await, 5_000);
    assert_eq!(staged.count("event_reject").await, 1_000);
    let rejected = r#"fullhouse_receive_rejected_total{kind="bad_value"}"#;
    assert_eq!(staged.metric(rejected).await, Some(1_000.0));
    let bad = vec![json!({"event": ""}); 500];
    staged.send(&json!(bad)).await;
    assert_eq!(
        staged
            .metric("fullhouse_receive_rejects_dropped_total")
            .await,
        Some(500.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_id_time_or_user_is_stored_with_a_warning_and_counts_for_nobody() {
    let staged = Staged::new().await;
    let answers = staged
        .send(&json!({"event": "a", "context": {"region": "r".repeat(100)}}))
        .await;
    assert_eq!(words(&answers), ["ok"]);
    assert_eq!(answers[0]["message_id"].as_str().unwrap().len(), 36);
    let pointers: Vec<&str> = answers[0]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["pointer"].as_str().unwrap())
        .collect();
    assert!(pointers.contains(&"/message_id"), "{pointers:?}");
    assert_eq!(
        (staged.count("event").await, staged.count("user_day").await),
        (1, 0)
    );
}
