//! Rejected events that are checked again once the cause is gone.

use event_receiver::replay;
use schema::events::{
    replay::{RejectFilter, Replayed},
    schema::{StoredSchema, register},
};
use serde_json::{Value, json};

use crate::staged::{KeyOptions, Staged, results, words};

const ALL: i64 = i64::MAX;

async fn send(staged: &Staged, key: &schema::secret::Secret, events: &Value) -> Vec<Value> {
    let request = staged.http.post(staged.url("/v1/events"));
    let request = request.bearer_auth(key.expose()).body(events.to_string());
    results(request.send().await.unwrap()).await
}

async fn add_schema(staged: &Staged, addition: i16, document: Value) {
    let schema = StoredSchema {
        event: "ticket bought".to_owned(),
        model: 1,
        revision: 0,
        addition,
        document,
    };
    assert!(
        register(&staged.db, staged.client_id, &schema)
            .await
            .unwrap()
    );
}

fn bought(id: &str, seats: &Value) -> Value {
    json!({"event": "ticket bought", "user_id": "u-1", "message_id": id, "properties": {"seats": seats}})
}

async fn enforced() -> (Staged, schema::secret::Secret) {
    let staged = Staged::new().await;
    let number = json!({"type": "object", "properties": {"seats": {"type": "number"}}});
    add_schema(&staged, 0, number).await;
    let key = staged
        .key(&KeyOptions {
            mode: "enforce",
            ..KeyOptions::default()
        })
        .await;
    (staged, key)
}

async fn replay_all(staged: &Staged) -> Replayed {
    replay(&staged.db, "anna", &RejectFilter::default(), ALL)
        .await
        .unwrap()
}

fn replayed(stored: u64, duplicates: u64, rejected: u64) -> Replayed {
    Replayed {
        stored,
        duplicates,
        rejected,
    }
}

/// Invariant 1 for events: a rejected event is stored once its schema allows it, and once only.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_event_is_stored_once_a_new_schema_allows_it() {
    let (staged, key) = enforced().await;
    // The client tries again, as many do: two rejects of one event.
    for _ in 0..2 {
        let events = json!([
            bought("m-1", &json!("two")),
            bought("m-2", &json!(["no number"]))
        ]);
        let rejected = send(&staged, &key, &events).await;
        assert_eq!(words(&rejected), ["rejected", "rejected"]);
    }
    assert_eq!(
        replay_all(&staged).await,
        replayed(0, 0, 4),
        "nothing has changed yet"
    );
    let both = json!({"type": "object", "properties": {"seats": {"type": ["number", "string"]}}});
    add_schema(&staged, 1, both).await;
    assert_eq!(replay_all(&staged).await, replayed(1, 1, 2));
    assert_eq!(staged.count("event").await, 1);
    assert_eq!(
        replay_all(&staged).await,
        replayed(0, 0, 2),
        "the others are done"
    );

    let rows: Vec<(bool, bool, Option<String>, String)> = sqlx::query_as(
        "SELECT replayed_at IS NOT NULL, stored_as IS NOT NULL, replayed_by, coalesce(schema, '')
        FROM event_reject ORDER BY reject_id",
    )
    .fetch_all(&staged.db)
    .await
    .unwrap();
    let anna = Some("anna".to_owned());
    let old = "1-0-0".to_owned();
    assert_eq!(
        rows,
        [
            (true, true, anna.clone(), old.clone()),
            (false, false, None, "1-0-1".to_owned()),
            (true, false, anna, old),
            (false, false, None, "1-0-1".to_owned()),
        ]
    );
    // A running receiver knows the event by its message id.
    let again = send(
        &staged,
        &staged.secret,
        &json!([bought("m-1", &json!("two"))]),
    )
    .await;
    assert_eq!(words(&again), ["duplicate"]);
    let counted: i64 = sqlx::query_scalar("SELECT sum(events)::bigint FROM event_hour")
        .fetch_one(&staged.db)
        .await
        .unwrap();
    assert_eq!(counted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_corrected_and_sent_meanwhile_is_not_stored_twice() {
    let (staged, key) = enforced().await;
    assert_eq!(
        words(&send(&staged, &key, &json!([bought("m-1", &json!("two"))])).await),
        ["rejected"]
    );
    assert_eq!(
        words(&send(&staged, &key, &json!([bought("m-1", &json!(2))])).await),
        ["ok"]
    );
    // Days later, beyond the duplicate window of the client: the window reaches back to the reject.
    sqlx::raw_sql(
        "UPDATE event_reject SET rejected_at = rejected_at - interval '3 days';
        UPDATE event SET received_at = received_at - interval '2 days'",
    )
    .execute(&staged.db)
    .await
    .unwrap();
    add_schema(&staged, 1, json!({"type": "object"})).await;
    assert_eq!(replay_all(&staged).await, replayed(0, 1, 0));
    assert_eq!(staged.count("event").await, 1);
}

/// Two people press the button, beside a receiver that gets the same event.
#[tokio::test(flavor = "multi_thread")]
async fn replays_at_once_store_each_event_once() {
    let (staged, key) = enforced().await;
    let events: Vec<Value> = (0..300)
        .map(|id| bought(&format!("m-{id}"), &json!("two")))
        .collect();
    assert_eq!(send(&staged, &key, &json!(events)).await.len(), 300);
    add_schema(&staged, 1, json!({"type": "object"})).await;
    let all = json!(events);
    let (one, other, sent) = tokio::join!(
        replay_all(&staged),
        replay_all(&staged),
        send(&staged, &staged.secret, &all)
    );
    let by_receiver = sent.iter().filter(|one| one["result"] == "ok").count() as u64;
    assert_eq!(one.stored + other.stored + by_receiver, 300);
    assert_eq!(one.rejected + other.rejected, 0);
    assert_eq!(staged.count("event").await, 300);
    assert_eq!(
        staged.count("event_reject WHERE replayed_at IS NULL").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_leaves_the_others_and_the_key_still_decides() {
    let (staged, key) = enforced().await;
    let page = staged
        .key(&KeyOptions {
            origins: &["*"],
            events: &["film opened"],
            mode: "off",
            ..KeyOptions::default()
        })
        .await;
    let of_key = send(&staged, &key, &json!([bought("m-1", &json!("two"))])).await;
    assert_eq!(words(&of_key), ["rejected"]);
    let request = staged.http.post(staged.url("/v1/events"));
    let request = request
        .bearer_auth(page.expose())
        .header("Origin", "https://a.example")
        .body(json!([bought("m-2", &json!(2))]).to_string());
    let of_page = results(request.send().await.unwrap()).await;
    assert_eq!(words(&of_page), ["rejected"]);
    add_schema(&staged, 1, json!({"type": "object"})).await;

    let filtered =
        async |filter: RejectFilter| replay(&staged.db, "anna", &filter, ALL).await.unwrap();
    let named = |text: &str| Some(text.to_owned());
    for none in [
        RejectFilter {
            client: named("other"),
            ..RejectFilter::default()
        },
        RejectFilter {
            event: named("film opened"),
            ..RejectFilter::default()
        },
        RejectFilter {
            why: named("no such words"),
            ..RejectFilter::default()
        },
        RejectFilter {
            reject_id: Some(-1),
            ..RejectFilter::default()
        },
    ] {
        assert_eq!(filtered(none.clone()).await, replayed(0, 0, 0), "{none:?}");
    }
    // The key of the page may not send it today either.
    let by_key = RejectFilter {
        why: named("MAY NOT SEND"),
        client: named("app"),
        within: Some(std::time::Duration::from_hours(1)),
        ..RejectFilter::default()
    };
    assert_eq!(filtered(by_key.clone()).await, replayed(0, 0, 1));
    // A key that was revoked later is no reason.
    sqlx::raw_sql("UPDATE event_key SET events = '{}', revoked_at = now() WHERE is_public")
        .execute(&staged.db)
        .await
        .unwrap();
    assert_eq!(filtered(by_key).await, replayed(1, 0, 0));
    let at_most = replay(&staged.db, "anna", &RejectFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!(at_most, replayed(1, 0, 0));
}

/// Invariant 10: what was no event does not become several.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_rejects_stay_what_they_are() {
    let staged = Staged::new().await;
    let event = bought("m-1", &json!(1));
    let hostile = json!([
        [event.clone(), event.clone()],
        {"events": [event.clone()]},
        {"batch": [event.clone(), event]},
        7,
    ]);
    let rejected = send(&staged, &staged.secret, &hostile).await;
    assert_eq!(words(&rejected), ["rejected"; 4]);
    sqlx::raw_sql(
        "INSERT INTO event_reject (key_id, client_id, pointer, reason, body)
        SELECT key_id, client_id, '', 'is not JSON', body
        FROM event_key, (VALUES ('{'), (''), (repeat('[', 60000))) AS one (body)",
    )
    .execute(&staged.db)
    .await
    .unwrap();
    assert_eq!(replay_all(&staged).await, replayed(0, 0, 7));
    assert_eq!(staged.count("event").await, 0);
    assert_eq!(staged.count("event_reject WHERE reason = ''").await, 0);
}
