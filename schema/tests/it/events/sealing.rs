//! Sealing of events: what is read stays the same, and erasure reaches it.

mod kept;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use schema::{
    events::{
        erasure,
        identity::{self, ExternalUser},
        seal::{self, Attempt},
        store::NewEvent,
    },
    partition,
};
use sqlx::AssertSqlSafe;

use super::Events;

/// A time that a client may say.
type Clock = Option<DateTime<Utc>>;

/// The first moment (UTC) of the day so many days ago.
fn midnight(days_ago: u64) -> DateTime<Utc> {
    let day = Utc::now().date_naive() - Days::new(days_ago);
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Makes the partitions of the day so many days ago; returns its first moment.
pub(super) async fn partition_of(events: &Events, days_ago: u64) -> DateTime<Utc> {
    let from = midnight(days_ago);
    for parent in ["event", "event_block"] {
        let until = from + TimeDelta::days(1);
        let name = from.format("%Y%m%d");
        sqlx::raw_sql(AssertSqlSafe(format!(
            "CREATE TABLE {parent}_{name} PARTITION OF {parent} FOR VALUES FROM ('{from}') TO ('{until}')"
        )))
        .execute(&events.db)
        .await
        .unwrap();
    }
    from
}

/// Moves all live events to the day that begins at `from`, in their order.
pub(super) async fn move_to(events: &Events, from: DateTime<Utc>) {
    sqlx::query(
        "WITH moved AS (DELETE FROM event RETURNING *)
        INSERT INTO event
        SELECT $1 + row_number() OVER (ORDER BY message_key) * interval '700 milliseconds 31 microseconds',
            occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks
        FROM moved",
    )
    .bind(from)
    .execute(&events.db)
    .await
    .unwrap();
}

/// Events of all kinds: without properties, with odd ones, with clocks, of nobody, from long ago.
fn odd_events(events: &Events, now: DateTime<Utc>) -> Vec<NewEvent> {
    let properties = [
        r#"{"film":"Monsoon Radio","seconds":12,"price":1.50}"#,
        r#"{"film":"Monsoon Radio","seconds":12.0,"price":1.5}"#,
        r#"{"film":null,"is_new":true,"cast":["a",{"b":1}],"":"empty key"}"#,
        r#"{"film":"quote \" backslash \\ and é 漢","seconds":-1e300}"#,
        "{}",
    ];
    (0..40)
        .map(|number: u32| {
            let index = usize::try_from(number).unwrap() % properties.len();
            let mut event = NewEvent {
                properties: properties[index].to_owned(),
                flags: i16::try_from(number % 64).unwrap(),
                ..events.event(u128::from(number) + 1, now - TimeDelta::microseconds(7))
            };
            match number % 6 {
                0 => event.sent_at = Some(now + TimeDelta::microseconds(1_234_567)),
                1 => event.original_at = Some(now - TimeDelta::days(9_000)),
                2 => {
                    event.sent_at = Some(DateTime::UNIX_EPOCH);
                    event.original_at = Some(now + TimeDelta::days(300_000));
                }
                3 => event.occurred_at = DateTime::UNIX_EPOCH - TimeDelta::microseconds(1),
                4 => event.user_id = 0,
                _ => {}
            }
            event
        })
        .collect()
}

async fn records(events: &Events) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT to_jsonb(event_record)::text FROM (
            SELECT client, event, received_day, received_at, occurred_at, user_id, country, region, is_bot,
                is_clock_corrected, is_from_future, is_historical, breaks_schema, sent_at, original_at, properties
            FROM event_record
            ORDER BY received_at) AS event_record",
    )
    .fetch_all(&events.db)
    .await
    .unwrap()
}

pub(super) async fn seal_all(events: &Events) -> u64 {
    let mut sealed = 0;
    for day in seal::due_days(&events.db).await.unwrap() {
        for name_id in seal::names_of_day(&events.db, day).await.unwrap() {
            loop {
                match seal::seal(&events.db, day, name_id).await.unwrap() {
                    Attempt::Sealed(count) => sealed += count,
                    Attempt::Nothing => break,
                    Attempt::Refused => panic!("refused"),
                }
            }
        }
    }
    sealed
}

#[tokio::test]
async fn sealed_events_read_as_they_were() {
    let events = Events::new().await;
    let now = Utc::now();
    let stored = odd_events(&events, now);
    assert_eq!(events.store(&stored).await.len(), 40);
    // What was sent is what is read.
    let clocks: Vec<(Clock, Clock)> =
        sqlx::query_as("SELECT sent_at, original_at FROM event_record ORDER BY message_id")
            .fetch_all(&events.db)
            .await
            .unwrap();
    let to_micros = |at: Clock| at.map(|at| at.timestamp_micros());
    for (row, event) in clocks.iter().zip(&stored) {
        assert_eq!(to_micros(row.0), to_micros(event.sent_at));
        assert_eq!(to_micros(row.1), to_micros(event.original_at));
    }
    identity::make_views(&events.db).await.unwrap();

    // A day that may still be asked for duplicates is not sealed.
    move_to(&events, midnight(1)).await;
    assert!(seal::due_days(&events.db).await.unwrap().is_empty());
    let old = partition_of(&events, 5).await;
    move_to(&events, old).await;
    assert_eq!(seal::due_days(&events.db).await.unwrap(), [old]);

    let typed = "SELECT string_agg(concat_ws(',', received_at, film, seconds, cast_::text), ';' ORDER BY received_at)
        FROM (SELECT received_at, film, seconds, \"cast\" AS cast_ FROM events.app_film_opened) AS one";
    let before = (
        records(&events).await,
        sqlx::query_scalar::<_, String>(typed)
            .fetch_one(&events.db)
            .await
            .unwrap(),
    );
    assert_eq!(before.0.len(), 40);
    assert_eq!(seal_all(&events).await, 40);
    assert_eq!(events.count("SELECT count(*) FROM event").await, 0);
    let after = (
        records(&events).await,
        sqlx::query_scalar::<_, String>(typed)
            .fetch_one(&events.db)
            .await
            .unwrap(),
    );
    assert_eq!(after, before);

    // The emptied partition goes, the block stays.
    let due = partition::due(&events.db).await.unwrap();
    assert_eq!(due, [old.format("event_%Y%m%d").to_string()]);
}

/// What every table holds, as text.
async fn content(events: &Events) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_file'",
    )
    .fetch_all(&events.db)
    .await
    .unwrap();
    let mut content = String::new();
    for table in tables {
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT one::text FROM {table} AS one"
        )))
        .fetch_all(&events.db)
        .await
        .unwrap();
        content.extend(rows);
    }
    content
}

#[tokio::test]
async fn erasure_reaches_sealed_events_and_leaves_the_others() {
    let events = Events::new().await;
    let other = ExternalUser {
        id: "user-2".to_owned(),
        is_anonymous: false,
    };
    let mut connection = events.db.acquire().await.unwrap();
    let other = identity::resolve_users(&mut connection, events.client_id, &[other])
        .await
        .unwrap()[0]
        .1;
    let now = Utc::now();
    let event = |message, user_id, properties: &str| NewEvent {
        user_id,
        properties: properties.to_owned(),
        ..events.event(message, now)
    };
    let user = events.user_id;
    events
        .store(&[
            event(1, user, r#"{"film":"shared film","note":"secret-note"}"#),
            event(2, user, r#"{"film":"own-film","diary":["secret-diary"]}"#),
            event(3, user, "{}"),
            event(4, other, r#"{"film":"shared film","seats":2}"#),
        ])
        .await;
    let old = partition_of(&events, 3).await;
    move_to(&events, old).await;
    assert_eq!(seal_all(&events).await, 4);
    assert!(content(&events).await.contains("secret-diary"));

    let erased = erasure::erase(&mut connection, events.client_id, "user-4711")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(erased.events, 2);
    let left = content(&events).await;
    for gone in [
        "user-4711",
        "secret-note",
        "secret-diary",
        "own-film",
        "diary",
        "note",
    ] {
        assert!(!left.contains(gone), "{gone}");
    }
    let properties: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT properties FROM event_record WHERE properties <> '{}'")
            .fetch_all(&events.db)
            .await
            .unwrap();
    assert_eq!(
        properties,
        [serde_json::json!({"film": "shared film", "seats": 2})]
    );
    assert_eq!(events.count("SELECT count(*) FROM event_record").await, 4);
    assert_eq!(
        events
            .count("SELECT sum(events)::bigint FROM event_hour")
            .await,
        4
    );
    // Nothing is left for the second look.
    sqlx::query("UPDATE event_erasure SET requested_at = requested_at - interval '3 minutes'")
        .execute(&events.db)
        .await
        .unwrap();
    assert_eq!(erasure::finish(&events.db).await.unwrap(), 1);
    let listed = erasure::list(&events.db, 1).await.unwrap();
    assert_eq!((listed[0].events, listed[0].done_at.is_some()), (2, true));
}

/// An erasure and a sealing take turns, so no event moves past an erasure.
#[tokio::test]
async fn an_erasure_waits_for_a_sealing_and_finds_what_it_sealed() {
    let events = Events::new().await;
    events.store(&[events.event(1, Utc::now())]).await;
    let old = partition_of(&events, 3).await;
    move_to(&events, old).await;
    let mut sealing = events.db.begin().await.unwrap();
    let sealed = seal::seal(&mut *sealing, old, events.name_id)
        .await
        .unwrap();
    assert_eq!(sealed, Attempt::Sealed(1));
    let erase = async {
        let mut transaction = events.db.begin().await.unwrap();
        let erased = erasure::erase(&mut transaction, events.client_id, "user-4711").await;
        transaction.commit().await.unwrap();
        erased.unwrap().unwrap()
    };
    let commit = async {
        loop {
            let waiting = events
                .count("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
                .await;
            if waiting > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        sealing.commit().await.unwrap();
    };
    let (erased, ()) = tokio::join!(erase, commit);
    assert_eq!(erased.events, 1);
    assert!(!content(&events).await.contains("Monsoon Radio"));
}
