//! What pages and the API read: the right rows, and few others on the way.

use chrono::{DateTime, Duration, Utc};
use schema::{
    enums::{ErrorClass, Outcome},
    reading::{
        ReadError, Reader,
        job_list::{JobListFilter, count, list},
        request,
        search::{by_error, by_key, by_name, by_number},
        source::{facts, failures},
        task::{TaskFilter, TaskState},
    },
};
use serde_json::Value;

use crate::fixture::World;

/// Jobs of a long history: ten a second, up to now.
const JOBS: i64 = 40_000;

/// A world with a history in which 20 jobs failed, and with a catalogue.
async fn long_history() -> World {
    let world = World::new().await;
    world.seats_tasks(5_000).await;
    sqlx::raw_sql(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, attempt, request_url, error)
        SELECT 100000 + n, 2 + n % 5000, at, at, at, at, 1, 1, 1 + n % 3,
            CASE WHEN n % 2000 = 0 THEN 'failed' ELSE 'succeeded' END::job_outcome,
            CASE WHEN n % 2000 = 0 THEN 'timeout' END::error_class,
            1, 'https://example.org/' || n,
            CASE WHEN n % 2000 = 0 THEN 'no answer of 50% in ' || n || ' ms' END
        FROM generate_series(1, 40000) AS n
        CROSS JOIN LATERAL (SELECT now() - make_interval(secs => (40000 - n) / 10.0) AS at) AS time;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone, city)
        SELECT 1, 1, 1, 'FR', n::text, 'Cinema number ' || n, 'UTC', 'Town ' || n FROM generate_series(1, 3000) AS n;
        INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, n::text, 'The film part ' || n FROM generate_series(1, 3000) AS n;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 1, 1, 1, now(), 1, current_date, 'show-' || n FROM generate_series(1, 5000) AS n;
        ANALYZE",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world
}

/// Rows that the scans of a statement touch with these arguments, planned for them.
async fn touched(world: &World, statement: &str, arguments: &str) -> f64 {
    let mut connection = world.db.acquire().await.unwrap();
    let prepare = format!("SET plan_cache_mode = force_custom_plan; PREPARE asked AS {statement}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({arguments})");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("DEALLOCATE asked; RESET plan_cache_mode")
        .execute(&mut *connection)
        .await
        .unwrap();
    rows_of(&plan[0]["Plan"])
}

fn rows_of(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let is_scan = node["Node Type"]
        .as_str()
        .unwrap_or_default()
        .contains("Scan");
    let own = if is_scan {
        number("Actual Loops")
            * (number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck"))
    } else {
        0.0
    };
    let children = node["Plans"].as_array().into_iter().flatten();
    own + children.map(rows_of).sum::<f64>()
}

fn last_hour(filter: JobListFilter) -> JobListFilter {
    JobListFilter {
        since: Utc::now() - Duration::hours(1),
        ..filter
    }
}

#[tokio::test]
async fn a_list_touches_little_beyond_its_page() {
    let world = long_history().await;
    let statement = include_str!("../../queries/read_job_list.sql");
    let all = "now() - interval '1 hour', NULL, 4000, 9223372036854775807, '{}', NULL, '{}', '{}', NULL, 51";
    let page = touched(&world, statement, all).await;
    assert!(page < 1_000.0, "a page of any jobs touches {page} rows");
    let rare = "now() - interval '1 day', NULL, 0, 9223372036854775807, '{failed}', 'timeout', '{}', '{}', NULL, 51";
    let failed = touched(&world, statement, rare).await;
    assert!(
        failed < 500.0,
        "20 failures of {JOBS} jobs touch {failed} rows"
    );
    let counting = include_str!("../../queries/read_job_count.sql");
    let rare = "now() - interval '1 day', NULL, 0, 9223372036854775807, '{failed,lost}', NULL, '{}', '{}', NULL, 10001";
    let counted = touched(&world, counting, rare).await;
    assert!(
        counted < 200.0,
        "counting 20 failures touches {counted} rows"
    );
    let mix = include_str!("../../queries/read_failure_mix.sql");
    let mixed = touched(&world, mix, "'chain', 20000").await;
    assert!(mixed < 500.0, "the mix of 20 failures touches {mixed} rows");
}

/// The index of `ended_seq` in the order of numbers would be walked from its begin to the minute.
#[tokio::test]
async fn the_ends_of_a_window_are_found_by_time() {
    let world = long_history().await;
    let statement = include_str!("../../queries/read_seq_range.sql");
    let explain = statement
        .replace("$1", "(now() - interval '30 minutes')")
        .replace("$2", "(now() - interval '10 minutes')");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "EXPLAIN (FORMAT JSON) {explain}"
    )))
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert!(!plan.to_string().contains("ended_seq_idx"), "{plan:#}");
}

#[tokio::test]
async fn a_search_touches_few_rows() {
    let world = long_history().await;
    let key = include_str!("../../queries/search_key.sql");
    let keys = touched(&world, key, "'show-77%', NULL, NULL, NULL, 20").await;
    assert!(keys < 500.0, "the prefix of a key touches {keys} rows");
    let name = include_str!("../../queries/search_name.sql");
    let names = touched(&world, name, "'part 2999%', 'part:* & 2999:*', 20").await;
    assert!(names < 500.0, "words of a title touch {names} rows");
    let error = include_str!("../../queries/search_error.sql");
    let errors = touched(&world, error, "'%no answer%', 20000, 20").await;
    assert!(errors < 500.0, "the text of an error touches {errors} rows");
    let number = include_str!("../../queries/search_number.sql");
    let numbers = touched(&world, number, "140000").await;
    assert!(numbers < 100.0, "a number touches {numbers} rows");
}

#[tokio::test]
async fn pages_have_each_job_of_the_filter_once() {
    let world = long_history().await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let mut filter = last_hour(JobListFilter {
        outcomes: vec![Outcome::Failed, Outcome::Lost],
        source: Some("chain".to_owned()),
        pod: Some("pod".to_owned()),
        ..JobListFilter::default()
    });
    let counted = count(&mut db, &filter).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let page = list(&mut db, &filter, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before_seq = Some(last.ended_seq);
        seen.extend(page.iter().map(|job| job.job_id));
    }
    let expected: Vec<i64> = (1..=20).rev().map(|n| 100_000 + n * 2_000).collect();
    let within_the_hour = &expected[..18];
    assert_eq!(seen, within_the_hour);
    assert_eq!((counted.count, counted.is_more), (18, false));

    let all = count(&mut db, &last_hour(JobListFilter::default()))
        .await
        .unwrap();
    assert_eq!((all.count, all.is_more), (10_000, true));
    let until = JobListFilter {
        until: Some(Utc::now() - Duration::minutes(30)),
        error_class: Some(ErrorClass::Timeout),
        ..last_hour(JobListFilter::default())
    };
    assert_eq!(list(&mut db, &until, 50).await.unwrap().len(), 9);
    let nobody = last_hour(JobListFilter {
        pod: Some("nobody".to_owned()),
        ..JobListFilter::default()
    });
    assert!(list(&mut db, &nobody, 50).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_search_finds_numbers_keys_words_and_messages() {
    let world = long_history().await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let kinds = |hits: Vec<schema::reading::search::Hit>| {
        let mut kinds: Vec<String> = hits.into_iter().map(|hit| hit.kind).collect();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(by_number(&mut db, 140_000).await.unwrap()), ["job"]);
    assert_eq!(
        kinds(by_number(&mut db, 5).await.unwrap()),
        ["task", "showtime"]
    );
    assert_eq!(
        kinds(by_key(&mut db, "chain/seats/4711").await.unwrap()),
        ["task"]
    );
    assert_eq!(by_key(&mut db, "show-499").await.unwrap().len(), 11);
    assert!(by_key(&mut db, "show_499").await.unwrap().is_empty());
    let named = by_name(&mut db, "PART 2999").await.unwrap();
    assert_eq!(named[0].name, "The film part 2999");
    assert_eq!(
        kinds(by_name(&mut db, "town 2999").await.unwrap()),
        ["cinema"]
    );
    let errors = by_error(&mut db, "50% in 40000").await.unwrap();
    assert_eq!(errors[0].id, 140_000);
    assert!(by_error(&mut db, "50_ in").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_last_answer_is_found_however_old() {
    let world = long_history().await;
    let at: DateTime<Utc> = "2026-01-02T03:04:05Z".parse().unwrap();
    sqlx::query("UPDATE task SET looked_at = $1 WHERE task_id = 77")
        .bind(at)
        .execute(&world.db)
        .await
        .unwrap();
    let mut db = Reader::begin(&world.db).await.unwrap();
    let facts = facts(&mut db).await.unwrap();
    assert_eq!(facts[0].last_answer_at, Some(at));
    assert_eq!(facts[0].limit_keys, ["host"]);
    let failures = failures(&mut db, Some("chain")).await.unwrap();
    assert_eq!(failures.iter().map(|one| one.jobs).sum::<i64>(), 20);
    assert_eq!(failures[0].reason, "timeout");
}

#[tokio::test]
async fn tasks_are_listed_by_step_and_key_in_pages() {
    let world = World::new().await;
    world.seats_tasks(5).await;
    sqlx::query("UPDATE task SET failures = 1 WHERE key IN ('2', '4')")
        .execute(&world.db)
        .await
        .unwrap();
    let mut db = Reader::begin(&world.db).await.unwrap();
    let mut filter = TaskFilter {
        source: Some("chain".to_owned()),
        ..TaskFilter::default()
    };
    let mut keys = Vec::new();
    loop {
        let page = schema::reading::task::list(&mut db, &filter, 2)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some((last.step_id, last.key.clone()));
        keys.extend(page.into_iter().map(|task| task.key));
    }
    assert_eq!(keys, ["", "1", "2", "3", "4", "5"]);
    let failing = TaskFilter {
        step: Some("seats".to_owned()),
        state: TaskState::Failing,
        ..TaskFilter::default()
    };
    let failing = schema::reading::task::list(&mut db, &failing, 50)
        .await
        .unwrap();
    assert_eq!(failing.len(), 2);
    let one = schema::reading::task::one(&mut db, failing[0].task_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((one.key.as_str(), one.hindrance), ("2", None));
}

/// What nobody waits for is ended in the database too, and nothing beside it.
#[tokio::test]
async fn a_request_ends_its_own_statements() {
    let world = World::new().await;
    let sleep = async |name: &'static str, seconds: &'static str| {
        request::on_behalf_of(name, async {
            let mut reader = Reader::begin(&world.db).await.unwrap();
            sqlx::raw_sql("SET LOCAL statement_timeout = 0")
                .execute(&mut *reader)
                .await
                .unwrap();
            let sql = format!("SELECT pg_sleep({seconds})");
            let slept = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut *reader)
                .await;
            slept.map(drop).map_err(ReadError::from)
        })
        .await
    };
    let end = async {
        loop {
            match request::cancel(&world.db, "web 1 /v1/jobs").await.unwrap() {
                0 => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                ended => return ended,
            }
        }
    };
    let (long, other, ended) = tokio::join!(
        sleep("web 1 /v1/jobs", "600"),
        sleep("web 2 /v1/jobs", "0.5"),
        end
    );
    assert!(matches!(long, Err(ReadError::TooSlow)), "{long:?}");
    assert!(other.is_ok(), "{other:?}");
    assert_eq!(ended, 1);
    // The session takes its own name again when it has ended the transaction.
    let named = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'web %'";
    let begun = std::time::Instant::now();
    while sqlx::query_scalar::<_, i64>(named)
        .fetch_one(&world.db)
        .await
        .unwrap()
        > 0
    {
        assert!(
            begun.elapsed().as_secs() < 30,
            "a session keeps the name of a request"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
