//! Names and views of events.

use chrono::Utc;
use schema::{
    access::{Scope, fleet::prepare},
    events::{
        identity::{self, EventName},
        store::NewEvent,
    },
};
use sqlx::{AssertSqlSafe, Connection as _, postgres::PgPoolOptions};

use super::Events;
use crate::access::people::{analyst, forget, partner};

#[tokio::test]
async fn a_renamed_event_has_its_new_name_in_the_past() {
    let events = Events::new().await;
    events.store(&[events.event(1, Utc::now())]).await;
    let name = EventName {
        received: "film opened".to_owned(),
        canonical: "film page opened".to_owned(),
    };
    assert!(
        identity::rename(&events.db, events.client_id, &name)
            .await
            .unwrap()
    );
    for view in [
        "SELECT count(*) FROM event_record WHERE event = 'film page opened'",
        "SELECT count(*) FROM event_hour WHERE event = 'film page opened'",
    ] {
        assert_eq!(events.count(view).await, 1);
    }
}

#[tokio::test]
async fn each_event_has_a_view_with_a_column_for_each_property() {
    let events = Events::new().await;
    let now = Utc::now();
    let event = |message, properties: &str| NewEvent {
        properties: properties.to_owned(),
        ..events.event(message, now)
    };
    events
        .store(&[
            event(1, r#"{"film":"Monsoon Radio","seconds":12,"is_new":true,"User-Id":"x","\";DROP TABLE event;--":1}"#),
            event(2, r#"{"film":7,"seconds":12.5,"cast":["a"]}"#),
            event(3, r#"{"seconds":"twelve"}"#),
        ])
        .await;
    assert_eq!(identity::make_views(&events.db).await.unwrap(), 1);
    // Nothing is new, so nothing changes.
    assert_eq!(identity::make_views(&events.db).await.unwrap(), 0);
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns
        WHERE table_schema = 'events' AND table_name = 'app_film_opened' AND ordinal_position > 8
        ORDER BY column_name",
    )
    .fetch_all(&events.db)
    .await
    .unwrap();
    let named = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    assert_eq!(
        columns,
        [
            named("cast", "jsonb"),
            named("drop_table_event", "double precision"),
            named("film", "text"),
            named("is_new", "boolean"),
            named("seconds", "text"),
            named("user_id_", "text"),
        ]
    );
    assert_eq!(
        events
            .count(
                "SELECT count(*) FROM events.app_film_opened WHERE film IN ('Monsoon Radio', '7')"
            )
            .await,
        2
    );

    // Renamed: the view follows, and an event of a name that another has already is in its view.
    let name = EventName {
        received: "film opened".to_owned(),
        canonical: "Film page".to_owned(),
    };
    identity::rename(&events.db, events.client_id, &name)
        .await
        .unwrap();
    assert_eq!(identity::make_views(&events.db).await.unwrap(), 2);
    assert_eq!(
        events
            .count("SELECT count(*) FROM events.app_film_page")
            .await,
        3
    );
}

/// Invariant 12: the views are made with the rights of the owner, and read with those of the reader.
#[tokio::test]
async fn analysts_read_views_and_functions_of_events_and_partners_do_not() {
    let events = Events::new().await;
    prepare(&events.db, None).await.unwrap();
    let now = Utc::now();
    events
        .store(&[events.event(1, now), events.event(2, now)])
        .await;
    let options = (*events.db.connect_options()).clone();
    let coordinator = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.options([("role", "coordinator")]))
        .await
        .unwrap();
    assert_eq!(identity::make_views(&coordinator).await.unwrap(), 1);

    let questions = [
        "SELECT count(*) FROM events.app_film_opened WHERE film = 'Monsoon Radio'",
        "SELECT sum(events)::bigint FROM analytics.event_hour",
        "SELECT 2 * max(users) FROM analytics.active_users('app', current_date - 2, current_date + 1, 7)",
        "SELECT 2 * max(cohort_users) FROM analytics.retention('app', current_date - 2, current_date + 1)",
        "SELECT 2 * max(users) FROM analytics.funnel('app', '{film opened}', now() - interval '1 day', now() + interval '1 day')",
    ];
    let (analyst_name, mut reader) = analyst(&events.db).await;
    let scope = Scope {
        territory: Some("FR".to_owned()),
        ..Scope::default()
    };
    let (partner_name, mut other) = partner(&events.db, "partner", scope).await;
    for question in questions {
        let counted: i64 = sqlx::query_scalar(AssertSqlSafe(question))
            .fetch_one(&mut reader)
            .await
            .unwrap_or_else(|error| panic!("{question}: {error}"));
        assert_eq!(counted, 2, "{question}");
        let refused = sqlx::query(AssertSqlSafe(question))
            .execute(&mut other)
            .await;
        assert!(refused.is_err(), "{question}");
    }
    reader.close().await.unwrap();
    other.close().await.unwrap();
    forget(&events.db, &[analyst_name, partner_name]).await;
}

/// A tool that reads a view through never takes JSON apart, event by event.
#[tokio::test]
async fn views_that_tools_read_have_no_json() {
    let events = Events::new().await;
    schema::access::prepare(&events.db).await.unwrap();
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'analytics' AND table_name LIKE 'event%' AND data_type IN ('json', 'jsonb')",
    )
    .fetch_all(&events.db)
    .await
    .unwrap();
    assert_eq!(found, [""; 0]);
}
