use crate::fixture::World;

/// What a table, a column or a function means is asked in the database itself.
#[tokio::test]
async fn every_table_column_and_function_has_a_comment() {
    let world = World::new().await;
    schema::access::prepare(&world.db).await.unwrap();
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT class.relname || coalesce('.' || attribute.attname, '')
        FROM pg_class AS class
        LEFT JOIN pg_attribute AS attribute
            ON attribute.attrelid = class.oid AND attribute.attnum >= 0 AND NOT attribute.attisdropped
            AND class.relkind IN ('r', 'p')
        WHERE class.relnamespace IN (
                'public'::regnamespace, 'analytics'::regnamespace, 'analytics_detail'::regnamespace)
            AND class.relkind IN ('r', 'p', 'v', 'm')
            AND NOT class.relispartition
            AND class.relname <> '_sqlx_migrations'
            AND (obj_description(class.oid, 'pg_class') IS NULL
                OR attribute.attnum > 0 AND col_description(class.oid, attribute.attnum) IS NULL)
        UNION ALL
        SELECT proname || '()'
        FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'analytics_detail'::regnamespace)
            AND obj_description(oid, 'pg_proc') IS NULL",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(silent, [""; 0]);
}

/// Views and functions show how they are asked, those of rollups too.
#[tokio::test]
async fn every_view_and_function_has_an_example() {
    let world = World::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT told.name
        FROM (
            SELECT oid::regclass::text AS name, relnamespace AS home, obj_description(oid, 'pg_class') AS said
            FROM pg_class
            WHERE relkind = 'v'
            UNION ALL
            SELECT oid::regproc::text, pronamespace, obj_description(oid, 'pg_proc') FROM pg_proc
            UNION ALL
            -- A table says what it is.
            SELECT oid::regclass::text, relnamespace, obj_description(oid, 'pg_class') || ' Example: '
            FROM pg_class
            WHERE relkind = 'r'
        ) AS told
        WHERE told.home::regnamespace::text IN ('public', 'fullhouse', 'rollup')
            AND told.name <> '_sqlx_migrations'
            AND told.said LIKE '%Example: %' IS NOT TRUE",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(silent, [""; 0]);
}

#[tokio::test]
async fn every_view_and_function_shows_an_example() {
    let world = World::new().await;
    let without: Vec<String> = sqlx::query_scalar(
        "SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
            AND obj_description(oid, 'pg_class') NOT LIKE '%Example: %'
        UNION ALL
        SELECT proname || '()' FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND obj_description(oid, 'pg_proc') NOT LIKE '%Example: %'",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(without, [""; 0]);
}

#[tokio::test]
async fn a_week_of_partitions_is_made_ahead_once() {
    let world = World::new().await;
    let made = schema::migrate::ensure_partitions(&world.db).await.unwrap();
    assert_eq!(made, 0, "the migration made them");
    let days: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'snapshot'::regclass",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(days, 10, "yesterday, today, a week ahead, and the default");
}

#[tokio::test]
async fn rows_that_the_default_partition_took_move_to_their_day() {
    let world = World::new().await;
    sqlx::raw_sql(
        "DO $$ BEGIN EXECUTE 'DROP TABLE job_log_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'); END $$;
        INSERT INTO job_log (job_id, level, message) VALUES (1, 'info', 'kept')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    assert_eq!(world.count("job_log_default").await, 1);
    assert_eq!(
        schema::migrate::ensure_partitions(&world.db).await.unwrap(),
        1
    );
    assert_eq!(
        (
            world.count("job_log_default").await,
            world.count("job_log").await
        ),
        (0, 1)
    );
}
