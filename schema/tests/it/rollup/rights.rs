//! Who may make rollups, of what, and what that leaves behind.

use schema::{access::Scope, rollup::due};
use sqlx::{AssertSqlSafe, Connection as _, PgPool};

use super::hostile::{create, lead, run};
use crate::{
    access::people::{analyst, forget, partner, role, world},
    fixture::World,
};

#[tokio::test]
async fn names_are_refused_or_quoted() {
    let world = world().await;
    let (name, mut asked) = analyst(&world.db).await;
    let query = "SELECT film_id, count(*) AS n FROM showtime_standing GROUP BY film_id";
    for name in [
        "x\"; DROP TABLE rollup; --",
        "a b",
        "Upper",
        "x_dirty",
        "pg_temp.x",
        "",
        "showtime",
    ] {
        let message = create(&mut asked, name, query, "{film_id}")
            .await
            .unwrap_err();
        assert!(
            message.contains("cannot be called") || message.contains("there is a"),
            "{name}: {message}"
        );
    }
    for keys in ["{\"film_id) , x (\"}", "{NULL}", "{}", "{ctid}", "{n}"] {
        create(&mut asked, "named", query, keys).await.unwrap_err();
    }
    for alias in [
        "n; DROP TABLE rollup",
        "n\"\"",
        "marked_at",
        "N",
        ":funcid 1299",
    ] {
        let query = format!(
            "SELECT film_id, count(*) AS \"{alias}\" FROM showtime_standing GROUP BY film_id"
        );
        let message = create(&mut asked, "named", &query, "{film_id}")
            .await
            .unwrap_err();
        assert!(
            message.contains("cannot be called") || message.contains("semicolon"),
            "{alias}: {message}"
        );
    }
    // Words of SQL are names like others.
    for name in ["select", "user", "order"] {
        let query = "SELECT film_id, count(*) AS \"group\" FROM showtime_standing GROUP BY film_id";
        assert_eq!(
            create(&mut asked, name, query, "{film_id}").await,
            Ok(4),
            "{name}"
        );
    }
    let over = "SELECT film_id, max(\"group\") AS n FROM fullhouse.\"user\" GROUP BY film_id";
    create(&mut asked, "over_user", over, "{film_id}")
        .await
        .unwrap();
    lead(&world.db).await;
    assert_eq!(world.count("rollup.over_user").await, 4);
    run(
        &mut asked,
        "SELECT fullhouse.drop_rollup(name) FROM unnest(ARRAY['over_user', 'select', 'user', 'order']) AS name",
    )
    .await
    .unwrap();
    forget(&world.db, &[name]).await;
}

/// Whatever is made in a draft ends with it, and an analyst has no other place to make anything.
#[tokio::test]
async fn an_analyst_makes_nothing_that_lasts() {
    let world = world().await;
    let (name, mut asked) = analyst(&world.db).await;
    for statement in [
        "CREATE TEMP TABLE own (n integer)",
        "CREATE FUNCTION pg_temp.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA own",
        "CREATE TABLE fullhouse.own (n integer)",
        "CREATE DOMAIN analytics.own AS integer",
        "CREATE FUNCTION public.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "SELECT rollup.current_rows('film_day', NULL::fullhouse.film_day)",
        "SELECT public.prepare_rollup_runner()",
        "SELECT fullhouse.adopt_rollup_draft('own', '{film_id}')",
    ] {
        run(&mut asked, statement).await.expect_err(statement);
    }
    let mut transaction = asked.begin().await.unwrap();
    let draft: String = sqlx::query_scalar("SELECT fullhouse.open_rollup_draft()")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    let made = format!(
        "CREATE TABLE {draft}.own (n integer); CREATE VIEW {draft}.query AS SELECT 1 AS n;
        CREATE FUNCTION {draft}.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    );
    run(&mut transaction, &made).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(
        world
            .count("pg_namespace WHERE nspname LIKE 'rollup_draft%'")
            .await,
        0
    );
    assert_eq!(world.count("rollup_draft").await, 0);
    let owned = format!("pg_shdepend WHERE refobjid = '{name}'::regrole AND deptype = 'o'");
    assert_eq!(world.count(&owned).await, 0);
    forget(&world.db, &[name]).await;
}

/// A rollup shows all rows to all analysts: who sees some alone makes none of them.
#[tokio::test]
async fn a_partner_makes_no_rollup_of_all_rows() {
    let world = world().await;
    let db = &world.db;
    let scope = Scope {
        source: Some("chain".to_owned()),
        ..Scope::default()
    };
    let (name, mut asked) = partner(db, "maker", scope).await;
    let query = "SELECT film_id, count(*) AS n FROM analytics.showtime_standing GROUP BY film_id";
    let message = create(&mut asked, "own", query, "{film_id}")
        .await
        .unwrap_err();
    assert!(message.contains("permission denied"), "{message}");
    let given = format!("SELECT fullhouse.grant_rollups('{name}')");
    sqlx::raw_sql(AssertSqlSafe(given))
        .execute(db)
        .await
        .unwrap();
    run(&mut asked, "SET default_transaction_read_only = off")
        .await
        .unwrap();
    let message = create(&mut asked, "own", query, "{film_id}")
        .await
        .unwrap_err();
    assert!(message.contains("may not read all rows"), "{message}");
    asked.close().await.unwrap();
    let all = format!("DROP OWNED BY {name}");
    sqlx::raw_sql(AssertSqlSafe(all)).execute(db).await.unwrap();
    forget(db, &[name]).await;
}

/// Invariant 10: the query of a child that fails sets the child aside, and not its parent.
#[tokio::test]
async fn a_query_that_fails_hurts_its_own_rollup_alone() {
    let world = world().await;
    let (name, mut asked) = analyst(&world.db).await;
    lead(&world.db).await;
    // Each showtime has two admissions, until one of them is returned.
    let query = "SELECT film_id, count(*) AS n FROM showtime_sales WHERE 1 / (admissions - 1) < 5 GROUP BY film_id";
    create(&mut asked, "fragile", query, "{film_id}")
        .await
        .unwrap();
    lead(&world.db).await;
    sqlx::raw_sql(
        "INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats)
        SELECT now(), 1, showtime_id, layout_id, 1, 1, 0, 0, 0, 0, 0, 0, '\\x01' FROM snapshot WHERE showtime_id = 1 LIMIT 1",
    )
    .execute(&world.db)
    .await
    .unwrap();
    lead(&world.db).await;
    let aside: Vec<String> =
        sqlx::query_scalar("SELECT name FROM rollup WHERE failed_at IS NOT NULL")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(aside, ["fragile"]);
    run(&mut asked, "SELECT fullhouse.drop_rollup('fragile')")
        .await
        .unwrap();
    forget(&world.db, &[name]).await;
}

/// The schema's owner is no superuser: it may make roles, and that is enough.
#[tokio::test]
async fn an_owner_that_may_make_roles_is_enough() {
    let world = World::new().await;
    let name = role(&world.db, "owner");
    let database = format!("of_{name}");
    for statement in [
        format!("CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{name}'"),
        format!("CREATE DATABASE {database} OWNER {name} TEMPLATE template0"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&world.db)
            .await
            .unwrap();
    }
    let options = (*world.db.connect_options())
        .clone()
        .username(&name)
        .password(&name)
        .database(&database);
    let db = PgPool::connect_with(options).await.unwrap();
    schema::migrate::migrate(&db).await.unwrap();
    schema::access::prepare(&db).await.unwrap();
    schema::access::prepare(&db).await.unwrap();
    let (asker, mut session) = analyst(&db).await;
    let query = "SELECT film_id, count(*) AS n FROM showtime_standing GROUP BY film_id";
    assert_eq!(create(&mut session, "own", query, "{film_id}").await, Ok(0));
    lead(&db).await;
    assert!(due(&db).await.unwrap().is_empty());
    drop(session);
    forget(&db, &[asker]).await;
    db.close().await;
    for statement in [
        format!("DROP DATABASE {database} WITH (FORCE)"),
        format!("DROP OWNED BY {name}"),
        format!("DROP ROLE {name}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&world.db)
            .await
            .unwrap();
    }
}
