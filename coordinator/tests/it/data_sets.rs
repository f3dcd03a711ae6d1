//! Data sets, from their files to their tables, against a database.

mod builds;
mod graph;
mod hostile;
mod inputs;
mod load_fixture;
mod loads;
mod load_errors;
mod load_places;
mod refused;

use coordinator::{
    background::data_sets::{BuiltDataSets, build_due},
    load::settings::LoadSettings,
    metrics::DataSetMetrics,
    operate::{data_set::apply, report::cli_actor},
};
use prometheus::Registry;
use schema::{access, scratch::Scratch};
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

/// A database whose rollup `cinema_day` has 10 admissions for each of the last five days.
pub(crate) async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    access::prepare(&db).await.unwrap();
    run(
        &db,
        "UPDATE rollup SET marked_at = now(), backfilled_at = now();
        INSERT INTO rollup.cinema_day (cinema_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
        SELECT 1, (now() AT TIME ZONE 'UTC')::date - n, 'EUR', 1, 0, 1, 100, 10, 0 FROM generate_series(1, 5) AS n",
    )
    .await;
    db
}

pub(crate) async fn run(db: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await
        .unwrap();
}

pub(crate) async fn texts(db: &PgPool, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(db)
        .await
        .unwrap()
}

/// Gives a day, so many days ago, other admissions, as a refresh of the rollup does.
pub(crate) async fn change(db: &PgPool, days_ago: i32, admissions: i32) {
    run(
        db,
        &format!(
            "WITH changed AS (
                UPDATE rollup.cinema_day SET admissions = {admissions}
                WHERE business_on = (now() AT TIME ZONE 'UTC')::date - {days_ago}
                RETURNING to_jsonb(cinema_day) AS row
            )
            SELECT note_rollup_days(rollup, (SELECT jsonb_agg(row) FROM changed))
            FROM rollup WHERE name = 'cinema_day'"
        ),
    )
    .await;
}

/// The file of a data set of the last three days; `more` are further lines.
pub(crate) fn file(name: &str, inputs: &[&str], query: &str, more: &str) -> (String, String) {
    let inputs: Vec<String> = inputs.iter().map(|input| format!("\"{input}\"")).collect();
    let since = (chrono::Utc::now() - chrono::TimeDelta::days(3)).format("%Y-%m-%d");
    let text = format!(
        "name = \"{name}\"\ndescription = \"A test\"\nsince = {since}\nnot_before = \"00:00\"\ninputs = [{}]\n{more}\nquery = \"\"\"\n{query}\n\"\"\"\n",
        inputs.join(", ")
    );
    (format!("{name}.toml"), text)
}

pub(crate) async fn put(db: &PgPool, files: &[(String, String)]) -> Vec<String> {
    apply(db, &cli_actor(None), files).await.unwrap().sentences
}

pub(crate) async fn refusal(db: &PgPool, files: &[(String, String)]) -> String {
    apply(db, &cli_actor(None), files)
        .await
        .unwrap_err()
        .to_string()
}

/// Builds until nothing is due.
pub(crate) async fn build(db: &PgPool) -> BuiltDataSets {
    build_as(db, "one").await
}

async fn build_as(db: &PgPool, name: &str) -> BuiltDataSets {
    build_with(db, name, &LoadSettings::default()).await
}

async fn build_with(db: &PgPool, name: &str, loads: &LoadSettings) -> BuiltDataSets {
    let metrics = DataSetMetrics::register(&Registry::new()).unwrap();
    build_due(db, name, loads, &metrics, &CancellationToken::new())
        .await
        .unwrap()
}

/// Lets days that failed be tried at once.
async fn skip_pauses(db: &PgPool) {
    run(db, "UPDATE data_set_day SET retry_at = now()").await;
}

/// State and what is waited for, of a data set on a day so many days ago.
async fn state(db: &PgPool, name: &str, days_ago: i32) -> (String, Vec<String>) {
    sqlx::query_as(
        "SELECT state, waiting_for FROM data_set_status
        WHERE name = $1 AND day = (now() AT TIME ZONE 'UTC')::date - $2",
    )
    .bind(name)
    .bind(days_ago)
    .fetch_one(db)
    .await
    .unwrap()
}
