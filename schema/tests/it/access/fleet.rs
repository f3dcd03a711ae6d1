//! The roles of the fleet: what they hold, how they are made, and what they can do with it.

mod prepare;

use std::collections::BTreeSet;

use schema::{
    access::{fleet::prepare, grants},
    connect::is_refused_with,
    diagnostics, export, materialise, migrate, partition, refresh, rollup,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, PgPool, postgres::PgPoolOptions};

use super::people::role;
use crate::fixture::World;

const INSUFFICIENT_PRIVILEGE: &str = "42501";
const ROLES: [&str; 5] = ["migrator", "coordinator", "agent", "receiver", "monitor"];

/// Connections that act as `role`.
async fn acting_as(db: &PgPool, role: &str) -> PgPool {
    let options = (*db.connect_options()).clone().options([("role", role)]);
    PgPoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await
        .unwrap()
}

async fn may_not(db: &PgPool, statement: &str) {
    let refusal = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(db)
        .await
        .expect_err(statement);
    assert!(
        is_refused_with(&refusal, INSUFFICIENT_PRIVILEGE),
        "{statement}: {refusal}"
    );
}

/// Every right of coordinators, agents, receivers and monitors anywhere in the database.
async fn held(db: &PgPool) -> BTreeSet<String> {
    sqlx::query_scalar(
        "SELECT acl.grantee::regrole || ' ' || acl.privilege_type || ' ' || of
        FROM (
            SELECT relacl AS acl, pg_class.oid::regclass::text AS of FROM pg_class
            UNION ALL
            SELECT attacl, attrelid::regclass || '(' || attname || ')' FROM pg_attribute WHERE NOT attisdropped
            UNION ALL
            SELECT proacl, pg_proc.oid::regprocedure::text FROM pg_proc
            UNION ALL
            SELECT nspacl, 'schema ' || nspname FROM pg_namespace
            UNION ALL
            SELECT datacl, 'database' FROM pg_database WHERE datname = current_database()
            UNION ALL
            SELECT defaclacl, 'what is made later' FROM pg_default_acl
            UNION ALL
            SELECT typacl, pg_type.oid::regtype::text FROM pg_type
            UNION ALL
            SELECT lanacl, lanname FROM pg_language
            UNION ALL
            SELECT spcacl, spcname FROM pg_tablespace
        ) AS held
        CROSS JOIN LATERAL aclexplode(held.acl) AS acl
        INNER JOIN pg_roles ON pg_roles.oid = acl.grantee
        WHERE pg_roles.rolname IN ('coordinator', 'agent', 'receiver', 'monitor')",
    )
    .fetch_all(db)
    .await
    .unwrap()
    .into_iter()
    .collect()
}

/// What `grants.txt` says, and nothing else, anywhere.
#[tokio::test]
async fn no_role_holds_what_is_not_listed() {
    let world = World::new().await;
    let db = &world.db;
    prepare(db, None).await.unwrap();
    let mut listed: BTreeSet<String> = ["coordinator", "agent", "receiver", "monitor"]
        .iter()
        .map(|role| format!("{role} USAGE schema public"))
        .collect();
    for grant in grants() {
        let (kind, right, object) = (grant.kind, grant.right, grant.object);
        match (right, grant.columns) {
            ("EXECUTE", _) => {
                let signature: String = sqlx::query_scalar("SELECT $1::text::regprocedure::text")
                    .bind(object)
                    .fetch_one(db)
                    .await
                    .unwrap();
                listed.insert(format!("{kind} EXECUTE {signature}"));
            }
            ("READ", _) => {
                listed.insert(format!("{kind} SELECT {object}"));
                let reached: Vec<String> = sqlx::query_scalar(
                    "SELECT relation || '(' || column_name || ')'
                    FROM view_dependencies(ARRAY[$1::text::regclass])",
                )
                .bind(object)
                .fetch_all(db)
                .await
                .unwrap();
                listed.extend(reached.iter().map(|of| format!("{kind} SELECT {of}")));
            }
            (_, Some(columns)) => {
                for column in columns.split(',') {
                    listed.insert(format!("{kind} {right} {object}({})", column.trim()));
                }
            }
            (_, None) => {
                listed.insert(format!("{kind} {right} {object}"));
            }
        }
    }
    for table in ["cinema_fact", "showtime_fact"] {
        for right in ["SELECT", "INSERT", "UPDATE"] {
            listed.insert(format!("coordinator {right} {table}"));
        }
    }
    let surplus: Vec<String> = held(db).await.difference(&listed).cloned().collect();
    assert_eq!(surplus, [""; 0], "held and not listed");
    let missing: Vec<String> = listed.difference(&held(db).await).cloned().collect();
    assert_eq!(missing, [""; 0], "listed and not held");

    // What is given by hand goes when the database is migrated the next time.
    sqlx::raw_sql("GRANT DELETE ON job TO agent; GRANT UPDATE (title) ON film TO monitor")
        .execute(db)
        .await
        .unwrap();
    migrate::migrate(db).await.unwrap();
    assert_eq!(held(db).await, listed);
}

#[tokio::test]
async fn no_role_of_the_fleet_is_more_than_it_seems() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    let powerful: Vec<String> = sqlx::query_scalar(
        "SELECT rolname::text FROM pg_roles
        WHERE rolname = ANY ($1)
            AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)",
    )
    .bind(ROLES)
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(powerful, [""; 0]);
    let memberships: Vec<String> = sqlx::query_scalar(
        "SELECT member.rolname || ' in ' || granted.rolname
        FROM pg_auth_members
        INNER JOIN pg_roles AS member ON member.oid = pg_auth_members.member
        INNER JOIN pg_roles AS granted ON granted.oid = pg_auth_members.roleid
        WHERE member.rolname = ANY ($1)
        ORDER BY 1",
    )
    .bind(ROLES)
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        memberships,
        [
            "coordinator in pg_read_all_stats",
            "migrator in data_set_runner",
            "migrator in rollup_runner",
            "monitor in pg_monitor"
        ]
    );
    let others: Vec<String> = sqlx::query_scalar(
        "SELECT pg_class.oid::regclass::text FROM pg_class
        INNER JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname IN ('public', 'fullhouse', 'rollup', 'data_set', 'events', 'analytics', 'analytics_detail')
            AND pg_get_userbyid(relowner) <> 'migrator'
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        UNION ALL
        SELECT pg_proc.oid::regprocedure::text FROM pg_proc
        INNER JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname IN ('public', 'fullhouse', 'rollup', 'data_set', 'events', 'analytics', 'analytics_detail')
            AND pg_get_userbyid(proowner) NOT IN ('migrator', 'rollup_runner', 'data_set_runner')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        others, [""; 0],
        "what is not the migrator's runs as a superuser"
    );
}

#[tokio::test]
async fn agents_and_receivers_delete_no_history_and_monitors_change_nothing() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    let agent = acting_as(&world.db, "agent").await;
    for table in [
        "job",
        "job_log",
        "snapshot",
        "observation",
        "showtime_tariff",
        "showtime_change",
        "quarantine",
    ] {
        may_not(&agent, &format!("DELETE FROM {table}")).await;
        may_not(&agent, &format!("TRUNCATE {table}")).await;
    }
    may_not(&agent, "UPDATE definition SET body = ''").await;
    may_not(&agent, "UPDATE leader SET epoch = epoch + 1").await;
    may_not(&agent, "SELECT retire_partition('job_default')").await;
    may_not(&agent, "SELECT refresh_view(1)").await;
    may_not(&agent, "SELECT external_id FROM event_user").await;
    let receiver = acting_as(&world.db, "receiver").await;
    for table in ["job", "queue", "definition", "snapshot", "event_reject"] {
        may_not(&receiver, &format!("SELECT 1 FROM {table}")).await;
    }
    may_not(&receiver, "SELECT properties FROM event").await;
    may_not(&receiver, "DELETE FROM event").await;
    may_not(&receiver, "UPDATE event_key SET revoked_at = NULL").await;
    may_not(
        &receiver,
        "INSERT INTO event_schema SELECT FROM event_schema",
    )
    .await;
    let monitor = acting_as(&world.db, "monitor").await;
    may_not(&monitor, "DELETE FROM queue").await;
    may_not(&monitor, "SELECT body FROM definition").await;
    may_not(&monitor, "SELECT params FROM task").await;
    let coordinator = acting_as(&world.db, "coordinator").await;
    may_not(&coordinator, "DROP TABLE job_default").await;
    may_not(&coordinator, "DELETE FROM job").await;
    may_not(
        &coordinator,
        "UPDATE materialised_column SET expression = '1'",
    )
    .await;
    may_not(&coordinator, "UPDATE rollup SET query = 'SELECT 1'").await;
    may_not(&coordinator, "CREATE TABLE mine (n integer)").await;
}

/// What looks into a partition as its owner looks into nothing else.
#[tokio::test]
async fn is_empty_runs_no_code_of_others() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    sqlx::raw_sql(
        "CREATE SCHEMA elsewhere;
        CREATE FUNCTION elsewhere.act() RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
        CREATE VIEW elsewhere.trap AS SELECT elsewhere.act() WHERE elsewhere.act();
        CREATE TABLE elsewhere.own (n integer)",
    )
    .execute(&world.db)
    .await
    .unwrap();
    for name in ["elsewhere.trap", "elsewhere.own", "leader", "seat_record"] {
        let refusal = sqlx::query_scalar::<_, bool>("SELECT is_empty($1::text::regclass)")
            .bind(name)
            .fetch_one(&world.db)
            .await
            .unwrap_err();
        assert!(
            refusal.to_string().contains("is no partition"),
            "{name}: {refusal}"
        );
    }
    let is_empty: bool = sqlx::query_scalar("SELECT is_empty('snapshot_default')")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert!(is_empty);
}

/// Upkeep that needs the rights of the owner, by a coordinator that owns nothing.
#[tokio::test]
async fn a_coordinator_keeps_the_database_up() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO source (name, title) VALUES ('other', 'Other');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (2, 1, 1, 'GB', '1', 'Waterloo', 'Europe/London');
        CREATE TABLE job_20200101 (LIKE job INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
        ALTER TABLE job_20200101 OWNER TO migrator;
        ALTER TABLE job ATTACH PARTITION job_20200101
        FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00');
        UPDATE retention SET keep_for = interval '1 year', needs = '{}' WHERE parent = 'job';
        DROP TABLE job_default CASCADE;
        CREATE TABLE job_default PARTITION OF job DEFAULT;
        ALTER TABLE job_default OWNER TO migrator",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let db = &acting_as(&world.db, "coordinator").await;
    migrate::check(db).await.unwrap();
    sqlx::query("SELECT ensure_partitions(9)")
        .execute(db)
        .await
        .unwrap();
    assert_eq!(partition::due(db).await.unwrap(), ["job_20200101"]);
    let done = partition::retire(db, "job_20200101").await.unwrap();
    assert_eq!(done.as_deref(), Some("dropped"));

    let claimed = refresh::claim(db, "test", Some("film_run"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        refresh::run(db, &claimed).await.unwrap(),
        refresh::Outcome::Refreshed
    );
    for table in materialise::watched(db).await.unwrap() {
        let batch = materialise::batch(db, &table).await.unwrap();
        assert_eq!(batch.paused, None, "{table:?}");
    }
    rollup::mark_dirty_buckets(db).await.unwrap();
    for name in rollup::due(db).await.unwrap() {
        rollup::refresh(db, &name, 100).await.unwrap();
    }
    rollup::record_progress(db).await.unwrap();
    export::note_late(db).await.unwrap();
    for role in ["coordinator", "monitor"] {
        let db = acting_as(&world.db, role).await;
        assert!(diagnostics::server(&db).await.unwrap().sees_all_sessions);
        diagnostics::content(&db).await.unwrap();
    }
}

async fn run(db: &PgPool, statements: String) {
    let mut connection: PgConnection = db.connect_options().connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut connection)
        .await
        .unwrap();
}

/// Takes from roles what they own and hold in a database.
async fn disown(db: &PgPool, roles: &[String]) {
    let roles = roles.join(", ");
    run(
        db,
        format!("REASSIGN OWNED BY {roles} TO postgres; DROP OWNED BY {roles}"),
    )
    .await;
}

/// Roles outlive the database of a test.
async fn forget(db: &PgPool, roles: &[String]) {
    disown(db, roles).await;
    run(db, format!("DROP ROLE {}", roles.join(", "))).await;
}
