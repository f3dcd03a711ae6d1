//! Verdicts on pairs of films and meanings of attributes, by the API and by forms.

use actix_web::http::Method;
use fleet_web::operations::{Action, How, PairVerdict};
use serde_json::json;

use crate::{
    works::{MARKUP, filled},
    world::{bearing, get, post, request},
};

#[actix_web::test]
async fn a_pair_is_listed_with_its_evidence_and_decided_once_for_each_key() {
    let world = filled().await;
    let reader = world.token("rita", "read").await;
    let operator = world.token("anna", "operate").await;
    let pairs = world
        .ask(bearing(&reader, get("/v1/film-pairs")))
        .await
        .json();
    let pair = &pairs["rows"][0];
    assert_eq!(
        (pair["a"]["film_id"].clone(), pair["b"]["film_id"].clone()),
        (json!(1), json!(3))
    );
    assert_eq!(pair["a"]["facts"]["year"], 2024);
    assert_eq!(
        (pair["score"].clone(), pair["evidence"][1]["bits"].clone()),
        (json!(8.5), json!(-4.0))
    );
    assert_eq!(pair["evidence"][1]["signal"], "year");

    let same = "/v1/film-pairs/1/amc%2Fc/same";
    let body = json!({ "reason": "same poster" });
    world
        .ask(bearing(&reader, post(same, &body)))
        .await
        .assert_problem(403);
    let keyed =
        |path| bearing(&operator, post(path, &body)).insert_header(("Idempotency-Key", "k"));
    let first = world.ask(keyed(same)).await;
    let again = world.ask(keyed(same)).await;
    assert_eq!(
        (first.text.as_str(), again.header("idempotency-replayed")),
        (again.text.as_str(), "true")
    );
    world
        .ask(keyed("/v1/film-pairs/1/2/different"))
        .await
        .assert_problem(422);
    let undone = bearing(&operator, post("/v1/film-pairs/1/3/undecided", &body));
    assert_eq!(world.ask(undone).await.status, 200);
    for wrong in [json!({}), json!({ "reason": " " })] {
        let sent = bearing(&operator, post(same, &wrong));
        world.ask(sent).await.assert_problem(422);
    }
    let acted = world.recorder.acted.lock().unwrap();
    let pair = |b: &str| ("1".to_owned(), b.to_owned());
    let expected = [
        Action::DecidePair {
            films: pair("amc/c"),
            verdict: PairVerdict::Same,
        },
        Action::DecidePair {
            films: pair("3"),
            verdict: PairVerdict::Undecided,
        },
    ];
    let actions: Vec<&Action> = acted.iter().map(|(_, action)| action).collect();
    assert_eq!(actions, expected.iter().collect::<Vec<_>>());
    assert_eq!(acted[0].0.reason.as_deref(), Some("same poster"));
}

#[actix_web::test]
async fn a_form_decides_a_pair_and_goes_on_to_the_next() {
    let world = filled().await;
    let token = world.token("anna", "operate").await;
    let form = |path: &str| {
        request(Method::POST, path)
            .insert_header(("Cookie", format!("fullhouse_token={token}")))
            .insert_header(("Sec-Fetch-Site", "same-origin"))
    };
    let fields = [
        ("back", "film-pairs?after=8.5~1~3"),
        ("reason", "another year"),
    ];
    let answer = world
        .ask(form("/film-pairs/1/3/different").set_form(fields))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(
        answer.header("location"),
        "../../../film-pairs?after=8.5~1~3"
    );
    let fields = [
        ("code", MARKUP),
        ("kind", "format"),
        ("word", "imax"),
        ("reason", ""),
    ];
    let answer = world
        .ask(form("/sources/bhd/attributes").set_form(fields))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    {
        let acted = world.recorder.acted.lock().unwrap();
        assert_eq!(acted[0].0.how, How::Page);
        assert!(matches!(
            &acted[0].1,
            Action::DecidePair {
                verdict: PairVerdict::Different,
                ..
            }
        ));
        let meanings = vec![(MARKUP.to_owned(), "format:imax".parse().unwrap())];
        assert_eq!(
            acted[1].1,
            Action::MapAttributes {
                source: "bhd".to_owned(),
                meanings
            }
        );
    }
    // From another site, and with what is no word.
    let forged = request(Method::POST, "/film-pairs/1/3/same")
        .insert_header(("Cookie", format!("fullhouse_token={token}")))
        .insert_header(("Sec-Fetch-Site", "cross-site"))
        .set_form([("reason", "x")]);
    assert_eq!(world.ask(forged).await.status, 403);
    let fields = [("code", MARKUP), ("kind", "format"), ("word", "IMAX")];
    assert_eq!(
        world
            .ask(form("/sources/bhd/attributes").set_form(fields))
            .await
            .status,
        422
    );
    assert_eq!(world.recorder.acted.lock().unwrap().len(), 2);
}

#[actix_web::test]
async fn attributes_of_a_source_are_listed_and_mapped_by_the_api() {
    let world = filled().await;
    let token = world.token("anna", "operate").await;
    let path = "/v1/sources/bhd/attributes";
    let listed = world.ask(bearing(&token, get(path))).await.json();
    assert_eq!(
        (listed[0]["code"].clone(), listed[0]["meaning"].clone()),
        (json!(MARKUP), json!(null))
    );
    world
        .ask(bearing(&token, get("/v1/sources/none/attributes")))
        .await
        .assert_problem(404);
    let map =
        |meaning: &str| json!({ "attributes": { "ATM": meaning }, "reason": "their help page" });
    let refused = world.ask(bearing(&token, post(path, &map("loud")))).await;
    refused.assert_problem(422);
    assert!(refused.text.contains("KIND:WORD"), "{}", refused.text);
    assert_eq!(
        world
            .ask(bearing(&token, post(path, &map("sound:atmos"))))
            .await
            .status,
        200
    );
    let acted = world.recorder.acted.lock().unwrap();
    assert_eq!(acted.len(), 1);
    assert!(matches!(&acted[0].1, Action::MapAttributes { meanings, .. } if meanings.len() == 1));
}

/// A form that the guard would refuse is not shown.
#[actix_web::test]
async fn a_reader_is_offered_no_verdict() {
    let world = filled().await;
    for (scope, is_offered) in [("read", false), ("operate", true)] {
        let token = world.token(scope, scope).await;
        for path in ["/film-pairs", "/works/1"] {
            let page = world.ask(bearing(&token, get(path))).await;
            assert_eq!(
                page.text.contains("/same\""),
                is_offered && path == "/film-pairs"
            );
            assert_eq!(
                page.text.contains("/undecided\""),
                is_offered,
                "{path}, {scope}"
            );
        }
        let page = world.ask(bearing(&token, get("/film-pairs"))).await;
        assert_eq!(
            page.text.contains("needs a token with the scope operate"),
            !is_offered
        );
    }
}
