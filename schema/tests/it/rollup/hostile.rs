//! Invariant 12: what an analyst writes into a rollup runs with no rights but its own, and never as
//! a part of a statement of others.
//!
//! The analyst of these tests has what analysts are not given: a schema of its own, the schema
//! public, and temporary tables.

use schema::{
    access::revoke,
    rollup::{due, mark_dirty_buckets, refresh},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{
    access::people::{analyst, forget, world},
    fixture::World,
};

/// What the analyst makes. Whatever of it runs as another role leaves a number of a sequence,
/// which no rollback takes back.
const TRAPS: &str = "
    CREATE SEQUENCE mallory.ran_as_another;
    CREATE FUNCTION mallory.trap(n bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        IF current_user <> session_user THEN
            PERFORM nextval('mallory.ran_as_another');
        END IF;
        RETURN n;
    END $$;
    CREATE FUNCTION mallory.agrees(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
        AS 'SELECT mallory.trap(n) IS NOT NULL';
    CREATE FUNCTION mallory.same(a bigint, b bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
        AS 'SELECT mallory.trap(a) = b';
    CREATE DOMAIN mallory.checked AS bigint CHECK (mallory.agrees(value));
    CREATE DOMAIN pg_temp.checked AS bigint CHECK (mallory.agrees(value));
    CREATE TYPE mallory.pair AS (one mallory.checked);
    CREATE TYPE mallory.span AS RANGE (subtype = mallory.checked);
    CREATE TYPE mallory.word AS ENUM ('a');
    CREATE FUNCTION mallory.to_word(n bigint) RETURNS mallory.word LANGUAGE sql IMMUTABLE
        AS $$SELECT 'a'::mallory.word FROM mallory.trap(n)$$;
    CREATE CAST (bigint AS mallory.word) WITH FUNCTION mallory.to_word AS IMPLICIT;
    CREATE OPERATOR mallory.=== (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = mallory.same);
    CREATE FUNCTION mallory.count(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT mallory.trap($1)';
    CREATE AGGREGATE mallory.total (bigint) (SFUNC = mallory.count, STYPE = bigint, INITCOND = '0');
    CREATE VIEW mallory.showtime_standing AS SELECT 1 AS film_id, mallory.trap(1) AS admissions;
    CREATE TEMP TABLE showtime_standing AS SELECT 1 AS film_id, 7::bigint AS admissions;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA mallory TO PUBLIC";

/// Queries by film, and a word of the reason why they are refused.
const REFUSED: [(&str, &str); 27] = [
    // Types: a check runs for a cast, and for a literal when it is parsed.
    (
        "count(*)::mallory.checked AS n FROM showtime_standing",
        "mallory.checked",
    ),
    (
        "count(*)::pg_temp.checked AS n FROM showtime_standing",
        "cannot use type",
    ),
    (
        "count(*) FILTER (WHERE '{5}'::mallory.checked[] IS NOT NULL) AS n FROM showtime_standing",
        "mallory.checked[]",
    ),
    (
        "count(*) FILTER (WHERE '(5)'::mallory.pair IS NOT NULL) AS n FROM showtime_standing",
        "mallory.pair",
    ),
    (
        "count(*) FILTER (WHERE '[5,6)'::mallory.span IS NOT NULL) AS n FROM showtime_standing",
        "mallory.span",
    ),
    (
        "max('a'::mallory.word) AS n FROM showtime_standing",
        "mallory.word",
    ),
    // A cast that nobody wrote.
    (
        "count(*) FILTER (WHERE 'a'::mallory.word = count.n) AS n FROM showtime_standing, (SELECT 1::bigint AS n) AS count",
        "mallory",
    ),
    (
        "max('pg_authid'::regclass::text) AS n FROM showtime_standing",
        "type regclass",
    ),
    // Functions, operators and aggregates.
    (
        "sum(mallory.trap(admissions)) AS n FROM showtime_standing",
        "mallory.trap",
    ),
    (
        "count(*) FILTER (WHERE admissions OPERATOR(mallory.===) 5) AS n FROM showtime_standing",
        "mallory.same",
    ),
    (
        "mallory.total(admissions) AS n FROM showtime_standing",
        "mallory.total",
    ),
    (
        "count(DISTINCT other.n) AS n FROM showtime_standing CROSS JOIN LATERAL mallory.trap(admissions) AS other (n)",
        "mallory.trap",
    ),
    // What is read.
    (
        "sum(admissions) AS n FROM mallory.showtime_standing",
        "cannot read mallory.showtime_standing",
    ),
    (
        "sum(admissions) AS n FROM pg_temp.showtime_standing",
        "temporary",
    ),
    (
        "count(*) AS n FROM showtime_standing, public.partner_scope",
        "cannot read partner_scope",
    ),
    (
        "count(*) AS n FROM showtime_standing, pg_catalog.pg_authid",
        "cannot read pg_authid",
    ),
    (
        "count(*) AS n FROM showtime_standing, rollup.film_day",
        "permission denied",
    ),
    // Functions of Postgres that run SQL, act, or say who asks.
    (
        "max(query_to_xml('TABLE pg_authid', true, true, '')::text) AS n FROM showtime_standing",
        "query_to_xml",
    ),
    (
        "max(table_to_xml('pg_authid', true, true, '')::text) AS n FROM showtime_standing",
        "table_to_xml",
    ),
    (
        "max(database_to_xml(true, true, '')::text) AS n FROM showtime_standing",
        "database_to_xml",
    ),
    (
        "count(*) FILTER (WHERE ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery') IS NULL) AS n FROM showtime_standing",
        "ts_rewrite",
    ),
    (
        "max(set_config('role', 'none', true)) AS n FROM showtime_standing",
        "set_config",
    ),
    (
        "max(current_setting('is_superuser')) AS n FROM showtime_standing",
        "current_setting",
    ),
    (
        "count(pg_advisory_lock(1)) AS n FROM showtime_standing",
        "pg_advisory_lock",
    ),
    ("max(lo_creat(1)) AS n FROM showtime_standing", "lo_creat"),
    (
        "bool_or(pg_terminate_backend(1)) AS n FROM showtime_standing",
        "pg_terminate_backend",
    ),
    (
        "max(xmlserialize(content xmlelement(name a, film_id) AS text)) AS n FROM showtime_standing",
        "xml",
    ),
];

pub(super) async fn run(asked: &mut PgConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(asked)
        .await;
    done.map(|_| ()).map_err(|error| error.to_string())
}

pub(super) async fn create(
    asked: &mut PgConnection,
    name: &str,
    query: &str,
    keys: &str,
) -> Result<i64, String> {
    let made = sqlx::query_scalar("SELECT fullhouse.create_rollup($1, $2, $3::text[])")
        .bind(name)
        .bind(query)
        .bind(keys)
        .fetch_one(asked)
        .await;
    made.map_err(|error| error.to_string())
}

/// What the leader does, once for everything.
pub(super) async fn lead(db: &PgPool) {
    mark_dirty_buckets(db).await.unwrap();
    for name in due(db).await.unwrap() {
        refresh(db, &name, 100).await.unwrap();
    }
}

async fn mallory(world: &World) -> (String, PgConnection) {
    let db = &world.db;
    let (name, mut asked) = analyst(db).await;
    let database = db.connect_options().get_database().unwrap().to_owned();
    let given = format!(
        "CREATE SCHEMA mallory AUTHORIZATION {name}; GRANT USAGE ON SCHEMA mallory TO PUBLIC;
        GRANT USAGE ON SCHEMA public TO {name}; GRANT TEMPORARY ON DATABASE {database} TO {name}"
    );
    sqlx::raw_sql(AssertSqlSafe(given))
        .execute(db)
        .await
        .unwrap();
    run(&mut asked, TRAPS).await.unwrap();
    (name, asked)
}

async fn end(world: &World, name: String, asked: PgConnection) {
    asked.close().await.unwrap();
    let all = format!("DROP OWNED BY {name} CASCADE");
    revoke(&world.db, &name).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(all))
        .execute(&world.db)
        .await
        .unwrap();
    forget(&world.db, &[name]).await;
}

#[tokio::test]
async fn nothing_of_a_query_runs_with_the_rights_of_another() {
    let world = world().await;
    let (name, mut asked) = mallory(&world).await;
    for (n, (rest, why)) in REFUSED.into_iter().enumerate() {
        let query = format!("SELECT film_id, {rest} GROUP BY film_id");
        let message = create(&mut asked, &format!("evil_{n}"), &query, "{film_id}").await;
        let message = message.expect_err(&query);
        assert!(message.contains(why), "{query}: {message}");
    }
    lead(&world.db).await;
    let ran: bool = sqlx::query_scalar("SELECT is_called FROM mallory.ran_as_another")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert!(!ran, "something ran as another role");
    let left = world.count("rollup WHERE name LIKE 'evil%'").await
        + world
            .count("pg_namespace WHERE nspname LIKE 'rollup_draft%'")
            .await;
    assert_eq!(left, 0);
    end(&world, name, asked).await;
}

/// What a query says in a text is a value, also where it ends what might quote it, and where it is
/// the name of what is read.
#[tokio::test]
async fn a_text_that_ends_a_quoted_body_is_a_value() {
    let world = world().await;
    let (name, mut asked) = analyst(&world.db).await;
    let text = "$body$ END $made$ '') $1 \\ %I %s \" fullhouse.film_day --";
    let query = format!(
        "SELECT film_id, max('{}') AS said FROM analytics.showtime_standing GROUP BY film_id -- and on",
        text.replace('\'', "''")
    );
    assert_eq!(
        create(&mut asked, "quoting", &query, "{film_id}").await,
        Ok(4)
    );
    let said = "SELECT DISTINCT said FROM fullhouse.quoting";
    let before: Vec<String> = sqlx::query_scalar(said)
        .fetch_all(&mut asked)
        .await
        .unwrap();
    lead(&world.db).await;
    let after: Vec<String> = sqlx::query_scalar(said)
        .fetch_all(&mut asked)
        .await
        .unwrap();
    assert_eq!(
        (before, after),
        (vec![text.to_owned()], vec![text.to_owned()])
    );
    // Of a rollup of a rollup that name would be replaced.
    for query in [
        "SELECT film_id, max('fullhouse.film_day') AS n FROM film_day GROUP BY film_id",
        "WITH film_day AS (SELECT * FROM fullhouse.film_day) SELECT film_id, count(*) AS n FROM film_day GROUP BY film_id",
        "SELECT film_id, count(*) AS \"fullhouse.film_day\" FROM film_day GROUP BY film_id",
    ] {
        let message = create(&mut asked, "twice", query, "{film_id}")
            .await
            .unwrap_err();
        assert!(message.contains("cannot"), "{query}: {message}");
    }
    run(&mut asked, "SELECT fullhouse.drop_rollup('quoting')")
        .await
        .unwrap();
    forget(&world.db, &[name]).await;
}

/// Between the check of a query and its use nothing of it can be changed: what is kept is what was
/// checked, and the view that was checked is gone.
#[tokio::test]
async fn what_was_checked_cannot_be_changed_later() {
    let world = world().await;
    let (name, mut asked) = mallory(&world).await;
    let mut transaction = asked.begin().await.unwrap();
    let draft: String = sqlx::query_scalar("SELECT fullhouse.open_rollup_draft()")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    let write = |body: &str| format!("CREATE OR REPLACE VIEW {draft}.query AS {body}");
    let good = "SELECT film_id, count(*) AS n FROM analytics.showtime_standing GROUP BY film_id";
    let bad = "SELECT film_id, mallory.trap(count(*)) AS n FROM analytics.showtime_standing GROUP BY film_id";
    run(&mut transaction, &write(good)).await.unwrap();
    // A further rule, besides the one that is checked, has no effect.
    let rule =
        format!("CREATE RULE trap AS ON DELETE TO {draft}.query DO INSTEAD SELECT mallory.trap(1)");
    run(&mut transaction, &rule).await.unwrap();
    run(
        &mut transaction,
        "SELECT fullhouse.adopt_rollup_draft('adopted', '{film_id}')",
    )
    .await
    .unwrap();
    run(&mut transaction, "SAVEPOINT before").await.unwrap();
    let message = run(&mut transaction, &write(bad)).await.unwrap_err();
    assert!(message.contains("does not exist"), "{message}");
    run(&mut transaction, "ROLLBACK TO before").await.unwrap();
    transaction.commit().await.unwrap();
    lead(&world.db).await;
    assert_eq!(
        world
            .count("rollup WHERE name = 'adopted' AND query LIKE '%trap%'")
            .await,
        0
    );
    assert_eq!(
        world.count("mallory.ran_as_another WHERE is_called").await,
        0
    );
    assert_eq!(world.count("rollup.adopted").await, 4);
    // Nor is what computes: changed to run as its caller, it refuses.
    sqlx::raw_sql(
        "ALTER FUNCTION rollup.compute_buckets SECURITY INVOKER; SELECT mark_all('adopted')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let message = refresh(&world.db, "adopted", 10)
        .await
        .unwrap_err()
        .to_string();
    assert!(message.contains("rollup_runner alone"), "{message}");
    end(&world, name, asked).await;
}
