//! What a listing says of films and showtimes, from its body to the database, in several parts.

use agent::{pod, store::catalogue::Listing};
use jiff::Timestamp;
use schema::{catalogue::SeenBy, scratch::Scratch};
use serde_json::{Map, json};
use source_language::{definition::Definition, extract::Answer, rows::Rows, source::Source};
use sqlx::PgPool;

const DEFINITION: &str = r#"
name = "kino"
title = "Kino"
access = "permitted"
contact = "you@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"
limit = { key = "host", rate = 1.0, burst = 1 }

[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "https://kino.example" }
rows = ".[]"
fields = { key = ".id", name = ".name" }

[steps.showtimes]
for_each = "cinemas"
every = "1h"
yields = "showtimes"
request = { url = "https://kino.example" }
rows = ".[]"
attributes = { of = ".tags", map = { OV = "language:original" } }
film_ids = { imdb = { path = ".imdb", optional = true } }

[steps.showtimes.fields]
key = ".id"
film_key = ".film"
film_title = ".film"
starts_at = { path = ".at", formats = ["rfc3339"], zone = "offset" }
film_runtime = { path = ".minutes", optional = true }
"#;
/// More than two parts of a listing.
const ROWS: usize = 2_500;

/// A listing of two films. The first rows say another length of one of them than most rows do, and
/// only the last says its number.
fn listing(cinema_id: i32) -> Listing {
    let source = Source::compile(Definition::parse(DEFINITION, "kino.toml").unwrap()).unwrap();
    let rows: Vec<_> = (0..ROWS)
        .map(|number| {
            json!({
                "id": number,
                "film": if number % 2 == 0 { "Low Tide" } else { "Static" },
                "at": "2026-12-05T20:00:00+01:00",
                "minutes": if number < 1_000 { 90 } else { 117 },
                "imdb": (number == ROWS - 1).then_some("tt1"),
                "tags": if number % 5 == 0 { vec!["OV", "Atmos"] } else { vec!["OV"] },
            })
        })
        .collect();
    let body = serde_json::to_vec(&rows).unwrap();
    let answer = Answer {
        status: 200,
        content_type: None,
        body: &body,
        received_at: Timestamp::constant(1_795_262_400, 0),
    };
    let rows = source.extract("showtimes", &Map::new(), &answer).unwrap();
    assert!(matches!(rows, Rows::Showtimes(_)));
    Listing::of(rows, Some(cinema_id), &Map::new(), "Europe/Berlin").unwrap()
}

async fn numbers(db: &PgPool, sql: &'static str) -> Vec<(String, i64)> {
    sqlx::query_as(sql).fetch_all(db).await.unwrap()
}

#[test]
fn the_parts_of_a_listing_agree_on_its_films() {
    pod::system().unwrap().block_on(async {
        let Scratch { db, .. } = Scratch::new().await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO source (name, title) VALUES ('kino', 'Kino');
            INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
            VALUES (1, 1, 1, 'DE', '1', 'Kino', 'Europe/Berlin')",
        )
        .execute(&db)
        .await
        .unwrap();
        let listing = listing(1);
        assert!(listing.is_large());
        for job_id in 1..3 {
            let by = SeenBy {
                source_id: 1,
                job_id,
            };
            let mut connection = db.acquire().await.unwrap();
            let ids = listing.store_rows(&mut connection, by).await.unwrap();
            assert_eq!(ids.len(), ROWS);
        }
        let pair = |name: &str, number| (name.to_owned(), number);
        let lengths = "SELECT film.title, fact.runtime_minutes::bigint
            FROM film_fact AS fact INNER JOIN film USING (film_id) ORDER BY 1";
        assert_eq!(
            numbers(&db, lengths).await,
            [pair("Low Tide", 117), pair("Static", 117)]
        );
        // Neither the parts nor the second job wrote what was there.
        let writers = "SELECT 'fact', changed_by FROM film_fact
            UNION ALL SELECT 'number', discovered_by FROM film_identifier
            UNION ALL SELECT 'code', discovered_by FROM attribute
            UNION ALL SELECT 'showtime', max(changed_by) FROM showtime ORDER BY 1";
        let first = |name: &str| pair(name, 1);
        assert_eq!(
            numbers(&db, writers).await,
            ["code", "code", "fact", "fact", "number", "showtime"].map(first)
        );
        let changed = "SELECT 'moments', count(DISTINCT changed_at) FROM film_fact";
        assert_eq!(numbers(&db, changed).await, [pair("moments", 1)]);
        let meanings = "SELECT coalesce(meaning, code), count(*) FROM showtime_attribute GROUP BY 1 ORDER BY 1";
        assert_eq!(
            numbers(&db, meanings).await,
            [pair("Atmos", 500), pair("original", 2_500)]
        );
    });
}
