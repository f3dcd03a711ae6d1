//! Expressions that fail, take too long, or were lost with a crash.

use super::*;

#[tokio::test]
async fn an_expression_that_cannot_be_run_blames_no_row() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(
        db,
        "CREATE TABLE note (words integer);
        SELECT materialise_column('cinema_fact', 'notes', 'integer', '(SELECT count(*) FROM note)');
        DROP TABLE note;
        UPDATE cinema_fact SET materialized_at = NULL",
    )
    .await;
    let paused = once(db, "cinema_fact").await.paused.unwrap();
    assert!(paused.contains("note"), "{paused}");
    assert!(once(db, "cinema_fact").await.is_idle(), "it rests");
    assert_eq!(world.count("materialisation_error").await, 0);
    run(
        db,
        "SELECT materialise_column('cinema_fact', 'notes', 'integer', '7')",
    )
    .await;
    settle(db).await;
    let notes: i64 = sqlx::query_scalar("SELECT sum(notes) FROM cinema_fact")
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(notes, 28);
}

#[tokio::test]
async fn a_query_of_dependents_that_takes_too_long_is_told() {
    let world = world().await;
    run(
        &world.db,
        "UPDATE materialised_table SET timeout_seconds = 1, dependents = 'SELECT length(pg_sleep(3600)::text) + 0 * $1[1]'",
    )
    .await;
    let paused = once(&world.db, "cinema_fact").await.paused;
    assert!(paused.unwrap().contains("timeout"));
    assert_eq!(world.count("cinema_fact").await, 0, "nothing of it stands");
}

#[tokio::test]
async fn a_row_that_takes_too_long_is_found_and_the_others_are_computed() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(
        db,
        "SELECT materialise_column('cinema_fact', 'slow', 'integer',
            '(SELECT length(CASE fact.cinema_id WHEN 2 THEN pg_sleep(3600)::text ELSE ''four'' END))');
        UPDATE materialised_column SET backfilled_at = now();
        -- However slow this machine is, no innocent row is given up.
        UPDATE materialised_table SET timeout_seconds = 2, max_failures = 1000;
        UPDATE cinema_fact SET materialized_at = NULL",
    )
    .await;
    let together = once(db, "cinema_fact").await;
    assert_eq!(
        (together.computed, together.failed),
        (0, 0),
        "none is blamed yet"
    );
    let deadline = Instant::now() + BOUND;
    loop {
        once(db, "cinema_fact").await;
        let slow: Vec<i32> = sqlx::query_scalar(
            "SELECT cinema_id FROM cinema_fact WHERE slow = 4 ORDER BY cinema_id",
        )
        .fetch_all(db)
        .await
        .unwrap();
        let blamed: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM materialisation_error WHERE row_key = 2 AND failures >= 1",
        )
        .fetch_one(db)
        .await
        .unwrap();
        if slow == [1, 3, 4] && blamed == 1 {
            break;
        }
        assert!(Instant::now() < deadline, "{slow:?}");
        run(db, "UPDATE materialisation_error SET retry_at = now()").await;
    }
}

/// Marks are not in the log: a crash of the database empties their table, and all is computed again.
#[tokio::test]
async fn what_a_crash_forgot_is_computed_all_the_same() {
    let world = world().await;
    let db = &world.db;
    settle(db).await;
    run(
        db,
        "UPDATE cinema SET latitude = 51.52, longitude = -0.12 WHERE cinema_id = 3;
        TRUNCATE materialised_mark RESTART IDENTITY",
    )
    .await;
    settle(db).await;
    assert_eq!(nearest(db, 3).await, (Some(1), Some(2.0)));
    assert!(once(db, "cinema_fact").await.is_idle(), "once is enough");
}

/// Invariant 12: a process that computes runs the expressions, so only the owner writes them,
/// whatever rights it has; and each is one value.
#[tokio::test]
async fn expressions_are_taken_from_the_owner_alone() {
    let world = World::new().await;
    let mut asked = world.db.begin().await.unwrap();
    sqlx::raw_sql(
        "CREATE ROLE fullhouse_test_computer;
        GRANT ALL ON ALL TABLES IN SCHEMA public TO fullhouse_test_computer;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO fullhouse_test_computer;
        SET LOCAL ROLE fullhouse_test_computer",
    )
    .execute(&mut *asked)
    .await
    .unwrap();
    let mut refused = async |statement: &'static str, why: &str| {
        let mut attempt = asked.begin().await.unwrap();
        let error = sqlx::raw_sql(statement).execute(&mut *attempt).await;
        let error = error.expect_err(statement).to_string();
        assert!(error.contains(why), "{statement}: {error}");
        attempt.rollback().await.unwrap();
    };
    refused(
        "SELECT materialise_column('cinema_fact', 'own', 'integer', '1')",
        "must be owner",
    )
    .await;
    for statement in [
        "UPDATE materialised_column SET expression = '1'",
        "INSERT INTO materialised_column (table_name, column_name, expression) VALUES ('cinema_fact', 'own', '1')",
        "UPDATE materialised_table SET dependents = 'SELECT 1'",
        "UPDATE materialised_table SET name = 'job' WHERE name = 'showtime_fact'",
    ] {
        refused(statement, "only the owner").await;
    }
    // How far a column is computed is visible to the role that computes it.
    sqlx::raw_sql("UPDATE materialised_column SET backfilled_rows = 1; RESET ROLE")
        .execute(&mut *asked)
        .await
        .unwrap();
    for (expression, why) in [
        ("1); DROP TABLE job; --", "semicolon"),
        ("1), seat_count = (2", "only one column"),
        ("1) WHERE (true", "syntax error"),
        ("1 -- ", ""),
    ] {
        let mut attempt = asked.begin().await.unwrap();
        let made = sqlx::query("SELECT materialise_column('cinema_fact', 'own', 'integer', $1)")
            .bind(expression)
            .execute(&mut *attempt)
            .await;
        match made {
            Ok(_) => assert_eq!(why, "", "{expression}"),
            Err(error) => assert!(error.to_string().contains(why), "{expression}: {error}"),
        }
        attempt.rollback().await.unwrap();
    }
    // Never committed: the role is of the whole server.
    asked.rollback().await.unwrap();
}
