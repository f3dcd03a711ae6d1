//! Since when a step fails, and when nobody looked.

use schema::{enums::Yields, finish::Trace};

use crate::history::{claim, saw, text, with_showtime};

/// Minutes, tries, whether the seats changed, the reason, the last error.
type Gap = (i32, i64, Option<bool>, String, Option<String>);

/// A row of `failing_step`.
type Row = (String, i64, i64, String, i64, String, Vec<String>);

#[tokio::test]
async fn a_failing_step_says_since_when_and_what_changed_before() {
    let world = with_showtime().await;
    let step = world.step(Yields::Seats).await;
    // Good until a quarter of an hour ago, then a new version, a new code, and failures.
    sqlx::raw_sql(
        "INSERT INTO definition (source_id, applied_at, version, body)
        VALUES (1, now() - interval '11 minutes', 7, 'x');
        INSERT INTO seat_code (source_id, code_index, discovered_by, status, code)
        VALUES (1, 9, 1002, NULL, 'it''s new')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, error, attempt, response_bytes)
        SELECT 1000 + job.number, task_id, job.at, job.at, job.at, job.at, 1, 1, $1, job.outcome::job_outcome,
            CASE WHEN job.outcome = 'failed' THEN 'malformed'::error_class END, job.error, 1, job.bytes
        FROM task
        CROSS JOIN (VALUES
            (0, now() - interval '30 minutes', 'failed', 'an old failure', 40000),
            (1, now() - interval '20 minutes', 'succeeded', NULL, 40000),
            (2, now() - interval '15 minutes', 'succeeded', NULL, 40000),
            (3, now() - interval '10 minutes', 'failed', 'the first', 300),
            (4, now() - interval '5 minutes', 'failed', 'the second', 300)
        ) AS job (number, at, outcome, error, bytes)
        WHERE task.key = 'a/1'",
    )
    .bind(step)
    .execute(&world.db)
    .await
    .unwrap();
    let failing: Vec<Row> = sqlx::query_as(
        "SELECT step, failing_tasks, first_job_id, first_error, last_job_id, last_reason, changed_before
        FROM failing_step",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let [row] = failing.as_slice() else {
        panic!("{failing:?}");
    };
    assert_eq!((row.0.as_str(), row.1), ("seats", 1));
    assert_eq!((row.2, row.3.as_str()), (1003, "the first"));
    assert_eq!((row.4, row.5.as_str()), (1004, "malformed"));
    assert_eq!(
        row.6,
        [
            "version 7 of the definition was applied 60 s before",
            "status code 'it''s new' was new",
            "answers have 300 bytes instead of 40000",
        ]
    );
    // It succeeds again.
    let look = claim(&world).await;
    saw(&world, &look, 0x00, Trace::default(), Vec::new()).await;
    assert_eq!(text(&world, "SELECT step FROM failing_step").await, []);
}

#[tokio::test]
async fn a_gap_is_where_nobody_looked_and_not_where_nothing_happened() {
    let world = with_showtime().await;
    let step = world.step(Yields::Seats).await;
    // The step looks once a minute. Looks without a change follow each other, then none for half an
    // hour, in which two tries failed; the last look is twenty minutes old.
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, error, attempt, changed)
        SELECT 1000 + job.ago, task_id, job.at, job.at, job.at, job.at, 1, 1, $1, job.outcome,
            CASE WHEN job.outcome = 'failed' THEN 'timeout'::error_class END, job.error, 1, job.changed
        FROM task
        CROSS JOIN LATERAL (
            SELECT ago, now() - make_interval(mins => ago) AS at,
                CASE WHEN ago IN (30, 40) THEN 'failed' ELSE 'succeeded' END::job_outcome AS outcome,
                CASE WHEN ago IN (30, 40) THEN 'no answer' END AS error,
                CASE WHEN ago NOT IN (30, 40) THEN ago = 20 END AS changed
            FROM unnest('{53,52,51,50,40,30,20}'::integer[]) AS ago
        ) AS job
        WHERE task.key = 'a/1'",
    )
    .bind(step)
    .execute(&world.db)
    .await
    .unwrap();
    let gaps: Vec<Gap> = sqlx::query_as(
        "SELECT round(extract(epoch FROM lasted) / 60)::integer, tries, changed, reason, last_error
        FROM showtime_gap WHERE showtime_id = 1 ORDER BY from_at",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let expected = [
        (
            30,
            2,
            Some(true),
            "looks failed".to_owned(),
            Some("no answer".to_owned()),
        ),
        (20, 0, None, "nobody looked".to_owned(), None),
    ];
    assert_eq!(gaps, expected);
}
