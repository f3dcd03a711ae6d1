//! A new meaning of a code waits for the writers that store by the old one, of any role.

use schema::{
    finish::finish,
    mapping::{settle, writers},
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::fixture::{World, finished};

/// A role that may see nothing of other sessions, and its connections.
async fn lesser(db: &PgPool) -> (String, PgPool) {
    let name = format!("lesser_{}", db.connect_options().get_database().unwrap());
    sqlx::raw_sql(AssertSqlSafe(format!(
        "CREATE ROLE {name}; GRANT USAGE ON SCHEMA public TO {name}"
    )))
    .execute(db)
    .await
    .unwrap();
    let options = (*db.connect_options()).clone().options([("role", &name)]);
    (name, PgPool::connect_with(options).await.unwrap())
}

/// Invariant 6: the times of other roles' transactions are hidden, their locks are not.
#[tokio::test]
async fn a_lesser_role_waits_for_those_who_are_storing() {
    let world = World::new().await;
    let claims = world.claimed(1).await;
    let (name, lesser) = lesser(&world.db).await;
    let may_look: bool = sqlx::query_scalar("SELECT pg_has_role('pg_read_all_stats', 'member')")
        .fetch_one(&lesser)
        .await
        .unwrap();
    assert!(!may_look);
    assert_eq!(writers(&lesser).await.unwrap(), [""; 0]);
    assert!(settle(&lesser).await.unwrap());

    let mut storing = world.db.begin().await.unwrap();
    finish(&mut *storing, world.pod_id, &[finished(&claims[0])])
        .await
        .unwrap();
    let before = writers(&lesser).await.unwrap();
    assert_eq!(before.len(), 1);
    let settled = settle(&lesser);
    let commit = async {
        // Another statement of the same transaction is still the same writer.
        sqlx::query("SELECT 1")
            .execute(&mut *storing)
            .await
            .unwrap();
        assert_eq!(writers(&world.db).await.unwrap(), before);
        storing.commit().await.unwrap();
    };
    let (settled, ()) = tokio::join!(settled, commit);
    assert!(settled.unwrap());
    assert_eq!(writers(&lesser).await.unwrap(), [""; 0]);

    let mut reading = world.db.begin().await.unwrap();
    sqlx::query("SELECT FROM snapshot LIMIT 1")
        .execute(&mut *reading)
        .await
        .unwrap();
    let found = writers(&lesser).await.unwrap();
    assert_eq!(found, [""; 0], "a reader is no writer");

    lesser.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "DROP OWNED BY {name}; DROP ROLE {name}"
    )))
    .execute(&world.db)
    .await
    .unwrap();
}
