//! Computed columns and materialised views, against a database.

use coordinator::{
    background::{
        computed_columns::{ComputedRows, compute_batches},
        view_refresh::refresh_due,
    },
    command::view::{ViewCommand, execute},
    metrics::Metrics,
    operate::report::cli_actor,
};
use prometheus::{Encoder as _, Registry, TextEncoder};
use schema::scratch::Scratch;

#[tokio::test]
async fn rows_and_views_that_are_due_are_computed_and_counted() {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO source (name, title) VALUES ('chain', 'Chain');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC'), (1, 1, 1, 'FR', '2', 'Another', 'No/Zone')",
    )
    .execute(&db)
    .await
    .unwrap();
    let registry = Registry::new();
    let metrics = Metrics::register(&registry).unwrap();
    while compute_batches(&db, &metrics).await.unwrap() != ComputedRows::default() {}
    let refreshed = refresh_due(&db, "test", &metrics).await.unwrap();
    assert!(refreshed.refreshed > 0 && refreshed.failed == 0);
    let mut page = Vec::new();
    TextEncoder::new()
        .encode(&registry.gather(), &mut page)
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    for line in [
        r#"fullhouse_materialise_rows_total{outcome="computed",table="cinema_fact"} 1"#,
        r#"fullhouse_materialise_rows_total{outcome="failed",table="cinema_fact"} 1"#,
        r#"fullhouse_refresh_views_total{outcome="refreshed",view="film_run"} 1"#,
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let by_hand = ViewCommand::Refresh {
        name: "film_run".to_owned(),
    };
    let actor = cli_actor(None);
    execute(&db, &actor, "test", &by_hand).await.unwrap();
    let unknown = ViewCommand::Refresh {
        name: "no_view".to_owned(),
    };
    assert!(execute(&db, &actor, "test", &unknown).await.is_err());
}
