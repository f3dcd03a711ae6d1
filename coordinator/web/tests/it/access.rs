//! Tokens, scopes, other sites, loopback, read-only: each refusal has a clear status.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use actix_web::{http::Method, test};
use fleet_web::settings::WebSettings;
use schema::secret::{Secret, SecretKind};
use schema::token;
use serde_json::json;

use crate::world::{World, bearing, get, post, request, send};

const PAUSE: &str = "/v1/sources/bhd/pause";

#[actix_web::test]
async fn missing_forged_expired_and_revoked_tokens_are_refused() {
    let world = World::new(WebSettings::default()).await;
    let answer = world.ask(get("/v1/fleet")).await;
    answer.assert_problem(401);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert!(answer.text.contains("coordinator token create"));

    let forged = Secret::generate(SecretKind::Token);
    let brief = world
        .token_for("brief", "admin", Some(Duration::from_millis(1)))
        .await;
    let revoked = world.token("revoked", "admin").await;
    token::revoke(&world.db, "revoked").await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    for token in [forged.expose(), &brief, &revoked, "fh_short", "", "Ω"] {
        let answer = world.ask(bearing(token, get("/v1/fleet"))).await;
        answer.assert_problem(401);
    }
    // Other schemes carry no token, and do not make the request one without.
    let basic = get("/v1/fleet").insert_header(("Authorization", "Basic YTpi"));
    world.ask(basic).await.assert_problem(401);

    let valid = world.token("valid", "read").await;
    let answer = world.ask(bearing(&valid, get("/v1/fleet"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// A request costs no query for its token while the answer is fresh; a revocation is effective
/// when it is not.
#[actix_web::test]
async fn a_token_is_looked_up_once_and_its_use_noted_once() {
    let world = World::new(WebSettings::default()).await;
    let valid = world.token("valid", "read").await;
    let app = test::init_service(world.app()).await;
    for _ in 0..2 {
        let answer = send(&app, bearing(&valid, get("/v1/audit")).to_request()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let used = token::list(&world.db).await.unwrap()[0].last_used_at;
    assert!(used.is_some());
    token::revoke(&world.db, "valid").await.unwrap();
    let cached = send(&app, bearing(&valid, get("/v1/audit")).to_request()).await;
    assert_eq!(cached.status, 200);
    let other = world.ask(bearing(&valid, get("/v1/audit"))).await;
    other.assert_problem(401);
    assert_eq!(token::list(&world.db).await.unwrap()[0].last_used_at, used);
}

#[actix_web::test]
async fn a_token_does_what_its_scope_allows() {
    let world = World::new(WebSettings::default()).await;
    let reason = json!({ "reason": "because" });
    let apply = json!({ "reason": "because", "definition": "x" });
    for (scope, may_read, may_operate, may_administer) in [
        ("read", 200, 403, 403),
        ("operate", 200, 200, 403),
        ("admin", 200, 200, 200),
    ] {
        let token = world.token(scope, scope).await;
        for (request, expected) in [
            (get("/v1/audit"), may_read),
            (post(PAUSE, &reason), may_operate),
            (post("/v1/sources", &apply), may_administer),
        ] {
            let answer = world.ask(bearing(&token, request)).await;
            assert_eq!(answer.status, expected, "{scope}: {}", answer.text);
            if expected == 403 {
                answer.assert_problem(403);
            }
        }
    }
}

#[actix_web::test]
async fn other_sites_cannot_send_forms() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "operate").await;
    let form = |headers: &[(&'static str, &'static str)]| {
        let form = request(Method::POST, "/sources/bhd/pause")
            .insert_header(("Cookie", format!("a=b; fullhouse_token={token}")))
            .set_form([("reason", "because")]);
        headers
            .iter()
            .fold(form, |form, header| form.insert_header(*header))
    };
    for headers in [
        &[("Sec-Fetch-Site", "cross-site")][..],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[],
    ] {
        let answer = world.ask(form(headers)).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    assert!(world.recorder.acted.lock().unwrap().is_empty());
    let passes = world.ask(form(&[("Sec-Fetch-Site", "same-origin")])).await;
    assert_eq!(passes.status, 303, "{}", passes.text);
}

#[actix_web::test]
async fn without_a_token_only_this_machine_asked_by_its_own_name_is_let_in() {
    let settings = WebSettings {
        open_on_loopback: true,
        ..WebSettings::default()
    };
    let world = World::new(settings).await;
    let local: SocketAddr = "127.0.0.1:5000".parse().unwrap();
    let asked = |host: &'static str, peer: SocketAddr| {
        get("/v1/audit")
            .peer_addr(peer)
            .insert_header(("Host", host))
    };
    let open = world.ask(asked("localhost:9080", local)).await;
    assert_eq!(open.status, 200, "{}", open.text);
    let elsewhere = "203.0.113.7:5000".parse().unwrap();
    for request in [
        asked("localhost:9080", elsewhere),
        asked("rebound.example", local),
        asked("localhost", local).insert_header(("X-Forwarded-For", "203.0.113.7")),
        asked("localhost", local).insert_header(("Forwarded", "for=203.0.113.7")),
        asked("localhost", local).insert_header(("Authorization", "Bearer fh_wrong")),
    ] {
        world.ask(request).await.assert_problem(401);
    }
    // The cookie of another fleet on this machine does no harm.
    let cookie = asked("localhost", local).insert_header(("Cookie", "fullhouse_token=fh_other"));
    assert_eq!(world.ask(cookie).await.status, 200);
    // It operates, and puts no definitions into force.
    let body = json!({ "reason": "because", "definition": "x" });
    let apply = post("/v1/sources", &body)
        .peer_addr(local)
        .insert_header(("Host", "localhost"))
        .insert_header(("Origin", "http://localhost"));
    world.ask(apply).await.assert_problem(403);
}

#[actix_web::test]
async fn a_read_only_server_changes_nothing() {
    let settings = WebSettings {
        read_only: true,
        ..WebSettings::default()
    };
    let world = World::new(settings).await;
    let token = world.token("anna", "admin").await;
    let body = json!({ "reason": "because" });
    let answer = world.ask(bearing(&token, post(PAUSE, &body))).await;
    answer.assert_problem(403);
    assert!(answer.text.contains("read-only"));
    assert_eq!(
        world.ask(bearing(&token, get("/v1/audit"))).await.status,
        200
    );
    assert!(world.recorder.acted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn one_token_that_asks_too_often_waits_and_others_do_not() {
    let settings = WebSettings {
        requests_per_second: NonZeroU32::MIN,
        ..WebSettings::default()
    };
    let world = World::new(settings).await;
    let (one, other) = (
        world.token("one", "read").await,
        world.token("other", "read").await,
    );
    let app = test::init_service(world.app()).await;
    let mut last = None;
    for _ in 0..5 {
        last = Some(send(&app, bearing(&one, get("/v1/audit")).to_request()).await);
    }
    let last = last.unwrap();
    last.assert_problem(429);
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    let answer = send(&app, bearing(&other, get("/v1/audit")).to_request()).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn a_browser_signs_in_with_a_token_and_out_again() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let sent = world.ask(get("/jobs?zone=utc")).await;
    assert_eq!(sent.status, 303);
    assert_eq!(sent.header("location"), "./login?next=jobs%3Fzone%3Dutc");
    let form = world.ask(get("/login?next=jobs%3Fzone%3Dutc")).await;
    assert!(
        form.text.contains(r#"value="./jobs?zone=utc""#),
        "{}",
        form.text
    );

    let submit = |token: &str| {
        request(Method::POST, "/login")
            .insert_header(("Origin", "http://fleet:9080"))
            .set_form([("token", token), ("next", "jobs?zone=utc")])
    };
    let refused = world.ask(submit("fh_wrong")).await;
    assert_eq!(
        (refused.header("location"), refused.header("set-cookie")),
        ("./login?refused=yes&next=jobs%3Fzone%3Dutc", "")
    );
    let again = world
        .ask(get("/login?refused=yes&next=jobs%3Fzone%3Dutc"))
        .await;
    assert!(
        again.text.contains("This token is unknown"),
        "{}",
        again.text
    );
    assert!(again.text.contains(r#"value="./jobs?zone=utc""#));
    let signed_in = world.ask(submit(&token)).await;
    assert_eq!(signed_in.header("location"), "./jobs?zone=utc");
    let cookie = signed_in.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let secure = submit(&token).insert_header(("X-Forwarded-Proto", "https"));
    assert!(
        world
            .ask(secure)
            .await
            .header("set-cookie")
            .contains("; Secure")
    );

    let value = cookie.split(';').next().unwrap().to_owned();
    let page = world.ask(get("/").insert_header(("Cookie", value))).await;
    assert!(
        page.text.contains("Signed in with the token anna"),
        "{}",
        page.text
    );
    let out = request(Method::POST, "/logout").insert_header(("Sec-Fetch-Site", "same-origin"));
    let out = world.ask(out).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
}
