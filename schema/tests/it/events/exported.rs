//! Events in the pages of an export, while sealing moves them.

use chrono::{DateTime, Utc};
use schema::export::{
    events::{events as page_of, names},
    read::Span,
};

use super::Events;

/// So many events a page.
const PAGE: i64 = 4;

/// Events of one day: 40 of a name, up to three at a moment, and one of another name.
const EVENTS: &str = "
    INSERT INTO event_name (client_id, received, canonical) VALUES (1, 'other', 'a');
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, properties)
    SELECT timestamptz '2026-05-01 00:00:00+00' + interval '1 second' * (number / 3), now(), gen_random_uuid(), number, 1, 1,
        jsonb_build_object('number', number)
    FROM generate_series(0, 39) AS number;
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, properties)
    SELECT '2026-05-01 23:59:59.999999+00', now(), gen_random_uuid(), 0, 2, 1, '{}'";

/// Moves the next seven live events into a block, as sealing does with more of them.
const SEAL: &str = "
    WITH taken AS (
        SELECT event, message_key FROM event
        WHERE name_id = 1 ORDER BY received_at, message_key LIMIT 7
    ),
    packed AS (
        INSERT INTO event_block (received_day, name_id, base_at, events, users, numbers, offsets, keys, dictionary)
        SELECT '2026-05-01 00:00:00+00', 1, one.*
        FROM (SELECT array_agg(event ORDER BY received_at, taken.message_key) AS events
            FROM taken INNER JOIN event USING (message_key)) AS all_of_them
        CROSS JOIN LATERAL pack_events(all_of_them.events) AS one
        WHERE all_of_them.events IS NOT NULL
    )
    DELETE FROM event WHERE message_key IN (SELECT message_key FROM taken)";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// However many blocks are made before, between and after the pages, each event is in one page.
#[tokio::test]
async fn each_event_is_in_one_page_while_events_are_sealed() {
    let day = Span {
        from_at: at("2026-05-01T00:00:00Z"),
        until_at: at("2026-05-02T00:00:00Z"),
    };
    for sealed_before in 0..7 {
        let events = Events::new().await;
        sqlx::raw_sql(EVENTS).execute(&events.db).await.unwrap();
        for _ in 0..sealed_before {
            sqlx::raw_sql(SEAL).execute(&events.db).await.unwrap();
        }
        let seen = names(&events.db, day).await.unwrap();
        let seen: Vec<(i32, &str)> = seen
            .iter()
            .map(|name| (name.name_id, name.event.as_str()))
            .collect();
        assert_eq!(seen, [(2, "a"), (1, "film opened")], "in order of names");
        let (mut users, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = page_of(&events.db, 1, day, after, PAGE).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 24, "a page is bounded: {}", page.len());
            after = Some(last.received_at);
            pages += 1;
            users.extend(page.iter().map(|event| {
                assert_eq!(
                    event.properties,
                    format!(r#"{{"number": {}}}"#, event.user_id)
                );
                event.user_id
            }));
            sqlx::raw_sql(SEAL).execute(&events.db).await.unwrap();
        }
        users.sort_unstable();
        assert_eq!(users, (0..40).collect::<Vec<i32>>(), "{sealed_before}");
        assert!(pages >= 3, "{pages}");
        let other = page_of(&events.db, 2, day, None, PAGE).await.unwrap();
        assert_eq!(other.len(), 1, "the last moment of the day is in it");
    }
}
