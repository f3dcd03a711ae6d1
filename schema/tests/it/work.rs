//! Works: plans of what is asked for every film, what marks a film, and what the tables refuse.

use schema::reading::{Reader, films::same_work};
use sqlx::{AssertSqlSafe, PgPool};

use crate::fixture::World;

/// Sixty thousand films of twenty keys each hundred.
async fn crowded() -> World {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, n::text, 'Film ' || n FROM generate_series(1, 60000) AS n;
        INSERT INTO work (film_id) SELECT film_id FROM film ORDER BY film_id;
        INSERT INTO film_work (film_id, work_id, rule, reason) SELECT film_id, work_id, 'alone', 'none' FROM work;
        INSERT INTO film_key (film_id, key) SELECT film_id, 't:' || film_id / 5 FROM film;
        INSERT INTO film_fact (film_id, changed_by, year) SELECT film_id, 1, 2026 FROM film;
        INSERT INTO film_identifier (film_id, discovered_by, scheme, value) SELECT film_id, 1, 'edi', '1' FROM film;
        INSERT INTO film_title (film_id, title) SELECT film_id, title FROM film;
        INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason)
        SELECT film_id, film_id + 1, true, 'test', 'test' FROM film WHERE film_id % 2 = 0 AND film_id < 60000;
        INSERT INTO film_pair_doubt (film_a, film_b, score, reasons)
        SELECT film_a, film_b, 9, '[]' FROM film_verdict;
        INSERT INTO work_title (work_id, title, key) SELECT work_id, 'A title', 'k' || work_id FROM work;
        INSERT INTO work_identifier (work_id, scheme, value) SELECT work_id, 'edi', '1' FROM work;
        INSERT INTO reference_title (directors, keys, work, title)
        SELECT '{}', ARRAY[n::text], n::text, 'A title' FROM generate_series(1, 60000) AS n;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 1, 1, 1, now(), film_id, current_date, film_id::text FROM film;
        ANALYZE",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world
}

/// Returns the tables that the plan of a statement reads whole.
async fn scanned(db: &PgPool, statement: &str, arguments: &str) -> Vec<String> {
    let mut session = db.acquire().await.unwrap();
    let mut run = async |sql: String| -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(&mut *session)
            .await
            .unwrap()
    };
    run(format!("PREPARE hot AS {statement}")).await;
    let lines = run(format!("EXPLAIN (COSTS OFF) EXECUTE hot ({arguments})")).await;
    run("DEALLOCATE hot".to_owned()).await;
    lines
        .iter()
        .filter_map(|line| line.split_once("Seq Scan on "))
        .map(|(_, table)| table.to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_asked_for_a_batch_of_films_is_found_by_key() {
    let world = crowded().await;
    for (statement, arguments) in [
        (
            include_str!("../../queries/read_films_to_compare.sql"),
            "'{7,8}'",
        ),
        (
            include_str!("../../queries/find_film_candidates.sql"),
            "'{t:7,t:8}', 300",
        ),
        (
            include_str!("../../queries/store_film_keys.sql"),
            "'{7}', '{t:1}', '{7,8}'",
        ),
        (
            include_str!("../../queries/store_film_works.sql"),
            "'{7}', '{7}', '{alone}', '{NULL}', '{none}', '{unknown}', '{NULL}', '{NULL}'",
        ),
        (
            include_str!("../../queries/store_work_names.sql"),
            "'{7}', '{7}', '{FR}', '{A title}', '{title}', '{7}', '{edi}', '{2}'",
        ),
        (
            include_str!("../../queries/find_works.sql"),
            "NULL, 'k7', NULL",
        ),
        (
            include_str!("../../queries/find_showtimes.sql"),
            "'{7}', NULL, NULL, NULL",
        ),
        (
            include_str!("../../queries/store_film_doubts.sql"),
            "'{7}', '{7}', '{8}', '{9}', '{\"[]\"}'",
        ),
        (
            include_str!("../../queries/read_films_in_depth.sql"),
            "'{7,8}'",
        ),
        (include_str!("../../queries/read_work.sql"), "7"),
        (include_str!("../../queries/read_work_identifiers.sql"), "7"),
        ("SELECT work FROM reference_title WHERE keys && $1", "'{7}'"),
        (
            "SELECT film_a FROM film_verdict WHERE film_a = ANY ($1::integer[]) OR film_b = ANY ($1)",
            "'{7}'",
        ),
        (
            "SELECT film_id FROM film_work WHERE work_id IN (SELECT work_id FROM film_work WHERE film_id = ANY ($1::integer[]))",
            "'{7}'",
        ),
    ] {
        let tables = scanned(&world.db, statement, arguments).await;
        let large: Vec<&String> = tables
            .iter()
            .filter(|table| !["cinema", "source"].contains(&table.as_str()))
            .collect();
        assert!(large.is_empty(), "{large:?}: {statement}");
    }
}

#[tokio::test]
async fn a_change_that_matters_marks_the_film_and_no_other_does() {
    let world = World::new().await;
    let marked = async |sql: &'static str| -> Vec<i32> {
        sqlx::raw_sql(sql).execute(&world.db).await.unwrap();
        sqlx::query_scalar("WITH gone AS (DELETE FROM film_to_match RETURNING film_id) SELECT film_id FROM gone ORDER BY 1")
            .fetch_all(&world.db)
            .await
            .unwrap()
    };
    let two = "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'a', 'One'), (1, 1, 'b', 'Two')";
    assert_eq!(marked(two).await, [1, 2]);
    assert_eq!(
        marked("UPDATE film SET title = 'One' WHERE film_id = 1").await,
        [0; 0]
    );
    assert_eq!(
        marked("UPDATE film SET title = 'Other' WHERE film_id = 1").await,
        [1]
    );
    assert_eq!(
        marked("INSERT INTO film_fact (film_id, changed_by, year) VALUES (2, 1, 2026)").await,
        [2]
    );
    assert_eq!(marked("UPDATE film_fact SET changed_by = 2").await, [0; 0]);
    assert_eq!(
        marked("UPDATE film_fact SET directors = '{Ada Ruiz}'").await,
        [2]
    );
    let identifier = "INSERT INTO film_identifier (film_id, discovered_by, scheme, value) VALUES (1, 1, 'edi', '7')";
    assert_eq!(marked(identifier).await, [1]);
    let verdict = "INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason) VALUES (1, 2, true, 'x', 'y')";
    assert_eq!(marked(verdict).await, [1, 2]);
    assert_eq!(marked("DELETE FROM film_verdict").await, [1, 2]);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'a', 'One'), (1, 1, 'b', 'Two');
        INSERT INTO work (film_id) VALUES (1), (2)",
    )
    .execute(&world.db)
    .await
    .unwrap();
    for (sql, constraint) in [
        (
            "UPDATE work SET merged_into = work_id",
            "work_merged_elsewhere",
        ),
        ("INSERT INTO work (film_id) VALUES (1)", "work_film_key"),
        ("UPDATE work SET kind = 'film'", "work_kind_word"),
        (
            "INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'rules', 'x')",
            "film_work_score_iff_rules",
        ),
        (
            "INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason) VALUES (2, 1, true, 'x', 'y')",
            "film_verdict_in_order",
        ),
        (
            "INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason) VALUES (1, 2, true, 'x', '')",
            "film_verdict_reason_given",
        ),
    ] {
        let error = sqlx::query(sql).execute(&world.db).await.unwrap_err();
        let broken = error
            .as_database_error()
            .and_then(|error| error.constraint().map(str::to_owned));
        assert_eq!(broken.as_deref(), Some(constraint), "{sql}");
    }
}

#[tokio::test]
async fn the_films_of_a_work_are_read_with_the_reason() {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title)
        VALUES (1, 1, 'a', 'One'), (1, 1, 'b', 'One: IMAX'), (1, 1, 'c', 'Two');
        INSERT INTO work (film_id) VALUES (1), (2), (3);
        INSERT INTO film_work (film_id, work_id, rule, score, reason)
        VALUES (1, 1, 'alone', NULL, 'it was first'), (2, 1, 'rules', 14, 'same title'), (3, 3, 'alone', NULL, 'none')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let mut reader = Reader::begin(&world.db).await.unwrap();
    let films = same_work(&mut reader, 2).await.unwrap();
    let found: Vec<_> = films
        .iter()
        .map(|film| (film.film_id, film.rule.as_str(), film.reason.as_str()))
        .collect();
    assert_eq!(
        found,
        [(1, "alone", "it was first"), (2, "rules", "same title")]
    );
    assert!(same_work(&mut reader, 4).await.unwrap().is_empty());
}
