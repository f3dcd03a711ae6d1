use schema::{
    finish::finish,
    migrate::ensure_partitions,
    partition::{due, list, retire},
};

use crate::fixture::{World, finished};

/// A partition of a table for a day, so many days ago.
async fn old(world: &World, parent: &str, days_ago: i32) -> String {
    let name = format!("{parent}_old_{days_ago}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "DO $$ BEGIN EXECUTE format('CREATE TABLE {name} PARTITION OF {parent} FOR VALUES FROM (%L) TO (%L)',
            date_trunc('day', now(), 'UTC') - interval '{days_ago} days',
            date_trunc('day', now(), 'UTC') - interval '{days_ago} days' + interval '1 day'); END $$"
    )))
    .execute(&world.db)
    .await
    .unwrap();
    name
}

async fn held_because(world: &World, name: &str) -> Option<String> {
    let all = list(&world.db).await.unwrap();
    all.into_iter()
        .find(|row| row.name == name)
        .unwrap()
        .held_because
}

#[tokio::test]
async fn nothing_is_due_of_a_fresh_database_and_every_table_has_its_retention() {
    let world = World::new().await;
    assert_eq!(due(&world.db).await.unwrap(), [""; 0]);
    let without: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace
            AND relname NOT IN (SELECT parent FROM retention)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(without, [""; 0]);
}

#[tokio::test]
async fn what_is_old_enough_is_dropped_once_all_have_read_it() {
    let world = World::new().await;
    let name = old(&world, "job_log", 40).await;
    let younger = old(&world, "job_log", 20).await;
    sqlx::query(
        "UPDATE retention SET keep_for = '30 days', needs = '{archive}' WHERE parent = 'job_log'",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let read = async |reader: &str, days_ago: i32| {
        sqlx::query(
            "INSERT INTO partition_reader (reader, parent, read_until)
            VALUES ($1, 'job_log', now() - make_interval(days => $2))
            ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until",
        )
        .bind(reader)
        .bind(days_ago)
        .execute(&world.db)
        .await
        .unwrap();
    };
    assert_eq!(due(&world.db).await.unwrap(), [""; 0]);
    assert_eq!(
        held_because(&world, &name).await.unwrap(),
        "archive has not begun to read"
    );
    assert_eq!(
        held_because(&world, &younger).await,
        None,
        "it is not old enough"
    );
    assert_eq!(retire(&world.db, &name).await.unwrap(), None);
    read("archive", 1).await;
    read("hourly", 60).await;
    let message = held_because(&world, &name).await.unwrap();
    assert!(message.starts_with("hourly has read until"), "{message}");
    read("hourly", 30).await;
    assert_eq!(due(&world.db).await.unwrap(), [name.as_str()]);
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("dropped")
    );
    assert_eq!(retire(&world.db, &name).await.unwrap(), None, "it is gone");
}

#[tokio::test]
async fn snapshots_are_dropped_only_when_all_of_them_are_sealed() {
    let world = World::new().await;
    world.showtimes(1, 300).await;
    world.codes().await;
    world.layout(2).await;
    let name = old(&world, "snapshot", 10).await;
    sqlx::query(
        "INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id,
            available, sold, held, blocked, broken, house, unknown, unmapped, seats)
        SELECT date_trunc('day', now(), 'UTC') - interval '10 days' + interval '1 hour', 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00'",
    )
    .execute(&world.db)
    .await
    .unwrap();
    assert_eq!(due(&world.db).await.unwrap(), [""; 0]);
    assert_eq!(
        held_because(&world, &name).await.unwrap(),
        "not all of it is sealed"
    );
    let mut pass = schema::seal::Pass::new(std::time::Duration::from_hours(1));
    while pass.batch(&world.db).await.unwrap() {}
    assert_eq!(due(&world.db).await.unwrap(), [name.as_str()]);
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("dropped")
    );
    assert_eq!(world.count("seat_snapshot").await, 1);
}

/// The key of a day that is over was filled in the order of time, not in its own: it is built
/// again once, and has what it had.
#[tokio::test]
async fn the_key_of_a_day_that_is_over_is_packed_once() {
    let world = World::new().await;
    world.showtimes(500, 300).await;
    world.codes().await;
    world.layout(2).await;
    let name = old(&world, "snapshot", 10).await;
    sqlx::query(
        "INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id,
            available, sold, held, blocked, broken, house, unknown, unmapped, seats)
        SELECT date_trunc('day', now(), 'UTC') - interval '10 days' + make_interval(mins => minute), 1,
            1 + showtime * 7 % 500, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00'
        FROM generate_series(1, 10) AS minute, generate_series(1, 500) AS showtime",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let key_bytes = async || -> i64 {
        sqlx::query_scalar("SELECT pg_indexes_size($1::regclass)")
            .bind(&name)
            .fetch_one(&world.db)
            .await
            .unwrap()
    };
    let loose = key_bytes().await;
    assert_eq!(due(&world.db).await.unwrap(), [name.as_str()]);
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("packed")
    );
    let packed = key_bytes().await;
    assert!(packed < loose, "{packed} B after {loose}");
    assert_eq!(due(&world.db).await.unwrap(), [""; 0]);
    assert_eq!(retire(&world.db, &name).await.unwrap(), None);
    assert_eq!(world.count("snapshot WHERE showtime_id = 42").await, 10);
}

/// A reader is not waited for, and does not lose what it reads.
#[tokio::test]
async fn a_partition_in_use_is_left_for_later() {
    let world = World::new().await;
    let name = old(&world, "job_log", 40).await;
    sqlx::query("UPDATE retention SET keep_for = '30 days' WHERE parent = 'job_log'")
        .execute(&world.db)
        .await
        .unwrap();
    let mut reader = world.db.begin().await.unwrap();
    sqlx::query("SELECT FROM job_log")
        .execute(&mut *reader)
        .await
        .unwrap();
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("busy")
    );
    reader.rollback().await.unwrap();
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("dropped")
    );
}

#[tokio::test]
async fn old_partitions_move_to_another_tablespace_with_their_indexes() {
    let world = World::new().await;
    let name = old(&world, "job", 40).await;
    // A tablespace belongs to the whole server; this one is inside of its data.
    let slow = format!("slow_{}", std::process::id());
    let mut connection = world.db.acquire().await.unwrap();
    for statement in [
        "SET allow_in_place_tablespaces = on".to_owned(),
        format!("CREATE TABLESPACE {slow} LOCATION ''"),
        format!(
            "UPDATE retention SET move_after = '30 days', tablespace = '{slow}' WHERE parent = 'job'"
        ),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    assert_eq!(due(&world.db).await.unwrap(), [name.as_str()]);
    assert_eq!(
        retire(&world.db, &name).await.unwrap().as_deref(),
        Some("moved")
    );
    assert_eq!(due(&world.db).await.unwrap(), [""; 0]);
    let all = list(&world.db).await.unwrap();
    let moved = all.iter().find(|row| row.name == name).unwrap();
    assert_eq!(moved.tablespace, slow);
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_index INNER JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = $1::regclass AND reltablespace = 0",
    )
    .bind(&name)
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(left, 0);
    for statement in [
        format!("DROP TABLE {name}"),
        format!("DROP TABLESPACE {slow}"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_missing_partition_loses_no_row() {
    let world = World::new().await;
    sqlx::raw_sql(
        "DO $$ DECLARE partition regclass; BEGIN
            FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'job'::regclass
                AND inhrelid <> 'job_default'::regclass
            LOOP EXECUTE format('DROP TABLE %s', partition); END LOOP;
        END $$",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let claim = &world.claimed(1).await[0];
    finish(&world.db, world.pod_id, &[finished(claim)])
        .await
        .unwrap();
    assert_eq!(world.count("job_default").await, 1);
    ensure_partitions(&world.db).await.unwrap();
    assert_eq!(
        (world.count("job_default").await, world.count("job").await),
        (0, 1)
    );
}

/// Invariant 9. To attach a partition locks the default one against its readers.
#[tokio::test]
async fn whoever_reads_for_long_is_not_waited_for() {
    let world = World::new().await;
    let day = chrono::Utc::now() + chrono::Days::new(5);
    let ahead = format!("job_{}", day.format("%Y%m%d"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TABLE {ahead}")))
        .execute(&world.db)
        .await
        .unwrap();
    let is_made = async || {
        let made = sqlx::query_scalar::<_, bool>("SELECT to_regclass($1) IS NOT NULL");
        made.bind(&ahead).fetch_one(&world.db).await.unwrap()
    };
    let mut reader = world.db.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM job_default")
        .fetch_one(&mut *reader)
        .await
        .unwrap();
    ensure_partitions(&world.db).await.unwrap();
    assert!(!is_made().await);
    reader.commit().await.unwrap();
    ensure_partitions(&world.db).await.unwrap();
    assert!(is_made().await);
}
