//! The export that a leader makes by itself.

use std::time::Duration;

use chrono::NaiveDate;
use coordinator::{
    background::export::{ExportSchedule, export_due},
    export::{
        order::{ExportError, SNAPSHOTS_KEPT},
        place::StoreOptions,
        table::DataSet,
    },
    metrics::ExportMetrics,
};
use prometheus::Registry;
use tokio_util::sync::CancellationToken;

use super::fixture::{World, in_directory};

fn schedule(to: &str) -> ExportSchedule {
    ExportSchedule {
        to: to.into(),
        store: StoreOptions::default(),
        every: Duration::from_hours(1),
        data_sets: vec![DataSet::Snapshots, DataSet::Jobs],
        snapshots_kept: SNAPSHOTS_KEPT,
    }
}

async fn read_until(world: &World) -> Vec<(String, NaiveDate)> {
    sqlx::query_as(
        "SELECT parent, (read_until AT TIME ZONE 'UTC')::date FROM partition_reader
        WHERE reader = 'export' ORDER BY parent",
    )
    .fetch_all(&world.db)
    .await
    .unwrap()
}

/// What was not exported yet holds the partitions, from before the first export on.
#[tokio::test]
async fn partitions_wait_for_the_export() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let metrics = ExportMetrics::register(&Registry::new()).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let schedule = schedule(directory.path().to_str().unwrap());
    let stopped = export_due(&world.db, &schedule, &metrics, &stop)
        .await
        .unwrap();
    assert!(stopped.is_stopped);
    let first = world.days[0];
    let held = [("job".to_owned(), first), ("snapshot".to_owned(), first)];
    assert_eq!(read_until(&world).await, held);

    let done = export_due(&world.db, &schedule, &metrics, &CancellationToken::new())
        .await
        .unwrap();
    assert!(done.days >= 8);
    let read = read_until(&world).await;
    assert!(
        read.iter().all(|(_, until)| *until > world.days[3]),
        "{read:?}"
    );

    // Late rows hold again, until they are exported.
    world
        .sql("INSERT INTO snapshot VALUES (day_at(2) + interval '7 hours', 207, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .await;
    schema::export::note_late(&world.db).await.unwrap();
    export_due(&world.db, &schedule, &metrics, &stop)
        .await
        .unwrap();
    assert_eq!(
        read_until(&world).await[1],
        ("snapshot".to_owned(), world.days[1])
    );
}

#[tokio::test]
async fn a_place_that_cannot_be_written_fails_and_holds_nothing_up() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let metrics = ExportMetrics::register(&Registry::new()).unwrap();
    let below = file.join("below");
    let stop = CancellationToken::new();
    let failed = export_due(
        &world.db,
        &schedule(below.to_str().unwrap()),
        &metrics,
        &stop,
    )
    .await;
    assert!(
        matches!(failed, Err(ExportError::Place { .. })),
        "{failed:?}"
    );
    let place = in_directory(directory.path());
    assert_eq!(world.export(&place).await.unwrap().days, 24);
}
