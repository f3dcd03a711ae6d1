//! Anomalies as a page, and the decisions on them.

use actix_web::http::Method;
use fleet_web::{operations::Action, settings::WebSettings};

use crate::{
    works::MARKUP,
    world::{World, bearing, get, request},
};

/// Three anomalies: one that waits, one accepted, one rejected; every text is markup.
async fn filled() -> World {
    let world = World::new(WebSettings::default()).await;
    let text = MARKUP.replace('\'', "''");
    let sql = format!(
        "INSERT INTO anomaly (expected, observed, first_on, last_on, score, q_value, state, subject_kind, subject_key, subject_name,
            metric, cause, reason, parts, decided_at, decided_by, decision_reason)
        VALUES (200, 50, '2026-11-01', '2026-11-02', 7.5, 0.01, 'open', 'source', 'bhd {text}', 'BHD {text}', 'admissions', 'seat_codes',
                'half is sold {text}', ARRAY['cinema {text}'], NULL, NULL, NULL),
            (0, 3, '2026-11-03', '2026-11-03', 3, 0.02, 'accepted', 'work', '17', 'Low Tide', 'admissions', 'work_event', 'a preview', '{{}}',
                now() - interval '2 days', 'anna', 'the preview {text}'),
            (10, 9, '2026-11-04', '2026-11-04', 3, 0.02, 'rejected', 'territory', 'FR', 'France', 'price', 'unknown', 'cheap', '{{}}',
                now(), 'ben', 'a sale')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.db)
        .await
        .unwrap();
    world
}

#[actix_web::test]
async fn the_page_shows_what_waits_with_its_evidence() {
    let world = filled().await;
    let token = world.token("anna", "operate").await;
    let ask = async |path: &str| world.ask(bearing(&token, get(path))).await;
    let page = ask("/anomalies").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for text in [
        "50 instead of 200 (−75 %)",
        "data fault, 2026-11-01 to 2026-11-02",
        "probability of 1 in 10^7.5",
        "1.00 % are false",
        "formaction=\"anomalies/1/accept\"",
        "href=\"sources/bhd%20",
    ] {
        assert!(page.text.contains(text), "{text} is not on {}", page.text);
    }
    assert!(!page.text.contains("Low Tide") && !page.text.contains("France"));
    assert!(!page.text.contains(MARKUP), "{}", page.text);
    let accepted = ask("/anomalies?state=accepted").await.text;
    assert!(accepted.contains("Low Tide") && accepted.contains("by anna"));
    assert!(!accepted.contains(MARKUP), "{accepted}");
    let all = ask("/anomalies?state=all").await.text;
    assert!(all.contains("France") && all.contains("Low Tide") && all.contains("seat codes"));
    let before = ask("/anomalies?state=all&before=2").await.text;
    assert!(before.contains("seat codes") && !before.contains("Low Tide"));
    let one = ask("/anomalies/2").await.text;
    assert!(
        one.contains("../works/17") && !one.contains("France"),
        "{one}"
    );
    for (wrong, status) in [
        ("/anomalies?state=odd", 400),
        ("/anomalies?before=x", 400),
        ("/anomalies/9", 404),
    ] {
        assert_eq!(ask(wrong).await.status, status, "{wrong}");
    }
}

/// A reader is offered no decision; an operator decides by the form.
#[actix_web::test]
async fn an_operator_decides_by_the_form() {
    let world = filled().await;
    let reader = world.token("ben", "read").await;
    let page = world.ask(bearing(&reader, get("/anomalies"))).await;
    assert!(!page.text.contains("formaction"), "{}", page.text);
    assert!(page.text.contains("needs a token with the scope operate"));
    let operator = world.token("anna", "operate").await;
    for (word, is_accepted) in [("accept", true), ("reject", false)] {
        let form = request(Method::POST, &format!("/anomalies/1/{word}"))
            .insert_header(("Cookie", format!("fullhouse_token={operator}")))
            .insert_header(("Sec-Fetch-Site", "same-origin"))
            .set_form([("back", "anomalies"), ("reason", "their page is broken")]);
        let answer = world.ask(form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.header("location"), "../../anomalies");
        let acted = world.recorder.acted.lock().unwrap();
        let (_, action) = acted.last().unwrap();
        assert_eq!(
            *action,
            Action::DecideAnomaly {
                anomaly_id: 1,
                is_accepted
            }
        );
    }
}
