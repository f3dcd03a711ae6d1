//! The rights of each role against the statements that it runs: none is missing, none is spare.

use std::{collections::BTreeMap, fs, path::Path};

use schema::access::{fleet::prepare, grants};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::fixture::World;

/// What agents call of this crate.
const AGENT: [&str; 25] = [
    "cap::clear",
    "cap::count_layouts",
    "cap::count_tasks",
    "cap::note",
    "catalogue::store_cinemas",
    "catalogue::store_part_of_showtimes",
    "catalogue::store_tasks",
    "finish::finish",
    "finish::hold",
    "finish::in_history",
    "baseline::of_listing",
    "baseline::store_listing",
    "limit::pause",
    "limit::paused",
    "pod::beat",
    "pod::end",
    "pod::register",
    "progress::note_of_pod",
    "queue::claim",
    "seat::add_seat_code",
    "seat::labels_unless",
    "seat::layout_id_within",
    "seat::seat_codes",
    "seat::tariff_id",
    "source::definition",
];

/// What receivers of events call.
const RECEIVER: [&str; 11] = [
    "identity::resolve_names",
    "identity::resolve_places",
    "identity::resolve_users",
    "intake::add",
    "key::find",
    "key::public_origins",
    "key::note_use",
    "reject::store",
    "schema::of_client",
    "store::store",
    "store::store_within",
];

/// What receivers call, and coordinators as well: to replay rejected events.
const REPLAY: [&str; 6] = [
    "identity::resolve_names",
    "identity::resolve_places",
    "identity::resolve_users",
    "intake::add",
    "schema::of_client",
    "store::store_within",
];

/// What only the owner of the database calls; coordinators call all that is neither here nor of
/// agents or receivers.
const OWNER: [&str; 6] = [
    "access::grant_analyst",
    "access::grant_partner",
    "access::grant_partner_events",
    "access::keep",
    "access::prepare",
    "access::revoke",
];

/// What the doctor calls, for monitors.
const MONITOR: [&str; 6] = [
    "access::granted",
    "activity::sessions",
    "cap::over",
    "refresh::statuses",
    "diagnostics::content",
    "diagnostics::server",
];

/// Modules of this crate's set-up, which the owner runs.
const SET_UP: [&str; 5] = [
    "access/fleet",
    "migrate",
    "migrate/run",
    "migrate/repeatable",
    "migrate/repeatable/replace",
];

/// Rights that no statement shows, because a trigger, a function or a default needs them.
const UNSEEN: [(&str, &str); 17] = [
    (
        "_sqlx_migrations",
        "read by the check of the schema, which is put together when it runs",
    ),
    ("schema_support", "as _sqlx_migrations"),
    ("schema_file", "as _sqlx_migrations"),
    ("job_ended_seq", "the default of job.ended_seq"),
    ("dirty_showtime", "written by the triggers of rollups"),
    (
        "materialised_mark",
        "written by triggers, taken by materialise_batch",
    ),
    ("materialisation_error", "written by materialise_rows"),
    ("task_request", "deleted by take_task_requests"),
    ("late_day", "written by triggers"),
    ("late_rename", "written by triggers"),
    ("film_to_match", "written by triggers"),
    ("cinema_to_match", "written by triggers"),
    ("showtime_to_pair", "written by triggers"),
    ("cinema_venue", "read by triggers"),
    (
        "event",
        "sealed by seal_events, erased by erase_event_properties",
    ),
    ("event_block", "as event"),
    ("event_day_change", "written by note_event_days"),
];

/// A statement of this crate: the functions that run it, its text and its parameters.
struct Statement {
    functions: Vec<String>,
    text: String,
    parameters: usize,
}

/// Every statement, from the descriptions that the build is checked with, and whose it is, from
/// the text of the functions.
fn statements() -> Vec<Statement> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = BTreeMap::new();
    // A folder of `src` is no part of the name by which its modules are used.
    for entry in fs::read_dir(home.join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_functions(&path, "", &mut functions);
        }
    }
    let files: Vec<(String, String)> = fs::read_dir(home.join("queries"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (format!("queries/{name}"), fs::read_to_string(path).unwrap())
        })
        .collect();
    fs::read_dir(home.join(".sqlx"))
        .unwrap()
        .map(|entry| {
            let described = fs::read_to_string(entry.unwrap().path()).unwrap();
            let described: Value = serde_json::from_str(&described).unwrap();
            let text = described["query"].as_str().unwrap().to_owned();
            let file = files.iter().find(|(_, found)| *found == text);
            let functions = functions
                .iter()
                .filter(|(_, body): &(&String, &String)| {
                    body.contains(&text) || file.is_some_and(|(name, _)| body.contains(name))
                })
                .map(|(name, _)| name.clone())
                .collect();
            let parameters = &described["describe"]["parameters"]["Left"];
            Statement {
                functions,
                text,
                parameters: parameters.as_array().map_or(0, Vec::len),
            }
        })
        .collect()
}

/// Reads `module::function` and its text, of every function below a directory.
fn read_functions(directory: &Path, module: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            read_functions(&path, &format!("{module}{stem}/"), found);
            continue;
        }
        let text = expanded(&fs::read_to_string(&path).unwrap());
        for part in text.split("fn ").skip(1) {
            let name: String = part
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            found
                .entry(format!("{module}{stem}::{name}"))
                .or_default()
                .push_str(part);
        }
    }
}

/// The text of a file, where the macro `select_tasks` is called with the statement that it gives.
fn expanded(text: &str) -> String {
    let Some((_, behind)) = text.split_once("macro_rules! select_tasks") else {
        return text.to_owned();
    };
    let (_, behind) = behind.split_once("r#\"").unwrap();
    let (statement, _) = behind.split_once("\"#").unwrap();
    text.replace("select_tasks!(\"", statement)
}

fn is_of(statement: &Statement, kind: &str) -> bool {
    statement.functions.iter().any(|function| {
        let name = function.as_str();
        let module = name.split("::").next().unwrap_or_default();
        match kind {
            "agent" => AGENT.contains(&name),
            "receiver" => RECEIVER.contains(&name),
            "monitor" => MONITOR.contains(&name),
            _ => {
                name == "migrate::ensure_partitions"
                    || REPLAY.contains(&name)
                    || (!AGENT.contains(&name)
                        && !RECEIVER.contains(&name)
                        && !OWNER.contains(&name)
                        && !SET_UP.contains(&module))
            }
        }
    })
}

/// Prepares the statements of a role in the session, with a function `pg_temp.refused(kind)` that
/// returns the first that the role may not run.
async fn prepare_statements(session: &mut PgConnection, kind: &str) -> usize {
    let run = async |session: &mut PgConnection, sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(session)
            .await
            .unwrap();
    };
    run(
        session,
        "SET plan_cache_mode = force_generic_plan;
        CREATE TEMP TABLE asked (name text, explain text);
        GRANT SELECT ON asked TO PUBLIC;
        CREATE FUNCTION pg_temp.refused(kind text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
            one record;
        BEGIN
            PERFORM set_config('role', kind, true);
            FOR one IN SELECT * FROM asked LOOP
                EXECUTE one.explain;
            END LOOP;
            PERFORM set_config('role', 'none', true);
            RETURN NULL;
        EXCEPTION WHEN insufficient_privilege THEN
            RETURN one.name || ': ' || SQLERRM;
        END $$"
            .to_owned(),
    )
    .await;
    let mut count = 0;
    for statement in statements().iter().filter(|one| is_of(one, kind)) {
        let nulls = vec!["NULL"; statement.parameters].join(", ");
        let arguments = if nulls.is_empty() {
            String::new()
        } else {
            format!("({nulls})")
        };
        let text = &statement.text;
        run(
            session,
            format!(
                "PREPARE asked_{count} AS {text};\n\
                 INSERT INTO asked VALUES ($name${}$name$, 'EXPLAIN EXECUTE asked_{count}{arguments}')",
                statement.functions.join(", ")
            ),
        )
        .await;
        count += 1;
    }
    count
}

async fn refused(session: &mut PgConnection, kind: &str) -> Option<String> {
    sqlx::query_scalar("SELECT pg_temp.refused($1)")
        .bind(kind)
        .fetch_one(session)
        .await
        .unwrap()
}

#[test]
fn every_statement_has_a_function() {
    let homeless: Vec<String> = statements()
        .into_iter()
        .filter(|statement| statement.functions.is_empty())
        .map(|statement| statement.text)
        .collect();
    assert_eq!(homeless, [""; 0]);
}

#[tokio::test]
async fn each_role_may_run_its_statements() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    for (kind, least) in [
        ("agent", 20),
        ("receiver", 10),
        ("coordinator", 120),
        ("monitor", 10),
    ] {
        let mut session = world.db.acquire().await.unwrap().detach();
        assert!(prepare_statements(&mut session, kind).await >= least);
        assert_eq!(
            refused(&mut session, kind).await,
            None,
            "the role {kind} lacks a right: schema/src/database/access/grants.txt"
        );
    }
}

#[tokio::test]
async fn no_role_holds_a_right_that_no_statement_needs() {
    let world = World::new().await;
    prepare(&world.db, None).await.unwrap();
    let mut spare = Vec::new();
    for kind in ["agent", "receiver", "coordinator"] {
        let mut session = world.db.acquire().await.unwrap().detach();
        prepare_statements(&mut session, kind).await;
        for grant in grants() {
            let is_seen = !UNSEEN.iter().any(|(object, _)| *object == grant.object);
            if grant.kind != kind || grant.right == "EXECUTE" || grant.columns.is_some() || !is_seen
            {
                continue;
            }
            let (right, object) = (grant.right, grant.object);
            for sql in [
                format!("REVOKE {right} ON {object} FROM {kind}"),
                format!("GRANT {right} ON {object} TO {kind}"),
            ] {
                let is_revoked = sql.starts_with("REVOKE");
                sqlx::query(AssertSqlSafe(sql))
                    .execute(&mut session)
                    .await
                    .unwrap();
                if is_revoked && refused(&mut session, kind).await.is_none() {
                    spare.push(format!("{kind}: {right}: {object}"));
                }
            }
        }
    }
    assert_eq!(
        spare, [""; 0],
        "no statement needs these: take them out of schema/src/database/access/grants.txt, or say in UNSEEN \
         what else does"
    );
}
