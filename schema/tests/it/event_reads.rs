//! What the web page and the HTTP API read of events, and the plans of these reads at a size at which a
//! wrong one would hurt.

use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    reading::{
        Reader, event_rejects,
        event_users::{active_users, funnel, retention},
        events::{CountFilter, client, clients, counts, keys, names, schemas, shown_names},
    },
    scratch::Scratch,
};
use serde_json::Value;
use sqlx::PgPool;

/// 40 clients with 25 names and 5 keys each, counts of 20 days, and 40,000 rejected events.
async fn many() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO event_client (name) SELECT 'app-' || n FROM generate_series(1, 40) AS n;
        INSERT INTO event_key (client_id, is_public, key_hash, name)
        SELECT 1 + n % 40, false, sha256(n::text::bytea), 'key ' || n FROM generate_series(1, 200) AS n;
        INSERT INTO event_name (client_id, received, canonical)
        SELECT 1 + n % 40, 'received ' || n, 'shown ' || n % 20 FROM generate_series(1, 1000) AS n;
        INSERT INTO event_schema (client_id, event, model, revision, addition, document)
        SELECT 1 + n % 40, 'event ' || n, 1, 0, n % 3, '{}' FROM generate_series(1, 3000) AS n;
        INSERT INTO event_count (bucket_at, events, name_id, is_hour)
        SELECT date_trunc('hour', now()) - n * interval '1 hour', 1, name, false
        FROM generate_series(0, 479) AS n, generate_series(1, 400) AS name;
        INSERT INTO event_intake (bucket_at, accepted, duplicates, rejected, limited, key_id)
        SELECT date_trunc('hour', now()) - n * interval '1 hour', 1, 1, 1, 1, key
        FROM generate_series(0, 479) AS n, generate_series(1, 200) AS key;
        INSERT INTO event_reject (key_id, client_id, pointer, reason, body)
        SELECT 1 + n % 200, 1 + n % 40, '', 'no JSON', repeat('x', 300) FROM generate_series(1, 40000) AS n;
        ANALYZE",
    )
    .execute(&db)
    .await
    .unwrap();
    db
}

/// The large tables that a statement reads as a whole, with the custom plan that a reader has.
async fn whole_scans(db: &PgPool, statement: &str, arguments: &str) -> Vec<String> {
    let mut connection = db.acquire().await.unwrap();
    let prepare = format!("SET plan_cache_mode = force_custom_plan; PREPARE asked AS {statement}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE asked ({arguments})");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("DEALLOCATE asked")
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut open = vec![plan[0]["Plan"].clone()];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        open.extend(node["Plans"].as_array().into_iter().flatten().cloned());
        let table = node["Relation Name"].as_str().unwrap_or_default();
        let is_large = [
            "event_count",
            "event_intake",
            "event_reject",
            "event_schema",
        ];
        if node["Node Type"] == "Seq Scan" && is_large.contains(&table) {
            found.push(table.to_owned());
        }
    }
    found
}

#[tokio::test]
async fn lists_of_events_are_read_by_key() {
    let db = many().await;
    for (statement, arguments) in [
        (
            include_str!("../../queries/read_event_counts.sql"),
            [
                "NULL, now() - interval '1 day', false, 4",
                "'app-7', now() - interval '1 day', false, 4",
            ],
        ),
        (
            include_str!("../../queries/read_event_keys.sql"),
            [
                "NULL, NULL, 51, now() - interval '1 day'",
                "'app-7', 100, 51, now() - interval '1 day'",
            ],
        ),
        (
            include_str!("../../queries/read_event_rejects.sql"),
            [
                "NULL, 30000, 21, NULL, 2000",
                "'app-7', NULL, 21, NULL, 2000",
            ],
        ),
        (
            include_str!("../../queries/read_event_schemas.sql"),
            [
                "NULL, 20, 'event 7', 1, 0, 0, 51",
                "'app-7', NULL, NULL, NULL, NULL, NULL, 51",
            ],
        ),
        (
            include_str!("../../queries/read_event_names.sql"),
            ["NULL, 20, 'received 7', 51", "'app-7', NULL, NULL, 51"],
        ),
    ] {
        for arguments in arguments {
            let found = whole_scans(&db, statement, arguments).await;
            assert_eq!(found, [""; 0], "{statement} ({arguments})");
        }
    }
}

#[tokio::test]
async fn what_came_with_a_key_is_that_of_the_asked_time() {
    let db = many().await;
    sqlx::raw_sql(
        "INSERT INTO event_intake_change (bucket_at, key_id, accepted, duplicates, rejected, limited)
        VALUES (now(), 200, 10, 20, 30, 40), (now() - interval '2 days', 200, 1, 1, 1, 1)",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut reader = Reader::begin(&db).await.unwrap();
    let since = Utc::now() - TimeDelta::days(1);
    let found = keys(&mut reader, None, None, since, 2).await.unwrap();
    assert_eq!(found[0].key_id, 200);
    let came = |place: usize| {
        let key = &found[place];
        (key.accepted, key.duplicates, key.rejected, key.limited)
    };
    assert_eq!(came(1), (24, 24, 24, 24));
    assert_eq!(came(0), (34, 44, 54, 64));
    let of_client = keys(&mut reader, Some("app-7"), Some(100), since, 50)
        .await
        .unwrap();
    assert!(
        of_client
            .iter()
            .all(|key| key.client == "app-7" && key.key_id < 100)
    );
    assert!(
        keys(&mut reader, Some("none"), None, since, 50)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn counts_join_names_that_readers_see_and_keep_the_largest() {
    let db = many().await;
    sqlx::raw_sql(
        "INSERT INTO event_count_change (bucket_at, name_id, events)
        SELECT date_trunc('hour', now()), name_id, 500 FROM event_name WHERE canonical = 'shown 7'",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut reader = Reader::begin(&db).await.unwrap();
    let since: DateTime<Utc> = Utc::now() - TimeDelta::hours(24);
    let filter = CountFilter {
        client: None,
        since,
        by_hour: false,
        names: 1,
    };
    let found = counts(&mut reader, filter).await.unwrap();
    let sum = |event: Option<&str>| -> i64 {
        let rows = found.iter().filter(|row| row.event.as_deref() == event);
        rows.map(|row| row.events).sum()
    };
    // 20 received names of 400, and 50 that are not folded yet.
    assert_eq!(sum(Some("shown 7")), 20 * 24 + 50 * 500);
    assert_eq!(sum(None), 380 * 24);
    assert_eq!(found.len(), 48);
}

#[tokio::test]
async fn a_client_has_its_own_day_and_its_names_once() {
    let db = many().await;
    sqlx::raw_sql(
        "UPDATE event_client SET time_zone = 'Pacific/Kiritimati' WHERE name = 'app-1';
        UPDATE event_client SET time_zone = 'Pacific/Pago_Pago' WHERE name = 'app-2';
        UPDATE event_key SET revoked_at = now() WHERE key_id = (
            SELECT min(key_id) FROM event_key WHERE client_id = 1);
        UPDATE event_key SET expires_at = now() WHERE key_id = (
            SELECT max(key_id) FROM event_key WHERE client_id = 1)",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut reader = Reader::begin(&db).await.unwrap();
    let east = client(&mut reader, "app-1").await.unwrap().unwrap();
    let west = client(&mut reader, "app-2").await.unwrap().unwrap();
    assert!(east.today > west.today);
    assert_eq!((east.keys_in_force, west.keys_in_force), (3, 5));
    assert_eq!(client(&mut reader, "none").await.unwrap(), None);
    let first = clients(&mut reader, Some("app-1"), 2).await.unwrap();
    assert_eq!((first[0].name.as_str(), first.len()), ("app-10", 2));
    let shown = shown_names(&mut reader, east.client_id).await.unwrap();
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
    let received = names(&mut reader, Some("app-1"), Some((1, "received 5")), 50)
        .await
        .unwrap();
    assert!(
        received
            .iter()
            .all(|name| name.received.as_str() > "received 5")
    );
    let versions = schemas(
        &mut reader,
        Some("app-2"),
        Some((2, [1, 0, 1], "event 1")),
        100,
    )
    .await
    .unwrap();
    // Behind version 1-0-1 of `event 1`, which is its last.
    assert_eq!(
        (versions.len(), versions[0].event.as_str()),
        (74, "event 1001")
    );
}

#[tokio::test]
async fn a_rejected_event_is_cut_in_lists_and_whole_by_itself() {
    let db = many().await;
    let mut reader = Reader::begin(&db).await.unwrap();
    let found = event_rejects::list(&mut reader, Some("app-7"), None, 3, 100)
        .await
        .unwrap();
    assert!(
        found
            .iter()
            .all(|one| one.client == "app-7" && one.is_cut && one.body.len() == 100)
    );
    assert!(
        found
            .windows(2)
            .all(|pair| pair[0].reject_id > pair[1].reject_id)
    );
    let last = found[2].reject_id;
    let next = event_rejects::list(&mut reader, Some("app-7"), Some(last), 1, 100)
        .await
        .unwrap();
    assert!(next[0].reject_id < last);
    let whole = event_rejects::one(&mut reader, last)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((whole.body.len(), whole.is_cut), (300, false));
    assert_eq!(event_rejects::one(&mut reader, 0).await.unwrap(), None);
}

#[tokio::test]
async fn users_of_a_client_without_events_are_none() {
    let db = many().await;
    let mut reader = Reader::begin(&db).await.unwrap();
    let today = Utc::now().date_naive();
    let from_on = today - TimeDelta::days(6);
    let active = active_users(&mut reader, "app-1", from_on, today, 28)
        .await
        .unwrap();
    assert_eq!(active.len(), 7);
    assert!(active.iter().all(|day| day.users == 0));
    let cells = retention(&mut reader, "app-1", from_on, today, "day")
        .await
        .unwrap();
    assert_eq!(cells, []);
    let between = (Utc::now() - TimeDelta::days(7), Utc::now());
    let steps = ["a", "b"].map(str::to_owned);
    let day = std::time::Duration::from_hours(24);
    let found = funnel(&mut reader, "app-1", &steps, between, day)
        .await
        .unwrap();
    let users: Vec<(i32, i64)> = found.iter().map(|step| (step.step, step.users)).collect();
    assert_eq!(users, [(1, 0), (2, 0)]);
}
