//! Anomalies: what is compared, what is stored, and what the tables refuse.

use anomalies::{Anomaly, Cause, Known, Metric, Report, Standing, Subject, SubjectKind};
use chrono::{DateTime, NaiveDate, Utc};
use schema::anomaly::{
    CinemaDay, FilmDay, SpecialDay, cinema_days, decide, film_days, find, known, list, next_day,
    remove_special_day, special_days, store, store_special_day,
};
use sqlx::PgPool;

use crate::fixture::World;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn found(continues: Option<i32>) -> Report {
    Report {
        anomalies: vec![Anomaly {
            subject: Subject::new(SubjectKind::Source, "chain"),
            metric: Metric::Price,
            expected: 9.5,
            observed: 950.0,
            score: 12.0,
            q_value: 0.001,
            cause: Cause::PriceScale,
            reason: "prices are 100.00 times what they were".to_owned(),
            parts: vec![Subject::new(SubjectKind::Cinema, "chain/1")],
            continues,
        }],
        tests: 7,
        quiet: 1,
        explained: 2,
    }
}

async fn store_day(db: &PgPool, on: NaiveDate, continues: bool) -> i64 {
    let mut session = db.acquire().await.unwrap();
    let before = known(&mut *session, day("2026-01-01")).await.unwrap();
    let report = found(before.last().filter(|_| continues).map(|one| one.number));
    store(&mut session, on, &report, |_| "A chain".to_owned())
        .await
        .unwrap()
}

#[tokio::test]
async fn an_anomaly_that_goes_on_is_one_row_and_a_decision_stays_in_it() {
    let World { db, .. } = World::new().await;
    assert_eq!(store_day(&db, day("2026-05-01"), false).await, 1);
    assert_eq!(store_day(&db, day("2026-05-02"), true).await, 0);
    let rows = list(&db, Some(Standing::Open), None, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.first_on, row.last_on),
        (day("2026-05-01"), day("2026-05-02"))
    );
    assert_eq!(
        (row.nature.as_str(), row.subject_name.as_str()),
        ("data fault", "A chain")
    );
    assert_eq!(row.parts, ["cinema chain/1"]);

    assert!(
        decide(&db, row.anomaly_id, true, "ada", "cents")
            .await
            .unwrap()
    );
    assert!(!decide(&db, 4711, true, "ada", "cents").await.unwrap());
    assert_eq!(list(&db, Some(Standing::Open), None, 10).await.unwrap(), []);
    let decided = find(&db, row.anomaly_id).await.unwrap().unwrap();
    assert_eq!(decided.state, "accepted");
    assert_eq!(decided.decision_reason.as_deref(), Some("cents"));

    let remembered = known(&db, day("2026-05-02")).await.unwrap();
    let expected = Known {
        number: row.anomaly_id,
        subject: Subject::new(SubjectKind::Source, "chain"),
        metric: Metric::Price,
        cause: Cause::PriceScale,
        standing: Standing::Accepted,
        first_day: schema::anomaly::day_number(day("2026-05-01")),
        last_day: schema::anomaly::day_number(day("2026-05-02")),
    };
    assert_eq!(remembered, [expected]);
    assert_eq!(known(&db, day("2026-05-03")).await.unwrap(), []);
}

#[tokio::test]
async fn days_follow_each_other_and_each_is_searched_once() {
    let World { db, .. } = World::new().await;
    let now: DateTime<Utc> = "2026-05-10T05:00:00Z".parse().unwrap();
    let mut session = db.acquire().await.unwrap();
    let next = async |session: &mut _, now| next_day(session, Some(now)).await.unwrap();
    assert_eq!(next(&mut session, now).await, Some(day("2026-05-02")));
    drop(session);
    store_day(&db, day("2026-05-07"), false).await;
    let mut session = db.acquire().await.unwrap();
    assert_eq!(next(&mut session, now).await, Some(day("2026-05-08")));
    drop(session);
    store_day(&db, day("2026-05-08"), true).await;
    let mut session = db.acquire().await.unwrap();
    assert_eq!(
        next(&mut session, now).await,
        None,
        "the 9th is over for five hours only"
    );
    let later = "2026-05-10T06:00:00Z".parse().unwrap();
    assert_eq!(next(&mut session, later).await, Some(day("2026-05-09")));

    let twice = sqlx::query("INSERT INTO anomaly_run VALUES (now(), '2026-05-08', 0, 0, 0, 0)")
        .execute(&db)
        .await;
    assert!(twice.is_err(), "a day has one run");
}

#[tokio::test]
async fn only_one_coordinator_searches_at_a_time() {
    let World { db, .. } = World::new().await;
    let mut first = db.begin().await.unwrap();
    assert!(next_day(&mut first, None).await.unwrap().is_some());
    let mut second = db.begin().await.unwrap();
    assert_eq!(next_day(&mut second, None).await.unwrap(), None);
}

#[tokio::test]
async fn totals_are_those_of_the_rollups_over_all_currencies() {
    let World { db, .. } = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 1, 1, 1, '2026-05-01 20:00Z', 1, '2026-05-01', n::text FROM generate_series(1, 5) AS n;
        INSERT INTO rollup.cinema_day (cinema_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
        VALUES (1, '2026-05-01', 'EUR', 3, 1, 2, 300, 120, 1200), (1, '2026-05-01', 'XXX', 1, 0, 0, 100, 30, NULL);
        INSERT INTO rollup.film_day (film_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
        VALUES (1, '2026-05-01', 'EUR', 3, 1, 2, 300, 120, 1200), (1, '2026-05-01', 'XXX', 1, 0, 0, 100, 30, NULL);
        INSERT INTO rollup.cinema_sales_hour (hour_at, cinema_id, source_id, business_on, territory, sold, released, snapshots)
        VALUES ('2026-04-30 23:00Z', 1, 1, '2026-05-01', 'FR', 7, 0, 1), ('2026-05-01 23:00Z', 1, 1, '2026-05-02', 'FR', 9, 0, 1)",
    )
    .execute(&db)
    .await
    .unwrap();
    let on = day("2026-05-01");
    let expected = CinemaDay {
        cinema_id: 1,
        business_on: on,
        showtimes: 4.0,
        exact: 2.0,
        seats: 400.0,
        admissions: 150.0,
        priced: 120.0,
        gross: 1200.0,
        sold: 9.0,
    };
    assert_eq!(cinema_days(&db, on, on).await.unwrap(), [expected]);
    let expected = FilmDay {
        film_id: 1,
        business_on: on,
        showtimes: 4.0,
        admissions: 150.0,
    };
    assert_eq!(film_days(&db, on, on).await.unwrap(), [expected]);
}

#[tokio::test]
async fn a_special_day_is_of_a_territory_or_of_all() {
    let World { db, .. } = World::new().await;
    let special = |territory: Option<&str>, name: &str| SpecialDay {
        day: day("2026-12-25"),
        territory: territory.map(ToOwned::to_owned),
        name: name.to_owned(),
    };
    for one in [
        special(None, "Christmas"),
        special(Some("GB"), "Xmas"),
        special(None, "Christmas Day"),
    ] {
        store_special_day(&db, &one).await.unwrap();
    }
    let (from, through) = (day("2026-12-01"), day("2026-12-31"));
    // A holiday of the forecasts is one here too.
    sqlx::raw_sql("INSERT INTO holiday (holiday_on, territory) VALUES ('2026-12-25', 'FR')")
        .execute(&db)
        .await
        .unwrap();
    let stored = special_days(&db, from, through).await.unwrap();
    assert_eq!(
        stored,
        [
            special(Some("FR"), "holiday"),
            special(Some("GB"), "Xmas"),
            special(None, "Christmas Day")
        ]
    );
    assert!(
        remove_special_day(&db, day("2026-12-25"), None)
            .await
            .unwrap()
    );
    assert!(
        !remove_special_day(&db, day("2026-12-25"), None)
            .await
            .unwrap()
    );
    let stored = special_days(&db, from, through).await.unwrap();
    assert_eq!(
        stored,
        [special(Some("FR"), "holiday"), special(Some("GB"), "Xmas")]
    );
}

#[tokio::test]
async fn a_decision_has_who_when_and_why() {
    let World { db, .. } = World::new().await;
    store_day(&db, day("2026-05-01"), false).await;
    for change in [
        "state = 'accepted'",
        "decided_by = 'ada'",
        "state = 'rejected', decided_by = 'ada', decided_at = now()",
        "cause = 'mood'",
        "first_on = last_on + 1",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("UPDATE anomaly SET {change}"));
        assert!(
            sqlx::query(statement).execute(&db).await.is_err(),
            "{change}"
        );
    }
}

/// The words of the tables, and what the view says of causes, are those of the package.
#[tokio::test]
async fn all_words_of_the_package_are_stored() {
    let World { db, .. } = World::new().await;
    let mut session = db.acquire().await.unwrap();
    let kinds = SubjectKind::ALL.into_iter().cycle();
    let metrics = Metric::ALL.into_iter().cycle();
    let report = Report {
        anomalies: Cause::ALL
            .into_iter()
            .zip(kinds.zip(metrics))
            .map(|(cause, (kind, metric))| Anomaly {
                subject: Subject::new(kind, "one"),
                metric,
                cause,
                ..found(None).anomalies.remove(0)
            })
            .collect(),
        ..found(None)
    };
    let on = day("2026-05-01");
    let name = |subject: &Subject| subject.to_string();
    store(&mut session, on, &report, name).await.unwrap();
    let read = known(&mut *session, on).await.unwrap();
    assert_eq!(read.len(), Cause::ALL.len());
    for row in list(&db, None, None, 100).await.unwrap() {
        let cause = Cause::parse(&row.cause).unwrap();
        let nature = match (cause.is_fault(), cause.is_market()) {
            (true, _) => "data fault",
            (false, true) => "market event",
            (false, false) => "unknown",
        };
        assert_eq!(row.nature, nature, "{cause:?}");
    }
}

#[tokio::test]
async fn the_example_of_the_page_runs() {
    let World { db, .. } = World::new().await;
    let page = include_str!("../../ANOMALIES.md");
    let (_, rest) = page.split_once("```sql\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let rows = sqlx::query(sqlx::AssertSqlSafe(example))
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(rows.len(), 0);
}
