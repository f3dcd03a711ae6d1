//! Alerts, silences and receivers, by the API and as a page (invariant 13).

use std::time::Duration;

use actix_web::{http::Method, test};
use fleet_web::{
    operations::{Action, alert::AlertAction},
    settings::WebSettings,
};
use serde_json::{Value, json};

use crate::{
    works::MARKUP,
    world::{World, bearing, get, post, request, send},
};

/// Four open alerts, one of which is silenced, one that ended, and messages of two receivers. Every
/// text is markup where the database allows it.
async fn filled() -> World {
    let world = World::new(WebSettings::default()).await;
    let text = MARKUP.replace('\'', "''");
    let sql = format!(
        "INSERT INTO alert_check (condition, checked_at, failed_since, error)
        VALUES ('source_blocked', now(), NULL, NULL), ('seats_unmapped', now(), now(), '{text}');
        INSERT INTO alert (first_seen_at, last_seen_at, opened_at, resolved_at, value, threshold, severity, condition, subject_kind, subject, text, means, next_step, details)
        SELECT now() - age, now(), now() - age, now() - ended, 1, 1, severity, condition, kind, subject, subject || ' is odd', '{text}', '{text}', '{text}'
        FROM (VALUES
            (interval '3 hours', NULL::interval, 'info', 'attributes_unmapped', 'source', 'plaza'),
            (interval '2 hours', NULL, 'warning', 'source_blocked', 'source', '{text}'),
            (interval '1 hour', NULL, 'critical', 'work_stalled', 'fleet', 'fleet'),
            (interval '4 hours', NULL, 'warning', 'pod_stalled', 'pod', 'pod-1'),
            (interval '5 hours', interval '1 hour', 'warning', 'event_silence', 'client', 'app')
        ) AS one (age, ended, severity, condition, kind, subject);
        INSERT INTO alert_silence (until_at, condition, subject, reason, created_by)
        VALUES (now() + interval '1 day', 'pod\\_stalled', 'pod-%', 'moves {text}', 'anna'), (now() - interval '1 day', '%', '%', 'past', 'ben');
        INSERT INTO message (created_at, next_try_at, kind, receiver, alert_ids, content, last_error)
        VALUES (now() - interval '20 minutes', now(), 'new', 'pager', '{{1}}', '{{}}', '{text}'), (now(), now(), 'new', 'pager', '{{2}}', '{{}}', NULL),
            (now(), now(), 'new', 'gone', '{{2}}', '{{}}', NULL)"
    );
    for statement in sql.split(";\n") {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&world.db)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    world
}

#[actix_web::test]
async fn the_page_lists_the_gravest_first_with_its_next_step() {
    let world = filled().await;
    let token = world.token("anna", "operate").await;
    let page = world.ask(bearing(&token, get("/alerts"))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let place = |text: &str| {
        page.text
            .find(text)
            .unwrap_or_else(|| panic!("{text} is not on {}", page.text))
    };
    assert!(place("fleet is odd") < place("plaza is odd"));
    assert!(place("plaza is odd") < place("Wrong and silenced"));
    assert!(place("Wrong and silenced") < place("pod-1 is odd"));
    assert!(place("pod-1 is odd") < place("app is odd"));
    for text in [
        "Open now: 1 critical, 1 warning, 1 good to know; 1 silenced. 2 conditions are looked at",
        "href=\"sources/plaza\"",
        "<strong>2 waiting</strong>, the oldest for",
        "not in the settings of this coordinator",
        "pod_stalled of pod-*",
        "<span class=\"count bad\" title=\"1 critical, 1 warning, 1 good to know\">2<",
        "action=\"alert-silences/1/end\"",
    ] {
        place(text);
    }
    place("<h3>How to look</h3><ul class=\"steps\"><li>why<pre><code>coordinator source show ");
    assert!(!page.text.contains(MARKUP), "{}", page.text);
    let reader = world.token("ben", "read").await;
    let page = world.ask(bearing(&reader, get("/alerts"))).await;
    assert!(!page.text.contains("method=\"post\" action=\"alert"));
    assert!(page.text.contains("needs a token with the scope operate"));
}

#[actix_web::test]
async fn every_page_counts_what_is_wrong() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    // The first page takes the sample that the others show.
    for path in ["/", "/sources", "/jobs", "/nothing"] {
        let page = send(&app, bearing(&token, get(path)).to_request()).await;
        let has_count = page.text.contains("class=\"count bad\"");
        assert!(has_count, "{path}: {}", page.text);
    }
    sqlx::raw_sql(
        "UPDATE alert SET resolved_at = now() WHERE severity <> 'info' AND resolved_at IS NULL",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let page = world.ask(bearing(&token, get("/"))).await;
    assert!(!page.text.contains("class=\"count"), "{}", page.text);
}

#[actix_web::test]
async fn a_page_says_when_nobody_looks_at_conditions() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let page = world.ask(bearing(&token, get("/alerts"))).await;
    for text in [
        "Nothing is wrong.",
        "No condition was looked at within a day",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
}

#[actix_web::test]
async fn the_api_lists_alerts_silences_and_receivers() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| {
        let answer = send(&app, bearing(&token, get(path)).to_request()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    };
    let all = ask("/v1/alerts?all=true").await;
    assert_eq!(all["rows"].as_array().unwrap().len(), 5);
    let open = ask("/v1/alerts?limit=1").await;
    assert_eq!(
        (
            &open["rows"][0]["subject_kind"],
            &open["rows"][0]["silence_id"]
        ),
        (&json!("pod"), &json!(1))
    );
    let next = format!(
        "/v1/alerts?limit=1&cursor={}",
        open["next"].as_str().unwrap()
    );
    assert_eq!(ask(&next).await["rows"][0]["condition"], "work_stalled");
    let silences = ask("/v1/alert-silences").await;
    let rows = silences["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["condition"], &rows[0]["subject"]),
        (&json!("pod_stalled"), &json!("pod-*"))
    );
    let receivers = ask("/v1/alert-receivers").await;
    let shown: Vec<(&Value, &Value, &Value)> = receivers
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["name"], &row["kind"], &row["waiting"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&json!("pager"), &json!("webhook"), &json!(2)),
            (&json!("gone"), &Value::Null, &json!(1))
        ]
    );
    assert_eq!(receivers[0]["last_error"], MARKUP);
}

#[actix_web::test]
async fn silences_carry_what_was_asked_for_and_need_a_scope() {
    let world = World::new(WebSettings::default()).await;
    let (anna, ben) = (
        world.token("anna", "operate").await,
        world.token("ben", "read").await,
    );
    let silence = |subject: &str, seconds| AlertAction::Silence {
        condition: "source_blocked".to_owned(),
        subject: subject.to_owned(),
        lasts: Duration::from_secs(seconds),
    };
    let body = json!({ "condition": "source_blocked", "lasts_seconds": 60, "reason": "moves" });
    for (path, body) in [
        ("/v1/alert-silences", &body),
        ("/v1/alert-silences/3/end", &json!({ "reason": "done" })),
    ] {
        let refused = world.ask(bearing(&ben, post(path, body))).await;
        refused.assert_problem(403);
        let answer = world.ask(bearing(&anna, post(path, body))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let form = |path: &str, fields: &[(&str, &str)]| {
        request(Method::POST, path)
            .insert_header(("Cookie", format!("fullhouse_token={anna}")))
            .insert_header(("Sec-Fetch-Site", "same-origin"))
            .set_form(fields)
    };
    let fields = [
        ("condition", "source_blocked"),
        ("subject", "plaza"),
        ("hours", "4"),
        ("reason", "moves"),
        ("back", "alerts"),
    ];
    let answer = world.ask(form("/alert-silences", &fields)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "./alerts")
    );
    let ended = [("reason", "done"), ("back", "alerts")];
    let answer = world.ask(form("/alert-silences/3/end", &ended)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "../../alerts")
    );
    let wrong = [
        ("condition", "source_blocked"),
        ("hours", "x"),
        ("reason", "a"),
    ];
    assert_eq!(world.ask(form("/alert-silences", &wrong)).await.status, 422);
    let zero = json!({ "condition": "\u{0}", "lasts_seconds": 60, "reason": "a" });
    let answer = world
        .ask(bearing(&anna, post("/v1/alert-silences", &zero)))
        .await;
    answer.assert_problem(422);
    let acted = world.recorder.acted.lock().unwrap();
    let actions: Vec<&Action> = acted.iter().map(|(_, action)| action).collect();
    let end = AlertAction::EndSilence { silence_id: 3 };
    let expected = [
        silence("*", 60),
        end.clone(),
        silence("plaza", 4 * 3_600),
        end,
    ]
    .map(Action::Alert);
    assert_eq!(actions, expected.iter().collect::<Vec<_>>());
}
