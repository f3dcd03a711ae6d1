//! A graph of twenty data sets: failures, late days, deadlines.

use coordinator::alert::condition::{self, Condition};

use super::*;

/// Four that read the rollup, eight above them, six above these, one that fails where a day has 13
/// admissions, and one that reads it.
fn twenty() -> Vec<(String, String)> {
    let mut files = Vec::new();
    // The last first: the order of files does not matter.
    files.push(file(
        "behind",
        &["broken", "top_1"],
        "SELECT broken.share + top_1.n AS n FROM broken, top_1 WHERE broken.day = :day AND top_1.day = :day",
        "",
    ));
    files.push(file(
        "broken",
        &["base_1"],
        "SELECT 1000 / (n - 13) AS share FROM base_1 WHERE day = :day",
        "",
    ));
    let sum = |one: &str, other: &str| {
        format!(
            "SELECT {one}.n + {other}.n AS n FROM {one} INNER JOIN {other} USING (day) WHERE day = :day"
        )
    };
    for number in 1..=6 {
        let (one, other) = (format!("mid_{number}"), format!("mid_{}", number + 2));
        let name = format!("top_{number}");
        files.push(file(&name, &[&one, &other], &sum(&one, &other), ""));
    }
    for number in 0..8 {
        let (one, other) = (
            format!("base_{}", number % 4 + 1),
            format!("base_{}", (number + 1) % 4 + 1),
        );
        let name = format!("mid_{}", number + 1);
        files.push(file(&name, &[&one, &other], &sum(&one, &other), ""));
    }
    for number in 1..=4 {
        files.push(file(
            &format!("base_{number}"),
            &["rollup/cinema_day"],
            "SELECT sum(admissions)::bigint AS n FROM cinema_day WHERE business_on = :day",
            "check = \"SELECT count(*) = 1 AS is_one FROM base_X WHERE day = :day\""
                .replace('X', &number.to_string())
                .as_str(),
        ));
    }
    files
}

/// Builds that began before an input of their day was built.
const TOO_EARLY: &str = "SELECT build.name || ' ' || build.day
    FROM data_set_build AS build
    INNER JOIN data_set_input ON data_set_input.name = build.name AND data_set_input.kind = 'data_set'
    WHERE NOT EXISTS (
        SELECT FROM data_set_build AS earlier
        WHERE earlier.name = data_set_input.input AND earlier.day = build.day
            AND earlier.state IN ('built', 'unchanged') AND earlier.ended_at <= build.started_at)";

/// Builds since the last call, by data set and day.
async fn new_builds(db: &PgPool) -> Vec<String> {
    let names = texts(
        db,
        "SELECT name || ' ' || (now() AT TIME ZONE 'UTC')::date - day || ' ' || state FROM data_set_build ORDER BY build_id",
    )
    .await;
    run(db, "DELETE FROM data_set_build").await;
    names
}

async fn found(db: &PgPool, name: &str) -> Vec<(String, String)> {
    let condition: &Condition = condition::all().find(|one| one.name == name).unwrap();
    let mut connection = db.acquire().await.unwrap();
    let found = condition.find(&mut connection).await.unwrap();
    found
        .into_iter()
        .map(|one| (one.subject, one.details.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn twenty_data_sets_are_built_in_order_and_what_failed_stops_only_its_readers() {
    let db = &world().await;
    change(db, 2, 13).await;
    let files = twenty();
    assert_eq!(files.len(), 20);
    assert_eq!(put(db, &files).await.len(), 20);

    let built = build(db).await;
    // One day of two data sets is missing.
    assert_eq!((built.built, built.failed), (20 * 3 - 2, 1));
    assert_eq!(texts(db, TOO_EARLY).await, [""; 0]);
    assert_eq!(
        texts(db, "SELECT n::text FROM data_set.top_1 ORDER BY day").await,
        ["40", "52", "40"]
    );
    assert_eq!(
        state(db, "broken", 2).await,
        ("retrying".to_owned(), vec![])
    );
    assert_eq!(
        state(db, "behind", 2).await,
        ("waiting".to_owned(), vec!["broken".to_owned()])
    );

    // Nothing is tried before its pause is over; after three tries an alert names what it stops.
    assert_eq!(build(db).await, BuiltDataSets::default());
    for _ in 0..2 {
        assert_eq!(found(db, "data_set_failed").await, []);
        skip_pauses(db).await;
        assert_eq!(build(db).await.failed, 1);
    }
    skip_pauses(db).await;
    assert_eq!(build(db).await, BuiltDataSets::default(), "three tries");
    assert_eq!(state(db, "broken", 2).await.0, "failed");
    let alerts = found(db, "data_set_failed").await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].0, "broken");
    assert!(
        alerts[0].1.contains("division by zero") && alerts[0].1.ends_with("stops behind"),
        "{alerts:?}"
    );

    // The readers of a data set that says so go on with its last good result; here there is none.
    let mut connection = db.acquire().await.unwrap();
    let day = (chrono::Utc::now() - chrono::TimeDelta::days(2)).date_naive();
    let words = fleet_web::overview::data_sets::explain(&mut connection, "behind", Some(day))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(words[0], format!("behind of {day} waits for broken"));
    assert!(
        words[1].starts_with(&format!("  broken of {day} failed 3 times, last ")),
        "{words:?}"
    );
    drop(connection);

    // A corrected query builds all of it again, and what waited.
    new_builds(db).await;
    let corrected = file(
        "broken",
        &["base_1"],
        "SELECT 1000 / nullif(n - 13, 0) AS share FROM base_1 WHERE day = :day",
        "",
    );
    assert_eq!(
        put(db, &[corrected]).await,
        ["broken is changed, and all of it is built again"]
    );
    build(db).await;
    let mut builds = new_builds(db).await;
    builds.sort();
    assert_eq!(
        builds,
        [
            "behind 2 built",
            "broken 1 unchanged",
            "broken 2 built",
            "broken 3 unchanged"
        ]
    );
    assert_eq!(
        texts(
            db,
            "SELECT name FROM data_set_status WHERE state <> 'built'"
        )
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_late_day_flows_down_and_a_day_without_a_change_does_not() {
    let db = &world().await;
    put(db, &twenty()).await;
    build(db).await;
    new_builds(db).await;

    change(db, 3, 11).await;
    build(db).await;
    let builds = new_builds(db).await;
    assert_eq!(builds.len(), 20, "{builds:?}");
    assert!(
        builds.iter().all(|one| one.ends_with(" 3 built")),
        "{builds:?}"
    );
    assert_eq!(texts(db, TOO_EARLY).await, [""; 0]);
    assert_eq!(
        texts(db, "SELECT n::text FROM data_set.top_1 ORDER BY day").await,
        ["44", "40", "40"]
    );

    // Noted as changed, and the same: what reads it is left alone.
    change(db, 3, 11).await;
    build(db).await;
    let builds = new_builds(db).await;
    assert_eq!(builds.len(), 4, "{builds:?}");
    assert!(
        builds.iter().all(|one| one.ends_with(" 3 unchanged")),
        "{builds:?}"
    );

    // The last good result stays, for its readers too.
    change(db, 1, 13).await;
    build(db).await;
    assert_eq!(state(db, "broken", 1).await.0, "retrying");
    assert_eq!(state(db, "behind", 1).await.0, "waiting");
    assert_eq!(
        texts(db, "SELECT share::text FROM data_set.broken ORDER BY day").await,
        ["-500", "-333", "-333"]
    );
}

#[tokio::test]
async fn readers_go_on_with_the_last_good_result_where_the_file_says_so() {
    let db = &world().await;
    put(
        db,
        &[
            file(
                "base",
                &["rollup/cinema_day"],
                "SELECT 1000 / (admissions - 13) AS n FROM cinema_day WHERE business_on = :day",
                "on_failure = \"continue\"",
            ),
            file(
                "other",
                &["rollup/cinema_day"],
                "SELECT admissions AS n FROM cinema_day WHERE business_on = :day",
                "",
            ),
            file(
                "top",
                &["base", "other"],
                "SELECT base.n + other.n AS n FROM base JOIN other USING (day) WHERE day = :day",
                "",
            ),
        ],
    )
    .await;
    build(db).await;
    change(db, 1, 13).await;
    for _ in 0..3 {
        build(db).await;
        skip_pauses(db).await;
    }
    build(db).await;
    assert_eq!(state(db, "base", 1).await.0, "failed");
    assert_eq!(state(db, "top", 1).await.0, "built");
    assert_eq!(
        texts(
            db,
            "SELECT n::text FROM data_set.top ORDER BY day DESC LIMIT 1"
        )
        .await,
        ["-320"],
        "the last good -333 and the new 13"
    );
}

#[tokio::test]
async fn a_day_that_is_not_built_by_its_deadline_is_late_and_says_what_it_waits_for() {
    let db = &world().await;
    change(db, 1, 13).await;
    put(
        db,
        &[
            file(
                "base",
                &["rollup/cinema_day"],
                "SELECT 1 / (admissions - 13) AS n FROM cinema_day WHERE business_on = :day",
                "",
            ),
            file(
                "top",
                &["base"],
                "SELECT n FROM base WHERE day = :day",
                "deadline = \"00:00\"",
            ),
        ],
    )
    .await;
    build(db).await;
    assert_eq!(found(db, "data_set_late").await, [], "it is new");
    run(
        db,
        "UPDATE data_set SET applied_at = now() - interval '2 days'",
    )
    .await;
    let late = found(db, "data_set_late").await;
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].0, "top");
    assert!(late[0].1.contains("waits for base"), "{late:?}");
    change(db, 1, 14).await;
    build(db).await;
    assert_eq!(found(db, "data_set_late").await, []);
}

#[tokio::test]
async fn a_data_set_without_days_waits_for_all_days_and_is_not_built_too_often() {
    let db = &world().await;
    let whole = |more: &str| {
        let (name, text) = file("whole", &["base"], "SELECT sum(n) AS n FROM base", more);
        let lines = text.lines().filter(|line| !line.starts_with("since"));
        (name, lines.collect::<Vec<_>>().join("\n"))
    };
    put(
        db,
        &[
            file(
                "base",
                &["rollup/cinema_day"],
                "SELECT 100 / (admissions - 13) AS n FROM cinema_day WHERE business_on = :day",
                "",
            ),
            whole("partition = \"none\""),
        ],
    )
    .await;
    change(db, 2, 13).await;
    build(db).await;
    let of_whole = "SELECT state FROM data_set_status WHERE name = 'whole'";
    assert_eq!(texts(db, of_whole).await, ["waiting"]);
    change(db, 2, 10).await;
    build(db).await;
    assert_eq!(
        texts(db, "SELECT n::text FROM data_set.whole").await,
        ["-99"]
    );
    change(db, 2, 12).await;
    build(db).await;
    assert_eq!(texts(db, of_whole).await, ["due"], "every is an hour");
    run(
        db,
        "UPDATE data_set_day SET built_at = built_at - interval '1 hour'",
    )
    .await;
    build(db).await;
    assert_eq!(
        texts(db, "SELECT n::text FROM data_set.whole").await,
        ["-166"]
    );
}
