//! Data sets by the API and as pages, and the action that has them built again.

use actix_web::{http::Method, test};
use chrono::NaiveDate;
use fleet_web::{
    operations::{Action, How},
    settings::WebSettings,
};
use serde_json::json;

use crate::world::{World, bearing, get, post, request, send};

/// Three data sets: one that is built, one that failed, and one that waits for it; texts are markup.
async fn with_data_sets() -> World {
    let world = World::new(WebSettings::default()).await;
    sqlx::raw_sql(
        "INSERT INTO data_set (every, timeout, not_before, since, continues, name, description, zone, query, body)
        SELECT '0', '1 min', '00:00', (now() AT TIME ZONE 'UTC')::date - 2, false, name, '<b class=hostile>', 'UTC',
            'SELECT ''<b class=hostile>''', 'name = \"<b class=hostile>\"'
        FROM unnest('{base,broken,top}'::text[]) AS name;
        INSERT INTO data_set_input (name, kind, input)
        VALUES ('base', 'rollup', 'cinema_day'), ('broken', 'data_set', 'base'), ('top', 'data_set', 'broken');
        INSERT INTO data_set_day (name, day, revision, row_count, bytes, built_at, took, input_revisions)
        SELECT 'base', (now() AT TIME ZONE 'UTC')::date - n, 1, 7, 700, now(), '2 s', '{\"query\": 1, \"rollup/cinema_day\": 0}'
        FROM generate_series(1, 2) AS n;
        INSERT INTO data_set_day (name, day, tries, tried_revisions, tried_at, error)
        SELECT 'broken', (now() AT TIME ZONE 'UTC')::date - 1, 3, '{\"query\": 1, \"data_set/base\": 1}', now(), '<b class=hostile> by zero';
        INSERT INTO data_set_build (name, day, started_by, state, ended_at, input_revisions, error)
        SELECT 'broken', (now() AT TIME ZONE 'UTC')::date - 1, 'one', 'failed', now(), '{}', '<b class=hostile> by zero'",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world
}

#[actix_web::test]
async fn the_api_says_how_fresh_data_sets_are_and_what_waits_for_what() {
    let world = with_data_sets().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| send(&app, bearing(&token, get(path)).to_request()).await;

    let all = ask("/v1/data-sets").await.json();
    let states: Vec<_> = all["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [("base", "built"), ("broken", "failed"), ("top", "waiting")]
    );
    assert_eq!(all["rows"][2]["waiting_for"], json!(["broken"]));
    assert_eq!(all["rows"][0]["row_count"], 14);
    let first = ask("/v1/data-sets?limit=1").await.json();
    let next = first["next"].as_str().unwrap();
    let second = ask(&format!("/v1/data-sets?limit=1&cursor={next}"))
        .await
        .json();
    assert_eq!(second["rows"][0]["name"], "broken");

    let one = ask("/v1/data-sets/broken").await.json();
    assert_eq!(one["definition"]["dependents"], json!(["top"]));
    assert_eq!(one["days"][0]["state"], "failed");
    assert_eq!(one["days"][1]["state"], "due");
    assert_eq!(one["builds"][0]["error"], "<b class=hostile> by zero");
    ask("/v1/data-sets/none").await.assert_problem(404);
}

#[actix_web::test]
async fn the_pages_draw_the_graph_and_say_why_with_markup_as_text() {
    let world = with_data_sets().await;
    let token = world.token("anna", "operate").await;
    let app = test::init_service(world.app()).await;
    for (path, words) in [
        ("/data-sets", "<svg class=\"graph\""),
        ("/data-sets", "rollup/cinema_day"),
        ("/data-sets", "waiting: 2 days"),
        ("/data-sets?after=top", "No data set here"),
        ("/data-sets/top", "waits for broken"),
        ("/data-sets/top", "failed 3 times"),
        ("/data-sets/broken", "by zero"),
        ("/data-sets/base", "Build again"),
    ] {
        let page = send(&app, bearing(&token, get(path)).to_request()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(
            page.text.contains(words),
            "{path} has not {words}: {}",
            page.text
        );
        assert!(!page.text.contains("<b class=hostile>"), "{path}");
    }
    for (wrong, status) in [("/data-sets/none", 404), ("/data-sets/a%00b", 400)] {
        let page = send(&app, bearing(&token, get(wrong)).to_request()).await;
        assert_eq!(page.status, status, "{wrong}");
    }
    // Who may not have it built gets no button.
    let reader = world.token("ben", "read").await;
    let page = send(&app, bearing(&reader, get("/data-sets/base")).to_request()).await;
    assert!(!page.text.contains("Build again"));
}

#[actix_web::test]
async fn a_build_is_asked_for_by_the_api_and_by_a_form() {
    let world = with_data_sets().await;
    let anna = world.token("anna", "operate").await;
    let reader = world.token("ben", "read").await;
    let path = "/v1/data-sets/base/build";
    let body = json!({ "from": "2026-11-01", "reason": "the source was corrected" });
    let refused = world.ask(bearing(&reader, post(path, &body))).await;
    refused.assert_problem(403);
    let answer = world.ask(bearing(&anna, post(path, &body))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let form = |body: &'static str| {
        request(Method::POST, "/data-sets/base/build")
            .insert_header(("Sec-Fetch-Site", "same-origin"))
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(body)
    };
    let answer = world
        .ask(bearing(&anna, form("from=&until=2026-11-30&reason=again")))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let wrong = world
        .ask(bearing(&anna, form("from=yesterday&reason=again")))
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);

    let acted = world.recorder.acted.lock().unwrap();
    let found: Vec<(How, Action)> = acted
        .iter()
        .map(|(actor, action)| (actor.how, action.clone()))
        .collect();
    let asked = |from: Option<&str>, until: Option<&str>| Action::BuildDataSet {
        name: "base".to_owned(),
        from: from.map(|day| day.parse::<NaiveDate>().unwrap()),
        until: until.map(|day| day.parse::<NaiveDate>().unwrap()),
    };
    assert_eq!(
        found,
        [
            (How::Api, asked(Some("2026-11-01"), None)),
            (How::Page, asked(None, Some("2026-11-30")))
        ]
    );
}

/// A data set that is read from files: one was read with an error, one not yet; its listing fails.
#[actix_web::test]
async fn files_and_rows_that_could_not_be_mapped_are_shown_as_text() {
    let world = with_data_sets().await;
    sqlx::raw_sql(
        "UPDATE data_set SET query = '', files = '{\"place\": \"<b class=hostile>\"}' WHERE name = 'base';
        DELETE FROM data_set_input WHERE name = 'base';
        INSERT INTO data_set_input (name, kind, input) VALUES ('base', 'files', '/srv/<b class=hostile>');
        INSERT INTO data_set_destination (name, destination, index_name, key_columns) VALUES ('base', 'search', 'base', '{n}');
        INSERT INTO load_listing (name, failures, failed_at, retry_at, error)
        VALUES ('base', 1, now(), now() + interval '1 minute', '<b class=hostile> is not there');
        INSERT INTO load_file (name, day, path, bytes, modified_at, read_at, row_count, error_count)
        VALUES ('base', current_date - 1, '<b class=hostile>.csv', 4711, now(), now(), 12, 1),
            ('base', current_date - 1, 'new.csv', 1, now(), NULL, NULL, NULL);
        INSERT INTO load_error (name, day, path, line, column_name, reason, excerpt)
        VALUES ('base', current_date - 1, '<b class=hostile>.csv', 7, 'n', 'not a number', '<b class=hostile>')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let token = world.token("anna", "read").await;
    let one = world
        .ask(bearing(&token, get("/v1/data-sets/base")))
        .await
        .json();
    assert_eq!(one["files"]["files"][0]["error_count"], 1);
    assert_eq!(one["files"]["errors"][0]["line"], 7);
    assert_eq!(
        one["files"]["listing"]["error"],
        "<b class=hostile> is not there"
    );
    assert_eq!(one["days"][0]["state"], "waiting");
    assert_eq!(one["deliveries"][0]["destination"], "search");
    assert_eq!(one["deliveries"][0]["state"], "no_settings");
    let page = world.ask(bearing(&token, get("/data-sets/base"))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for words in [
        "Its files",
        "Rows that could not be mapped",
        "is not there",
        "new.csv",
        "Its mapping",
        "load_status",
    ] {
        assert!(page.text.contains(words), "no {words}: {}", page.text);
    }
    assert!(!page.text.contains("<b class=hostile>"));
}

#[actix_web::test]
async fn deliveries_and_why_they_fail_are_shown_as_text() {
    let world = with_data_sets().await;
    sqlx::raw_sql(
        "INSERT INTO data_set_destination (name, destination, index_name, key_columns)
        VALUES ('base', 'search', 'base', '{}'), ('base', 'unknown', 'base', '{}');
        INSERT INTO delivery_destination (destination, kind) VALUES ('search', 'elasticsearch');
        INSERT INTO data_set_delivery (name, destination, day, tries, tried_at, next_try_at, error)
        SELECT 'base', 'search', day, 1, now(), now(), 'it says <b class=hostile>' FROM data_set_day WHERE name = 'base'",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let token = world.token("anna", "read").await;
    let page = world.ask(bearing(&token, get("/data-sets/base"))).await;
    for part in [
        "Its deliveries",
        "search (elasticsearch)",
        "it says &",
        "no settings",
        "add [deliveries.unknown]",
        "FROM data_set_delivery_status",
    ] {
        assert!(page.text.contains(part), "no {part}: {}", page.text);
    }
    assert!(!page.text.contains("<b class=hostile>"));
}
