//! `agent source try` gives the same rows of a body as the fleet, which judges and stores them:
//! on answers that other programs read wrongly.

mod cases;

use std::{collections::HashMap, sync::Arc, time::Duration};

use agent::{
    config::AgentSettings,
    database::Database,
    job::{
        PodContext,
        judge::{Judged, judge},
    },
    metrics::Metrics,
    pod,
    store::catalogue::Listing,
};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use schema::{
    catalogue::SeenBy,
    enums::Yields,
    export::read,
    queue::{Claim, StoredBaseline},
    scratch::Scratch,
    source::{self, NewDefinition, NewLimit, NewStep},
};
use serde_json::{Map, Value, json};
use settings::DatabaseSettings;
use source_language::{
    definition::Definition,
    extract::Answer,
    rows::Rows,
    source::{
        Conversation, Memory, SecretRules, Source,
        conversation::{Next, Purpose, Response},
    },
};
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

use cases::CASES;

const NOW: Timestamp = Timestamp::constant(1_795_262_400, 0);
const BY: SeenBy = SeenBy {
    source_id: 1,
    job_id: 1,
};

const HEAD: &str = r#"
name = "test"
title = "Test"
access = "permitted"
contact = "you@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"
limit = { key = "host", rate = 1.0, burst = 1 }
"#;
const CINEMAS: &str = r#"
[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "https://kino.example" }
rows = ".[]"
fields = { key = ".id", name = ".name", city = { path = ".city", optional = true } }
"#;
const SHOWTIMES: &str = r#"
[steps.showtimes]
for_each = "cinemas"
every = "1h"
yields = "showtimes"
request = { url = "https://kino.example" }
rows = ".[]"
fields = { key = ".id", film_key = ".f", film_title = ".t", starts_at = { path = ".at", formats = ["rfc3339"], zone = "ignore_offset" } }
carry = { note = { path = ".note", optional = true } }
"#;
const SEATS: &str = r#"
[steps.seats]
for_each = "showtimes"
every = "1h"
yields = "seats"
request = { url = "https://kino.example" }
decode = "json5"
rows = ".seats[]"
fields = { key = ".id", row = { path = ".row", optional = true }, x = { path = ".x", optional = true } }
status = { of = ".s", otherwise = "unmapped", map = { f = "available" } }
prices = { ticket = ".id", amount = { path = ".price", decimal_sign = ",", optional = true } }
"#;

fn definition() -> Source {
    let text = format!("{HEAD}{CINEMAS}{SHOWTIMES}{SEATS}");
    Source::compile(Definition::parse(&text, "test.toml").unwrap()).unwrap()
}

fn params() -> Map<String, Value> {
    let params = json!({
        "cinema": { "key": "1", "name": "Kino", "timezone": "Europe/Berlin" },
        "showtime": { "key": "7", "film_key": "f", "starts_at": "2026-12-05T20:00:00Z" },
    });
    let Value::Object(params) = params else {
        unreachable!()
    };
    params
}

/// As the author's tool reads a saved body.
fn tried(source: &Source, step: &str, body: &str) -> Result<Rows, String> {
    let answer = Answer {
        status: 200,
        content_type: None,
        body: body.as_bytes(),
        received_at: NOW,
    };
    let rows = source.extract(step, &params(), &answer);
    rows.map_err(|error| source_language::wording::with_causes(&error))
}

/// As a job reads an answer.
fn talked(source: &Arc<Source>, step: &str, body: &str) -> Result<Rows, String> {
    let memory = Arc::new(Memory::default());
    let talk = Conversation::new(source.clone(), memory, step, params(), NOW, Uuid::nil());
    let mut talk = talk.map_err(|problem| problem.message)?;
    loop {
        let asked = match talk.next().map_err(|problem| problem.message)? {
            Next::Done(rows) => return Ok(rows),
            Next::Send(asked) => asked,
        };
        let status = if asked.purpose == Purpose::Robots {
            404
        } else {
            200
        };
        let response = Response {
            status,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            received_at: NOW,
        };
        talk.answer(&response).map_err(|problem| problem.message)?;
    }
}

/// As a job judges the rows that it read.
async fn judged(
    pod: &PodContext,
    source: &Source,
    step: &str,
    mut rows: Rows,
) -> Result<(Rows, Judged), String> {
    let claim = Claim {
        job_id: BY.job_id,
        task_id: 1,
        source_id: BY.source_id,
        definition_id: 1,
        limit_key_id: 1,
        step: step.to_owned(),
        key: String::new(),
        params: params(),
        subject_id: Some(1),
        parent_job_id: None,
        permits: 1,
        continues: false,
        permit: Duration::ZERO,
        queued: Duration::ZERO,
        starts_in_seconds: None,
        baseline: StoredBaseline::default(),
    };
    let judged = judge(pod, source, &claim, &mut rows).await;
    judged
        .map(|judged| (rows, judged))
        .map_err(|error| error.to_string())
}

async fn store_listing(db: &PgPool, listing: &Listing) -> HashMap<String, i32> {
    let mut connection = db.acquire().await.unwrap();
    listing.store_rows(&mut connection, BY).await.unwrap()
}

/// Stores rows, and reads them back as text.
async fn stored(
    db: &PgPool,
    pod: &PodContext,
    cinema_id: i32,
    rows: Rows,
    judged: Judged,
) -> Vec<Vec<String>> {
    match rows {
        Rows::Cinemas(rows) => {
            let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
            let listing = Listing::of(Rows::Cinemas(rows), None, &params(), "Europe/Berlin");
            store_listing(db, &listing.unwrap()).await;
            sqlx::query_as::<_, (String, String, Option<String>)>(
                "SELECT key, name, city FROM cinema WHERE key = ANY ($1) ORDER BY array_position($1, key)",
            )
            .bind(keys)
            .fetch_all(db)
            .await
            .unwrap()
            .into_iter()
            .map(|(key, name, city)| vec![key, name, city.unwrap_or_default()])
            .collect()
        }
        Rows::Showtimes(rows) => {
            let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
            let (subject, rows) = (Some(cinema_id), Rows::Showtimes(rows));
            let listing = Listing::of(rows, subject, &params(), "Europe/Berlin");
            store_listing(db, &listing.unwrap()).await;
            sqlx::query_as::<_, (String, String, String, f64)>(
                "SELECT showtime.key, film.key, film.title, extract(epoch FROM showtime.starts_at)::float8
                FROM showtime JOIN film USING (film_id)
                WHERE showtime.key = ANY ($1) ORDER BY array_position($1, showtime.key)",
            )
            .bind(keys)
            .fetch_all(db)
            .await
            .unwrap()
            .into_iter()
            .map(|(key, film, title, at)| vec![key, film, title, at.to_string()])
            .collect()
        }
        Rows::Seats(map) => {
            let prices = map.prices.clone();
            let codes: Vec<String> = map.seats.iter().map(|seat| seat.code.to_string()).collect();
            let layout_summary = judged.layout.unwrap();
            let (snapshot, _) = pod
                .references
                .snapshot(BY, 1, map, layout_summary)
                .await
                .unwrap();
            pod.references.tariff_id(BY, &prices).await.unwrap();
            let known = read::codes(db).await.unwrap();
            assert!(
                codes
                    .iter()
                    .all(|code| known.iter().any(|known| known.code == *code))
            );
            let layout = read::layouts(db, &[snapshot.layout_id])
                .await
                .unwrap()
                .remove(0);
            let seats = layout.seat_key.iter().zip(&layout.row_label).zip(&layout.x);
            let line = |((key, row), x): ((&String, &String), &Option<i32>)| {
                vec![key.clone(), row.clone(), format!("{x:?}")]
            };
            seats.map(line).collect()
        }
        Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => panic!("no such step"),
    }
}

/// The same rows as text, before they are stored.
fn shown(rows: &Rows) -> Vec<Vec<String>> {
    match rows {
        Rows::Cinemas(rows) => rows
            .iter()
            .map(|row| {
                vec![
                    row.key.clone(),
                    row.name.clone(),
                    row.city.clone().unwrap_or_default(),
                ]
            })
            .collect(),
        Rows::Showtimes(rows) => rows
            .iter()
            .map(|row| {
                let at = row.starts_at.as_second().to_string();
                vec![
                    row.key.clone(),
                    row.film_key.clone(),
                    row.film_title.clone(),
                    at,
                ]
            })
            .collect(),
        Rows::Seats(map) => map
            .seats
            .iter()
            .map(|seat| {
                vec![
                    seat.key.to_string(),
                    seat.row.to_string(),
                    format!("{:?}", seat.x),
                ]
            })
            .collect(),
        Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => panic!("no such step"),
    }
}

async fn apply(db: &PgPool) {
    let step = NewStep {
        name: "cinemas",
        parent: None,
        every: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        priority: 1,
        yields: Yields::Cinemas,
        limit: None,
        days: None,
    };
    let new = NewDefinition {
        name: "test",
        title: "Test",
        body: "",
        blocked: None,
        limit: NewLimit {
            key: "test",
            rate_per_second: 1.0,
            burst: 1,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![step],
    };
    source::apply(db, &new).await.unwrap();
}

/// Invariants 5 and 10: an answer that the database would refuse quarantines nobody, and its
/// author sees what the fleet sees.
#[test]
fn what_is_tried_is_what_is_stored() {
    pod::system().unwrap().block_on(async {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        apply(&db).await;
        let settings: DatabaseSettings = serde_json::from_value(json!({ "url": url })).unwrap();
        let (_cancel, cancelled) = watch::channel(false);
        let pod = PodContext::new(
            Database::open(&settings, "test").unwrap(),
            Metrics::new().unwrap(),
            &AgentSettings::default(),
            SecretRules::default(),
            cancelled,
        );
        let source = Arc::new(definition());
        let body = r#"[{"id":"home","name":"Home"}]"#;
        let home = tried(&source, "cinemas", body).unwrap();
        let home = Listing::of(home, None, &params(), "Europe/Berlin").unwrap();
        let home = store_listing(&db, &home).await["home"];
        let mut kept = 0;
        for (step, body) in CASES {
            let (tried, talked) = (tried(&source, step, body), talked(&source, step, body));
            assert_eq!(tried, talked, "{step}: {body}");
            let Ok(rows) = tried else {
                continue;
            };
            let shown = shown(&rows);
            let (judged_rows, judged) = judged(&pod, &source, step, rows.clone()).await.unwrap();
            assert_eq!(judged_rows, rows, "{step}: {body}");
            let stored = stored(&db, &pod, home, judged_rows, judged).await;
            assert_eq!(stored, shown, "{step}: {body}");
            kept += 1;
        }
        assert_eq!(kept, 7, "answers that have rows");
    });
}
