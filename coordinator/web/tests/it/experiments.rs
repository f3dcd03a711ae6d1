//! Experiments by the API and as pages, and their actions; replays of rejected events.

use std::time::Duration;

use actix_web::{http::Method, test};
use fleet_web::operations::{
    Action, How,
    event::{EventAction, ReplayRejects},
    experiment::{BeginExperiment, MetricGoal, MetricKind, WantedMetric},
};
use serde_json::{Value, json};

use crate::{
    events::filled,
    works::MARKUP,
    world::{World, bearing, get, post, request, send},
};

/// Two experiments: one whose variations differ, and one that nobody saw; texts are markup.
async fn with_experiments() -> World {
    let world = filled().await;
    let text = MARKUP.replace('\'', "''");
    let sql = format!(
        "INSERT INTO experiment (client_id, name, exposure_event, property, variations, weights, conversion_window, covariate_window)
        VALUES (1, 'seat-map', '{text}', '{text}', ARRAY['old', '{text}'], '{{3,3}}', '1 day', '0'), (2, 'unseen', 'a', 'b', '{{x,y}}', '{{1,1}}', '1 day', '0');
        INSERT INTO experiment_metric (experiment_id, metric_id, kind, name, event)
        VALUES (1, 1, 'share', '{text}', '{text}'), (2, 1, 'share', 'bought', 'c');
        INSERT INTO experiment_result (experiment_id, metric_id, variation, users, total, squares, before_total, before_squares, products)
        VALUES (1, 0, 0, 9, 0, 0, 0, 0, 0), (1, 0, 1, 20100, 0, 0, 0, 0, 0), (1, 0, 2, 20150, 0, 0, 0, 0, 0),
            (1, 1, 1, 20000, 2000, 2000, 0, 0, 0), (1, 1, 2, 20000, 2500, 2500, 0, 0, 0)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.db)
        .await
        .unwrap();
    world
}

#[actix_web::test]
async fn the_api_says_what_an_experiment_shows() {
    let world = with_experiments().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| send(&app, bearing(&token, get(path)).to_request()).await;

    let one = ask("/v1/experiments/seat-map").await.json();
    assert_eq!(
        (&one["state"], &one["multiple_exposures"]),
        (&json!("running"), &json!(9))
    );
    assert_eq!(one["ratio"]["verdict"], "as_wanted");
    let variation = &one["variations"][1];
    assert_eq!(
        (
            &variation["wanted_share"],
            &variation["exposed_users"],
            &variation["open_windows"]
        ),
        (&json!(0.5), &json!(20_150), &json!(150))
    );
    let comparison = &one["metrics"][0]["comparisons"][0];
    assert_eq!(
        (&comparison["outcome"], &comparison["control"]),
        (&json!("better"), &json!(0.1))
    );
    let lift = &comparison["lift"];
    let bounds = [&lift["low"], &lift["value"], &lift["high"]].map(|bound| bound.as_f64().unwrap());
    assert!(
        0.0 < bounds[0] && bounds[0] < bounds[1] && bounds[1] < bounds[2],
        "{lift}"
    );
    assert!(
        comparison["sentence"]
            .as_str()
            .unwrap()
            .starts_with("The variation is better")
    );

    let unseen = ask("/v1/experiments/unseen").await.json();
    assert_eq!(unseen["computed_at"], Value::Null);
    assert_eq!(unseen["ratio"]["verdict"], "not_checked");
    assert_eq!(
        unseen["metrics"][0]["comparisons"][0]["outcome"],
        "not_computed"
    );

    let names = |page: &Value| -> Vec<Value> {
        let rows = page["rows"].as_array().unwrap();
        rows.iter().map(|row| row["name"].clone()).collect()
    };
    let first = ask("/v1/experiments?limit=1").await.json();
    assert_eq!(names(&first), ["seat-map"]);
    let next = first["next"].as_str().unwrap();
    let second = ask(&format!("/v1/experiments?cursor={next}")).await.json();
    assert_eq!(
        (names(&second), &second["next"]),
        (vec![json!("unseen")], &Value::Null)
    );
    let of_kiosk = ask("/v1/experiments?client=kiosk").await.json();
    assert_eq!(names(&of_kiosk), ["unseen"]);
    for (wrong, status) in [("none", 404), ("a%00b", 400)] {
        ask(&format!("/v1/experiments/{wrong}"))
            .await
            .assert_problem(status);
    }
}

#[actix_web::test]
async fn the_pages_show_the_ratio_first_and_markup_as_text() {
    let world = with_experiments().await;
    let token = world.token("anna", "operate").await;
    let app = test::init_service(world.app()).await;
    for (path, words) in [
        ("/experiments", "better"),
        ("/experiments?client=kiosk", "nothing yet"),
        ("/experiments?client=none", "No experiment here"),
        ("/experiments?after=seat-map", "unseen"),
        (
            "/experiments/seat-map",
            "came to the variations in the wanted ratio",
        ),
        ("/experiments/seat-map", "<line class=\"interval\""),
        ("/experiments/seat-map", "End this experiment"),
        ("/experiments/unseen", "Nobody was exposed yet"),
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
    let page = send(
        &app,
        bearing(&token, get("/experiments/seat-map")).to_request(),
    )
    .await;
    let place = |words: &str| page.text.find(words).unwrap();
    assert!(place("id=\"ratio\"") < place("id=\"intervals\""));
    for (wrong, status) in [("/experiments/none", 404), ("/experiments/a%00b", 400)] {
        let page = send(&app, bearing(&token, get(wrong)).to_request()).await;
        assert_eq!(page.status, status, "{wrong}");
    }
    // Who may not end it gets no button.
    let reader = world.token("ben", "read").await;
    let page = send(
        &app,
        bearing(&reader, get("/experiments/seat-map")).to_request(),
    )
    .await;
    assert!(!page.text.contains("End this experiment"));
}

#[actix_web::test]
async fn actions_on_experiments_and_rejects_carry_what_was_asked_for() {
    let world = filled().await;
    let (anna, reader) = (
        world.token("anna", "operate").await,
        world.token("ben", "read").await,
    );
    let bought = json!({ "name": "bought", "kind": "share", "event": "ticket bought" });
    let begin = json!({
        "name": "seat-map", "client": "app", "exposure_event": "seats opened", "property": "layout",
        "variations": [{ "value": "old", "weight": 9 }, { "value": "new" }], "metrics": [bought],
        "reason": "the new map",
    });
    let requests = [
        (
            "/v1/experiments",
            begin.clone(),
            EventAction::BeginExperiment(BeginExperiment {
                name: "seat-map".to_owned(),
                client: "app".to_owned(),
                exposure_event: "seats opened".to_owned(),
                property: "layout".to_owned(),
                variations: vec![("old".to_owned(), 9.0), ("new".to_owned(), 1.0)],
                metrics: vec![WantedMetric {
                    name: "bought".to_owned(),
                    kind: MetricKind::Share,
                    goal: MetricGoal::Increase,
                    event: "ticket bought".to_owned(),
                    property: None,
                }],
                began_ago: Duration::ZERO,
                conversion_window: Duration::from_hours(7 * 24),
                covariate_window: Duration::from_hours(14 * 24),
            }),
        ),
        (
            "/v1/experiments/seat-map/end",
            json!({ "reason": "enough" }),
            EventAction::EndExperiment {
                name: "seat-map".to_owned(),
            },
        ),
        (
            "/v1/event-replays",
            json!({ "rejects": { "client": "app", "within_seconds": 60 }, "reason": "schema 1-0-1" }),
            EventAction::Replay(ReplayRejects {
                client: Some("app".to_owned()),
                within_seconds: Some(60),
                ..ReplayRejects::default()
            }),
        ),
    ];
    for (path, body, _) in &requests {
        let refused = world.ask(bearing(&reader, post(path, body))).await;
        refused.assert_problem(403);
        let answer = world.ask(bearing(&anna, post(path, body))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    // By the forms of the pages.
    let form = |path: &str, body: &'static str| {
        request(Method::POST, path)
            .insert_header(("Sec-Fetch-Site", "same-origin"))
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(body)
    };
    for (path, body) in [
        ("/experiments/seat-map/end", "reason=enough"),
        (
            "/event-replays",
            "client=app&event=&why=minimum&reason=done",
        ),
    ] {
        let answer = world.ask(bearing(&anna, form(path, body))).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
    }
    let by_form = [
        EventAction::EndExperiment {
            name: "seat-map".to_owned(),
        },
        EventAction::Replay(ReplayRejects {
            client: Some("app".to_owned()),
            why: Some("minimum".to_owned()),
            ..ReplayRejects::default()
        }),
    ];
    {
        let acted = world.recorder.acted.lock().unwrap();
        let found: Vec<(How, &Action)> = acted
            .iter()
            .map(|(actor, action)| (actor.how, action))
            .collect();
        let of_api = requests
            .iter()
            .map(|(_, _, action)| (How::Api, action.clone()));
        let of_page = by_form.iter().map(|action| (How::Page, action.clone()));
        let expected: Vec<(How, Action)> = of_api
            .chain(of_page)
            .map(|(how, action)| (how, Action::Event(action)))
            .collect();
        let expected: Vec<(How, &Action)> = expected
            .iter()
            .map(|(how, action)| (*how, action))
            .collect();
        assert_eq!(found, expected);
    }
    let wrong = |change: fn(&mut Value)| {
        let mut body = begin.clone();
        change(&mut body);
        body
    };
    for body in [
        wrong(|body| body["metrics"][0]["kind"] = json!("median")),
        wrong(|body| body["variations"][0]["value"] = json!("a\u{0}")),
        wrong(|body| body["more"] = json!(1)),
        wrong(|body| body["reason"] = json!(" ")),
    ] {
        let answer = world
            .ask(bearing(&anna, post("/v1/experiments", &body)))
            .await;
        answer.assert_problem(422);
    }
}
