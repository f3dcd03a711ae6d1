//! Queries that try to do more than analysts may (invariant 12).

use super::*;

#[tokio::test]
async fn a_query_that_would_write_or_read_more_is_refused() {
    let db = &world().await;
    let cases = [
        ("SELECT 1 AS a; DROP TABLE data_set", "without a semicolon"),
        (
            "SELECT * FROM public.api_token",
            "permission denied for schema public",
        ),
        (
            "SELECT * FROM pg_catalog.pg_authid",
            "a data set cannot read pg_authid",
        ),
        (
            "SELECT set_config('role', 'none', true) AS a",
            "cannot call set_config",
        ),
        (
            "SELECT pg_catalog.pg_read_file('/etc/passwd') AS a",
            "cannot call pg_read_file",
        ),
        ("SELECT lo_create(0) AS a", "cannot call lo_create"),
        (
            "SELECT query_to_xml('SELECT 1', true, true, '') AS a",
            "cannot call query_to_xml",
        ),
        (
            "SELECT pg_terminate_backend(1) AS a",
            "cannot call pg_terminate_backend",
        ),
        (
            "SELECT fullhouse.open_rollup_draft() AS a",
            "cannot call fullhouse.open_rollup_draft",
        ),
        (
            "SELECT 1 AS a WHERE pg_sleep(1)::text IS NULL",
            "cannot call pg_sleep",
        ),
        (
            "WITH gone AS (DELETE FROM cinema_profile RETURNING 1) SELECT * FROM gone",
            "WITH",
        ),
        ("DELETE FROM cinema_profile", "syntax error"),
        ("COPY (SELECT 1) TO PROGRAM 'true'", "syntax error"),
        ("DO $$ BEGIN END $$", "syntax error"),
        ("SET ROLE postgres", "syntax error"),
        ("SELECT 1 AS a INTO stolen", "INTO"),
    ];
    for (query, expected) in cases {
        let words = refusal(db, &[file("a", &[], query, "")]).await;
        assert!(words.contains(expected), "{query}: {words}");
    }
    assert_eq!(texts(db, "SELECT name FROM data_set").await, [""; 0]);
}

/// As if the checks were not there: the rights alone refuse.
#[tokio::test]
async fn the_role_that_runs_queries_can_do_no_more_than_read() {
    let db = &world().await;
    put(
        db,
        &[file(
            "base",
            &["rollup/cinema_day"],
            "SELECT admissions FROM cinema_day WHERE business_on = :day",
            "",
        )],
    )
    .await;
    for query in [
        "SELECT 1; DROP TABLE data_set.base",
        "DELETE FROM data_set.base RETURNING 1",
        "INSERT INTO data_set.base VALUES (current_date, 1) RETURNING 1",
        "WITH gone AS (DELETE FROM data_set.base RETURNING 1) SELECT 1 FROM gone",
        "SELECT 1 FROM data_set.base FOR UPDATE",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "DO $$ BEGIN END $$",
        "SET ROLE postgres",
        "RESET ROLE",
        "SELECT length(set_config('role', 'none', true))",
        "SELECT length(set_config('session_authorization', 'postgres', true))",
        "SELECT 1 FROM public.api_token",
        "SELECT 1 FROM pg_authid",
        "SELECT length(pg_read_file('/etc/passwd'))",
        "SELECT 1 FROM public.build_data_set(1)",
        "CREATE TABLE data_set.mine (a integer)",
    ] {
        let run = sqlx::query("SELECT * FROM data_set.compute($1, NULL::integer)")
            .bind(query)
            .execute(db)
            .await;
        assert!(run.is_err(), "{query}");
    }
    // Nor does it run as anybody else, should somebody change the function.
    let words = sqlx::raw_sql(
        "ALTER FUNCTION data_set.compute(text, anyelement) SECURITY INVOKER;
        SELECT * FROM data_set.compute('SELECT 1', NULL::integer)",
    )
    .execute(db)
    .await
    .unwrap_err()
    .to_string();
    assert!(words.contains("data_set_runner alone"), "{words}");
}
