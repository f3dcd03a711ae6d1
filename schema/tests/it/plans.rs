//! Plans of the hot statements, at a size at which a wrong one would hurt. Each
//! asserts that the bad node is absent, not that the plan is one and the same.

use serde_json::Value;

use crate::fixture::World;

/// What an enqueue is asked with.
const ENQUEUE: &str = "'00000000-0000-0000-0000-000000000001', 1, '{1}', '{1}', '{1}', '{1}',
    '{2030-01-01}', '{NULL}'";

/// Fills the tables of the queue as a long transaction elsewhere would leave them.
async fn crowded() -> World {
    let world = World::new().await;
    world.seats_tasks(20_000).await;
    sqlx::raw_sql(
        "INSERT INTO queue (task_id, expires_at, epoch, limit_key_id, permits, attempt)
        SELECT task_id, now() + interval '1 minute', 1, 1, 1, 1 FROM task WHERE subject_id IS NOT NULL;
        INSERT INTO running (job_id, task_id, enqueued_at, pod_id, definition_id, step_id, attempt)
        SELECT 1000000 + task_id, 1000000 + task_id, now(), 1, 1, 1, 1 FROM task;
        INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, pod_id, definition_id, step_id, outcome, attempt)
        SELECT task_id, task_id, now(), now(), now(), 1, 1, 1, 'succeeded', 1 FROM task;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 1, 1, 1, now(), 1, current_date, n::text FROM generate_series(1, 20000) AS n;
        INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, state_hash)
        SELECT now(), 1, n, 1, gen_random_uuid() FROM generate_series(1, 20000) AS n;
        INSERT INTO snapshot SELECT now(), 1, n, 1, 1, 0, 0, 0, 0, 0, 0, 0, '\\x00' FROM generate_series(1, 20000) AS n;
        INSERT INTO sealed_showtime (first_observed_at, last_observed_at, showtime_id, snapshot_count, data)
        SELECT now() - make_interval(mins => 40000 - n), now() - make_interval(mins => 39990 - n), n, 1,
            convert_to(repeat('.', 200), 'UTF8')
        FROM generate_series(1, 20000) AS n;
        ANALYZE",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world
}

/// Returns the nodes of a statement's generic plan, such as `Seq Scan on queue`.
async fn nodes(world: &World, statement: &str, arguments: &str) -> Vec<String> {
    let plan = plan(world, statement, arguments).await;
    flat(&plan).into_iter().map(described).collect()
}

/// Returns a statement's generic plan.
async fn plan(world: &World, statement: &str, arguments: &str) -> Value {
    let mut connection = world.db.acquire().await.unwrap();
    // Names of columns for the checker are no SQL of the server's.
    let statement = statement
        .replace(": Json<Params>", "")
        .replace(": Outcome", "")
        .replace(": ErrorClass", "");
    let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE hot AS {statement}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let arguments = match arguments {
        "" => String::new(),
        some => format!("({some})"),
    };
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE hot {arguments}");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("DEALLOCATE hot")
        .execute(&mut *connection)
        .await
        .unwrap();
    plan[0]["Plan"].clone()
}

/// All nodes of a plan.
fn flat(node: &Value) -> Vec<&Value> {
    let children = node["Plans"].as_array().into_iter().flatten();
    std::iter::once(node)
        .chain(children.flat_map(flat))
        .collect()
}

fn described(node: &Value) -> String {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    format!("{} on {}", text("Node Type"), text("Relation Name"))
}

/// Asserts that each scan of a table has a condition of an index.
fn assert_by_key(plan: &Value, tables: &[&str]) {
    for node in flat(plan) {
        let is_of = |table: &&str| described(node).ends_with(&format!("Scan on {table}"));
        // The index below a bitmap has its condition; the heap checks it again.
        let is_bound = !node["Index Cond"].is_null() || !node["Recheck Cond"].is_null();
        assert!(is_bound || !tables.iter().any(is_of), "{plan:#}");
    }
}

fn assert_no_scan(nodes: &[String], tables: &[&str]) {
    for table in tables {
        assert!(
            !nodes.contains(&format!("Seq Scan on {table}")),
            "{nodes:#?}"
        );
    }
}

#[tokio::test]
async fn a_claim_finds_its_rows_by_key() {
    let world = crowded().await;
    let statement = include_str!("../../queries/claim_tasks.sql");
    let nodes = nodes(&world, statement, "1, 0, 100").await;
    assert_no_scan(&nodes, &["queue", "task", "showtime_latest", "showtime"]);
    assert!(!nodes.contains(&"Sort on queue".to_owned()), "{nodes:#?}");
}

/// A queue in which a vacuum finds nothing but what a long transaction elsewhere keeps counts as
/// empty, and is large: it may not be read whole for each task.
#[tokio::test]
async fn tasks_are_looked_up_by_key_where_the_queue_seems_empty() {
    let world = crowded().await;
    // As vacuum and analyze leave them.
    sqlx::raw_sql(
        "UPDATE pg_class SET reltuples = 0, relallvisible = relpages
        WHERE oid = 'queue'::regclass
            OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'queue'::regclass);
        DELETE FROM pg_statistic WHERE starelid = 'queue'::regclass",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let statement = include_str!("../../queries/enqueue_tasks.sql");
    assert_by_key(
        &plan(&world, statement, ENQUEUE).await,
        &["queue", "running"],
    );
    let statement = include_str!("../../queries/find_vanished.sql");
    assert_by_key(
        &plan(&world, statement, "'{1}', '{1}'").await,
        &["queue", "running"],
    );
}

#[tokio::test]
async fn an_enqueue_looks_for_running_tasks_by_key() {
    let world = crowded().await;
    let statement = include_str!("../../queries/enqueue_tasks.sql");
    let nodes = nodes(&world, statement, ENQUEUE).await;
    assert_no_scan(&nodes, &["running", "queue"]);
}

#[tokio::test]
async fn finishing_finds_its_claims_by_key() {
    let world = crowded().await;
    let statement = include_str!("../../queries/finish_jobs.sql");
    let arguments = format!("1{}", ", '{}'".repeat(57));
    let nodes = nodes(&world, statement, &arguments).await;
    assert_no_scan(&nodes, &["running", "showtime_latest", "showtime"]);
}

#[tokio::test]
async fn the_history_is_read_from_its_end() {
    let world = crowded().await;
    let statement = include_str!("../../queries/read_ended_jobs.sql");
    let nodes = nodes(&world, statement, "19000, '{}', 1000").await;
    let scans: Vec<_> = nodes
        .iter()
        .filter(|node| node.starts_with("Seq Scan on job"))
        .collect();
    assert_eq!(scans, [""; 0], "{nodes:#?}");
}

#[tokio::test]
async fn the_schedule_is_written_by_key() {
    let world = crowded().await;
    let statement = include_str!("../../queries/write_schedule.sql");
    let parameters = format!(
        "'{}', {}, '{{1}}', '{{2030-01-01}}', '{{0}}', '{{f}}', '{{t}}', '{{2030-01-01}}',
        '{{0}}', '{{0}}', '{{0}}', '{{2030-01-01}}', '{{2030-01-01}}', '{{0}}'",
        world.term.holder, world.term.epoch
    );
    let nodes = nodes(&world, statement, &parameters).await;
    assert_no_scan(&nodes, &["task"]);
}

/// The tables that hold the snapshots of a crowded world, live and sealed.
async fn snapshot_tables(world: &World) -> Vec<String> {
    let mut tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_inherits INNER JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'snapshot'::regclass AND reltuples > 0",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(tables.len(), 1, "{tables:?}");
    tables.push("sealed_showtime".to_owned());
    tables
}

/// Whether showtimes are named by a value or by a join, their keys are reached.
#[tokio::test]
async fn the_views_of_seats_find_a_showtime_by_key() {
    let world = crowded().await;
    let tables = snapshot_tables(&world).await;
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let views = [
        "seat_snapshot",
        "seat_record",
        "seat_latest",
        "seat_change",
        "occupancy",
        "admission",
    ];
    for view in views {
        let by_value = format!("SELECT * FROM {view} WHERE showtime_id = $1");
        let nodes = nodes(&world, &by_value, "7").await;
        assert_no_scan(&nodes, &tables);
        assert_no_scan(&nodes, &["showtime"]);
    }
    for view in views {
        let by_join = format!(
            "SELECT seen.* FROM showtime AS named INNER JOIN {view} AS seen ON seen.showtime_id = named.showtime_id
            WHERE named.key = $1 AND named.cinema_id = 1"
        );
        assert_no_scan(&nodes(&world, &by_join, "'7'").await, &tables);
    }
}

#[tokio::test]
async fn a_time_reaches_its_partitions_and_its_sealed_rows() {
    let world = crowded().await;
    let tables = snapshot_tables(&world).await;
    let of_a_week_ago = "SELECT * FROM seat_snapshots_between(
        now() - interval '20 days', now() - interval '20 days' + interval '1 hour')";
    let nodes = nodes(&world, of_a_week_ago, "").await;
    assert!(
        !nodes.contains(&format!("Seq Scan on {}", tables[0])),
        "{nodes:#?}"
    );
    assert_no_scan(&nodes, &["sealed_showtime"]);
}

#[tokio::test]
async fn sealing_finds_its_rows_by_key() {
    let world = crowded().await;
    let tables = snapshot_tables(&world).await;
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let unsealing = include_str!("../../queries/unseal_showtimes.sql");
    let verifying = include_str!("../../queries/verify_sealed.sql");
    let deleting = "DELETE FROM snapshot WHERE showtime_id = ANY ($1)";
    for statement in [unsealing, verifying, deleting] {
        assert_no_scan(&nodes(&world, statement, "'{7, 8}'").await, &tables);
    }
    let locking = include_str!("../../queries/lock_finished_showtimes.sql");
    let nodes_of_locking = nodes(&world, locking, "'{7, 8}', 60").await;
    assert_no_scan(&nodes_of_locking, &tables);
    assert_no_scan(&nodes_of_locking, &["showtime"]);
    let finding = include_str!("../../queries/find_live_showtimes.sql");
    let nodes_of_finding = nodes(&world, finding, "7, 100").await;
    assert_no_scan(&nodes_of_finding, &tables);
    // Nothing is sorted: it stops when there are enough.
    assert!(
        !nodes_of_finding.contains(&"Sort on ".to_owned()),
        "{nodes_of_finding:#?}"
    );
}

/// Pages of an export cost what they have, however much is stored.
#[tokio::test]
async fn pages_of_an_export_are_read_by_key() {
    let world = crowded().await;
    let today: String = sqlx::query_scalar("SELECT to_char(now() AT TIME ZONE 'UTC', '_YYYYMMDD')")
        .fetch_one(&world.db)
        .await
        .unwrap();
    let snapshots = include_str!("../../queries/read_snapshots.sql");
    let found = nodes(&world, snapshots, "'{1,2,3}', '2000-01-01', '2100-01-01'").await;
    assert_no_scan(&found, &["sealed_showtime", &format!("snapshot{today}")]);
    let showtimes = include_str!("../../queries/read_showtimes.sql");
    let found = nodes(&world, showtimes, "'{1,2,3}'").await;
    assert_no_scan(&found, &["showtime"]);
    let jobs = include_str!("../../queries/read_jobs.sql");
    let found = nodes(
        &world,
        jobs,
        "'2000-01-01', '2100-01-01', 0, 100, NULL, NULL",
    )
    .await;
    assert_no_scan(&found, &[&format!("job{today}")]);
    assert!(
        !found.iter().any(|node| node.starts_with("Sort ")),
        "{found:#?}"
    );
}

/// Adds jobs of a week, of which few failed, and their log lines.
async fn with_history(world: &World) {
    sqlx::raw_sql(
        "INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, attempt)
        SELECT 100000 + n, 1 + n % 5000, now(), now(), now(), now() - n * interval '1 second', 1, 1, 3,
            CASE WHEN n % 5000 = 7 THEN 'failed' ELSE 'succeeded' END::job_outcome,
            CASE WHEN n % 5000 = 7 THEN 'timeout' END::error_class, 1
        FROM generate_series(1, 60000) AS n;
        INSERT INTO job_log (job_id, logged_at, level, message)
        SELECT 100000 + n, now() - n * interval '1 second', 'info', 'a line' FROM generate_series(1, 60000) AS n;
        ANALYZE job; ANALYZE job_log",
    )
    .execute(&world.db)
    .await
    .unwrap();
}

/// Asserts that a statement of the history reads no partition as a whole.
async fn assert_history_by_key(world: &World, statement: &str, arguments: &str) {
    for node in nodes(world, statement, arguments).await {
        let is_scan = node.starts_with("Seq Scan on job") || node == "Seq Scan on task";
        // Partitions of other days are empty.
        let is_filled =
            node == "Seq Scan on task" || is_large(world, node.rsplit(' ').next().unwrap()).await;
        assert!(!(is_scan && is_filled), "{node} in {statement}");
    }
}

async fn is_large(world: &World, table: &str) -> bool {
    let rows: Option<f32> =
        sqlx::query_scalar("SELECT reltuples FROM pg_class WHERE relname = $1 LIMIT 1")
            .bind(table)
            .fetch_optional(&world.db)
            .await
            .unwrap();
    rows.is_some_and(|rows| rows > 1000.0)
}

/// Tables of which a question reads many rows one after the other, whatever its functions do.
async fn read_as_a_whole(world: &World, question: &'static str) -> Vec<String> {
    let mut transaction = world.db.begin().await.unwrap();
    let found = sqlx::raw_sql(question)
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    assert!(!found.is_empty(), "{question} finds nothing");
    sqlx::query_scalar(
        "SELECT relname::text FROM pg_stat_xact_user_tables WHERE seq_tup_read > 1000",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_history_is_asked_by_key() {
    let world = crowded().await;
    with_history(&world).await;
    for question in [
        "SELECT * FROM job_lineage(100001)",
        "SELECT * FROM lineage(of_job => 100001)",
        "SELECT * FROM job_conversation(100001)",
    ] {
        let read = read_as_a_whole(&world, question).await;
        assert!(read.is_empty(), "{question} reads {read:?}");
    }
    // That it would be seen.
    let all = read_as_a_whole(&world, "SELECT count(error) FROM job").await;
    assert!(!all.is_empty());
    let requests = include_str!("../../queries/read_job_requests.sql");
    assert_history_by_key(&world, requests, "100001").await;
    for view in [
        "SELECT * FROM job_phase WHERE job_id = $1",
        "SELECT * FROM job_ancestor WHERE of_job_id = $1",
        "SELECT * FROM showtime_gap WHERE showtime_id = $1",
    ] {
        assert_history_by_key(&world, view, "7").await;
    }
    // The failures of a step, however rare.
    let failures = "SELECT job_id, finished_at FROM job
        WHERE step_id = $1 AND outcome IN ('failed', 'lost') AND finished_at > now() - interval '7 days'
        ORDER BY finished_at DESC LIMIT 100";
    assert_history_by_key(&world, failures, "3").await;
}
