//! The document and the routes agree, and every error of the API is a problem.

use std::{collections::BTreeSet, fs, path::Path};

use actix_web::{http::Method, test};
use fleet_web::{
    access::routes::{CHANGES, Needs, needs},
    settings::WebSettings,
};
use serde_json::Value;

use crate::world::{World, bearing, get, request, send};

/// Method and path of every handler that the sources of the API declare.
fn declared() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            for method in ["get", "post", "put", "patch", "delete"] {
                let Some(rest) = line.trim().strip_prefix(&format!("#[{method}(\"")) else {
                    continue;
                };
                let path = rest.split('"').next().unwrap();
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

/// Method and path of every operation of the document, and the operation.
async fn documented(world: &World) -> Vec<(String, String, Value)> {
    let answer = world.ask(get("/v1/openapi.json")).await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap().clone();
    paths
        .into_iter()
        .flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().clone();
            operations
                .into_iter()
                .map(move |(method, operation)| (method, path.clone(), operation))
        })
        .collect()
}

#[actix_web::test]
async fn every_handler_is_in_the_document_and_the_reverse() {
    let world = World::new(WebSettings::default()).await;
    let documented: BTreeSet<(String, String)> = documented(&world)
        .await
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    assert_eq!(declared(), documented);
}

#[actix_web::test]
async fn every_operation_states_a_scope_its_errors_and_a_name_of_its_own() {
    let world = World::new(WebSettings::default()).await;
    let mut names = BTreeSet::new();
    for (method, path, operation) in documented(&world).await {
        let sent = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let needs = needs(&sent, &path);
        assert!(
            matches!(needs, Some(Needs::Scope(_))),
            "{method} {path} has no scope in access/routes.rs"
        );
        for status in ["400", "401", "403", "404", "405", "429", "500", "503"] {
            let problem = &operation["responses"][status]["content"]["application/problem+json"];
            assert!(
                problem.is_object(),
                "{method} {path} does not state {status}"
            );
        }
        assert!(
            operation["security"][0]["token"].is_array(),
            "{method} {path}"
        );
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} stands twice");
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
}

#[actix_web::test]
async fn every_route_of_the_table_is_served() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("boss", "admin").await;
    let app = test::init_service(world.app()).await;
    for (pattern, _) in CHANGES {
        let path = pattern
            .replace("{source}", "bhd")
            .replace("{task}", "7")
            .replace("{a}", "1")
            .replace("{b}", "2")
            .replace("{anomaly}", "7")
            .replace("{key}", "7")
            .replace("{experiment}", "seat-map")
            .replace("{data_set}", "share")
            .replace("{silence}", "7");
        let sent = request(Method::POST, &path).insert_header(("Sec-Fetch-Site", "same-origin"));
        let answer = send(&app, bearing(&token, sent).to_request()).await;
        assert!(
            !matches!(answer.status.as_u16(), 404 | 405),
            "{pattern}: {}",
            answer.status
        );
    }
}

#[actix_web::test]
async fn other_methods_and_unknown_paths_are_problems() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("boss", "admin").await;
    let app = test::init_service(world.app()).await;
    for (method, path, status, allowed) in [
        (Method::DELETE, "/v1/fleet", 405, "GET"),
        (Method::POST, "/v1/fleet", 405, "GET"),
        (Method::GET, "/v1/weights", 405, "POST"),
        (Method::GET, "/v1/sources/bhd/pause", 405, "POST"),
        (Method::TRACE, "/v1/audit", 405, "GET"),
        (Method::GET, "/v1/nothing", 404, ""),
        (Method::GET, "/v1/", 404, ""),
    ] {
        let sent = bearing(&token, request(method.clone(), path)).to_request();
        let answer = send(&app, sent).await;
        answer.assert_problem(status);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    let head = bearing(&token, request(Method::HEAD, "/v1/audit")).to_request();
    assert_eq!(send(&app, head).await.status, 200);
}

/// Every list has the same parameters with the same bounds, and says where the next page begins.
#[actix_web::test]
async fn all_lists_come_in_pages_alike() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    for list in [
        "audit",
        "alerts",
        "alert-silences",
        "jobs",
        "tasks",
        "showtimes",
        "cinemas",
        "films",
        "works",
        "film-pairs",
        "anomalies",
        "event-clients",
        "event-keys",
        "event-intake",
        "event-schemas",
        "event-names",
        "event-rejects",
        "experiments",
        "data-sets",
    ] {
        for query in ["limit=x", "limit=0", "limit=501", "cursor=nonsense"] {
            let path = format!("/v1/{list}?{query}");
            let answer = send(&app, bearing(&token, get(&path)).to_request()).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        }
        let path = format!("/v1/{list}?limit=500");
        let answer = send(&app, bearing(&token, get(&path)).to_request()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.json()["rows"].is_array() && answer.json()["next"].is_null());
    }
}

#[actix_web::test]
async fn errors_of_pages_are_pages_with_the_policy() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("boss", "read").await;
    let answer = world.ask(bearing(&token, get("/nothing/here"))).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.starts_with("<!doctype html>"));
    assert!(
        answer
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    let script = world.ask(bearing(&token, get("/%3Cscript%3E"))).await;
    assert!(!script.text.contains("<script>"), "{}", script.text);
}
