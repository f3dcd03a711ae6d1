//! Deliveries: data sets at places outside, against servers that enforce their protocols.

mod declared;
mod documents;
mod files;
mod interrupted;
mod mails;
mod search_index;
mod search_server;

use std::path::Path;

use coordinator::{
    background::deliveries::{DeliveredDays, Deliverer},
    delivery::settings::DeliverySettings,
    metrics::DataSetMetrics,
};
use prometheus::Registry;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::data_sets::{build, change, file, put, refusal, run, texts, world};
use search_server::SearchServer;

/// A row for each admission of a day.
const ROWS: &str = "SELECT n AS id, 'a \"b\", c' || chr(10) || n AS title, n * 1.5 AS price,
    jsonb_build_object('n', n) AS more, (business_on + time '12:00') AT TIME ZONE 'UTC' AS sold_at, ARRAY[n, n] AS pair
FROM cinema_day CROSS JOIN LATERAL generate_series(1, admissions::integer) AS n
WHERE business_on = :day";

/// The file of a data set of the last three days with these tables `[[deliver]]`.
fn delivered_file(name: &str, query: &str, deliver: &str) -> (String, String) {
    let (shown, text) = file(name, &["rollup/cinema_day"], query, "");
    (shown, format!("{text}{deliver}"))
}

/// A database with the data set `sales`, built, that is delivered to `search` by its id.
async fn sales() -> PgPool {
    let db = world().await;
    declare(&db, "sales", ROWS, SEARCH).await;
    db
}

const SEARCH: &str = "[[deliver]]\nto = \"search\"\nkey = [\"id\"]\n";

/// Applies a data set and builds it.
async fn declare(db: &PgPool, name: &str, query: &str, deliver: &str) {
    put(db, &[delivered_file(name, query, deliver)]).await;
    build(db).await;
}

/// The settings of a destination at a server of the tests.
fn search(server: &SearchServer) -> Value {
    json!({
        "kind": "elasticsearch", "url": server.address(), "user": "me", "password": "hidden", "pause": "1ms"
    })
}

fn csv(directory: &Path) -> Value {
    json!({ "kind": "csv", "directory": directory })
}

fn deliverer(settings: &Value, stop: &CancellationToken) -> Deliverer {
    let settings: DeliverySettings = serde_json::from_value(settings.clone()).unwrap();
    let metrics = DataSetMetrics::register(&Registry::new()).unwrap();
    Deliverer::new(&settings, &metrics, stop)
}

/// Delivers what is due.
async fn deliver(db: &PgPool, settings: &Value) -> DeliveredDays {
    deliverer(settings, &CancellationToken::new())
        .deliver_due(db)
        .await
        .unwrap()
}

/// Lets deliveries that failed be tried at once.
async fn skip_pauses(db: &PgPool) {
    run(db, "UPDATE data_set_delivery SET next_try_at = NULL").await;
}

/// Each delivery: data set, destination, days ago, state, documents and refused ones.
async fn states(db: &PgPool) -> Vec<String> {
    texts(
        db,
        "SELECT concat_ws(' ', name, destination, (now() AT TIME ZONE 'UTC')::date - day, state, documents, rejected)
        FROM data_set_delivery_status
        ORDER BY name, destination, day DESC",
    )
    .await
}

/// The errors of deliveries.
async fn errors(db: &PgPool) -> Vec<String> {
    texts(
        db,
        "SELECT error FROM data_set_delivery_status WHERE error IS NOT NULL ORDER BY name, destination, day DESC",
    )
    .await
}

/// A day so many days ago.
fn day(days_ago: i64) -> String {
    (chrono::Utc::now() - chrono::TimeDelta::days(days_ago))
        .date_naive()
        .to_string()
}
