//! Events and their schemas.

use reqwest::StatusCode;
use schema::events::schema::{StoredSchema, register};
use serde_json::{Value, json};

use crate::staged::{KeyOptions, Staged, results, words};

async fn send(staged: &Staged, mode: &str, events: &Value) -> Vec<Value> {
    let key = staged
        .key(&KeyOptions {
            mode,
            ..KeyOptions::default()
        })
        .await;
    let request = staged.http.post(staged.url("/v1/events"));
    let request = request.bearer_auth(key.expose()).body(events.to_string());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    results(response).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_checks_schemas_as_it_says() {
    let staged = Staged::new().await;
    let schema = StoredSchema {
        event: "ticket_bought".to_owned(),
        model: 1,
        revision: 0,
        addition: 0,
        document: json!({"type": "object", "properties": {"price": {"type": "number"}}}),
    };
    register(&staged.db, staged.client_id, &schema)
        .await
        .unwrap();
    let events = |id: u32| {
        json!([
            {"event": "ticket_bought", "user_id": "u", "message_id": format!("a{id}"), "properties": {"price": "12"}},
            {"event": "ticket_bought", "user_id": "u", "message_id": format!("b{id}"), "properties": {"price": 12}},
            {"event": "unknown", "user_id": "u", "message_id": format!("c{id}")},
        ])
    };
    let off = send(&staged, "off", &events(1)).await;
    assert_eq!(words(&off), ["ok", "ok", "ok"]);
    let warned = send(&staged, "warn", &events(2)).await;
    assert_eq!(words(&warned), ["ok", "ok", "ok"]);
    assert_eq!(warned[0]["warnings"][0]["pointer"], "/0/properties/price");
    assert!(warned[1].get("warnings").is_none());
    let enforced = send(&staged, "enforce", &events(3)).await;
    assert_eq!(words(&enforced), ["rejected", "ok", "rejected"]);
    let flagged: i64 = sqlx::query_scalar("SELECT count(*) FROM event WHERE flags & 16 <> 0")
        .fetch_one(&staged.db)
        .await
        .unwrap();
    assert_eq!(flagged, 2);
    let kept: Vec<(String, String)> =
        sqlx::query_as("SELECT coalesce(schema, ''), pointer FROM event_reject ORDER BY reject_id")
            .fetch_all(&staged.db)
            .await
            .unwrap();
    let expected = [("1-0-0", "/0/properties/price"), ("", "/2/event")];
    assert_eq!(
        kept,
        expected.map(|(schema, pointer)| (schema.to_owned(), pointer.to_owned()))
    );
}

/// That a schema was missing is not remembered for longer than some seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_registered_later_is_used_by_running_receivers() {
    let staged = Staged::new().await;
    let key = staged
        .key(&KeyOptions {
            mode: "enforce",
            ..KeyOptions::default()
        })
        .await;
    let once = async |id: u32| {
        let event =
            json!({"event": "film_opened", "user_id": "u", "message_id": format!("m-{id}")});
        let request = staged.http.post(staged.url("/v1/events"));
        let request = request.bearer_auth(key.expose()).body(event.to_string());
        results(request.send().await.unwrap()).await
    };
    assert_eq!(words(&once(0).await), ["rejected"]);
    let schema = StoredSchema {
        event: "film_opened".to_owned(),
        model: 1,
        revision: 0,
        addition: 0,
        document: json!({"type": "object"}),
    };
    register(&staged.db, staged.client_id, &schema)
        .await
        .unwrap();
    let accepted = async {
        for id in 1.. {
            if words(&once(id).await) == ["ok"] {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(50), accepted)
        .await
        .expect("the receiver reads schemas again");
}
