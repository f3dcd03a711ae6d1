//! What the doctor says of databases that were made unhealthy on purpose.

use std::process::Command;

use coordinator::doctor::{Finding, Gravity, content, examine, server};
use schema::{
    diagnostics::{self, Blocked, Content, OpenTransaction, Slot, TableCare, UselessIndex},
    local_server::LocalServer,
    scratch::Scratch,
};
use sqlx::PgPool;

async fn run(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

/// What was found of a thing that is not as it should be.
fn found<'a>(findings: &'a [Finding], what: &str) -> Vec<&'a Finding> {
    let same = findings.iter().filter(|finding| finding.what == what);
    same.filter(|finding| finding.gravity != Gravity::Fine)
        .collect()
}

#[tokio::test]
async fn a_new_database_has_nothing_amiss() {
    let db = Scratch::new().await.unwrap().db;
    let mut content = diagnostics::content(&db).await.unwrap();
    // These are of the whole server, where other tests are at work.
    content.open.clear();
    content.granted.clear();
    let amiss: Vec<Finding> = content::judge(&content)
        .into_iter()
        .filter(|finding| finding.gravity != Gravity::Fine)
        .collect();
    assert_eq!(amiss, []);
}

/// The server that `make up` starts is one of ours: its settings are those that we advise.
#[tokio::test]
async fn a_private_server_has_nothing_amiss() {
    let directory = tempfile::tempdir().unwrap();
    let server = LocalServer::builder(directory.path()).temporary();
    let server = server.start().await.unwrap();
    server.ensure_database("fullhouse").await.unwrap();
    let install = server.install_statement_statistics("fullhouse");
    install.await.unwrap();
    let db = PgPool::connect(&server.url("fullhouse")).await.unwrap();
    let findings = server::judge(&diagnostics::server(&db).await.unwrap());
    let amiss: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.gravity != Gravity::Fine)
        .collect();
    assert!(amiss.is_empty(), "{amiss:?}");
}

#[tokio::test]
async fn what_is_amiss_in_the_database_is_told_with_the_command_that_mends_it() {
    let db = Scratch::new().await.unwrap().db;
    run(
        &db,
        "INSERT INTO job_log (job_id, level, message, logged_at) VALUES (1, 'info', 'old', '2020-01-01');
        DO $$ DECLARE day regclass; BEGIN
            FOR day IN SELECT inhrelid FROM pg_inherits
                WHERE inhparent = 'observation'::regclass AND inhrelid <> 'observation_default'::regclass
            LOOP EXECUTE format('DROP TABLE %s', day); END LOOP;
        END $$;
        ALTER TABLE task SET (autovacuum_enabled = off);
        INSERT INTO partner_scope (role_name, source) VALUES ('nobody_of_that_name', 'chain');
        SELECT apply_access();
        INSERT INTO materialisation_error (row_key, failures, table_name, column_name, sqlstate, error)
        VALUES (1, 3, 'cinema_fact', '', '22023', 'no such zone');
        INSERT INTO materialised_mark (row_key, marked_at, table_name) VALUES (1, now() - interval '1 hour', 'showtime_fact');
        UPDATE materialised_table SET paused_until = now(), pause_reason = 'no such column' WHERE name = 'showtime_fact';
        INSERT INTO refresh_execution (view_name, started_by, ended_at, succeeded, error)
        VALUES ('film_run', 'test', now(), false, 'out of luck')",
    )
    .await;
    let findings = examine(&db).await.unwrap();
    for (what, gravity, is, remedy) in [
        (
            "default partitions",
            Gravity::Warn,
            "job_log_default",
            "ensure_partitions",
        ),
        (
            "partitions ahead",
            Gravity::Grave,
            "observation",
            "ensure_partitions",
        ),
        (
            "autovacuum of tables",
            Gravity::Warn,
            "task",
            "ALTER TABLE task RESET",
        ),
        (
            "access",
            Gravity::Warn,
            "nobody_of_that_name",
            "DELETE FROM partner_scope",
        ),
        (
            "computed columns",
            Gravity::Warn,
            "no such zone",
            "materialisation_error",
        ),
        (
            "computed columns",
            Gravity::Warn,
            "no such column",
            "materialise_column",
        ),
        (
            "computed columns",
            Gravity::Warn,
            "60 min",
            "materialisation_status",
        ),
        (
            "materialised views",
            Gravity::Warn,
            "out of luck",
            "coordinator view refresh film_run",
        ),
    ] {
        let message = found(&findings, what);
        assert!(
            message.iter().any(|finding| finding.gravity == gravity
                && finding.is.contains(is)
                && finding.remedy.contains(remedy)
                && !finding.means.is_empty()),
            "{what}: {message:#?}"
        );
    }
    let order: Vec<Gravity> = findings.iter().map(|finding| finding.gravity).collect();
    assert!(order.is_sorted(), "the gravest come first");
}

/// The server of the tests keeps nothing through a crash.
#[tokio::test]
async fn a_server_without_fsync_is_grave_and_the_program_ends_with_one() {
    let scratch = Scratch::new().await.unwrap();
    let findings = server::judge(&diagnostics::server(&scratch.db).await.unwrap());
    let message = found(&findings, "fsync");
    assert_eq!(message[0].gravity, Gravity::Grave);
    assert_eq!(
        message[0].remedy,
        "ALTER SYSTEM SET fsync = 'on'; SELECT pg_reload_conf();"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_coordinator"))
        .args(["--database-url", &scratch.url, "doctor", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        message
            .iter()
            .any(|finding| finding["what"] == "fsync" && finding["gravity"] == "grave")
    );
}

#[tokio::test]
async fn a_schema_that_is_behind_is_grave() {
    let db = Scratch::new().await.unwrap().db;
    run(
        &db,
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
    )
    .await;
    let findings = examine(&db).await.unwrap();
    let message = found(&findings, "schema");
    assert_eq!(message[0].gravity, Gravity::Grave);
    assert_eq!(message[0].remedy, "coordinator migrate");
}

#[tokio::test]
async fn settings_are_judged_by_what_they_are() {
    let db = Scratch::new().await.unwrap().db;
    let mut server = diagnostics::server(&db).await.unwrap();
    for (name, value) in [
        ("work_mem", "1024"),
        ("random_page_cost", "4"),
        ("join_collapse_limit", "8"),
        ("log_timezone", "Europe/Berlin"),
        ("max_connections", "10"),
    ] {
        let setting = server.settings.get_mut(name).unwrap();
        setting.value = value.to_owned();
        setting.waits_for_restart = name == "max_connections";
    }
    server.connections = 10;
    server.transaction_age = 2_000_000_000;
    server.encoding = "SQL_ASCII".to_owned();
    server.version = 140_005;
    server.sees_all_sessions = false;
    server.database_bytes = 1 << 40;
    let findings = server::judge(&server);
    for (what, gravity) in [
        ("work_mem", Gravity::Warn),
        ("random_page_cost", Gravity::Warn),
        ("join_collapse_limit", Gravity::Warn),
        ("time zone", Gravity::Warn),
        ("connections", Gravity::Grave),
        ("settings that wait for a restart", Gravity::Warn),
        ("age of the oldest transaction", Gravity::Grave),
        ("encoding", Gravity::Grave),
        ("server version", Gravity::Grave),
        ("rights of this role", Gravity::Warn),
        ("shared_buffers", Gravity::Warn),
        ("pg_stat_statements", Gravity::Warn),
    ] {
        let message = found(&findings, what);
        assert_eq!(message.len(), 1, "{what}");
        assert_eq!(message[0].gravity, gravity, "{what}");
        assert!(!message[0].remedy.is_empty() && !message[0].means.is_empty());
    }
    server.overrides = vec!["TimeZone=UTC".to_owned()];
    assert_eq!(
        found(&server::judge(&server), "time zone"),
        [] as [&Finding; 0]
    );
}

/// What cannot be made in a test: transactions that are hours old, dead rows by the
/// thousand, slots that hold gigabytes.
#[test]
fn what_is_open_for_long_is_told() {
    let open = |kind: &str, minutes: f64| OpenTransaction {
        kind: kind.to_owned(),
        name: "42".to_owned(),
        application: Some("notebook".to_owned()),
        state: Some("idle in transaction".to_owned()),
        age_seconds: Some(minutes * 60.0),
    };
    let content = Content {
        neglected: vec![TableCare {
            table_name: "queue".to_owned(),
            autovacuum: true,
            dead_rows: 1_000_000,
            vacuum_due: 500.0,
        }],
        useless: vec![UselessIndex {
            index_name: "half_made".to_owned(),
            bytes: 1,
            is_valid: false,
        }],
        open: vec![
            open("session", 1.0),
            open("session", 10.0),
            open("session", 90.0),
            open("prepared", 10.0),
        ],
        blocked: vec![Blocked {
            pid: 7,
            blocked_by: vec![8],
            seconds: 60.0,
        }],
        slots: vec![Slot {
            slot_name: "forgotten".to_owned(),
            active: false,
            wal_status: Some("extended".to_owned()),
            held_bytes: Some(40 << 30),
        }],
        ..Content::default()
    };
    let findings = content::judge(&content);
    let gravities = |what: &str| -> Vec<Gravity> {
        let message = found(&findings, what);
        message.iter().map(|finding| finding.gravity).collect()
    };
    let (warn, grave) = (Gravity::Warn, Gravity::Grave);
    assert_eq!(gravities("open transactions"), [warn, grave, grave]);
    for what in [
        "dead rows",
        "indexes",
        "blocked sessions",
        "replication slots",
    ] {
        assert_eq!(gravities(what), [warn], "{what}");
    }
    let prepared = found(&findings, "open transactions")[2];
    assert!(prepared.remedy.starts_with("ROLLBACK PREPARED '42'"));
}
