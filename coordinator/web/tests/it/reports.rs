//! The pages of reports.

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
