//! Every command and every statement of the runbook runs against a real database, with the rights of
//! who runs it.

use std::process::{Command, Output};

use coordinator::alert::{
    condition,
    independent::LIST,
    runbook::{By, Step},
};
use schema::{access::fleet::prepare, alert::SubjectKind};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};

use super::run;
use crate::fixture::world;

/// A subject of each kind that the world has.
fn subject(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Source => "plaza",
        SubjectKind::LimitKey => "plaza.example.org",
        SubjectKind::Rollup => "cinema_week",
        SubjectKind::Client => "app",
        SubjectKind::Table => "job_log",
        SubjectKind::BuiltDataSet => "share",
        SubjectKind::Anomaly => "1",
        SubjectKind::Fleet
        | SubjectKind::Pod
        | SubjectKind::Pass
        | SubjectKind::Condition
        | SubjectKind::Receiver
        | SubjectKind::DataSet
        | SubjectKind::Region
        | SubjectKind::Server => "one",
    }
}

/// Every step, with whether it only looks, and a subject for it.
fn steps() -> Vec<(&'static str, bool, &'static Step, &'static str)> {
    let conditions = condition::all().map(|one| (one.name, one.look, one.act, subject(one.about)));
    let alerts = LIST
        .iter()
        .map(|one| (one.name, one.look, one.act, "fleet"));
    conditions
        .chain(alerts)
        .flat_map(|(name, look, act, subject)| {
            let look = look.iter().map(move |step| (name, true, step, subject));
            let act = act.iter().map(move |step| (name, false, step, subject));
            look.chain(act)
        })
        .collect()
}

/// A database with what the steps look for, and the name of the role of coordinators in it.
async fn filled() -> (PgPool, String) {
    let (db, _) = world().await;
    let prefix = format!("{}_", db.connect_options().get_database().unwrap());
    let roles = prepare(&db, Some(&prefix)).await.unwrap();
    let role = roles
        .into_iter()
        .map(|role| role.name)
        .find(|name| name.ends_with("_coordinator"));
    run(
        &db,
        "INSERT INTO event_client (name) VALUES ('app');
        INSERT INTO data_set (every, timeout, not_before, since, continues, name, description, zone, query, body)
        VALUES ('0', '1 min', '00:00', current_date - 1, false, 'share', 'A share', 'UTC', 'SELECT 1', '');
        INSERT INTO seat_code (source_id, code_index, discovered_by, code) VALUES (1, 0, 1, 'House');
        INSERT INTO attribute (source_id, discovered_by, code) VALUES (1, 1, 'OV');
        INSERT INTO anomaly (expected, observed, first_on, last_on, score, q_value, subject_kind, subject_key, subject_name, metric, cause, reason, parts)
        VALUES (100, 3, current_date - 1, current_date - 1, 6, 0.001, 'source', 'plaza', 'Plaza', 'sold', 'seat_codes', 'sold fell', '{}')",
    )
    .await;
    (db, role.unwrap())
}

/// Splits a command as a shell does: words, and texts in single quotes.
fn arguments(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in command.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

fn command(db: &PgPool, text: &str) -> Output {
    let url = db.connect_options().to_url_lossy().to_string();
    Command::new(env!("CARGO_BIN_EXE_coordinator"))
        .args(arguments(text))
        .env("FULLHOUSE_DATABASE__URL", url)
        .output()
        .unwrap()
}

#[tokio::test]
async fn every_command_of_the_runbook_runs() {
    let (db, _) = filled().await;
    for (name, is_look, step, subject) in steps() {
        let By::Command(text) = step.by else {
            continue;
        };
        let text = text.replace("{subject}", subject);
        let run = command(&db, &text);
        let said = String::from_utf8_lossy(&run.stderr);
        // The doctor ends with 1 where it finds something grave, `alert test` without receivers.
        let may_find = text == "doctor" || text == "alert test";
        let is_right = match run.status.code() {
            Some(0) => true,
            // What it would change is not there: the words of the command are right.
            Some(1) => !is_look || may_find,
            _ => false,
        };
        assert!(is_right, "{name}: coordinator {text}: {said}");
        assert!(
            !said.contains("permission denied"),
            "{name}: {text}: {said}"
        );
    }
}

#[tokio::test]
async fn every_statement_of_the_runbook_runs_with_the_rights_of_its_reader() {
    let (db, role) = filled().await;
    for (name, _, step, subject) in steps() {
        let (statement, is_owner) = match step.by {
            By::Sql(statement) => (statement, false),
            By::OwnerSql(statement) => (statement, true),
            By::Command(_) | By::Hand => continue,
        };
        let statement = statement.replace("{subject}", subject);
        // These are refused within a transaction, or change the server that all tests share.
        if let Some(checked) = statement.strip_prefix("ALTER SYSTEM SET ") {
            let (setting, value) = checked.trim_end_matches(';').split_once(" = ").unwrap();
            let kind: String =
                sqlx::query_scalar("SELECT vartype FROM pg_settings WHERE name = $1")
                    .bind(setting)
                    .fetch_one(&db)
                    .await
                    .unwrap();
            assert!(
                kind == "integer" && value.parse::<i32>().is_ok(),
                "{name}: {statement}"
            );
            continue;
        }
        let tried = if statement.starts_with("VACUUM") {
            statement.clone()
        } else if is_owner {
            format!("BEGIN; {statement} ROLLBACK")
        } else {
            format!("BEGIN; SET LOCAL ROLE {role}; {statement} ROLLBACK")
        };
        sqlx::raw_sql(AssertSqlSafe(tried))
            .execute(&db)
            .await
            .unwrap_or_else(|error| panic!("{name}: {statement}: {error}"));
    }
}
