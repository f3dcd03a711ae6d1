//! Venues: plans of what is asked for every cinema and start, what marks them, and what the tables
//! refuse.

use sqlx::{AssertSqlSafe, PgPool};

use crate::fixture::World;

/// Twenty thousand cinemas with two showtimes and an auditorium each, half of them shared.
async fn crowded() -> World {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film');
        INSERT INTO work (film_id) VALUES (1);
        INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'alone', 'none');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT 1, 1, 1, 'FR', n::text, 'Cinema ' || n, 'UTC' FROM generate_series(1, 20000) AS n;
        INSERT INTO auditorium (cinema_id, discovered_by, key, name) SELECT cinema_id, 1, '1', '1' FROM cinema;
        INSERT INTO venue (cinema_id) SELECT cinema_id FROM cinema ORDER BY cinema_id;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT cinema_id, 1, 1, '2026-11-30 20:00Z'::timestamptz + n * interval '2 days', 1, '2026-11-30'::date + n * 2, n::text
        FROM cinema CROSS JOIN generate_series(1, 2) AS n;
        INSERT INTO cinema_venue (cinema_id, venue_id, is_shared, rule, reason)
        SELECT cinema_id, venue_id, cinema_id <= 10000, 'alone', 'none' FROM venue;
        INSERT INTO cinema_key (cinema_id, key) SELECT cinema_id, 'n:' || cinema_id / 5 FROM cinema;
        INSERT INTO cinema_verdict (cinema_a, cinema_b, is_same, decided_by, reason)
        SELECT cinema_id, cinema_id + 1, true, 'test', 'test' FROM cinema WHERE cinema_id % 2 = 1;
        INSERT INTO cinema_pair_doubt (cinema_a, cinema_b, score, reasons)
        SELECT cinema_a, cinema_b, 0.5, '[]' FROM cinema_verdict;
        INSERT INTO venue_auditorium (auditorium_id, same_as, is_known, rule, reason)
        SELECT auditorium_id, auditorium_id, true, 'alone', 'none' FROM auditorium;
        INSERT INTO showtime_duplicate (showtime_id, counted_as, reason)
        SELECT showtime_id, showtime_id + 1, 'test' FROM showtime WHERE showtime_id % 2 = 1;
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
async fn what_is_asked_for_a_batch_is_found_by_key() {
    let world = crowded().await;
    for (statement, arguments) in [
        (
            include_str!("../../queries/find_cinema_candidates.sql"),
            "'{n:7,n:8}', 300",
        ),
        (
            include_str!("../../queries/store_cinema_keys.sql"),
            "'{7}', '{n:1}', '{7,8}'",
        ),
        (
            include_str!("../../queries/store_cinema_venues.sql"),
            "'{7}', '{7}', '{alone}', '{NULL}', '{none}', '{false}'",
        ),
        (
            include_str!("../../queries/store_cinema_doubts.sql"),
            "'{7}', '{7}', '{8}', '{0.5}', '{\"[]\"}'",
        ),
        (
            include_str!("../../queries/read_listings_to_pair.sql"),
            "'{7,8}', '{2026-12-02 20:00Z,NULL}'",
        ),
        (
            include_str!("../../queries/store_showtime_duplicates.sql"),
            "'{7}', '{8}', '{test}', '{9}'",
        ),
        (
            "SELECT cinema_a FROM cinema_verdict WHERE cinema_a = ANY ($1::integer[]) OR cinema_b = ANY ($1)",
            "'{7}'",
        ),
        (
            "SELECT showtime_id FROM showtime_duplicate WHERE counted_as = $1::integer",
            "7",
        ),
    ] {
        let tables = scanned(&world.db, statement, arguments).await;
        let large: Vec<&String> = tables
            .iter()
            .filter(|table| !["source", "step", "film_work"].contains(&table.as_str()))
            .collect();
        assert!(large.is_empty(), "{large:?}: {statement}");
    }
}

#[tokio::test]
async fn a_change_that_matters_marks_and_no_other_does() {
    let world = World::new().await;
    let run = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&world.db).await.unwrap();
    };
    let cinemas = async |sql: &'static str| -> Vec<i32> {
        run(sql).await;
        sqlx::query_scalar(
            "WITH gone AS (DELETE FROM cinema_to_match RETURNING cinema_id) SELECT DISTINCT cinema_id FROM gone ORDER BY 1",
        )
        .fetch_all(&world.db)
        .await
        .unwrap()
    };
    let two =
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', 'a', 'One', 'UTC'), (1, 1, 1, 'FR', 'b', 'Two', 'UTC')";
    assert_eq!(cinemas(two).await, [1, 2]);
    assert_eq!(cinemas("UPDATE cinema SET changed_by = 2").await, [0; 0]);
    assert_eq!(
        cinemas("UPDATE cinema SET latitude = 48, longitude = 2 WHERE cinema_id = 1").await,
        [1]
    );
    assert_eq!(
        cinemas("UPDATE cinema SET name = 'Deux' WHERE cinema_id = 2").await,
        [2]
    );
    let verdict = "INSERT INTO cinema_verdict (cinema_a, cinema_b, is_same, decided_by, reason) VALUES (1, 2, true, 'x', 'y')";
    assert_eq!(cinemas(verdict).await, [1, 2]);
    assert_eq!(cinemas("DELETE FROM cinema_verdict").await, [1, 2]);
    let auditorium = "INSERT INTO auditorium (cinema_id, discovered_by, key, name) VALUES (1, 1, '1', '1'), (2, 1, '1', '1')";
    assert_eq!(cinemas(auditorium).await, [0; 0], "its venue is not shared");

    // The second is shared.
    run("INSERT INTO venue (cinema_id) VALUES (1), (2);
        INSERT INTO cinema_venue (cinema_id, venue_id, is_shared, rule, reason)
        VALUES (1, 1, false, 'alone', 'none'), (2, 2, true, 'alone', 'none');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'f', 'A film');
        DELETE FROM showtime_to_pair")
    .await;
    assert_eq!(cinemas("UPDATE auditorium SET name = '2'").await, [2]);
    let starts = async |sql: &'static str| -> Vec<(i32, Option<i32>)> {
        run(sql).await;
        sqlx::query_as(
            "WITH gone AS (DELETE FROM showtime_to_pair RETURNING venue_id, starts_at)
            SELECT DISTINCT venue_id, extract(hour FROM starts_at AT TIME ZONE 'UTC')::integer FROM gone ORDER BY 1, 2",
        )
        .fetch_all(&world.db)
        .await
        .unwrap()
    };
    let showtimes = "INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        VALUES (1, 1, 1, '2026-12-01 18:00Z', 1, '2026-12-01', 'a'), (2, 1, 1, '2026-12-01 19:00Z', 1, '2026-12-01', 'b')";
    assert_eq!(starts(showtimes).await, [(2, Some(19))]);
    assert_eq!(starts("UPDATE showtime SET changed_by = 2").await, []);
    assert_eq!(
        starts("UPDATE showtime SET starts_at = starts_at + interval '1 hour'").await,
        [(2, Some(19)), (2, Some(20))]
    );
    assert_eq!(
        starts("UPDATE showtime SET cinema_id = 1 WHERE key = 'b'").await,
        [(1, Some(20)), (2, Some(20))]
    );
    run("UPDATE showtime SET cinema_id = 2 WHERE key = 'b'; DELETE FROM showtime_to_pair").await;
    let work = "INSERT INTO work (film_id) VALUES (1);
        INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'alone', 'none')";
    assert_eq!(starts(work).await, [(2, Some(20))]);
    assert_eq!(
        starts("UPDATE source SET precedence = 2 WHERE source_id = 1").await,
        [(2, None)]
    );
    assert_eq!(starts("UPDATE source SET title = 'Other'").await, []);
    assert_eq!(
        starts("UPDATE cinema_venue SET venue_id = 1, is_shared = true WHERE cinema_id = 2").await,
        [(1, None), (2, None)]
    );
    assert_eq!(starts("UPDATE cinema_venue SET reason = 'other'").await, []);
    let places = "INSERT INTO venue_auditorium (auditorium_id, same_as, is_known, rule, reason)
        VALUES (2, 2, true, 'alone', 'none')";
    assert_eq!(starts(places).await, [(1, None)]);
    assert_eq!(
        starts("UPDATE venue_auditorium SET looked_at = now()").await,
        []
    );
    assert_eq!(
        starts("UPDATE venue_auditorium SET same_as = 1").await,
        [(1, None)]
    );
    assert_eq!(
        starts("DELETE FROM showtime WHERE key = 'b'").await,
        [(1, Some(20))]
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', 'a', 'One', 'UTC'), (1, 1, 1, 'FR', 'b', 'Two', 'UTC');
        INSERT INTO venue (cinema_id) VALUES (1), (2)",
    )
    .execute(&world.db)
    .await
    .unwrap();
    for (sql, constraint) in [
        (
            "UPDATE venue SET merged_into = venue_id",
            "venue_merged_elsewhere",
        ),
        (
            "INSERT INTO venue (cinema_id) VALUES (1)",
            "venue_cinema_key",
        ),
        (
            "INSERT INTO cinema_venue (cinema_id, venue_id, is_shared, rule, reason) VALUES (1, 1, true, 'rules', 'x')",
            "cinema_venue_score_iff_rules",
        ),
        (
            "INSERT INTO cinema_verdict (cinema_a, cinema_b, is_same, decided_by, reason) VALUES (2, 1, true, 'x', 'y')",
            "cinema_verdict_in_order",
        ),
        (
            "INSERT INTO cinema_verdict (cinema_a, cinema_b, is_same, decided_by, reason) VALUES (1, 2, true, 'x', '')",
            "cinema_verdict_reason_given",
        ),
        (
            "UPDATE source SET precedence = 0",
            "source_precedence_positive",
        ),
        (
            "INSERT INTO observation_subject (source_id, subject, linked_by) VALUES (1, 'x', 'y')",
            "observation_subject_is_one",
        ),
    ] {
        let error = sqlx::query(sql).execute(&world.db).await.unwrap_err();
        let broken = error
            .as_database_error()
            .and_then(|error| error.constraint().map(str::to_owned));
        assert_eq!(broken.as_deref(), Some(constraint), "{sql}");
    }
}
