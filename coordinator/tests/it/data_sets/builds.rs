//! Builds: never twice, taken up again when they are lost, cut off when they take too long.

use std::time::Duration;

use schema::data_set::{self, BuildOutcome};
use tokio::time::timeout;

use super::*;

/// Ends a test that hangs; promises nothing.
const BOUND: Duration = Duration::from_mins(2);

const ADMISSIONS: &str = "SELECT admissions FROM cinema_day WHERE business_on = :day";

async fn one(db: &PgPool) {
    put(db, &[file("base", &["rollup/cinema_day"], ADMISSIONS, "")]).await;
}

#[tokio::test]
async fn two_coordinators_build_nothing_twice() {
    let db = &world().await;
    let files: Vec<_> = (1..=8)
        .map(|number| {
            file(
                &format!("base_{number}"),
                &["rollup/cinema_day"],
                ADMISSIONS,
                "",
            )
        })
        .collect();
    put(db, &files).await;
    let (first, second, third) =
        tokio::join!(build_as(db, "a"), build_as(db, "b"), build_as(db, "c"));
    build(db).await;
    let twice = texts(
        db,
        "SELECT name || ' ' || day FROM data_set_build WHERE state IN ('built', 'unchanged')
        GROUP BY name, day HAVING count(*) > 1",
    )
    .await;
    assert_eq!(twice, [""; 0]);
    assert!(first.built + second.built + third.built <= 24);
    assert_eq!(
        texts(
            db,
            "SELECT name FROM data_set_status WHERE state <> 'built'"
        )
        .await,
        [""; 0]
    );
}

/// The second claim runs while the first is uncommitted, and once it is committed; and one that was found
/// due before another ended is refused when it begins.
#[tokio::test]
async fn a_day_that_is_claimed_is_not_claimed_again() {
    let db = &world().await;
    one(db).await;
    let ours = data_set::claim(db, "a", 9, None, None).await.unwrap();
    assert_eq!(ours.len(), 3);
    assert_eq!(data_set::claim(db, "b", 9, None, None).await.unwrap(), []);
    assert_eq!(
        data_set::run(db, &ours[0]).await.unwrap(),
        BuildOutcome::Built
    );
    assert_eq!(
        data_set::run(db, &ours[0]).await.unwrap(),
        BuildOutcome::Superseded
    );
    run(
        db,
        "INSERT INTO data_set_build (name, day, started_by, input_revisions)
        SELECT name, day, 'stale', input_revisions FROM data_set_build WHERE ended_at IS NOT NULL",
    )
    .await;
    let stale = data_set::Build {
        build_id: sqlx::query_scalar("SELECT max(build_id) FROM data_set_build")
            .fetch_one(db)
            .await
            .unwrap(),
        ..ours[0].clone()
    };
    assert_eq!(
        data_set::run(db, &stale).await.unwrap(),
        BuildOutcome::Superseded
    );
}

#[tokio::test]
async fn a_build_that_is_killed_is_taken_up_again() {
    let db = &world().await;
    one(db).await;
    let claimed = data_set::claim(db, "gone", 1, None, None).await.unwrap();
    run(
        db,
        "UPDATE data_set_build SET started_at = now() - interval '10 minutes'",
    )
    .await;
    let mut building = db.begin().await.unwrap();
    sqlx::query("SELECT build_data_set($1)")
        .bind(claimed[0].build_id)
        .execute(&mut *building)
        .await
        .unwrap();
    assert_eq!(data_set::end_lost(db).await.unwrap(), [], "it is alive");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *building)
        .await
        .unwrap();
    sqlx::query("SELECT pg_terminate_backend($1, 60000)")
        .bind(pid)
        .execute(db)
        .await
        .unwrap();
    drop(building);
    let lost = data_set::end_lost(db).await.unwrap();
    assert_eq!(lost, [("base".to_owned(), claimed[0].day)]);
    assert_eq!(
        texts(db, "SELECT count(*)::text FROM data_set.base").await,
        ["0"]
    );
    skip_pauses(db).await;
    build(db).await;
    assert_eq!(
        texts(db, "SELECT count(*)::text FROM data_set.base").await,
        ["3"]
    );
}

#[tokio::test]
async fn a_build_that_takes_too_long_is_cut_off() {
    let db = &world().await;
    put(
        db,
        &[file(
            "slow",
            &[],
            "SELECT count(*) AS n FROM generate_series(1, 100000000000) AS n WHERE :day IS NOT NULL",
            "timeout = \"100ms\"",
        )],
    )
    .await;
    let claimed = data_set::claim(db, "a", 1, None, None).await.unwrap();
    let outcome = timeout(BOUND, data_set::run(db, &claimed[0]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(outcome, BuildOutcome::TimedOut);
    assert_eq!(
        texts(db, "SELECT state FROM data_set_build").await,
        ["timed_out"]
    );
}

#[tokio::test]
async fn a_day_whose_check_fails_keeps_its_last_good_rows() {
    let db = &world().await;
    let check =
        "check = \"SELECT day, admissions FROM base WHERE day = :day AND admissions > 100\"";
    put(
        db,
        &[file("base", &["rollup/cinema_day"], ADMISSIONS, check)],
    )
    .await;
    build(db).await;
    change(db, 1, 500).await;
    assert_eq!(build(db).await.failed, 1);
    let kept = texts(db, "SELECT DISTINCT admissions::text FROM data_set.base").await;
    assert_eq!(kept, ["10"]);
    let error = texts(
        db,
        "SELECT error FROM data_set_status WHERE error IS NOT NULL",
    )
    .await;
    assert!(
        error[0].starts_with("its check is not passed, first by {"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_person_has_days_built_again() {
    let db = &world().await;
    one(db).await;
    build(db).await;
    run(db, "DELETE FROM data_set.base; DELETE FROM data_set_build").await;
    let yesterday = (chrono::Utc::now() - chrono::TimeDelta::days(1)).date_naive();
    let again = coordinator::operate::data_set::build;
    let asked = again(db, &cli_actor(None), "base", Some(yesterday), None)
        .await
        .unwrap();
    assert!(
        asked.sentences[0].starts_with("one build of base is due"),
        "{asked:?}"
    );
    assert!(
        again(db, &cli_actor(None), "none", None, None)
            .await
            .is_err()
    );
    // The rows that it should have, as it knows them by their checksum.
    assert_eq!(build(db).await.unchanged, 1);
    assert_eq!(
        texts(db, "SELECT count(*)::text FROM data_set.base").await,
        ["1"]
    );
}

/// The rollup itself counts the days that it changes, once a data set reads it.
#[tokio::test]
async fn a_refresh_of_a_rollup_counts_its_days() {
    let db = &world().await;
    one(db).await;
    assert_eq!(
        texts(db, "SELECT day_column FROM rollup WHERE is_followed").await,
        ["business_on"]
    );
    run(
        db,
        "INSERT INTO rollup.cinema_day_dirty (cinema_id, business_on, currency)
        SELECT cinema_id, business_on, currency FROM rollup.cinema_day
        WHERE business_on = (now() AT TIME ZONE 'UTC')::date - 2;
        SELECT refresh_buckets('cinema_day', 10)",
    )
    .await;
    let counted = texts(
        db,
        "SELECT ((now() AT TIME ZONE 'UTC')::date - day) || ' ' || revision FROM rollup_revision",
    )
    .await;
    assert_eq!(counted, ["2 1"]);
    coordinator::operate::data_set::remove(db, &cli_actor(None), "base")
        .await
        .unwrap();
    assert_eq!(
        texts(db, "SELECT name FROM rollup WHERE is_followed").await,
        [""; 0]
    );
}

#[tokio::test]
async fn the_files_that_the_guide_shows_can_be_applied_and_built() {
    let db = &world().await;
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/data_sets");
    let files = [
        "territory_month.toml",
        "territory_share.toml",
        "partner_sales.toml",
    ]
    .map(|name| home.join(name));
    let files = coordinator::operate::apply::read_files(&files).unwrap();
    assert_eq!(put(db, &files).await.len(), 3);
    let done = build(db).await;
    assert_eq!(done.failed, 0);
    let month = texts(
        db,
        "SELECT state FROM data_set_status WHERE name = 'territory_month'",
    )
    .await;
    assert_eq!(month, ["built"]);
    // Analysts read it, and nobody but the leader writes it.
    let mut analyst = db.begin().await.unwrap();
    sqlx::query("SET LOCAL ROLE fullhouse_analyst")
        .execute(&mut *analyst)
        .await
        .unwrap();
    sqlx::query("SELECT * FROM data_set.territory_share, analytics.data_set_status LIMIT 1")
        .execute(&mut *analyst)
        .await
        .unwrap();
    assert!(
        sqlx::query("DELETE FROM data_set.territory_share")
            .execute(&mut *analyst)
            .await
            .is_err()
    );
}
