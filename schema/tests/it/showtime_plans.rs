//! Plans of the reads of showtimes at a size at which a wrong one would hurt, with the custom plans
//! that a reader has.

use serde_json::Value;

use crate::fixture::World;

/// 40,000 showtimes of a film in 40 cinemas, with their tasks, looks and last states.
async fn many() -> World {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT 1, 1, 1, 'FR', n::text, 'Cinema ' || n, 'UTC' FROM generate_series(1, 40) AS n;
        INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, n::text, 'Film ' || n FROM generate_series(1, 100) AS n;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 1 + n % 40, 1, 1, now() + make_interval(mins => n - 20000), 1 + n % 100,
            current_date + (n - 20000) / 1440, n::text
        FROM generate_series(1, 40000) AS n;
        INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, seat_count, sold, state_hash)
        SELECT now(), 1, n, 1, 100, 10, gen_random_uuid() FROM generate_series(1, 40000) AS n;
        INSERT INTO showtime_fact (showtime_id, starts_local, weekday)
        SELECT showtime_id, starts_at, extract(isodow FROM business_on) FROM showtime
        ON CONFLICT (showtime_id) DO UPDATE SET starts_local = excluded.starts_local, weekday = excluded.weekday;
        INSERT INTO task (step_id, key, subject_id) SELECT 3, n::text, n FROM generate_series(1, 40000) AS n;
        INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, pod_id, definition_id, step_id,
            outcome, attempt, changed)
        SELECT task_id, task_id, now(), now(), now(), 1, 1, 3, 'succeeded', 1, true FROM task;
        INSERT INTO snapshot SELECT now(), 1, n, 1, 1, 0, 0, 0, 0, 0, 0, 0, '\\x00' FROM generate_series(1, 40000) AS n;
        ANALYZE",
    )
    .execute(&world.db)
    .await
    .unwrap();
    world
}

/// The tables that a statement reads whole, and the rows that it reads at most from one table.
async fn whole_scans(world: &World, statement: &str, arguments: &str) -> Vec<String> {
    let mut connection = world.db.acquire().await.unwrap();
    let prepare = format!("SET plan_cache_mode = force_custom_plan; PREPARE asked AS {statement}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE asked ({arguments})");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("DEALLOCATE asked")
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut found = Vec::new();
    collect(&plan[0]["Plan"], &mut found);
    // Days without rows may be read in any way.
    let filled: Vec<String> =
        sqlx::query_scalar("SELECT relname::text FROM pg_class WHERE reltuples > 100")
            .fetch_all(&world.db)
            .await
            .unwrap();
    found.retain(|name| filled.contains(name));
    found
}

fn collect(node: &Value, found: &mut Vec<String>) {
    let large = ["showtime", "showtime_latest", "task", "job", "snapshot"];
    let relation = node["Relation Name"].as_str().unwrap_or_default();
    let is_large = large.iter().any(|name| relation.starts_with(name));
    if node["Node Type"] == "Seq Scan" && is_large && relation != "showtime_change" {
        found.push(relation.to_owned());
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, found);
    }
}

#[tokio::test]
async fn the_reads_of_showtimes_find_their_rows_by_key() {
    let world = many().await;
    let list = include_str!("../../queries/read_showtime_list.sql");
    let week = include_str!("../../queries/read_week.sql");
    let curve = include_str!("../../queries/read_booking_curve.sql");
    let one = include_str!("../../queries/read_showtime.sql");
    let looks = include_str!("../../queries/read_showtime_looks.sql");
    let snapshots = include_str!("../../queries/read_showtime_snapshots.sql");
    let cinemas = include_str!("../../queries/read_cinema_list.sql");
    let films = include_str!("../../queries/read_film_list.sql");
    let soon = "now() - interval '3 hours', now() + interval '60 days'";
    let month = "now() - interval '28 days', now()";
    let asked = [
        (
            list,
            format!("{soon}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 51"),
        ),
        (
            list,
            format!("{soon}, NULL, 7, NULL, NULL, NULL, NULL, NULL, NULL, 51"),
        ),
        (
            list,
            format!("{soon}, NULL, NULL, 7, NULL, NULL, NULL, now(), 20000, 51"),
        ),
        (week, format!("7, NULL, {month}")),
        (week, format!("NULL, 7, {month}")),
        (curve, "7, NULL, now() - interval '28 days', 24".to_owned()),
        (curve, "NULL, 7, now() - interval '28 days', 24".to_owned()),
        (one, "20000".to_owned()),
        (looks, format!("20000, {month}, 2000")),
        (snapshots, "20000, 2000".to_owned()),
        (cinemas, "NULL, NULL, NULL, NULL, NULL, 10".to_owned()),
        (films, "NULL, NULL, NULL, NULL, 10".to_owned()),
    ];
    for (statement, arguments) in asked {
        let found = whole_scans(&world, statement, &arguments).await;
        assert_eq!(found, [""; 0], "({arguments}) of {statement}");
    }
}
