//! What viewers see and cost.

use std::time::Duration;

use actix_web::test;
use fleet_web::settings::WebSettings;
use schema::{
    enums::Yields,
    source::{self, NewDefinition, NewLimit, NewStep},
};

use crate::world::{World, bearing, get, send};

/// One sample serves all: while it lasts, a viewer needs no database.
#[actix_web::test]
async fn a_further_viewer_of_the_fleet_adds_no_query() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let paths = ["/", "/v1/fleet", "/v1/pods"];
    let first = send(&app, bearing(&token, get("/")).to_request()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    world.db.close().await;
    for path in paths.iter().cycle().take(200) {
        let answer = send(&app, bearing(&token, get(path)).to_request()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
}

/// A form that the guard would refuse is not shown.
#[actix_web::test]
async fn a_reader_is_offered_no_action() {
    let world = World::new(WebSettings::default()).await;
    let definition = NewDefinition {
        name: "bhd",
        title: "BHD",
        body: "name = \"bhd\"",
        blocked: None,
        limit: NewLimit {
            key: "bhd.example",
            rate_per_second: 1.0,
            burst: 1,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![NewStep {
            name: "cinemas",
            parent: None,
            every: Duration::from_hours(1),
            timeout: Duration::from_secs(10),
            priority: 10,
            yields: Yields::Cinemas,
            limit: None,
            days: None,
        }],
    };
    source::apply(&world.db, &definition).await.unwrap();
    for (scope, is_offered) in [("read", false), ("operate", true)] {
        let token = world.token(scope, scope).await;
        for path in ["/sources/bhd", "/tasks/bhd/cinemas/"] {
            let page = world.ask(bearing(&token, get(path))).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            let has_form = page.text.contains("method=\"post\" action=\"../");
            assert_eq!(has_form, is_offered, "{path} with the scope {scope}");
        }
    }
}
