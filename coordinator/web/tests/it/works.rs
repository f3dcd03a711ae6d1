//! Works, by the API and as pages.

use actix_web::test;
use fleet_web::settings::WebSettings;
use schema::reading::films::same_work;
use serde_json::json;

use crate::world::{World, bearing, get, send};

/// Markup that would run where a page forgot to escape it.
pub(crate) const MARKUP: &str = r#""'><b class=hostile>x</b><script>window.hostile=1</script>"#;

/// A source with films 1 to 3: the first two are work 1, and the third is in doubt with the first.
/// Every text is markup.
pub(crate) async fn filled() -> World {
    let world = World::new(WebSettings::default()).await;
    let text = MARKUP.replace('\'', "''");
    let reasons = json!([
        { "signal": "title", "weight": 9.5, "is_veto": false, "text": format!("same title: {MARKUP}") },
        { "signal": "year", "weight": -4.0, "is_veto": false, "text": "2024 and 2026" },
    ]);
    let reasons = reasons.to_string().replace('\'', "''");
    let sql = format!(
        "INSERT INTO source (name, title) VALUES ('bhd', '{text}'), ('amc', 'AMC');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', '{text}', 'UTC'), (2, 1, 1, 'US', '1', 'Two', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title)
        VALUES (1, 1, 'a', 'A {text}'), (2, 1, 'b', 'B {text}'), (2, 1, 'c', 'C {text}');
        INSERT INTO film_fact (film_id, changed_by, year, original_title, directors, distributor)
        VALUES (1, 1, 2024, '{text}', ARRAY['{text}'], '{text}'), (3, 1, 2026, '{text}', ARRAY['{text}'], '{text}');
        INSERT INTO film_identifier (film_id, discovered_by, scheme, value) VALUES (1, 1, 'imdb', '{text}');
        INSERT INTO film_title (film_id, title) VALUES (1, 'former {text}');
        INSERT INTO work (film_id, merged_into, kind, title)
        VALUES (1, NULL, 'feature', 'Low Tide {text}'), (2, 1, 'feature', NULL),
            (3, NULL, 'unknown', 'Other {text}');
        INSERT INTO film_work (film_id, work_id, score, rule, reason)
        VALUES (1, 1, 13, 'rules', '{text}'), (2, 1, NULL, 'person', '{text}'), (3, 3, NULL, 'alone', 'nothing');
        INSERT INTO work_title (work_id, territory, title)
        VALUES (1, 'FR', 'Low Tide {text}'), (3, 'US', 'Other {text}');
        INSERT INTO film_pair_doubt (film_a, film_b, score, reasons) VALUES (1, 3, 8.5, '{reasons}');
        INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason) VALUES (1, 2, true, '{text}', '{text}');
        INSERT INTO attribute (source_id, discovered_by, code) VALUES (1, 1, '{text}');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key,
            attribute_ids, film_title_id)
        VALUES (1, 1, 1, now() - interval '1 day', 1, current_date - 1, '1', '{{1}}', 1);
        INSERT INTO rollup.film_day (film_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
        VALUES (1, current_date - 1, 'EUR', 1, 0, 1, 100, 25, 300), (2, current_date - 1, 'USD', 2, 0, 0, 200, 50, 500)"
    );
    for statement in sql.split(";\n") {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&world.db)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    world
}

#[actix_web::test]
async fn the_api_lists_works_and_gives_one_with_its_films_and_days() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let app = test::init_service(world.app()).await;
    let ask = async |path: &str| send(&app, bearing(&token, get(path)).to_request()).await;

    let first = ask("/v1/works?limit=1").await.json();
    assert_eq!(first["rows"][0]["work_id"], 1);
    assert_eq!(first["rows"][0]["territories"], json!(["FR", "US"]));
    let next = first["next"].as_str().unwrap();
    let query: String =
        percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC).collect();
    let second = ask(&format!("/v1/works?limit=1&cursor={query}"))
        .await
        .json();
    assert_eq!(
        (second["rows"][0]["work_id"].clone(), second["next"].clone()),
        (json!(3), json!(null))
    );
    for (filter, works) in [
        ("territory=us", json!([1, 3])),
        ("territory=FR", json!([1])),
        ("kind=unknown", json!([3])),
        ("title=low+tide", json!([1])),
        ("title=&kind=", json!([1, 3])),
    ] {
        let found = ask(&format!("/v1/works?{filter}")).await.json();
        let rows = found["rows"].as_array().unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row["work_id"].clone()).collect();
        assert_eq!(json!(ids), works, "{filter}");
    }
    for wrong in [
        "kind=film",
        "territory=FRA",
        "territory=%C3%A9",
        "cursor=1~%00",
    ] {
        ask(&format!("/v1/works?{wrong}")).await.assert_problem(400);
    }

    let work = ask("/v1/works/1").await.json();
    assert_eq!(work["redirects"], json!([2]));
    assert_eq!(work["doubts"], 1);
    assert_eq!(work["films"][1]["rule"], "rules");
    assert_eq!(
        work["films"][1]["facts"]["identifiers"][0]["scheme"],
        "imdb"
    );
    assert_eq!(work["verdicts"][0]["is_same"], true);
    let days = ask("/v1/works/1/days").await.json();
    let days: Vec<_> = days
        .as_array()
        .unwrap()
        .iter()
        .map(|day| {
            (
                day["territory"].clone(),
                day["currency"].clone(),
                day["admissions"].clone(),
            )
        })
        .collect();
    assert_eq!(
        days,
        [
            (json!("FR"), json!("EUR"), json!(25)),
            (json!("US"), json!("USD"), json!(50))
        ]
    );
    assert_eq!(
        ask("/v1/works/1/days?from_on=2999-01-01").await.json(),
        json!([])
    );
    ask("/v1/works/1/days?from_on=99999-01-01")
        .await
        .assert_problem(400);
    for unknown in [
        "/v1/works/99",
        "/v1/works/x",
        "/v1/works/99/days",
        "/v1/works/99999999999",
    ] {
        ask(unknown).await.assert_problem(404);
    }
    let film = ask("/v1/films/2").await.json();
    assert_eq!(
        (film["work_id"].clone(), film["facts"]["year"].clone()),
        (json!(1), json!(null))
    );
    let showtime = ask("/v1/showtimes/1").await.json();
    assert_eq!(showtime["attributes"][0]["code"], MARKUP);
    assert_eq!(showtime["attributes"][0]["kind"], json!(null));
    assert!(
        showtime["listed_title"]
            .as_str()
            .unwrap()
            .starts_with("former")
    );
}

/// The redirect is temporary: a verdict may separate the works again.
#[actix_web::test]
async fn a_work_that_was_found_to_be_another_answers_with_where_it_went() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    for (path, status, location) in [
        ("/v1/works/2", 307, "1"),
        (
            "/v1/works/2/days?from_on=2026-01-01",
            307,
            "../1/days?from_on=2026-01-01",
        ),
        ("/works/2", 303, "1"),
    ] {
        let answer = world.ask(bearing(&token, get(path))).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("location"), location, "{path}");
        if status == 307 {
            assert_eq!(answer.json(), json!({ "work_id": 2, "merged_into": 1 }));
        }
    }
}

#[actix_web::test]
async fn markup_of_a_source_is_text_on_the_pages_of_works() {
    let world = filled().await;
    let token = world.token("anna", "operate").await;
    let app = test::init_service(world.app()).await;
    for (path, words) in [
        ("/works", "Low Tide"),
        ("/works/1", "The films that it is made of"),
        ("/works/3", "Admissions by day and territory"),
        ("/film-pairs", "Are these one film?"),
        ("/film-pairs?pair=3-1", "Are these one film?"),
        ("/film-pairs?pair=1-2", "waits for nobody"),
        ("/film-pairs?after=1~1~1", "You have seen all pairs"),
        ("/films/1", "former"),
        ("/showtimes/1", "former"),
        ("/sources/bhd", "Attributes of showtimes"),
        ("/explore?q=hostile", "work"),
    ] {
        let page = send(&app, bearing(&token, get(path)).to_request()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains(words), "{path} has not {words}");
        assert!(!page.text.contains("<b class=hostile>"), "{path}");
        assert!(!page.text.contains("<script>"), "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
    for wrong in [
        "/film-pairs?pair=x",
        "/film-pairs?after=x",
        "/works?cursor=x",
        "/works?kind=x",
    ] {
        let page = send(&app, bearing(&token, get(wrong)).to_request()).await;
        assert_eq!(page.status, 400, "{wrong}");
    }
    let page = send(&app, bearing(&token, get("/works/99")).to_request()).await;
    assert_eq!(page.status, 404);
}

/// The page of a film names the work of all its films.
#[actix_web::test]
async fn the_page_of_a_film_leads_to_its_work() {
    let world = filled().await;
    let token = world.token("anna", "read").await;
    let mut db = world.db.acquire().await.unwrap();
    assert_eq!(same_work(&mut db, 2).await.unwrap().len(), 2);
    let page = world.ask(bearing(&token, get("/films/2"))).await;
    assert!(
        page.text.contains("<a href=\"../works/1\">work 1</a>"),
        "{}",
        page.text
    );
}
