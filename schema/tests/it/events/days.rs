//! Days, weeks, late events, and the ids of several clients.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schema::events::{
    client,
    fold::fold,
    identity::{self, ExternalUser},
    store::{NewEvent, Sender, store},
};
use uuid::Uuid;

use super::{DAY, Events, message_mask};

/// Stores an event of a user of a client at a time; returns whether it was new.
async fn store_for(
    events: &Events,
    (client, time_zone, week_start): (&str, &str, i16),
    message: u128,
    at: DateTime<Utc>,
) -> bool {
    let db = &events.db;
    let client_id = client::put(db, client, time_zone, week_start, DAY)
        .await
        .unwrap();
    let mut connection = db.acquire().await.unwrap();
    let user = ExternalUser {
        id: "u-1".to_owned(),
        is_anonymous: false,
    };
    let users = identity::resolve_users(&mut connection, client_id, &[user])
        .await
        .unwrap();
    let names = identity::resolve_names(&mut connection, client_id, &["film opened".to_owned()])
        .await
        .unwrap();
    drop(connection);
    let new = NewEvent {
        message_id: Uuid::from_u128(message),
        user_id: users[0].1,
        name_id: names[0].1,
        ..events.event(message, at)
    };
    let sender = Sender {
        client_id,
        time_zone,
        duplicate_window: DAY,
        message_mask: message_mask(db, client_id).await,
    };
    !store(db, sender, &[new], |_| Vec::new())
        .await
        .unwrap()
        .is_empty()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// East of UTC the first day is the first day, and a week begins on the day that the client says.
#[tokio::test]
async fn days_and_weeks_begin_where_and_when_the_client_says() {
    let events = Events::new().await;
    // Half past midnight in Tokyo, on two Sundays.
    let tokyo = ("tokyo", "Asia/Tokyo", 7);
    assert!(store_for(&events, tokyo, 1, at("2026-03-07T15:30:00Z")).await);
    assert!(store_for(&events, tokyo, 2, at("2026-03-14T15:30:00Z")).await);
    // The same moments are Saturdays for a client in Paris whose week begins on Monday.
    let paris = ("paris", "Europe/Paris", 1);
    assert!(store_for(&events, paris, 1, at("2026-03-07T15:30:00Z")).await);
    assert!(store_for(&events, paris, 2, at("2026-03-14T15:30:00Z")).await);
    for (client, first_day, first_week) in [
        ("tokyo", "2026-03-08", "2026-03-08"),
        ("paris", "2026-03-07", "2026-03-02"),
    ] {
        for (unit, cohort, later) in [("day", first_day, 7), ("week", first_week, 1)] {
            let cells: Vec<(NaiveDate, i32, i64)> = sqlx::query_as(
                "SELECT cohort_on, after, users FROM retention($1, '2026-03-01', '2026-03-31', $2)
                WHERE users > 0",
            )
            .bind(client)
            .bind(unit)
            .fetch_all(&events.db)
            .await
            .unwrap();
            let expected = [(day(cohort), 0, 1), (day(cohort), later, 1)];
            assert_eq!(cells, expected, "{client} by {unit}");
        }
    }
}

/// What comes late is in its own hour and day, and moves the first day of its user.
#[tokio::test]
async fn a_late_event_reaches_every_total() {
    let events = Events::new().await;
    let app = ("app", "Europe/Paris", 1);
    let (recent, late) = (
        Utc::now() - TimeDelta::days(2),
        Utc::now() - TimeDelta::days(40),
    );
    assert!(store_for(&events, app, 1, recent).await);
    fold(&events.db, 90 * DAY, 100).await.unwrap();
    assert!(store_for(&events, app, 2, late).await);
    let counted = async || -> Vec<i64> {
        sqlx::query_scalar(
            "SELECT events FROM event_hour WHERE client = 'app' AND bucket_at <= $1
            AND bucket_at > $1 - interval '1 hour'
            UNION ALL
            SELECT users FROM active_users(
                'app', ($1 AT TIME ZONE 'Europe/Paris')::date, ($1 AT TIME ZONE 'Europe/Paris')::date, 1)
            UNION ALL
            SELECT cohort_users FROM retention(
                'app', ($1 AT TIME ZONE 'Europe/Paris')::date, ($1 AT TIME ZONE 'Europe/Paris')::date)
            WHERE after = 0",
        )
        .bind(late)
        .fetch_all(&events.db)
        .await
        .unwrap()
    };
    assert_eq!(counted().await, [1, 1, 1]);
    fold(&events.db, 90 * DAY, 100).await.unwrap();
    assert_eq!(counted().await, [1, 1, 1]);
    let cohorts =
        "SELECT count(DISTINCT cohort_on) FROM retention('app', current_date - 50, current_date)";
    assert_eq!(events.count(cohorts).await, 1, "one first day each");
}

/// Two apps may send the same id: neither swallows what the other sends.
#[tokio::test]
async fn the_same_message_id_of_two_clients_is_two_events() {
    let events = Events::new().await;
    let now = Utc::now();
    assert!(store_for(&events, ("one", "UTC", 1), 1, now).await);
    assert!(store_for(&events, ("two", "UTC", 1), 1, now).await);
    assert!(!store_for(&events, ("two", "UTC", 1), 1, now).await);
    assert_eq!(events.count("SELECT count(*) FROM event_record").await, 2);
}
