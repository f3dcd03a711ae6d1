//! Tokens, the audit, and answers to repeated requests.

use std::time::Duration;

use schema::{
    audit::{self, Filter, NewEntry},
    idempotency::{self, Begun},
    scratch::Scratch,
    token,
};
use serde_json::json;
use sqlx::PgPool;

const HASH: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

async fn run(db: &PgPool, sql: &'static str) {
    sqlx::query(sql).execute(db).await.unwrap();
}

#[tokio::test]
async fn a_token_is_valid_until_it_expires_or_is_revoked() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    let day = Some(Duration::from_hours(24));
    assert!(
        token::create(db, "anna", "operate", &HASH, day)
            .await
            .unwrap()
    );
    let found = token::find(db, &HASH).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.scope.as_str()),
        ("anna", "operate")
    );
    let left = found.seconds_left.unwrap();
    assert!((86_300.0..=86_400.0).contains(&left), "{left}");
    assert_eq!(token::find(db, &OTHER).await.unwrap(), None);
    run(
        db,
        "UPDATE api_token SET created_at = now() - interval '2 days', expires_at = now()",
    )
    .await;
    assert_eq!(token::find(db, &HASH).await.unwrap(), None);

    // The name is free again when the token is revoked, and only then.
    assert!(
        !token::create(db, "anna", "read", &OTHER, None)
            .await
            .unwrap()
    );
    assert!(token::revoke(db, "anna").await.unwrap());
    assert!(!token::revoke(db, "anna").await.unwrap());
    assert!(
        token::create(db, "anna", "read", &OTHER, None)
            .await
            .unwrap()
    );
    assert_eq!(
        token::find(db, &OTHER).await.unwrap().unwrap().seconds_left,
        None
    );
    assert_eq!(token::list(db).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_use_of_a_token_is_noted_at_most_once_a_minute() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    token::create(db, "anna", "read", &HASH, None)
        .await
        .unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let found = token::find(db, &HASH).await.unwrap().unwrap();
        seen.push(found.is_noted);
        token::note_use(db, found.token_id).await.unwrap();
        seen.push(token::list(db).await.unwrap()[0].last_used_at.is_some());
    }
    assert_eq!(seen, [false, true, true, true]);
    let noted = token::list(db).await.unwrap()[0].last_used_at;
    token::note_use(db, 1).await.unwrap();
    assert_eq!(token::list(db).await.unwrap()[0].last_used_at, noted);
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    for number in 0..5 {
        let subject = if number % 2 == 0 {
            "source/a"
        } else {
            "source/b"
        };
        let entry = NewEntry {
            how: "cli",
            action: "source.pause",
            who: "anna@host",
            subject,
            reason: Some("because"),
            details: json!({ "number": number }),
        };
        audit::record(db, &entry).await.unwrap();
    }
    let mut connection = db.acquire().await.unwrap();
    let mut filter = Filter {
        subject: Some("source/a"),
        ..Filter::default()
    };
    let mut numbers = Vec::new();
    loop {
        let page = audit::list(&mut connection, &filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some(last.audit_id);
        numbers.extend(page.iter().map(|entry| entry.details["number"].clone()));
    }
    assert_eq!(numbers, [json!(4), json!(2), json!(0)]);
    let filter = Filter {
        action: Some("task.run"),
        ..Filter::default()
    };
    assert!(
        audit::list(&mut connection, &filter, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_actor_for_a_day() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    let begin = async |actor: &str, hash: &[u8; 32]| {
        idempotency::begin(db, actor, "key", hash).await.unwrap()
    };
    assert_eq!(begin("anna", &HASH).await, Begun::New);
    assert_eq!(begin("anna", &HASH).await, Begun::UnderWay);
    assert_eq!(begin("anna", &OTHER).await, Begun::Other);
    assert_eq!(begin("ben", &HASH).await, Begun::New);
    idempotency::finish(db, "anna", "key", 200, "{}")
        .await
        .unwrap();
    let answered = Begun::Answered {
        status: 200,
        body: "{}".to_owned(),
    };
    assert_eq!(begin("anna", &HASH).await, answered);
    idempotency::forget(db, "ben", "key").await.unwrap();
    assert_eq!(begin("ben", &HASH).await, Begun::New);

    // A request that died with its coordinator is taken over after a minute, an answer is not.
    run(db, "UPDATE idempotency SET at = at - interval '2 minutes'").await;
    assert_eq!(begin("ben", &HASH).await, Begun::New);
    assert_eq!(begin("anna", &HASH).await, answered);
    run(db, "UPDATE idempotency SET at = at - interval '2 days'").await;
    assert_eq!(begin("anna", &OTHER).await, Begun::New);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM idempotency")
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(left, 1, "keys of yesterday go");
}
