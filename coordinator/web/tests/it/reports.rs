//! The pages of reports, and reports by API.

use fleet_web::settings::WebSettings;
use schema::report::{compute, store};

use crate::world::{World, bearing, get};

#[actix_web::test]
async fn a_stored_report_has_a_page_and_other_days_have_none() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let page = world.ask(bearing(&token, get("/reports"))).await;
    assert!(page.text.contains("None yet."), "{}", page.text);

    let day = "2026-11-30".parse().unwrap();
    let report = compute(&world.db, day, None).await.unwrap();
    let mut db = world.db.acquire().await.unwrap();
    assert!(store(&mut db, &report).await.unwrap());
    drop(db);
    let page = world.ask(bearing(&token, get("/reports"))).await;
    assert!(page.text.contains("reports/2026-11-30"), "{}", page.text);
    let page = world.ask(bearing(&token, get("/reports/2026-11-30"))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("No showtime is known of this day."));
    for path in ["/reports/2026-11-29", "/reports/nonsense"] {
        let page = world.ask(bearing(&token, get(path))).await;
        assert_eq!(page.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn reports_are_listed_and_read_by_api() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let ask = async |path: &str| world.ask(bearing(&token, get(path))).await;
    let mut db = world.db.acquire().await.unwrap();
    for day in ["2026-11-28", "2026-11-30", "2026-11-29"] {
        let day = day.parse().unwrap();
        let report = compute(&world.db, day, None).await.unwrap();
        assert!(store(&mut db, &report).await.unwrap());
    }
    drop(db);
    let first = ask("/v1/reports?limit=2").await.json();
    assert_eq!(
        first["rows"],
        serde_json::json!([{ "day": "2026-11-30" }, { "day": "2026-11-29" }])
    );
    assert_eq!(first["next"], "2026-11-29");
    let second = ask("/v1/reports?limit=2&cursor=2026-11-29").await.json();
    assert_eq!(second["rows"][0]["day"], "2026-11-28");
    assert!(second["next"].is_null());
    ask("/v1/reports?cursor=later").await.assert_problem(400);
    let one = ask("/v1/reports/2026-11-30").await.json();
    assert_eq!(one["day"], "2026-11-30");
    assert!(one["fleet"]["cost"].is_array());
    for none in ["2026-11-27", "nonsense", "-99999-01-01"] {
        ask(&format!("/v1/reports/{none}"))
            .await
            .assert_problem(404);
    }
}
