//! From a data point to the log line, and the other questions that the history answers.

use std::time::Duration;

use schema::{
    enums::{CacheResult, ErrorClass, LogLevel, Outcome, RequestKind, Yields},
    finish::{Counts, Finished, Labels, NewLogLine, Snapshot, Trace, finish},
    lineage::{job_lineage, job_requests},
    queue::Claim,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{World, finished};

const HASH: [u8; 32] = [0xab; 32];

/// A world whose showtime 1 has a layout of four seats, and a task that looks at it.
pub(crate) async fn with_showtime() -> World {
    let world = World::new().await;
    world.showtimes(1, -2).await;
    world.layout(4).await;
    world.codes().await;
    let step = world.step(Yields::Seats).await;
    sqlx::query(
        "INSERT INTO task (step_id, key, subject_id, discovered_by) VALUES ($1, 'a/1', 1, 42)",
    )
    .bind(step)
    .execute(&world.db)
    .await
    .unwrap();
    // The job that discovered the task and the showtime.
    let listing = world.step(Yields::Showtimes).await;
    sqlx::query(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, attempt, request_url)
        SELECT 42, 99000, now(), now(), now(), now() - interval '3 hours', $2, 1, $1, 'succeeded', 1,
            'https://example.org/listing'",
    )
    .bind(listing)
    .bind(world.pod_id)
    .execute(&world.db)
    .await
    .unwrap();
    sqlx::query("UPDATE showtime SET discovered_by = 42")
        .execute(&world.db)
        .await
        .unwrap();
    world
}

/// Claims the task of showtime 1.
pub(crate) async fn claim(world: &World) -> Claim {
    let step = world.step(Yields::Seats).await;
    let mut tasks = schema::schedule::tasks(&world.db).await.unwrap();
    tasks.retain(|task| task.step_id == step);
    world.enqueue(&tasks).await;
    world.claim(1).await.remove(0)
}

/// Ends the job of `claim`, which saw these seats.
pub(crate) async fn saw(
    world: &World,
    claim: &Claim,
    packed: u8,
    trace: Trace,
    logs: Vec<NewLogLine>,
) {
    let seats = Snapshot {
        showtime_id: 1,
        layout_id: 4,
        tariff_id: None,
        state_hash: Uuid::from_u128(u128::from(packed)),
        packed: vec![packed, 0],
        counts: Counts {
            available: 4,
            ..Counts::default()
        },
        codes_version: 0,
        labels: Labels::default(),
        price_median: None,
    };
    let job = Finished {
        parent_job_id: claim.parent_job_id,
        seats: Some(seats),
        logs,
        trace,
        ..finished(claim)
    };
    finish(&world.db, world.pod_id, &[job]).await.unwrap();
}

pub(crate) async fn text(world: &World, sql: &'static str) -> Vec<Option<String>> {
    sqlx::query_scalar(sql).fetch_all(&world.db).await.unwrap()
}

/// Invariant 7: one query leads from a seat in a view to the log line and the body.
#[tokio::test]
async fn from_a_seat_to_the_log_line_and_the_body_in_one_query() {
    let world = with_showtime().await;
    let first = claim(&world).await;
    saw(&world, &first, 0x00, Trace::default(), Vec::new()).await;
    let second = claim(&world).await;
    let trace = Trace {
        body_hash: Some(HASH.to_vec()),
        ..Trace::default()
    };
    let line = NewLogLine::new(LogLevel::Warn, "seat s2 was sold").with(json!({ "seat": "s2" }));
    saw(&world, &second, 0x10, trace, vec![line]).await;
    // A later look changes another seat.
    let third = claim(&world).await;
    saw(&world, &third, 0x11, Trace::default(), Vec::new()).await;

    let by_view: (i64, Value, Vec<u8>) = sqlx::query_as(
        "SELECT ancestor.job_id, ancestor.log_lines, ancestor.body_hash
        FROM seat_change AS seat
        INNER JOIN job_ancestor AS ancestor ON ancestor.of_job_id = seat.job_id
        WHERE seat.showtime_id = 1 AND seat.seat_key = 's2' AND ancestor.generation = 0
        ORDER BY seat.observed_at DESC
        LIMIT 1",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(by_view.0, second.job_id);
    assert_eq!(
        by_view.1,
        json!([{ "level": "warn", "message": "seat s2 was sold", "fields": { "seat": "s2" } }])
    );
    assert_eq!(by_view.2, HASH);

    let by_function: Vec<(String, i32, i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT data_point, generation, job_id, body_hash
        FROM lineage(of_showtime => 1, of_seat => 's2')",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let point = "seat s2 of showtime 1 became sold".to_owned();
    assert_eq!(
        by_function,
        [
            (point.clone(), 0, second.job_id, Some(HASH.to_vec())),
            (point, 1, 42, None),
        ]
    );
    let story = job_lineage(&world.db, second.job_id).await.unwrap();
    assert_eq!(
        (story.len(), story[0].body_hash.as_deref()),
        (2, Some(&HASH[..]))
    );
}

/// Analysts have the functions in their own schema, and partners, who see some rows only, have not.
#[tokio::test]
async fn analysts_may_ask_for_lineage_and_partners_may_not() {
    let world = with_showtime().await;
    schema::access::prepare(&world.db).await.unwrap();
    for (role, may) in [("fullhouse_analyst", true), ("fullhouse_partner", false)] {
        for question in ["lineage(of_job => 42)", "descendants(42)"] {
            let mut session = world.db.begin().await.unwrap();
            let sql = format!("SET LOCAL ROLE {role}; SELECT * FROM analytics_detail.{question}");
            let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut *session)
                .await;
            assert_eq!(asked.is_ok(), may, "{role}: {question}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn lineage_starts_at_every_kind_of_data_point() {
    let world = with_showtime().await;
    let look = claim(&world).await;
    saw(&world, &look, 0x00, Trace::default(), Vec::new()).await;
    sqlx::raw_sql(
        "INSERT INTO tariff (tariff_id, source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
        OVERRIDING SYSTEM VALUE
        VALUES (1, 1, 1, gen_random_uuid(), 'EUR', '{8}', '{NULL}', '{NULL}', '{NULL}', '{adult}', '{\"\"}');
        INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id) VALUES (now(), 42, 1, 1);
        UPDATE cinema SET discovered_by = 42;
        UPDATE film SET discovered_by = 42",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let points = text(
        &world,
        "SELECT data_point FROM (
        SELECT data_point FROM lineage(of_showtime => 1, as_of => now())
        UNION SELECT data_point FROM lineage(of_showtime => 1)
        UNION SELECT data_point FROM lineage(of_showtime => 1, of_price => true)
        UNION SELECT data_point FROM lineage(of_cinema => 1)
        UNION SELECT data_point FROM lineage(of_film => 1)
        UNION SELECT data_point FROM lineage(of_job => 42)
        UNION SELECT data_point FROM lineage()) AS points
        ORDER BY data_point COLLATE \"C\"",
    )
    .await;
    let points: Vec<&str> = points.iter().flatten().map(String::as_str).collect();
    let expected = [
        "cinema A cinema",
        "film A film",
        "job 42",
        "price of showtime 1",
        "seats of showtime 1",
        "showtime 1",
    ];
    assert_eq!(points, expected);
}

/// A permit is one request, so the jobs of a conversation are its requests.
#[tokio::test]
async fn the_requests_of_a_conversation_are_listed_from_any_of_its_jobs() {
    let world = with_showtime().await;
    let kinds = [
        RequestKind::Robots,
        RequestKind::Step,
        RequestKind::Redirect,
    ];
    let mut previous_job_id = None;
    let mut jobs = Vec::new();
    for (place, kind) in kinds.into_iter().enumerate() {
        let claim = claim(&world).await;
        let trace = Trace {
            previous_job_id,
            kind: Some(kind),
            cache: (place == 1).then_some(CacheResult::Revalidated),
            first_hits: (place == 1).then_some(2),
            wait: Some(Duration::from_micros(7)),
            connect: (place == 0).then_some(Duration::from_millis(3)),
            first_byte: Some(Duration::from_millis(20)),
            body: Some(Duration::from_millis(1)),
            extract: Some(Duration::from_micros(90)),
            store: Some(Duration::from_millis(60)),
            body_hash: None,
        };
        let job = Finished {
            outcome: if place < 2 {
                Outcome::Continued
            } else {
                Outcome::Succeeded
            },
            trace,
            ..finished(&claim)
        };
        finish(&world.db, world.pod_id, &[job]).await.unwrap();
        previous_job_id = Some(claim.job_id);
        jobs.push(claim.job_id);
    }
    // A run of the same task that belongs to no conversation.
    let other = claim(&world).await;
    finish(&world.db, world.pod_id, &[finished(&other)])
        .await
        .unwrap();
    for &job_id in &jobs {
        let requests = job_requests(&world.db, job_id).await.unwrap();
        let found: Vec<i64> = requests.iter().map(|request| request.job_id).collect();
        assert_eq!(found, jobs, "asked for job {job_id}");
    }
    let requests = job_requests(&world.db, jobs[0]).await.unwrap();
    let kinds: Vec<_> = requests
        .iter()
        .map(|request| request.kind.as_deref())
        .collect();
    assert_eq!(kinds, [Some("robots"), Some("step"), Some("redirect")]);
    assert_eq!(requests[1].cache_result.as_deref(), Some("revalidated"));
    assert_eq!(requests[1].first_hits, Some(2));
    let phases: Vec<_> = requests[1].phases().skip(1).collect();
    let expected = [
        ("wait", 7),
        ("first byte", 20_000),
        ("body", 1_000),
        ("extract", 90),
        ("store", 60_000),
    ];
    assert_eq!(
        phases, expected,
        "a connection that was used again has no phase"
    );
    let alone = job_requests(&world.db, other.job_id).await.unwrap();
    assert_eq!(alone.len(), 1);

    let slow = text(
        &world,
        "SELECT phase FROM slow_phase WHERE phase <> 'queued' ORDER BY p95_ms DESC",
    )
    .await;
    let slow: Vec<&str> = slow.iter().flatten().map(String::as_str).collect();
    assert_eq!(
        slow,
        ["store", "first byte", "connect", "body", "extract", "wait"]
    );
    let of_job: i64 = sqlx::query_scalar("SELECT count(*) FROM job_phase WHERE job_id = $1")
        .bind(jobs[0])
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(of_job, 7);
}

#[tokio::test]
async fn the_descendants_of_a_job_are_the_tasks_that_it_led_to() {
    let world = with_showtime().await;
    let look = claim(&world).await;
    saw(&world, &look, 0x00, Trace::default(), Vec::new()).await;
    let step = world.step(Yields::Seats).await;
    sqlx::query("INSERT INTO task (step_id, key, discovered_by) VALUES ($1, 'a/1/b', $2)")
        .bind(step)
        .bind(look.job_id)
        .execute(&world.db)
        .await
        .unwrap();
    let found: Vec<(i32, String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT generation, key, runs, last_job_id FROM descendants(42, generations => 2)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let expected = [
        (1, "a/1".to_owned(), 1, Some(look.job_id)),
        (2, "a/1/b".to_owned(), 0, None),
    ];
    assert_eq!(found, expected);
    let bounded: i64 = sqlx::query_scalar("SELECT count(*) FROM descendants(42, 2, 1)")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(bounded, 1);
}

#[tokio::test]
async fn a_phase_that_did_not_happen_is_null() {
    let world = with_showtime().await;
    let claim = claim(&world).await;
    let failed = Finished {
        outcome: Outcome::Failed,
        error_class: Some(ErrorClass::Timeout),
        observed_ago: None,
        ..finished(&claim)
    };
    finish(&world.db, world.pod_id, &[failed]).await.unwrap();
    let nulls: i32 = sqlx::query_scalar(
        "SELECT num_nulls(wait_micros, connect_micros, first_byte_micros, body_micros, extract_micros,
            store_micros, request_kind, cache_result, first_hits, body_hash, previous_job_id)
        FROM job WHERE job_id = $1",
    )
    .bind(claim.job_id)
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(nulls, 11, "what did not happen is NULL");
}
