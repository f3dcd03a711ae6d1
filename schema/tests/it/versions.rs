//! Which programs work with which schema, and migrations beside a fleet that works.

use std::{borrow::Cow, time::Duration};

use schema::{
    migrate::{MigrationProgress, Patience, SchemaError, apply, check, repeatable_files},
    scratch::Scratch,
};
use sqlx::{
    AssertSqlSafe, PgPool,
    migrate::{Migration, MigrationType},
};
use tokio::sync::mpsc::unbounded_channel;

async fn run(db: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(db)
        .await
        .unwrap();
}

/// The migrations that the database has, and one more.
async fn and_one_more(db: &PgPool, sql: &'static str) -> Vec<Migration> {
    let applied: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
        "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let mut all: Vec<Migration> = applied
        .into_iter()
        .map(|(version, description, checksum)| Migration {
            checksum: Cow::Owned(checksum),
            ..migration(version, description, "")
        })
        .collect();
    all.push(migration(9001, "one more".to_owned(), sql));
    all
}

fn migration(version: i64, description: String, sql: &'static str) -> Migration {
    Migration::new(
        version,
        Cow::Owned(description),
        MigrationType::Simple,
        sqlx::SqlStr::from_static(sql),
        false,
    )
}

/// A database that a newer program has migrated.
async fn of_a_newer_program() -> Scratch {
    let scratch = Scratch::new().await.unwrap();
    let more = and_one_more(&scratch.db, "ALTER TABLE weight ADD COLUMN more integer").await;
    apply(
        &scratch.db,
        &more,
        &repeatable_files(),
        &Patience::default(),
        &mut |_| {},
    )
    .await
    .unwrap();
    scratch
}

#[tokio::test]
async fn a_newer_schema_that_works_with_this_program_is_accepted() {
    let scratch = of_a_newer_program().await;
    check(&scratch.db).await.unwrap();
    // Its migrations and rights are those of the newer program.
    schema::migrate::migrate(&scratch.db).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_that_needs_a_newer_program_is_refused() {
    let scratch = of_a_newer_program().await;
    run(
        &scratch.db,
        "UPDATE schema_support SET oldest_program = 9001",
    )
    .await;
    for refusal in [
        check(&scratch.db).await.unwrap_err(),
        schema::migrate::migrate(&scratch.db).await.unwrap_err(),
    ] {
        assert!(
            matches!(
                refusal,
                SchemaError::Ahead {
                    newest: 9001,
                    oldest: 9001,
                    ..
                }
            ),
            "{refusal}"
        );
        assert!(
            refusal.to_string().ends_with("start a newer version"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_program_that_is_newer_than_the_schema_names_the_command() {
    let scratch = Scratch::new().await.unwrap();
    run(
        &scratch.db,
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
    )
    .await;
    let refusal = check(&scratch.db).await.unwrap_err();
    assert!(matches!(refusal, SchemaError::Behind { .. }), "{refusal}");
    assert!(
        refusal.to_string().contains("coordinator migrate"),
        "{refusal}"
    );
}

#[tokio::test]
async fn the_oldest_program_is_one_that_there_was() {
    let scratch = Scratch::new().await.unwrap();
    let (oldest, newest): (i64, i64) = sqlx::query_as(
        "SELECT oldest_program, (SELECT max(version) FROM _sqlx_migrations) FROM schema_support",
    )
    .fetch_one(&scratch.db)
    .await
    .unwrap();
    assert!((1..=newest).contains(&oldest), "{oldest} of {newest}");
}

/// An open transaction holds a table of the migration: it says who, lets others pass, and is done
/// when the transaction has ended.
#[tokio::test]
async fn a_migration_that_is_blocked_says_by_whom_and_is_tried_again() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    let more = and_one_more(db, "ALTER TABLE weight ADD COLUMN more integer").await;
    let mut holder = db.begin().await.unwrap();
    sqlx::query("LOCK TABLE weight IN ACCESS SHARE MODE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *holder)
        .await
        .unwrap();
    let patience = Patience {
        lock_timeout: Duration::from_secs(1),
        tries: u32::MAX,
        first_pause: Duration::from_millis(1),
        max_pause: Duration::from_millis(1),
    };
    let (said, mut steps) = unbounded_channel();
    let mut report = move |step: MigrationProgress<'_>| {
        let retries = matches!(step, MigrationProgress::Retries { .. });
        let _ = said.send((retries, step.describe()));
    };
    let files = repeatable_files();
    let migrating = apply(db, &more, &files, &patience, &mut report);
    let releasing = async {
        let mut heard = Vec::new();
        // As often as it is tried, sooner or later it is looked at while it waits.
        while let Some((retries, words)) = steps.recv().await {
            let is_named = retries && words.contains(&format!("process {pid} "));
            heard.push(words);
            if is_named {
                break;
            }
        }
        holder.commit().await.unwrap();
        while let Some((_, words)) = steps.recv().await {
            let is_done = words.contains("done in");
            heard.push(words);
            if is_done {
                break;
            }
        }
        heard
    };
    let (outcome, heard) = tokio::join!(migrating, releasing);
    outcome.unwrap();
    assert_eq!(heard[0], "migration 9001 (one more), 1 of 1");
    assert!(
        heard
            .iter()
            .any(|words| words.contains("waits for process")
                && words.contains("idle in transaction")),
        "{heard:#?}"
    );
}

#[tokio::test]
async fn a_migration_that_never_gets_its_tables_gives_up_and_names_who_has_them() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    let more = and_one_more(db, "ALTER TABLE weight ADD COLUMN more integer").await;
    let mut holder = db.begin().await.unwrap();
    sqlx::query("LOCK TABLE weight IN ACCESS SHARE MODE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let patience = Patience {
        lock_timeout: Duration::from_millis(20),
        tries: 3,
        first_pause: Duration::ZERO,
        max_pause: Duration::ZERO,
    };
    let refusal = apply(db, &more, &repeatable_files(), &patience, &mut |_| {})
        .await
        .unwrap_err();
    assert!(
        matches!(
            &refusal,
            SchemaError::Locked { step, tries: 3, .. } if step == "migration 9001"
        ),
        "{refusal}"
    );
    holder.rollback().await.unwrap();
    let applied: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE version = 9001")
            .fetch_one(db)
            .await
            .unwrap();
    assert_eq!(applied, 0, "nothing of it stands");
}

/// The bound of the pool, and one that a person set for the database.
#[tokio::test]
async fn no_statement_timeout_ends_a_migration() {
    let scratch = Scratch::new().await.unwrap();
    let name = scratch
        .db
        .connect_options()
        .get_database()
        .unwrap()
        .to_owned();
    run(
        &scratch.db,
        &format!("ALTER DATABASE {name} SET statement_timeout = '50ms'"),
    )
    .await;
    let more = and_one_more(
        &scratch.db,
        "SELECT sum(n) FROM generate_series(1, 3000000) AS n; ALTER TABLE weight ADD COLUMN more integer",
    )
    .await;
    // Without what our own connections ask for, which would win over that of the database.
    let plain = sqlx::postgres::PgPoolOptions::new()
        .connect(&scratch.url)
        .await
        .unwrap();
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(&plain)
        .await
        .unwrap();
    assert_eq!(timeout, "50ms");
    apply(
        &plain,
        &more,
        &repeatable_files(),
        &Patience::default(),
        &mut |_| {},
    )
    .await
    .unwrap();
}

/// A database whose first migration is that of the history that was given up.
#[tokio::test]
async fn a_database_of_the_old_history_is_refused_with_what_to_do() {
    let scratch = Scratch::new().await.unwrap();
    run(
        &scratch.db,
        "UPDATE _sqlx_migrations SET checksum = sha384('old'), description = 'source' WHERE version = 1;
        INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (31, 'access lock', true, sha384('old'), 1)
        ON CONFLICT (version) DO UPDATE SET (description, checksum) = (excluded.description, excluded.checksum)",
    )
    .await;
    for refusal in [
        check(&scratch.db).await.unwrap_err(),
        schema::migrate::migrate(&scratch.db).await.unwrap_err(),
    ] {
        assert!(matches!(refusal, SchemaError::OldHistory), "{refusal}");
        let words = refusal.to_string();
        assert!(
            words.contains("before 0.1.0") && words.contains("make clean-data"),
            "{words}"
        );
    }
}
