//! The search for anomalies and decisions on them, against a database.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use coordinator::{
    background::anomalies::{SearchedDays, search},
    operate::{anomaly, report::cli_actor},
};
use schema::{
    anomaly::{AnomalyRow, list},
    scratch::Scratch,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// The last day that is searched.
const DAY: &str = "2026-05-31";

fn day() -> NaiveDate {
    DAY.parse().unwrap()
}

fn after(days: i64) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().unwrap();
    noon + TimeDelta::days(days)
}

/// Five chains with four cinemas each, four showtimes a day, more guests on Saturdays, for twelve
/// weeks through the day after the one that is looked at.
async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain ' || n FROM generate_series(1, 5) AS n;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT source, 1, 1, 'GB', n::text, 'Cinema ' || n, 'UTC'
        FROM generate_series(1, 5) AS source, generate_series(1, 4) AS n ORDER BY source, n;
        INSERT INTO film (source_id, discovered_by, key, title)
        SELECT source, 1, '1', 'A film' FROM generate_series(1, 5) AS source;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT cinema_id, 1, 1, day + interval '20 hours', source_id, day::date, day::date || '/' || n
        FROM cinema, generate_series('2026-03-10', '2026-06-01', interval '1 day') AS day, generate_series(1, 4) AS n;
        INSERT INTO rollup.cinema_day (
            cinema_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
        SELECT cinema_id, business_on, 'GBP', 4, 0, 4, 800,
            100 + cinema_id + (cinema_id * 7 + extract(day FROM business_on)::integer * 13) % 9
                + CASE extract(isodow FROM business_on) WHEN 6 THEN 150 ELSE 0 END, 0
        FROM (SELECT DISTINCT cinema_id, business_on FROM showtime) AS day;
        UPDATE rollup.cinema_day SET gross = admissions * (9 + cinema_id / 10.0);
        INSERT INTO rollup.cinema_sales_hour (
            hour_at, cinema_id, source_id, business_on, territory, sold, released, snapshots)
        SELECT business_on + interval '20 hours', cinema_id, source_id, business_on, 'GB', admissions, 0, 1
        FROM rollup.cinema_day INNER JOIN cinema USING (cinema_id)",
    )
    .execute(&db)
    .await
    .unwrap();
    db
}

async fn run(db: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(db).await.unwrap();
}

async fn searched(db: &PgPool, days: i64) -> SearchedDays {
    let stop = CancellationToken::new();
    search(db, Some(after(days)), &stop).await.unwrap()
}

/// What was found, but for numbers: subject, cause and state.
async fn found(db: &PgPool) -> Vec<(String, String, String)> {
    let mut rows: Vec<_> = rows(db)
        .await
        .into_iter()
        .map(|row| (row.subject_name, row.cause, row.state))
        .collect();
    rows.sort();
    rows
}

async fn rows(db: &PgPool) -> Vec<AnomalyRow> {
    list(db, None, None, 100).await.unwrap()
}

fn row(subject: &str, cause: &str, state: &str) -> (String, String, String) {
    (subject.to_owned(), cause.to_owned(), state.to_owned())
}

#[tokio::test]
async fn days_without_faults_are_searched_once_and_nothing_is_found() {
    let db = world().await;
    let first = searched(&db, 0).await;
    assert_eq!((first.days, first.found, first.new), (7, 0, 0));
    assert!(first.tests > 7 * 20, "{first:?}");
    assert_eq!(searched(&db, 0).await, SearchedDays::default());
}

#[tokio::test]
async fn faults_are_found_on_their_day_with_names_and_evidence() {
    let db = world().await;
    run(
        &db,
        "UPDATE rollup.cinema_day SET gross = gross * 100
        FROM cinema WHERE cinema.cinema_id = cinema_day.cinema_id AND source_id = 2 AND business_on = '2026-05-31';
        UPDATE rollup.cinema_day SET admissions = seats, gross = gross / admissions * seats
        FROM cinema WHERE cinema.cinema_id = cinema_day.cinema_id AND source_id = 3 AND business_on = '2026-05-31';
        DELETE FROM showtime WHERE cinema_id = 17 AND business_on = '2026-05-31';
        DELETE FROM rollup.cinema_day WHERE cinema_id = 17 AND business_on = '2026-05-31'",
    )
    .await;
    let report = searched(&db, 0).await;
    let expected = [
        row("Chain 2", "price_scale", "open"),
        row("Chain 3", "seat_codes", "open"),
        row("Cinema 1", "silent", "open"),
    ];
    assert_eq!(found(&db).await, expected);
    assert_eq!((report.days, report.new), (7, 3));
    for row in rows(&db).await {
        assert_eq!((row.first_on, row.last_on), (day(), day()), "{row:?}");
        assert_eq!(row.nature, "data fault");
    }
}

#[tokio::test]
async fn decisions_hold_on_later_days_and_are_in_the_audit() {
    let db = world().await;
    run(
        &db,
        "UPDATE rollup.cinema_day SET gross = gross * 100
        FROM cinema
        WHERE cinema.cinema_id = cinema_day.cinema_id AND source_id IN (2, 4) AND business_on >= '2026-05-31'",
    )
    .await;
    searched(&db, 0).await;
    let all = rows(&db).await;
    let of = |name: &str| {
        all.iter()
            .find(|row| row.subject_name == name)
            .unwrap()
            .anomaly_id
    };
    let actor = cli_actor(Some("looked at the site".to_owned()));
    anomaly::decide(&db, &actor, of("Chain 2"), true)
        .await
        .unwrap();
    anomaly::decide(&db, &actor, of("Chain 4"), false)
        .await
        .unwrap();
    let refused = anomaly::decide(&db, &cli_actor(None), of("Chain 4"), true).await;
    assert!(refused.is_err(), "a decision without a reason");
    assert!(anomaly::decide(&db, &actor, 4711, true).await.is_err());

    let report = searched(&db, 1).await;
    assert_eq!((report.days, report.found, report.new), (1, 1, 0));
    let expected = [
        row("Chain 2", "price_scale", "accepted"),
        row("Chain 4", "price_scale", "rejected"),
    ];
    assert_eq!(found(&db).await, expected);
    let mut last: Vec<(String, NaiveDate)> = rows(&db)
        .await
        .into_iter()
        .map(|row| (row.subject_name, row.last_on))
        .collect();
    last.sort();
    let next = day() + TimeDelta::days(1);
    let expected = [("Chain 2".to_owned(), next), ("Chain 4".to_owned(), day())];
    assert_eq!(
        last, expected,
        "the accepted one goes on, the rejected one is quiet"
    );

    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit ORDER BY audit_id")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(actions, ["anomaly.accept", "anomaly.reject"]);
}

#[tokio::test]
async fn a_holiday_is_no_anomaly_once_it_has_a_name() {
    let busy =
        "UPDATE rollup.cinema_day SET admissions = admissions * 4, gross = gross * 4 WHERE business_on = '2026-05-31';
        UPDATE rollup.cinema_sales_hour SET sold = sold * 4 WHERE business_on = '2026-05-31'";
    let db = world().await;
    run(&db, busy).await;
    searched(&db, 0).await;
    assert_eq!(
        found(&db).await,
        [row("territory GB", "market_event", "open")]
    );

    let db = world().await;
    run(&db, busy).await;
    let actor = cli_actor(None);
    anomaly::set_special_day(&db, &actor, day(), Some("GB"), Some("a holiday"))
        .await
        .unwrap();
    searched(&db, 0).await;
    assert_eq!(found(&db).await, []);
    let wrong = anomaly::set_special_day(&db, &actor, day(), Some("uk"), Some("a holiday")).await;
    assert!(wrong.is_err());
}
