//! Reports: once a day though leaders change, as a mail, and of a partner only what it may see.

use chrono::{DateTime, Days, NaiveDate, Utc};
use coordinator::{
    background::{
        BackgroundPass as _,
        reports::{Reporting, make},
    },
    report::settings::ReportSettings,
};
use schema::{
    access,
    report::{compute, stored},
    schedule::clock,
    scratch::Scratch,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::mail_server;

/// Two chains with a cinema and two showtimes of a film each; one showtime of each was seen.
const SHOWTIMES: &str = "
    INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain' FROM generate_series(1, 2) AS n;
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    VALUES (1, 1, 1, 'GB', '1', 'Odeon', 'UTC'), (2, 1, 1, 'FR', '1', 'Rex', 'UTC');
    INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'a', 'Rain'), (2, 1, 'b', 'Fire');
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
    VALUES (1, 1, 1, now() - interval '1 day', 1, current_date - 1, '1'),
        (1, 1, 1, now() - interval '1 day', 1, current_date - 1, '2'),
        (2, 1, 1, now() - interval '1 day', 2, current_date - 1, '1'),
        (2, 1, 1, now() - interval '1 day', 2, current_date - 1, '2');
    INSERT INTO rollup.showtime_sales (starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id,
        business_on, seats, certainty, sold, admissions, is_cancelled, territory, currency, gross)
    VALUES (now(), now(), 1, 1, 1, 1, current_date - 1, 80, 'exact', 40, 40, false, 'GB', 'EUR', 400),
        (now(), now(), 3, 2, 2, 2, current_date - 1, 60, 'wide', 6, 6, false, 'FR', 'EUR', 60)";

async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(SHOWTIMES).execute(&db).await.unwrap();
    db
}

async fn yesterday(db: &PgPool) -> NaiveDate {
    clock(db).await.unwrap().date_naive() - Days::new(1)
}

async fn now(db: &PgPool) -> DateTime<Utc> {
    clock(db).await.unwrap()
}

#[tokio::test]
async fn the_report_of_the_fleet_says_what_was_seen_and_what_was_missed() {
    let db = world().await;
    let report = compute(&db, yesterday(&db).await, None).await.unwrap();
    let sources: Vec<_> = report
        .sources
        .iter()
        .map(|one| {
            (
                one.source.as_str(),
                one.showtimes,
                one.seen,
                one.exact,
                one.admissions,
            )
        })
        .collect();
    assert_eq!(sources, [("chain-1", 2, 1, 1, 40), ("chain-2", 2, 1, 0, 6)]);
    let works: Vec<_> = report
        .works
        .iter()
        .map(|one| (one.title.as_str(), one.admissions))
        .collect();
    assert_eq!(works, [("Rain", 40), ("Fire", 6)]);
    let missed: Vec<_> = report
        .missed
        .iter()
        .map(|one| (one.cinema.as_str(), one.missed))
        .collect();
    assert_eq!(missed, [("Odeon", 1), ("Rex", 1)]);
    assert!(report.fleet.is_some());
}

/// Invariant 12: by the functions that decide which rows its own login sees.
#[tokio::test]
async fn the_report_of_a_partner_shows_nothing_of_others() {
    let db = world().await;
    access::prepare(&db).await.unwrap();
    let role = format!("rex_{}", db.connect_options().get_database().unwrap());
    let run = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&db)
            .await
            .unwrap()
    };
    run(format!("CREATE ROLE {role}")).await;
    run(format!(
        "INSERT INTO partner_scope (role_name, territory) VALUES ('{role}', 'FR')"
    ))
    .await;
    let day = yesterday(&db).await;
    let report = compute(&db, day, Some(&role)).await.unwrap();
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("Rex") && text.contains("Fire"), "{text}");
    for of_others in ["chain-1", "Odeon", "Rain", "GB"] {
        assert!(!text.contains(of_others), "{of_others}: {text}");
    }
    assert_eq!(report.fleet, None);
    // A role that has no scope sees nothing; a name that is no role is an error.
    run(format!("CREATE ROLE {role}_other")).await;
    let other = compute(&db, day, Some(&format!("{role}_other")))
        .await
        .unwrap();
    assert_eq!(
        (other.sources.len(), other.works.len(), other.missed.len()),
        (0, 0, 0)
    );
    assert!(compute(&db, day, Some("nobody")).await.is_err());
    // What fails for one partner keeps the report of the fleet from nobody.
    let settings = json!({ "hour": 0, "partners": { "nobody": [] } });
    let settings: ReportSettings = serde_json::from_value(settings).unwrap();
    make(&db, &settings, now(&db).await).await.unwrap_err();
    assert!(stored(&db, day).await.unwrap().is_some());
    run(format!("DROP ROLE {role}_other")).await;
    run(format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn a_report_is_made_and_mailed_once_though_leaders_change() {
    let db = world().await;
    let settings: ReportSettings = serde_json::from_value(json!({
        "to": ["anna@example.org"],
        "partners": { "plaza": ["plaza@example.org"] },
        "hour": 0,
        "server": "smtp://127.0.0.1:9",
        "from": "reports@example.org",
    }))
    .unwrap();
    let now = now(&db).await;
    // Two leaders at a time, and a third one later.
    let (one, other) = tokio::join!(make(&db, &settings, now), make(&db, &settings, now));
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(make(&db, &settings, now).await.unwrap(), 0);
    let mails: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT content FROM message WHERE kind = 'report' ORDER BY sequence")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(mails.len(), 2);
    let of = |reader: &str| mails.iter().find(|mail| mail["to"][0] == reader).unwrap();
    let (fleet, plaza) = (of("anna@example.org"), of("plaza@example.org"));
    assert!(fleet["text"].as_str().unwrap().contains("Rain"), "{fleet}");
    assert!(
        fleet["html"]
            .as_str()
            .unwrap()
            .starts_with("<!doctype html>")
    );
    assert!(!plaza.to_string().contains("Rain"), "{plaza}");
    let report = stored(&db, yesterday(&db).await).await.unwrap().unwrap();
    assert_eq!(report.sources.len(), 2);
}

#[tokio::test]
async fn a_mail_server_gets_a_report_as_text_and_html() {
    let db = world().await;
    let (server, mut mails) = mail_server::start().await;
    let settings: ReportSettings = serde_json::from_value(json!({
        "to": ["anna@example.org", "ben@example.org"],
        "hour": 0,
        "server": server,
        "from": "Fullhouse <reports@example.org>",
    }))
    .unwrap();
    let reported = Reporting::new(settings).pass(&db).await.unwrap();
    assert_eq!((reported.made, reported.sent, reported.failed), (1, 1, 0));
    let mail = mails.recv().await.unwrap();
    for part in [
        "From: Fullhouse <reports@example.org>",
        "To: anna@example.org, ben@example.org",
        "Subject: Fullhouse: ",
        "@fullhouse>",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "Rain",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}

#[tokio::test]
async fn works_of_one_title_are_listed_apart() {
    let db = world().await;
    sqlx::raw_sql("UPDATE film SET title = 'Rain'")
        .execute(&db)
        .await
        .unwrap();
    let works = async || {
        let report = compute(&db, yesterday(&db).await, None).await.unwrap();
        let works = report.works.iter();
        works
            .map(|work| (work.title.clone(), work.admissions))
            .collect::<Vec<_>>()
    };
    let row = |admissions| ("Rain".to_owned(), admissions);
    assert_eq!(works().await, [row(40), row(6)]);
    sqlx::raw_sql(
        "INSERT INTO work (film_id, title) VALUES (1, 'Rain');
        INSERT INTO film_work (film_id, work_id, rule, reason) SELECT film.film_id, work.work_id, 'person', 'same' FROM film, work",
    )
    .execute(&db)
    .await
    .unwrap();
    assert_eq!(works().await, [row(46)]);
}

/// A server that is away costs no report: the mail waits.
#[tokio::test]
async fn a_mail_that_is_not_taken_waits() {
    let db = world().await;
    let settings: ReportSettings = serde_json::from_value(json!({
        "to": ["anna@example.org"],
        "hour": 0,
        "server": "smtp://127.0.0.1:9",
        "from": "reports@example.org",
    }))
    .unwrap();
    let reported = Reporting::new(settings).pass(&db).await.unwrap();
    assert_eq!((reported.made, reported.sent, reported.failed), (1, 0, 1));
    let error: String = sqlx::query_scalar("SELECT last_error FROM message WHERE kind = 'report'")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(error.contains("no answer"), "{error}");
}
