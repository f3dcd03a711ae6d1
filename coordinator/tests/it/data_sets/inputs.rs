//! Changes of inputs that their number does not show.

use schema::events::{
    erasure::erase,
    identity::{EventName, rename},
};

use super::*;

/// Two events of ana and one of ben, two days ago.
async fn three_events(db: &PgPool) {
    run(
        db,
        r#"INSERT INTO event_client (name, time_zone) VALUES ('app', 'UTC');
        INSERT INTO event_place (country) VALUES ('FR');
        INSERT INTO event_name (client_id, received, canonical) SELECT client_id, 'open', 'open' FROM event_client;
        INSERT INTO event_user (client_id, is_anonymous, external_id)
        SELECT client_id, false, id FROM event_client, unnest('{ana,ben}'::text[]) AS id;
        INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties)
        SELECT now(), now() - interval '2 days', gen_random_uuid(), event_user.user_id, event_name.name_id, event_place.place_id, 0, '{"film": "a"}'
        FROM event_name, event_place, event_user, generate_series(1, 2) AS number
        WHERE event_user.external_id = 'ana' OR number = 1;
        INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT (occurred_at AT TIME ZONE 'UTC')::date, user_id, client_id, event.place_id
        FROM event INNER JOIN event_name ON event_name.name_id = event.name_id
        GROUP BY 1, 2, 3, 4;
        INSERT INTO event_count (bucket_at, events, name_id, is_hour)
        SELECT date_trunc('hour', now() - interval '2 days'), 3, name_id, true FROM event_name"#,
    )
    .await;
}

/// Days (so many ago) that are due.
async fn due(db: &PgPool) -> Vec<String> {
    texts(
        db,
        "SELECT ((now() AT TIME ZONE 'UTC')::date - day)::text FROM data_set_status WHERE state <> 'built' ORDER BY day",
    )
    .await
}

#[tokio::test]
async fn days_are_built_again_when_their_events_get_another_name_or_lose_a_user() {
    let db = &world().await;
    three_events(db).await;
    let query = "SELECT event, count(*) AS events, count(properties ->> 'film') AS films
        FROM event_record
        WHERE client = 'app' AND occurred_at >= :day AND occurred_at < :day + interval '1 day'
            AND received_day >= :day - interval '1 day'
        GROUP BY event";
    put(db, &[file("opened", &["events/app"], query, "")]).await;
    build(db).await;
    let rows = "SELECT concat_ws(' ', event, events, films) FROM data_set.opened";
    assert_eq!(texts(db, rows).await, ["open 3 3"]);
    assert_eq!(due(db).await, [""; 0]);

    let client_id: i16 = sqlx::query_scalar("SELECT client_id FROM event_client")
        .fetch_one(db)
        .await
        .unwrap();
    let name = EventName {
        received: "open".to_owned(),
        canonical: "page opened".to_owned(),
    };
    assert!(rename(db, client_id, &name).await.unwrap());
    assert_eq!(due(db).await, ["3", "2", "1"], "and the days beside it");
    build(db).await;
    assert_eq!(texts(db, rows).await, ["page opened 3 3"]);
    // The same name again is no change.
    assert!(rename(db, client_id, &name).await.unwrap());
    assert_eq!(due(db).await, [""; 0]);

    let mut connection = db.acquire().await.unwrap();
    erase(&mut connection, client_id, "ana")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(due(db).await, ["3", "2", "1"]);
    build(db).await;
    assert_eq!(texts(db, rows).await, ["page opened 3 1"]);
    assert_eq!(due(db).await, [""; 0]);
}

#[tokio::test]
async fn retention_is_kept_as_a_data_set_that_follows_late_events() {
    let db = &world().await;
    three_events(db).await;
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/data_sets");
    let mut files =
        coordinator::operate::apply::read_files(&[home.join("app_retention.toml")]).unwrap();
    // The test does not wait for an hour.
    files[0].1 = files[0].1.replace("every = \"1h\"", "every = \"0s\"");
    put(db, &files).await;
    build(db).await;
    let kept = "SELECT concat_ws(' ', (now() AT TIME ZONE 'UTC')::date - cohort_on, after, users)
        FROM data_set.app_retention WHERE users > 0 ORDER BY 1";
    assert_eq!(texts(db, kept).await, ["2 0 2"]);

    // An event of ben that is three days old: he began a day earlier, and came back.
    run(
        db,
        "INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT day - 1, user_id, client_id, place_id
        FROM user_day WHERE user_id = (SELECT user_id FROM event_user WHERE external_id = 'ben');
        INSERT INTO event_count (bucket_at, events, name_id, is_hour)
        SELECT date_trunc('hour', now() - interval '3 days'), 1, name_id, true FROM event_name",
    )
    .await;
    let state = "SELECT state FROM data_set_status";
    assert_ne!(texts(db, state).await, ["built"]);
    build(db).await;
    assert_eq!(texts(db, state).await, ["built"]);
    assert_eq!(texts(db, kept).await, ["2 0 1", "3 0 1", "3 1 1"]);
}
