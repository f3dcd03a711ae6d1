//! Files of functions, views and rollups: a fresh database and an upgraded one are equal.

mod catalogue;

use std::borrow::Cow;

use schema::{
    migrate::{
        MigrationProgress, Patience, RepeatableFile, SchemaError, apply, check, migrate,
        repeatable_files,
    },
    scratch::Scratch,
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::repeatable::catalogue::{catalogue, differences};

/// Brings `db` to the migrations of this program and `files`; returns the files that were applied.
async fn apply_files(db: &PgPool, files: &[RepeatableFile]) -> Result<Vec<String>, SchemaError> {
    let mut applied = Vec::new();
    let mut report = |step: MigrationProgress<'_>| {
        if let MigrationProgress::Applied { files } = step {
            applied.extend_from_slice(files);
        }
    };
    apply(
        db,
        schema::migrate::migrations(),
        files,
        &Patience::default(),
        &mut report,
    )
    .await?;
    Ok(applied)
}

/// The files with `name` altered.
fn altered(name: &str, alter: impl Fn(&str) -> String) -> Vec<RepeatableFile> {
    let mut files = repeatable_files();
    let file = files.iter_mut().find(|file| file.name == name).unwrap();
    let sql = alter(&file.sql);
    assert_ne!(sql, file.sql, "{name} is not altered");
    file.sql = Cow::Owned(sql);
    files
}

fn file(name: &'static str, sql: &'static str) -> RepeatableFile {
    RepeatableFile {
        name: Cow::Borrowed(name),
        sql: Cow::Borrowed(sql),
    }
}

async fn run(db: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(db)
        .await
        .unwrap();
}

/// Replaces the first `from`, which must be there.
fn with(sql: &str, from: &str, to: &str) -> String {
    assert!(sql.contains(from), "no {from}");
    sql.replacen(from, to, 1)
}

/// Every kind of older form: a view with other columns that others read, a function with another
/// body, with other parameters and with another result, triggers and a materialised view that were
/// otherwise, a rollup that others read, files that were missing, and one that is gone.
fn older() -> Vec<RepeatableFile> {
    const MISSING: [&str; 2] = [
        "views/job_ancestor.sql",
        "functions/task/take_task_requests.sql",
    ];
    let mut files = repeatable_files();
    files.retain(|file| !MISSING.contains(&file.name.as_ref()));
    for file in &mut files {
        let sql = file.sql.as_ref();
        let older = match file.name.as_ref() {
            "views/occupancy.sql" => {
                let (view, _) = sql.split_once("COMMENT ON COLUMN").unwrap();
                let share = "    round(snapshot.sold::numeric / counted.seats, 4) AS share_sold,\n";
                with(view, share, "")
            }
            "functions/seats/code_at.sql" => {
                "CREATE OR REPLACE FUNCTION code_at(packed bytea, seat_count integer, place integer)\n\
                RETURNS bigint LANGUAGE sql RETURN 0;"
                    .to_owned()
            }
            "functions/materialise/distance_km.sql" => with(sql, "6371.0088", "6371"),
            "functions/partition/ensure_partitions.sql" => {
                let other = "(days_ahead integer DEFAULT 7, another integer DEFAULT 0)";
                with(sql, "(days_ahead integer DEFAULT 7)", other)
            }
            "functions/rollup/mark_dirty_renamed.sql" => with(
                sql,
                "WHEN (OLD.name <> NEW.name)",
                "WHEN (OLD.name IS DISTINCT FROM NEW.name)",
            ),
            "functions/rollup/drop_rollup_draft.sql" => {
                with(sql, "AFTER INSERT ON rollup_draft", "AFTER INSERT OR UPDATE ON rollup_draft")
            }
            "functions/export/mark_late_rename.sql" => format!(
                "{sql}\nCREATE OR REPLACE TRIGGER mark_late_too\nAFTER DELETE ON film\n\
                FOR EACH ROW EXECUTE FUNCTION mark_late_rename();\n"
            ),
            "views/film_run.sql" => with(sql, "min(", "max("),
            "rollups/chain_day.sql" => with(sql, "sum(gross)", "max(gross)"),
            _ => continue,
        };
        file.sql = Cow::Owned(older);
    }
    files.push(file(
        "functions/seats/forgotten.sql",
        "CREATE OR REPLACE FUNCTION forgotten() RETURNS integer LANGUAGE sql RETURN 1;\n\
        CREATE OR REPLACE VIEW forgotten_too AS SELECT forgotten() AS one, job_id FROM job_record;\n",
    ));
    files
}

#[tokio::test]
async fn a_fresh_database_and_an_upgraded_one_are_equal() {
    let fresh = Scratch::new().await.unwrap();
    let upgraded = Scratch::empty().await.unwrap();
    apply_files(&upgraded.db, &older()).await.unwrap();
    assert!(matches!(
        check(&upgraded.db).await.unwrap_err(),
        SchemaError::Behind { missing } if missing >= 10
    ));
    migrate(&upgraded.db).await.unwrap();
    check(&upgraded.db).await.unwrap();
    let found = differences(&catalogue(&fresh.db).await, &catalogue(&upgraded.db).await);
    assert!(found.is_empty(), "{found:#?}");
}

/// The transaction that wrote each object's row, and each row about files.
async fn written(db: &PgPool) -> Vec<(String, i64)> {
    sqlx::query_as(
        "SELECT format('class %s', oid::regclass), xmin::text::bigint FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('proc %s', oid::regprocedure), xmin::text::bigint FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('trigger %s', oid), xmin::text::bigint FROM pg_trigger
        UNION ALL
        SELECT format('file %s', name), xmin::text::bigint FROM schema_file
        UNION ALL
        SELECT 'support', xmin::text::bigint FROM schema_support
        ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_did_not_change_is_not_applied_again() {
    let scratch = Scratch::new().await.unwrap();
    let before = written(&scratch.db).await;
    let applied = apply_files(&scratch.db, &repeatable_files()).await.unwrap();
    assert!(applied.is_empty(), "{applied:?}");
    assert_eq!(written(&scratch.db).await, before);
}

#[tokio::test]
async fn a_file_that_changed_is_applied_and_no_other() {
    let scratch = Scratch::new().await.unwrap();
    let name = "functions/materialise/distance_km.sql";
    let files = altered(name, |sql| with(sql, "6371.0088", "6371"));
    let applied = apply_files(&scratch.db, &files).await.unwrap();
    assert_eq!(applied, [name]);
    let half: f64 = sqlx::query_scalar("SELECT distance_km(0, 0, 0, 180)")
        .fetch_one(&scratch.db)
        .await
        .unwrap();
    assert!(
        (half - 6371.0 * std::f64::consts::PI).abs() < 0.001,
        "{half}"
    );
}

/// A migration that changes a column drops the views that read it, whose files did not change.
#[tokio::test]
async fn a_view_that_a_migration_dropped_is_made_again() {
    let scratch = Scratch::new().await.unwrap();
    let before = catalogue(&scratch.db).await;
    run(&scratch.db, "DROP VIEW seat_snapshot CASCADE").await;
    let applied = apply_files(&scratch.db, &repeatable_files()).await.unwrap();
    assert!(
        applied.contains(&"views/seat_snapshot.sql".to_owned()),
        "{applied:?}"
    );
    let found = differences(&before, &catalogue(&scratch.db).await);
    assert!(found.is_empty(), "{found:#?}");
}

/// Analysts and the roles of the fleet keep what they may do, also of what is made again.
#[tokio::test]
async fn rights_are_there_when_a_view_is_made_again() {
    let scratch = Scratch::new().await.unwrap();
    schema::access::fleet::prepare(&scratch.db, Some("again_"))
        .await
        .unwrap();
    let before = catalogue(&scratch.db).await;
    let files = altered("views/source_status.sql", |sql| {
        with(sql, "SELECT\n", "SELECT\n    1 AS another,\n")
    });
    apply_files(&scratch.db, &files).await.unwrap();
    apply_files(&scratch.db, &repeatable_files()).await.unwrap();
    let found = differences(&before, &catalogue(&scratch.db).await);
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_view_of_somebody_else_is_named_and_stays() {
    let scratch = Scratch::new().await.unwrap();
    run(
        &scratch.db,
        "CREATE SCHEMA alice; CREATE VIEW alice.mine AS SELECT sold FROM occupancy",
    )
    .await;
    let before = written(&scratch.db).await;
    let files = altered("views/occupancy.sql", |sql| {
        with(sql, "    snapshot.observed_at,\n", "")
    });
    let refusal = apply_files(&scratch.db, &files).await.unwrap_err();
    assert!(matches!(refusal, SchemaError::InUse { .. }), "{refusal}");
    let words = refusal.to_string();
    assert!(
        words.contains("VIEW occupancy") && words.contains("VIEW alice.mine"),
        "{words}"
    );
    assert_eq!(written(&scratch.db).await, before);
}

#[tokio::test]
async fn a_file_that_fails_is_named_and_nothing_is_applied() {
    let scratch = Scratch::new().await.unwrap();
    let before = written(&scratch.db).await;
    let mut files = altered("functions/materialise/distance_km.sql", |sql| {
        with(sql, "6371.0088", "6371")
    });
    files.push(file(
        "views/wrong.sql",
        "CREATE OR REPLACE VIEW wrong AS SELECT nothing;",
    ));
    let refusal = apply_files(&scratch.db, &files).await.unwrap_err();
    assert!(
        matches!(&refusal, SchemaError::File { name, .. } if name == "views/wrong.sql"),
        "{refusal}"
    );
    assert_eq!(written(&scratch.db).await, before);
}

#[tokio::test]
async fn an_older_program_leaves_the_files_of_a_newer_one() {
    let scratch = Scratch::new().await.unwrap();
    let files = altered("functions/materialise/distance_km.sql", |sql| {
        with(sql, "6371.0088", "6371")
    });
    apply_files(&scratch.db, &files).await.unwrap();
    assert!(matches!(
        check(&scratch.db).await.unwrap_err(),
        SchemaError::Behind { missing: 1 }
    ));
    run(
        &scratch.db,
        "UPDATE schema_support SET files_version = '99.0.0'",
    )
    .await;
    check(&scratch.db).await.unwrap();
    let applied = apply_files(&scratch.db, &repeatable_files()).await.unwrap();
    assert!(applied.is_empty(), "{applied:?}");
}
