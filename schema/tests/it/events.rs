//! Events: stored once, counted exactly, and read by views.

mod complaints;
mod days;
mod erasure;
mod experiment;
mod exported;
mod partners;
mod sealing;
mod users;
mod views;

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    events::{
        client,
        fold::{delete_five_minutes, fold},
        identity::{self, ExternalUser, ReceivedPlace},
        intake::Intake,
        key::{self, NewKey},
        store::{NewEvent, Sender, store},
    },
    scratch::Scratch,
};
use sqlx::PgPool;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

struct Events {
    db: PgPool,
    client_id: i16,
    message_mask: Uuid,
    user_id: i32,
    name_id: i32,
    place_id: i16,
    key_id: i32,
}

/// The mask of a client.
async fn message_mask(db: &PgPool, client_id: i16) -> Uuid {
    sqlx::query_scalar("SELECT message_mask FROM event_client WHERE client_id = $1")
        .bind(client_id)
        .fetch_one(db)
        .await
        .unwrap()
}

impl Events {
    async fn new() -> Self {
        let db = Scratch::new().await.unwrap().db;
        let client_id = client::put(&db, "app", "Europe/Paris", 1, DAY)
            .await
            .unwrap();
        let key = NewKey {
            client_id,
            name: "app",
            hash: &[7; 32],
            is_public: false,
            schema_mode: "off",
            events_per_second: 100,
            origins: &[],
            events: &[],
            expires_in: None,
        };
        let key_id = key::create(&db, &key).await.unwrap();
        let mut connection = db.acquire().await.unwrap();
        let names = ["film opened".to_owned()];
        let names = identity::resolve_names(&mut connection, client_id, &names)
            .await
            .unwrap();
        let places = [ReceivedPlace {
            country: Some("FR".to_owned()),
            region: None,
        }];
        let places = identity::resolve_places(&mut connection, &places)
            .await
            .unwrap();
        let user = ExternalUser {
            id: "user-4711".to_owned(),
            is_anonymous: false,
        };
        let users = identity::resolve_users(&mut connection, client_id, &[user])
            .await
            .unwrap();
        drop(connection);
        Self {
            message_mask: message_mask(&db, client_id).await,
            db,
            client_id,
            user_id: users[0].1,
            name_id: names[0].1,
            place_id: places[0].1,
            key_id,
        }
    }

    fn event(&self, message: u128, occurred_at: DateTime<Utc>) -> NewEvent {
        NewEvent {
            message_id: Uuid::from_u128(message),
            user_id: self.user_id,
            name_id: self.name_id,
            place_id: self.place_id,
            flags: 0,
            occurred_at,
            sent_at: None,
            original_at: None,
            properties: r#"{"film":"Monsoon Radio"}"#.to_owned(),
        }
    }

    fn sender(&self) -> Sender<'static> {
        Sender {
            client_id: self.client_id,
            time_zone: "Europe/Paris",
            duplicate_window: DAY,
            message_mask: self.message_mask,
        }
    }

    async fn store(&self, events: &[NewEvent]) -> HashSet<Uuid> {
        let sender = self.sender();
        let all = i32::try_from(events.len()).unwrap();
        store(&self.db, sender, events, |stored| {
            let accepted = i32::try_from(stored.len()).unwrap();
            vec![Intake {
                key_id: self.key_id,
                accepted,
                duplicates: all - accepted,
                ..Intake::default()
            }]
        })
        .await
        .unwrap()
    }

    async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }
}

/// Invariant 1: stored once.
#[tokio::test]
async fn an_event_is_stored_once_within_a_batch_and_over_batches() {
    let events = Events::new().await;
    let now = Utc::now();
    let (a, b) = (events.event(1, now), events.event(2, now));
    assert_eq!(
        events.store(&[a.clone(), a.clone(), b.clone()]).await.len(),
        2
    );
    assert_eq!(events.store(&[b, a]).await.len(), 0);
    assert_eq!(events.count("SELECT count(*) FROM event").await, 2);
    assert_eq!(
        events
            .count("SELECT sum(events)::bigint FROM event_hour WHERE event = 'film opened'")
            .await,
        2
    );
    assert_eq!(
        events
            .count("SELECT sum(duplicates)::bigint FROM event_key_intake")
            .await,
        3
    );
}

#[tokio::test]
async fn a_duplicate_of_an_event_of_the_day_before_is_found_within_the_window() {
    let events = Events::new().await;
    let now = Utc::now();
    events
        .store(&[events.event(1, now), events.event(2, now)])
        .await;
    for (message, ago) in [(1, "20 hours"), (2, "30 hours")] {
        // Into the partition of that time.
        sqlx::query("WITH moved AS (DELETE FROM event WHERE message_key = $2 RETURNING *)
            INSERT INTO event SELECT received_at - $1::text::interval, occurred_at, message_key, user_id,
                name_id, place_id, flags, properties, clocks FROM moved")
        .bind(ago)
        .bind(events.sender().masked(Uuid::from_u128(message)))
        .execute(&events.db)
        .await
        .unwrap();
    }
    let stored = events
        .store(&[events.event(1, now), events.event(2, now)])
        .await;
    assert_eq!(stored, HashSet::from([Uuid::from_u128(2)]));
}

/// Two transactions at a time: the second waits for the first, and finds a duplicate.
#[tokio::test]
async fn a_duplicate_that_is_being_stored_is_found() {
    let events = Events::new().await;
    let event = events.event(1, Utc::now());
    let mut first = events.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO event (occurred_at, message_key, user_id, name_id, place_id, properties)
        VALUES (now(), $1, 1, $2, $3, '{}')",
    )
    .bind(events.sender().masked(event.message_id))
    .bind(events.name_id)
    .bind(events.place_id)
    .execute(&mut *first)
    .await
    .unwrap();
    let batch = [event];
    let second = events.store(&batch);
    let commit = async {
        // The second is at the row of the first once it waits for its transaction.
        loop {
            let waiting = events
                .count("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                .await;
            if waiting > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
    };
    let (stored, ()) = tokio::join!(second, commit);
    assert!(stored.is_empty());
}

#[tokio::test]
async fn totals_are_the_same_before_and_after_a_fold() {
    let events = Events::new().await;
    let now = Utc::now();
    for message in 0..40 {
        let at = now - TimeDelta::minutes(3 * i64::try_from(message).unwrap());
        events.store(&[events.event(message, at)]).await;
    }
    let total = "SELECT sum(events)::bigint FROM event_five_minutes";
    let hours = "SELECT sum(events)::bigint FROM event_hour";
    assert_eq!(
        (events.count(total).await, events.count(hours).await),
        (40, 40)
    );
    let folded = fold(&events.db, DAY, 25).await.unwrap();
    assert_eq!((folded.counts, folded.intake), (25, 25));
    assert_eq!(
        (events.count(total).await, events.count(hours).await),
        (40, 40)
    );
    fold(&events.db, DAY, 100).await.unwrap();
    assert_eq!(
        events
            .count("SELECT count(*) FROM event_count_change")
            .await,
        0
    );
    assert_eq!(
        (events.count(total).await, events.count(hours).await),
        (40, 40)
    );
    assert_eq!(
        events
            .count("SELECT sum(accepted)::bigint FROM event_key_intake")
            .await,
        40
    );
}

/// Old counts of five minutes go, and none comes back by a late event; hours stay.
#[tokio::test]
async fn counts_of_five_minutes_are_kept_for_a_time_and_hours_for_ever() {
    let events = Events::new().await;
    let now = Utc::now();
    let before = now - TimeDelta::days(3);
    events.store(&[events.event(1, before)]).await;
    fold(&events.db, 10 * DAY, 100).await.unwrap();
    let deleted = delete_five_minutes(&events.db, 2 * DAY, 100).await.unwrap();
    assert_eq!(deleted, 1);
    events
        .store(&[events.event(2, before), events.event(3, now)])
        .await;
    fold(&events.db, 2 * DAY, 100).await.unwrap();
    let rows = |is_hour| {
        let all = sqlx::query_scalar::<_, i64>(
            "SELECT sum(events)::bigint FROM event_count WHERE is_hour = $1",
        );
        all.bind(is_hour).fetch_one(&events.db)
    };
    assert_eq!(rows(false).await.unwrap(), 1);
    assert_eq!(rows(true).await.unwrap(), 3);
}
