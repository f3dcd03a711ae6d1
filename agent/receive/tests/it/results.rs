//! What becomes of events.

use reqwest::StatusCode;
use serde_json::json;

use crate::staged::{Staged, results, words};

/// Invariant 1: stored once.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_committed_when_they_are_answered_and_stored_once() {
    let staged = Staged::new().await;
    let events = json!([
        {"event": "seat_chosen", "user_id": "u-1", "message_id": "m-1", "properties": {"seat": "A1"}},
        {"event": "seat_chosen", "user_id": "u-1", "message_id": "m-1"},
        {"event": "seat_chosen", "user_id": "null", "message_id": "m-2"},
        {"event": "film_opened", "anonymous_id": "d-1", "message_id": "m-3", "context": {"country": "FR", "region": "Savoie"}},
    ]);
    let answers = staged.send(&events).await;
    assert_eq!(words(&answers), ["ok", "duplicate", "rejected", "ok"]);
    assert_eq!(answers[2]["pointer"], "/2/user_id");
    assert_eq!(
        (
            staged.count("event").await,
            staged.count("event_reject").await
        ),
        (2, 1)
    );
    let answers = staged.send(&events).await;
    assert_eq!(
        words(&answers),
        ["duplicate", "duplicate", "rejected", "duplicate"]
    );
    assert_eq!(
        (staged.count("event").await, staged.count("user_day").await),
        (2, 2)
    );
    assert_eq!(
        staged
            .metric("fullhouse_receive_events_total{result=\"ok\"}")
            .await,
        Some(2.0)
    );
    let receiver = staged.receiver;
    receiver.stop().await.unwrap();
    let counts: (i64, i64) = sqlx::query_as(
        "SELECT sum(accepted)::bigint, sum(rejected)::bigint FROM event_intake_change",
    )
    .fetch_one(&staged.db)
    .await
    .unwrap();
    assert_eq!(counts, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_judges_events_and_stores_none() {
    let staged = Staged::new().await;
    let events = json!([{"event": "a", "user_id": "u", "message_id": "m"}, {"event": ""}]);
    let response = staged.post("/v1/events/validate", &events).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(words(&results(response).await), ["ok", "rejected"]);
    assert_eq!(
        (
            staged.count("event").await,
            staged.count("event_reject").await
        ),
        (0, 0)
    );
}
