//! Actions on clients that send events, their keys, schemas and names.

use std::time::Duration;

use fleet_web::operations::{
    Action,
    event::{EventAction, EventClient, EventSchemaMode, NewEventKey, NewEventSchema},
};
use serde_json::json;

use crate::{
    events::filled,
    world::{bearing, post},
};

#[actix_web::test]
async fn a_new_key_is_in_one_answer_only() {
    let world = filled().await;
    let boss = world.token("boss", "admin").await;
    let body = json!({ "client": "app", "name": "backend", "reason": "new server" });
    let keyed =
        || bearing(&boss, post("/v1/event-keys", &body)).insert_header(("Idempotency-Key", "k1"));
    let first = world.ask(keyed()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let first = first.json();
    let key = first["made_key"]["key"].as_str().unwrap();
    assert!(key.starts_with("fhe_"));
    // It is stored nowhere, so the same request again does not have it.
    let again = world.ask(keyed()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json()["made_key"], json!({ "key_id": 7 }));
    assert_eq!(again.json()["result"], first["result"]);
    let stored: String =
        sqlx::query_scalar("SELECT string_agg(idempotency::text, ' ') FROM idempotency")
            .fetch_one(&world.db)
            .await
            .unwrap();
    assert!(!stored.contains(key));
    let other = json!({ "reason": "a" });
    let answer = world
        .ask(bearing(&boss, post("/v1/event-keys/7/revoke", &other)))
        .await;
    assert!(answer.json().get("made_key").is_none(), "{}", answer.text);
}

#[actix_web::test]
async fn actions_on_events_carry_what_was_asked_for() {
    let world = filled().await;
    let (boss, anna) = (
        world.token("boss", "admin").await,
        world.token("anna", "operate").await,
    );
    let document = json!({ "type": "object" });
    let requests = [
        (
            "/v1/event-clients",
            json!({ "name": "tv", "time_zone": "Asia/Seoul", "reason": "new app" }),
            EventAction::PutClient(EventClient {
                name: "tv".to_owned(),
                time_zone: "Asia/Seoul".to_owned(),
                week_start: 1,
                duplicate_window: Duration::from_hours(24),
            }),
        ),
        (
            "/v1/event-keys",
            json!({ "client": "app", "name": "p", "origins": ["*"], "schema_mode": "warn", "reason": "page" }),
            EventAction::CreateKey(NewEventKey {
                client: "app".to_owned(),
                name: "p".to_owned(),
                origins: vec!["*".to_owned()],
                events: Vec::new(),
                schema_mode: EventSchemaMode::Warn,
                events_per_second: 1_000,
                expires_in: None,
            }),
        ),
        (
            "/v1/event-keys/2/revoke",
            json!({ "reason": "leaked" }),
            EventAction::RevokeKey { key_id: 2 },
        ),
        (
            "/v1/event-schemas",
            json!({ "client": "app", "event": "opened", "version": "1-0-0", "document": document, "reason": "first" }),
            EventAction::RegisterSchema(NewEventSchema {
                client: "app".to_owned(),
                event: "opened".to_owned(),
                version: "1-0-0".to_owned(),
                document,
            }),
        ),
        (
            "/v1/event-names",
            json!({ "client": "app", "received": "opened", "canonical": "seen", "reason": "clearer" }),
            EventAction::Rename {
                client: "app".to_owned(),
                received: "opened".to_owned(),
                canonical: "seen".to_owned(),
            },
        ),
    ];
    for (path, body, _) in &requests {
        let refused = world.ask(bearing(&anna, post(path, body))).await;
        refused.assert_problem(403);
        let answer = world.ask(bearing(&boss, post(path, body))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let expected: Vec<Action> = requests
        .into_iter()
        .map(|(_, _, action)| Action::Event(action))
        .collect();
    {
        let acted = world.recorder.acted.lock().unwrap();
        let actions: Vec<&Action> = acted.iter().map(|(_, action)| action).collect();
        assert_eq!(actions, expected.iter().collect::<Vec<_>>());
    }
    for (path, body) in [
        (
            "/v1/event-clients",
            json!({ "name": "a\u{0}", "reason": "a" }),
        ),
        ("/v1/event-clients", json!({ "name": "a", "reason": "" })),
        (
            "/v1/event-keys",
            json!({ "client": "app", "name": "p", "schema_mode": "strict", "reason": "a" }),
        ),
        (
            "/v1/event-keys",
            json!({ "client": "app", "name": "p", "origins": ["\u{0}"], "reason": "a" }),
        ),
        (
            "/v1/event-names",
            json!({ "client": "app", "received": "a", "canonical": "\u{0}", "reason": "a" }),
        ),
    ] {
        let answer = world.ask(bearing(&boss, post(path, &body))).await;
        answer.assert_problem(422);
    }
}
