//! Received events, by the API and as pages.

use actix_web::test;
use fleet_web::settings::WebSettings;
use serde_json::{Value, json};

use crate::{
    works::MARKUP,
    world::{World, bearing, get, send},
};

/// Two clients with keys, schemas, names, counts, rejected events and users. Every text is markup where
/// the database allows it.
pub(crate) async fn filled() -> World {
    let world = World::new(WebSettings::default()).await;
    let text = MARKUP.replace('\'', "''");
    let sql = format!(
        "INSERT INTO event_client (name, time_zone, week_start) VALUES ('app', 'UTC', 1), ('kiosk', 'Asia/Tokyo', 7);
        INSERT INTO event_key (client_id, is_public, key_hash, name, origins, events, schema_mode, last_used_at, revoked_at)
        VALUES (1, false, decode(repeat('01', 32), 'hex'), 'backend', '{{}}', '{{}}', 'off', now(), NULL),
            (1, true, decode(repeat('02', 32), 'hex'), 'page', ARRAY['{text}'], ARRAY['{text}'], 'enforce', NULL, NULL),
            (2, false, decode(repeat('03', 32), 'hex'), 'kiosk', '{{}}', '{{}}', 'warn', NULL, now());
        INSERT INTO event_schema (client_id, event, model, revision, addition, document)
        VALUES (1, '{text}', 1, 0, 0, jsonb_build_object('title', '{text}')), (1, '{text}', 1, 0, 1, '{{}}'), (2, 'opened', 2, 0, 0, '{{}}');
        INSERT INTO event_name (client_id, received, canonical)
        VALUES (1, 'opened', 'film opened'), (1, '{text}', 'bought {text}'), (2, 'opened', 'opened');
        INSERT INTO event_count (bucket_at, events, name_id, is_hour)
        SELECT date_bin('5 minutes', now(), '2000-01-01') - ago * interval '5 minutes', 10, name_id, false
        FROM generate_series(1, 12) AS ago, event_name WHERE client_id = 1;
        INSERT INTO event_count (bucket_at, events, name_id, is_hour) VALUES (date_trunc('hour', now() - interval '2 hours'), 120, 1, true);
        INSERT INTO event_count_change (bucket_at, name_id, events) VALUES (date_bin('5 minutes', now(), '2000-01-01'), 3, 7);
        INSERT INTO event_intake (bucket_at, accepted, duplicates, rejected, limited, key_id)
        VALUES (now() - interval '1 hour', 100, 3, 2, 1, 1), (now() - interval '3 days', 900, 0, 0, 0, 1);
        INSERT INTO event_intake_change (bucket_at, key_id, accepted, duplicates, rejected, limited) VALUES (now(), 1, 5, 0, 0, 0);
        INSERT INTO event_reject (key_id, client_id, event, schema, pointer, reason, body)
        VALUES (1, 1, '{text}', '1-0-0', '/properties/{text}', '{text}', '{text}'),
            (1, 1, NULL, NULL, '', 'no JSON', repeat('a', 5000)), (3, 2, 'opened', NULL, '/user_id', 'no id', '{{}}');
        INSERT INTO event_place (country) VALUES ('FR');
        INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT (now() AT TIME ZONE 'UTC')::date - ago, person, 1, 1
        FROM (VALUES (3, 1), (3, 2), (1, 1), (1, 3)) AS one (ago, person);
        INSERT INTO event (occurred_at, message_key, user_id, name_id, place_id, properties)
        SELECT now() - interval '1 hour' + name * interval '1 minute', gen_random_uuid(), person, name, 1, '{{}}'
        FROM (VALUES (1, 1), (1, 2), (2, 1)) AS one (person, name)"
    );
    for statement in sql.split(";\n") {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&world.db)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    world
}

fn column(list: &Value, name: &str) -> Vec<Value> {
    let rows = list["rows"].as_array().unwrap();
    rows.iter().map(|row| row[name].clone()).collect()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[actix_web::test]
async fn the_api_lists_clients_keys_schemas_names_and_rejects_in_pages() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| send(&app, bearing(&token, get(path)).to_request()).await;

    for (list, name, all, of_app) in [
        ("event-clients", "name", json!(["app", "kiosk"]), None),
        (
            "event-keys",
            "name",
            json!(["kiosk", "page", "backend"]),
            Some(json!(["page", "backend"])),
        ),
        (
            "event-intake",
            "accepted",
            json!([0, 0, 105]),
            Some(json!([0, 105])),
        ),
        (
            "event-schemas",
            "version",
            json!(["1-0-0", "1-0-1", "2-0-0"]),
            Some(json!(["1-0-0", "1-0-1"])),
        ),
        (
            "event-names",
            "canonical",
            json!([format!("bought {MARKUP}"), "film opened", "opened"]),
            Some(json!([format!("bought {MARKUP}"), "film opened"])),
        ),
        (
            "event-rejects",
            "reject_id",
            json!([3, 2, 1]),
            Some(json!([2, 1])),
        ),
    ] {
        let found = ask(&format!("/v1/{list}")).await.json();
        assert_eq!(json!(column(&found, name)), all, "{list}");
        if let Some(of_app) = of_app {
            let found = ask(&format!("/v1/{list}?client=app")).await.json();
            assert_eq!(json!(column(&found, name)), of_app, "{list} of a client");
            let found = ask(&format!("/v1/{list}?client=none")).await.json();
            assert_eq!(found["rows"], json!([]), "{list} of no client");
        }
        // A row at a time.
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..4 {
            let page = ask(&format!("/v1/{list}?limit=1{cursor}")).await.json();
            seen.extend(column(&page, name));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            cursor = format!("&cursor={}", encoded(next));
        }
        assert_eq!(json!(seen), all, "{list} by pages");
    }

    let keys = ask("/v1/event-keys").await;
    assert!(!keys.text.contains("hash") && !keys.text.contains("fhe_"));
    assert_eq!(column(&keys.json(), "is_in_force"), [false, true, true]);
    let intake = ask("/v1/event-intake?client=app&hours=168").await.json();
    assert_eq!(column(&intake, "accepted"), [json!(0), json!(1005)]);
    assert_eq!(column(&intake, "limited"), [json!(0), json!(1)]);
    let reject = ask("/v1/event-rejects/2").await.json();
    assert_eq!(reject["body"].as_str().unwrap().len(), 5_000);
    for unknown in ["/v1/event-rejects/99", "/v1/event-rejects/x"] {
        ask(unknown).await.assert_problem(404);
    }
    for wrong in [
        "event-intake?hours=0",
        "event-intake?hours=169",
        "event-names?cursor=99999~a",
        "event-names?cursor=1~%00",
        "event-schemas?cursor=1~1-0~a",
    ] {
        ask(&format!("/v1/{wrong}")).await.assert_problem(400);
    }
}

#[actix_web::test]
async fn the_api_counts_events_and_users() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| send(&app, bearing(&token, get(path)).to_request()).await;
    let sum = |rows: &Value, event: &Value| -> i64 {
        let rows = rows.as_array().unwrap().iter();
        rows.filter(|row| row["event"] == *event)
            .map(|row| row["events"].as_i64().unwrap())
            .sum()
    };

    let counts = ask("/v1/event-counts").await.json();
    assert_eq!(sum(&counts, &json!("film opened")), 120);
    assert_eq!(sum(&counts, &json!("opened")), 7);
    let first = ask("/v1/event-counts?names=1").await.json();
    assert_eq!(sum(&first, &json!(null)), 127);
    let hours = ask("/v1/event-counts?span=hour&hours=48&client=app")
        .await
        .json();
    assert_eq!(sum(&hours, &json!("film opened")), 120);
    let kiosk = ask("/v1/event-counts?client=kiosk&span=hour").await.json();
    assert_eq!(kiosk.as_array().unwrap().len(), 1);

    let active = ask("/v1/active-users?client=app&days=7").await.json();
    let active = active.as_array().unwrap();
    assert_eq!(active.len(), 90);
    assert_eq!(
        (&active[86]["users"], &active[89]["users"]),
        (&json!(0), &json!(3))
    );
    let one = ask("/v1/active-users?client=app&days=1").await.json();
    assert_eq!(one[89]["users"], 2);

    let retention = ask("/v1/retention?client=app").await.json();
    let cells: Vec<Value> = retention
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| json!([cell["after"], cell["cohort_users"], cell["users"]]))
        .collect();
    assert_eq!(
        json!(cells),
        json!([
            [0, 2, 2],
            [1, 2, 0],
            [2, 2, 1],
            [3, 2, null],
            [0, 1, 1],
            [1, 1, null]
        ])
    );
    let weeks = ask("/v1/retention?client=app&unit=week").await.json();
    assert_eq!(
        weeks.as_array().unwrap().last().unwrap()["users"],
        json!(null)
    );

    let bought = encoded(&format!("bought {MARKUP}"));
    let funnel = ask(&format!(
        "/v1/funnel?client=app&step=film+opened&step={bought}"
    ))
    .await;
    let users: Vec<Value> = funnel
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["users"].clone())
        .collect();
    assert_eq!(users, [2, 1]);

    for wrong in [
        "event-counts?hours=49",
        "event-counts?span=day",
        "event-counts?names=51",
        "active-users",
        "active-users?client=app&days=91",
        "active-users?client=app&from_on=2020-01-01&until_on=2026-01-01",
        "active-users?client=app&from_on=2026-01-02&until_on=2026-01-01",
        "active-users?client=app&until_on=99999-01-01",
        "retention?client=app&unit=month",
        "retention?client=app&from_on=2020-01-01",
        "funnel?client=app&step=a",
        "funnel?step=a&step=b",
        "funnel?client=app&step=a&step=b&within_hours=0",
    ] {
        ask(&format!("/v1/{wrong}")).await.assert_problem(400);
    }
    for unknown in [
        "active-users?client=none",
        "retention?client=none",
        "funnel?client=none&step=a&step=b",
    ] {
        ask(&format!("/v1/{unknown}")).await.assert_problem(404);
    }
}

#[actix_web::test]
async fn markup_in_events_is_text_on_the_pages() {
    let world = filled().await;
    let token = world.token("anna", "admin").await;
    let app = test::init_service(world.app()).await;
    let bought = encoded(&format!("bought {MARKUP}"));
    let funnel = format!("/events/app?unit=week&step=film+opened&step={bought}&within_hours=168");
    for (path, words) in [
        ("/events", "Rejected events"),
        ("/events?client=app", "number 2, in force"),
        ("/events?client=kiosk", "revoked"),
        ("/events?client=app&before=2", "/properties/"),
        ("/events?client=none", "No rejected event here"),
        ("/events/app", "Choose two steps"),
        ("/events/kiosk", "No user came first"),
        (&funnel, "50.0 %"),
    ] {
        let page = send(&app, bearing(&token, get(path)).to_request()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(
            page.text.contains(words),
            "{path} has not {words}: {}",
            page.text
        );
        assert!(!page.text.contains("<b class=hostile>"), "{path}");
        assert!(!page.text.contains("<script>"), "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
    for (wrong, status) in [
        ("/events?before=x", 400),
        ("/events/app?days=0", 400),
        ("/events/app?unit=year", 400),
        ("/events/none", 404),
        ("/events/a%00b", 400),
    ] {
        let page = send(&app, bearing(&token, get(wrong)).to_request()).await;
        assert_eq!(page.status, status, "{wrong}");
    }
}

/// A long body is cut, and the page leads to all of it.
#[actix_web::test]
async fn a_rejected_event_is_shown_as_it_was_sent() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let page = world.ask(bearing(&token, get("/events"))).await;
    assert!(page.text.contains(&"a".repeat(2_000)));
    assert!(!page.text.contains(&"a".repeat(2_001)));
    assert!(page.text.contains("href=\"v1/event-rejects/2\""));
}

#[actix_web::test]
async fn a_page_without_clients_says_how_to_begin() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let page = world.ask(bearing(&token, get("/events"))).await;
    for command in [
        "coordinator event client app-fr",
        "coordinator event key create app-fr",
        "curl https://RECEIVER/v1/events",
    ] {
        assert!(page.text.contains(command), "{command}");
    }
}
