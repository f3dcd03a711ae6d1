//! Blocks of sealed events: which of them a query reads, and how long they are kept.

use schema::{events::identity, partition};
use sqlx::AssertSqlSafe;

use super::{Events, midnight, partition_of};

/// The partitions of blocks that a plan reads, each with the condition of its index.
async fn block_scans(events: &Events, statement: &str) -> Vec<(String, String)> {
    let plan: serde_json::Value =
        sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) {statement}")))
            .fetch_one(&events.db)
            .await
            .unwrap();
    let mut open = vec![plan[0]["Plan"].clone()];
    let mut scans = Vec::new();
    while let Some(node) = open.pop() {
        open.extend(node["Plans"].as_array().into_iter().flatten().cloned());
        let of = node["Relation Name"].as_str().unwrap_or_default();
        if of.starts_with("event_block") {
            // The heap below a bitmap checks the condition of its index again.
            let condition = format!("{}{}", node["Index Cond"], node["Recheck Cond"]);
            scans.push((of.to_owned(), condition));
        }
    }
    scans
}

#[tokio::test]
async fn a_day_of_an_event_reads_its_blocks_only() {
    let events = Events::new().await;
    for days_ago in 3..6 {
        let from = partition_of(&events, days_ago).await;
        sqlx::query(
            "INSERT INTO event_block (received_day, base_at, name_id, events, users, numbers, offsets, keys, dictionary)
            SELECT $1, $1, name_id, 1, '{{0},{1}}', array_fill(0::smallint, '{18,1}'), '{}', '{}', '[]'
            FROM generate_series(1, 300) AS name_id, generate_series(1, 20)",
        )
        .bind(from)
        .execute(&events.db)
        .await
        .unwrap();
    }
    sqlx::raw_sql(
        "INSERT INTO event_name (client_id, received, canonical)
        SELECT min(client_id), 'name ' || one, 'name ' || one FROM event_client, generate_series(1, 300) AS one GROUP BY one;
        ANALYZE event_block, event_name",
    )
    .execute(&events.db)
    .await
    .unwrap();
    identity::make_views(&events.db).await.unwrap();
    let day = midnight(4);
    let partition = day.format("event_block_%Y%m%d").to_string();
    for statement in [
        "SELECT user_id FROM events.app_film_opened WHERE",
        "SELECT user_id, properties FROM event_record WHERE client = 'app' AND event = 'film opened' AND",
        "SELECT count(*) FROM event_sealed WHERE name_id = 1 AND",
    ] {
        let scans = block_scans(&events, &format!("{statement} received_day = '{day}'")).await;
        assert_eq!(scans.len(), 1, "{statement}: {scans:?}");
        assert_eq!(scans[0].0, partition, "{statement}");
        assert!(scans[0].1.contains("name_id"), "{statement}: {scans:?}");
    }
    // A funnel names days by values that are known when it runs.
    let funnel =
        "SELECT * FROM funnel('app', '{film opened,bought}', now() - interval '3 days', now())";
    let scans = block_scans(&events, funnel).await;
    let of = |days_ago| {
        let partition = midnight(days_ago).format("event_block_%Y%m%d").to_string();
        scans.iter().find(move |scan| scan.0 == partition)
    };
    assert!(of(3).unwrap().1.contains("name_id"), "{scans:?}");
    assert!(of(5).is_none(), "{scans:?}");
}

/// Retention drops no block that an experiment still reads.
#[tokio::test]
async fn blocks_are_kept_while_an_experiment_reads_them() {
    let events = Events::new().await;
    let old = partition_of(&events, 40).await;
    let name = old.format("event_block_%Y%m%d").to_string();
    let due = async || {
        let mut due = partition::due(&events.db).await.unwrap();
        due.retain(|one| one.starts_with("event_block"));
        due
    };
    sqlx::query("UPDATE retention SET keep_for = '30 days' WHERE parent = 'event_block'")
        .execute(&events.db)
        .await
        .unwrap();
    assert_eq!(due().await, [name.as_str()]);
    sqlx::query(
        "INSERT INTO experiment (starts_at, ends_at, client_id, name, exposure_event, property, variations, weights)
        VALUES (now() - interval '30 days', now() - interval '10 days', $1, 'seat-map', 'a', 'b', '{c,d}', '{1,1}')",
    )
    .bind(events.client_id)
    .execute(&events.db)
    .await
    .unwrap();
    // It counts what users did for 14 days before.
    assert_eq!(due().await, [""; 0]);
    let held = partition::list(&events.db).await.unwrap();
    let held = held.iter().find(|one| one.name == name).unwrap();
    assert_eq!(
        held.held_because.as_deref(),
        Some("experiment seat-map still reads it")
    );
    sqlx::query(
        "INSERT INTO experiment_result (users, total, squares, before_total, before_squares, products, experiment_id, metric_id, variation)
        SELECT 1, 1, 1, 1, 1, 1, experiment_id, 0, 1 FROM experiment",
    )
    .execute(&events.db)
    .await
    .unwrap();
    // Computed after the last window was over.
    assert_eq!(due().await, [name.as_str()]);
    let dropped = partition::retire(&events.db, &name).await.unwrap();
    assert_eq!(dropped.as_deref(), Some("dropped"));
}
