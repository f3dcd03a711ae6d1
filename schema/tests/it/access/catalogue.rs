//! What the catalogue of the database must say, for every view and table there is and will be.

use schema::access::{Scope, prepare};

use super::people::{column, forget, partner, run, world};
use crate::fixture::World;

#[tokio::test]
async fn every_view_says_who_may_read_it() {
    let world = World::new().await;
    let unsaid: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
            AND NOT EXISTS (SELECT FROM view_audience WHERE view_name = relname)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        unsaid, [""; 0],
        "say who may read these views, in the migration that makes them: INSERT INTO \
         view_audience (view_name, audience) VALUES ('…', 'operators' | 'analysts' | 'partners'), \
         with schema_name 'analytics_detail' where they have a row per seat"
    );
}

#[tokio::test]
async fn every_view_runs_with_the_rights_of_who_asks() {
    let world = World::new().await;
    let statement = "SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'v' AND relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
            AND NOT coalesce(reloptions::text[] && '{security_invoker=true}', false)";
    for _ in 0..2 {
        let loose: Vec<String> = sqlx::query_scalar(statement)
            .fetch_all(&world.db)
            .await
            .unwrap();
        assert_eq!(
            loose, [""; 0],
            "CREATE VIEW … WITH (security_invoker = true): a view without it shows every partner everything"
        );
        prepare(&world.db).await.unwrap();
    }
}

/// Walks the catalogue of the database.
#[tokio::test]
async fn what_a_partner_can_reach_is_covered() {
    let world = world().await;
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT class.oid::regclass::text
        FROM pg_class AS class
        INNER JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
            AND has_any_column_privilege('fullhouse_partner', class.oid, 'SELECT')
            AND NOT CASE
                WHEN class.relkind = 'v' THEN coalesce(class.reloptions::text[] && '{security_invoker=true}', false)
                ELSE class.relrowsecurity AND NOT class.relispartition AND EXISTS (
                    SELECT FROM pg_policy
                    WHERE polrelid = class.oid AND NOT polpermissive
                        AND polroles = ARRAY['fullhouse_partner'::regrole::oid])
            END",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        open, [""; 0],
        "a partner would see all rows of these: INSERT INTO row_scope (table_name, by_column) \
         VALUES ('…', 'showtime_id' | 'cinema_id' | 'film_id' | 'source_id')"
    );
    let covered: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM row_scope
        WHERE has_any_column_privilege('fullhouse_partner', quote_ident(table_name), 'SELECT')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert!(covered >= 10, "the walk sees what there is");
    let more: Vec<String> = sqlx::query_scalar(
        "SELECT grantee || ' may ' || privilege_type || ' ' || table_name
        FROM information_schema.role_table_grants
        WHERE grantee IN ('fullhouse_analyst', 'fullhouse_partner')
            AND (privilege_type <> 'SELECT' OR table_schema = 'public')",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        more, [""; 0],
        "of tables they may read single columns, and nothing else"
    );
    let secrets: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (VALUES ('definition', 'body'), ('quarantine', 'body'), ('task', 'params'))
            AS secret (relation, part)
        CROSS JOIN (VALUES ('fullhouse_analyst'), ('fullhouse_partner')) AS reader (name)
        WHERE has_column_privilege(reader.name, relation, part, 'SELECT')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(secrets, 0);
}

#[tokio::test]
async fn a_view_of_a_table_that_is_nobodys_is_refused_to_partners() {
    let world = world().await;
    let db = &world.db;
    run(
        db,
        "CREATE TABLE note (showtime_id integer, words text);
        CREATE VIEW showtime_note WITH (security_invoker = true) AS SELECT showtime_id, words FROM note;
        INSERT INTO view_audience (view_name, audience) VALUES ('showtime_note', 'partners')",
    )
    .await;
    let refusal = prepare(db).await.unwrap_err().to_string();
    assert!(refusal.contains("note"), "{refusal}");
    run(
        db,
        "INSERT INTO row_scope (table_name, by_column) VALUES ('note', 'showtime_id')",
    )
    .await;
    prepare(db).await.unwrap();
    run(db, "INSERT INTO note SELECT showtime_id, 'x' FROM showtime").await;
    let scope = Scope {
        territory: Some("FR".to_owned()),
        ..Scope::default()
    };
    let (name, mut asked) = partner(db, "note", scope).await;
    assert_eq!(column(&mut asked, "showtime_note", "1").await.len(), 2);

    // Nobody may read it any more.
    run(
        db,
        "UPDATE view_audience SET audience = 'operators' WHERE view_name = 'showtime_note'",
    )
    .await;
    prepare(db).await.unwrap();
    let left: bool =
        sqlx::query_scalar("SELECT to_regclass('analytics.showtime_note') IS NOT NULL")
            .fetch_one(&mut asked)
            .await
            .unwrap();
    assert!(!left);
    forget(db, &[name]).await;
}
