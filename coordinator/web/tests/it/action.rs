//! Actions by API and page: who and why, once for each key, and bodies that cannot be used.

use actix_web::{http::Method, test};
use fleet_web::{
    operations::{Action, How},
    settings::WebSettings,
};
use schema::enums::{RequestedAction, SeatStatus};
use serde_json::json;

use crate::world::{World, bearing, post, request, send};

const PAUSE: &str = "/v1/sources/bhd/pause";

#[actix_web::test]
async fn an_action_carries_who_how_and_why() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "admin").await;
    let reason = json!({ "reason": "because" });
    for (path, body) in [
        (PAUSE, reason.clone()),
        ("/v1/tasks/bhd%2Fseats%2F12/run", reason.clone()),
        ("/v1/anomalies/7/reject", reason),
        (
            "/v1/sources/bhd/codes",
            json!({ "reason": "because", "codes": { "2": "held" } }),
        ),
    ] {
        let answer = world.ask(bearing(&token, post(path, &body))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let acted = world.recorder.acted.lock().unwrap();
    for (actor, _) in acted.iter() {
        assert_eq!((actor.how, actor.who.as_str()), (How::Api, "anna"));
        assert_eq!(actor.reason.as_deref(), Some("because"));
    }
    let source = "bhd".to_owned();
    let expected = [
        Action::PauseSource {
            source: source.clone(),
        },
        Action::RequestTask {
            task: "bhd/seats/12".to_owned(),
            action: RequestedAction::Run,
        },
        Action::DecideAnomaly {
            anomaly_id: 7,
            is_accepted: false,
        },
        Action::MapCodes {
            source,
            codes: vec![("2".to_owned(), SeatStatus::Held)],
        },
    ];
    let actions: Vec<&Action> = acted.iter().map(|(_, action)| action).collect();
    assert_eq!(actions, expected.iter().collect::<Vec<_>>());
}

#[actix_web::test]
async fn the_same_request_with_the_same_key_acts_once() {
    let world = World::new(WebSettings::default()).await;
    let (anna, ben) = (
        world.token("anna", "operate").await,
        world.token("ben", "operate").await,
    );
    let keyed = |token: &str, path: &str, reason: &str| {
        bearing(token, post(path, &json!({ "reason": reason })))
            .insert_header(("Idempotency-Key", "k1"))
    };
    let first = world.ask(keyed(&anna, PAUSE, "a")).await;
    let again = world.ask(keyed(&anna, PAUSE, "a")).await;
    assert_eq!(
        (first.text.as_str(), first.header("idempotency-replayed")),
        (again.text.as_str(), "")
    );
    assert_eq!(again.header("idempotency-replayed"), "true");
    // Another body, and another path, are other requests.
    world
        .ask(keyed(&anna, PAUSE, "b"))
        .await
        .assert_problem(422);
    let other = keyed(&anna, "/v1/sources/bhd/resume", "a");
    world.ask(other).await.assert_problem(422);
    assert_eq!(world.recorder.acted.lock().unwrap().len(), 1);
    // Another person has keys of their own.
    assert_eq!(world.ask(keyed(&ben, PAUSE, "a")).await.status, 200);
    assert_eq!(world.recorder.acted.lock().unwrap().len(), 2);
    // What failed may be tried again.
    let failing = || {
        bearing(
            &anna,
            post("/v1/sources/none/pause", &json!({ "reason": "a" })),
        )
        .insert_header(("Idempotency-Key", "k2"))
    };
    world.ask(failing()).await.assert_problem(404);
    world.ask(failing()).await.assert_problem(404);
}

#[actix_web::test]
async fn bodies_that_cannot_be_used_are_refused_by_their_status() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "operate").await;
    let app = test::init_service(world.app()).await;
    let json_of = |text: &str| {
        request(Method::POST, PAUSE)
            .insert_header(("Content-Type", "application/json"))
            .set_payload(text.to_owned())
    };
    let long = format!(r#"{{"reason": "{}"}}"#, "a".repeat(2 << 20));
    for (sent, status) in [
        (json_of("{"), 400),
        (json_of("\u{0}"), 400),
        (json_of(r#"{"reason": 1}"#), 422),
        (json_of(r#"{"reason": ""}"#), 422),
        (json_of(r#"{"reason": "a\u0000b"}"#), 422),
        (json_of(r#"{"reason": "a", "other": 1}"#), 422),
        (json_of("{}"), 422),
        (json_of(&long), 413),
        (request(Method::POST, PAUSE).set_payload("x"), 415),
        (
            json_of(r#"{"reason": "a"}"#).insert_header(("Idempotency-Key", "x".repeat(201))),
            400,
        ),
        (
            post("/v1/sources/a%00b/pause", &json!({ "reason": "a" })),
            400,
        ),
        (
            post(
                "/v1/sources/bhd/codes",
                &json!({ "reason": "a", "codes": { "1": "gone" } }),
            ),
            422,
        ),
    ] {
        let answer = send(&app, bearing(&token, sent).to_request()).await;
        answer.assert_problem(status);
    }
    assert!(world.recorder.acted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_form_acts_goes_back_and_says_what_it_did() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "operate").await;
    let form = request(Method::POST, "/sources/bhd/codes")
        .insert_header(("Cookie", format!("fullhouse_token={token}")))
        .insert_header(("Sec-Fetch-Site", "same-origin"))
        .insert_header(("Referer", "https://proxy/x/sources/bhd"))
        .set_form([("code", "2"), ("status", "held"), ("reason", "<b>seen</b>")]);
    let answer = world.ask(form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), "/x/sources/bhd");
    {
        let acted = world.recorder.acted.lock().unwrap();
        assert_eq!(acted[0].0.how, How::Page);
    }
    let cookie = answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = crate::world::get("/")
        .insert_header(("Cookie", format!("{cookie}; fullhouse_token={token}")));
    let page = world.ask(page).await;
    assert!(page.text.contains("done 1"), "{}", page.text);
    // It is shown once.
    assert!(page.header("set-cookie").contains("fullhouse_notice=; "));
}
