//! What people change of clients that send events, their keys, schemas and names; of experiments and
//! rejected events.

use std::time::Duration;

use coordinator::operate::{act::act, report::Report};
use fleet_web::operations::{
    Action, Actor, How, OperationError,
    event::{
        EventAction, EventClient, EventSchemaMode, NewEventKey, NewEventSchema, ReplayRejects,
    },
    experiment::{BeginExperiment, MetricGoal, MetricKind, WantedMetric},
};
use schema::{
    audit::{self, Filter},
    events::{identity, key, schema::of_client},
    reading::{Reader, events, experiments},
    scratch::Scratch,
};
use serde_json::{Value, json};
use source_language::source::SecretRules;
use sqlx::PgPool;

async fn perform(db: &PgPool, action: EventAction) -> Result<Report, OperationError> {
    let actor = Actor {
        how: How::Api,
        who: "anna".to_owned(),
        reason: Some("because".to_owned()),
    };
    act(db, &SecretRules::default(), &actor, Action::Event(action)).await
}

fn client(time_zone: &str) -> EventAction {
    EventAction::PutClient(EventClient {
        name: "app".to_owned(),
        time_zone: time_zone.to_owned(),
        week_start: 1,
        duplicate_window: Duration::from_hours(24),
    })
}

fn new_key(client: &str) -> EventAction {
    EventAction::CreateKey(NewEventKey {
        client: client.to_owned(),
        name: "page".to_owned(),
        origins: vec!["*".to_owned()],
        events: vec!["opened".to_owned()],
        schema_mode: EventSchemaMode::Enforce,
        events_per_second: 10,
        expires_in: None,
    })
}

fn new_schema(document: Value) -> EventAction {
    EventAction::RegisterSchema(NewEventSchema {
        client: "app".to_owned(),
        event: "opened".to_owned(),
        version: "1-0-0".to_owned(),
        document,
    })
}

fn rename(received: &str, canonical: &str) -> EventAction {
    EventAction::Rename {
        client: "app".to_owned(),
        received: received.to_owned(),
        canonical: canonical.to_owned(),
    }
}

async fn audited(db: &PgPool) -> Vec<(String, String)> {
    let mut connection = db.acquire().await.unwrap();
    let entries = audit::list(&mut connection, &Filter::default(), 100)
        .await
        .unwrap();
    entries
        .into_iter()
        .map(|entry| (entry.action, entry.details.to_string()))
        .collect()
}

#[tokio::test]
async fn each_change_of_events_is_in_the_audit_without_a_secret() {
    let db = Scratch::new().await.unwrap().db;
    perform(&db, client("Europe/Paris")).await.unwrap();
    let made = perform(&db, new_key("app"))
        .await
        .unwrap()
        .made_key
        .unwrap();
    let found = key::find(&db, &made.secret.hash()).await.unwrap().unwrap();
    assert_eq!(
        (found.key_id, found.schema_mode.as_str()),
        (made.key_id, "enforce")
    );
    perform(&db, new_schema(json!({ "type": "object" })))
        .await
        .unwrap();
    // The same again changes nothing and is no error.
    perform(&db, new_schema(json!({ "type": "object" })))
        .await
        .unwrap();
    assert_eq!(of_client(&db, 1).await.unwrap().len(), 1);
    let mut connection = db.acquire().await.unwrap();
    let names = ["opened".to_owned()];
    identity::resolve_names(&mut connection, 1, &names)
        .await
        .unwrap();
    drop(connection);
    perform(&db, rename("opened", " film opened "))
        .await
        .unwrap();
    let mut reader = Reader::begin(&db).await.unwrap();
    let names = events::names(&mut reader, None, None, 10).await.unwrap();
    assert_eq!(names[0].canonical, "film opened");
    drop(reader);
    let revoke = EventAction::RevokeKey {
        key_id: made.key_id,
    };
    perform(&db, revoke).await.unwrap();
    assert_eq!(key::find(&db, &made.secret.hash()).await.unwrap(), None);

    let audited = audited(&db).await;
    let actions: Vec<&str> = audited.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "event-key.revoke",
            "event.rename",
            "event-schema.register",
            "event-schema.register",
            "event-key.create",
            "event-client.put"
        ]
    );
    let secret = made.secret.expose();
    assert!(audited.iter().all(|(_, details)| !details.contains(secret)));
}

#[tokio::test]
async fn a_refused_change_of_events_changes_nothing() {
    let db = Scratch::new().await.unwrap().db;
    perform(&db, client("UTC")).await.unwrap();
    perform(&db, new_schema(json!({ "type": "object" })))
        .await
        .unwrap();
    let before = audited(&db).await;
    for (action, kind) in [
        (client("Mars/Olympus"), "invalid"),
        (new_key("none"), "missing"),
        (EventAction::RevokeKey { key_id: 99 }, "missing"),
        (new_schema(json!({ "type": "string" })), "refused"),
        (new_schema(json!({ "type": "none" })), "invalid"),
        (rename("never sent", "a"), "missing"),
        (rename("opened", " "), "invalid"),
    ] {
        let text = format!("{action:?}");
        let error = perform(&db, action).await.unwrap_err();
        let found = match error {
            OperationError::NotFound(_) => "missing",
            OperationError::Invalid(_) => "invalid",
            OperationError::Refused(_) => "refused",
            OperationError::Database(_) => "database",
        };
        assert_eq!(found, kind, "{text}: {error:?}");
    }
    assert_eq!(audited(&db).await, before);
}

fn begin_experiment(name: &str, variations: &[&str]) -> EventAction {
    let variations = variations.iter().map(|value| ((*value).to_owned(), 1.0));
    EventAction::BeginExperiment(BeginExperiment {
        name: name.to_owned(),
        client: "app".to_owned(),
        exposure_event: "seats opened".to_owned(),
        property: "layout".to_owned(),
        variations: variations.collect(),
        metrics: vec![WantedMetric {
            name: "bought".to_owned(),
            kind: MetricKind::Share,
            goal: MetricGoal::Increase,
            event: "ticket bought".to_owned(),
            property: None,
        }],
        began_ago: Duration::ZERO,
        conversion_window: Duration::from_hours(24),
        covariate_window: Duration::ZERO,
    })
}

#[tokio::test]
async fn an_experiment_begins_once_ends_once_and_is_dropped() {
    let db = Scratch::new().await.unwrap().db;
    perform(&db, client("UTC")).await.unwrap();
    let seat_map = || begin_experiment("seat-map", &["old", "new"]);
    let end = || EventAction::EndExperiment {
        name: "seat-map".to_owned(),
    };
    perform(&db, seat_map()).await.unwrap();
    assert!(matches!(
        perform(&db, seat_map()).await,
        Err(OperationError::Refused(_))
    ));
    let one_variation = begin_experiment("other", &["old"]);
    assert!(matches!(
        perform(&db, one_variation).await,
        Err(OperationError::Invalid(_))
    ));
    let mut reader = Reader::begin(&db).await.unwrap();
    let known = experiments::one(&mut reader, "seat-map")
        .await
        .unwrap()
        .unwrap();
    drop(reader);
    assert_eq!(known.experiment.variations, ["old", "new"]);
    assert_eq!(known.metrics[0].kind, "share");
    perform(&db, end()).await.unwrap();
    assert!(matches!(
        perform(&db, end()).await,
        Err(OperationError::NotFound(_))
    ));
    let drop_it = EventAction::DropExperiment {
        name: "seat-map".to_owned(),
    };
    perform(&db, drop_it).await.unwrap();
    let audited = audited(&db).await;
    let actions: Vec<&str> = audited.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "experiment.drop",
            "experiment.end",
            "experiment.begin",
            "event-client.put"
        ]
    );
}

#[tokio::test]
async fn a_replay_is_in_the_audit_with_what_became_of_the_events() {
    let db = Scratch::new().await.unwrap().db;
    perform(&db, client("UTC")).await.unwrap();
    perform(&db, new_key("app")).await.unwrap();
    sqlx::query(
        r#"INSERT INTO event_reject (key_id, client_id, event, pointer, reason, body)
        SELECT key_id, client_id, 'opened', '/event', 'no schema is registered', body
        FROM event_key, (VALUES ('{"event":"opened","user_id":"u","message_id":"m-1"}'), ('{"event":1}')) AS one (body)"#,
    )
    .execute(&db)
    .await
    .unwrap();
    perform(&db, new_schema(json!({ "type": "object" })))
        .await
        .unwrap();
    let replay = EventAction::Replay(ReplayRejects {
        client: Some("app".to_owned()),
        ..ReplayRejects::default()
    });
    let report = perform(&db, replay).await.unwrap();
    assert!(
        report.sentences[0].starts_with("2 rejected events were checked again: 1 are stored now"),
        "{report:?}"
    );
    let audited = audited(&db).await;
    let (action, details) = &audited[0];
    let details: serde_json::Value = serde_json::from_str(details).unwrap();
    assert_eq!(
        (action.as_str(), &details["stored"], &details["rejected"]),
        ("event.replay", &json!(1), &json!(1))
    );
    let none = EventAction::Replay(ReplayRejects {
        client: Some("none".to_owned()),
        ..ReplayRejects::default()
    });
    assert!(matches!(
        perform(&db, none).await,
        Err(OperationError::NotFound(_))
    ));
}
