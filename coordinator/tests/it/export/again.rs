//! What is exported, and what is exported again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::NaiveDate;
use coordinator::export::{
    lease::PlaceLease,
    order::{ExportError, ExportReport, Order, due},
    run::run,
    table::DataSet,
};
use object_store::{ObjectStoreExt as _, local::LocalFileSystem, path::Path};
use parquet::{
    basic::{Compression, Encoding},
    file::reader::{FileReader as _, SerializedFileReader},
};
use schema::{
    enums::SeatStatus,
    export,
    mapping::{map, recount},
    seal,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::fixture::{World, counting, in_directory, in_memory, objects};

/// Every column of every data set, live and sealed, with NULLs, empty texts and whole bytes.
#[tokio::test]
async fn what_is_exported_is_what_is_stored() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let place = in_directory(directory.path());
    let done = world.export(&place).await.unwrap();
    // Four days of six data sets; the last day is empty but for its name.
    assert_eq!((done.days, done.unchanged), (24, 0));
    assert_eq!(done.rows, 2 + 15 + 6 + 3 + 4 + 63);
    let store = LocalFileSystem::new_with_prefix(directory.path()).unwrap();
    world.assert_whole(&place, &store).await;
    assert_eq!(
        world.export(&place).await.unwrap(),
        ExportReport::default(),
        "nothing is new"
    );
}

#[tokio::test]
async fn files_say_what_they_are_and_are_sorted_and_packed() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let there = objects(store.as_ref()).await;
    let (name, content) = there
        .iter()
        .find(|(name, _)| name.starts_with("seat-records/"))
        .unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(content)).unwrap();
    let said = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .unwrap();
    let value = |key: &str| {
        let found = said.iter().find(|pair| pair.key == key).unwrap();
        found.value.clone().unwrap()
    };
    assert_eq!(value("fullhouse.data_set"), "seat-records");
    assert_eq!(value("fullhouse.schema_version"), "1");
    let day = format!("seat-records/date={}/part-000-", value("fullhouse.date"));
    assert!(name.starts_with(&day), "{name}");
    let group = reader.metadata().row_group(0);
    assert_eq!(group.sorting_columns().unwrap().len(), 2);
    assert!(matches!(
        group.column(0).compression(),
        Compression::ZSTD(_)
    ));
    assert!(group.column(1).statistics().is_some());

    let jobs = there
        .iter()
        .find(|(name, _)| name.starts_with("jobs/"))
        .unwrap()
        .1;
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(jobs)).unwrap();
    let encodings: Vec<Encoding> = reader
        .metadata()
        .row_group(0)
        .column(0)
        .encodings()
        .collect();
    assert!(
        encodings.contains(&Encoding::DELTA_BINARY_PACKED),
        "{encodings:?}"
    );

    let manifest = place.manifest().await.unwrap().0.unwrap();
    let file = manifest
        .files
        .iter()
        .find(|file| file.path == *name)
        .unwrap();
    assert_eq!(file.bounds["showtime_id"], [json!(1), json!(1)]);
    assert_eq!(file.sha256.len(), 64);

    // A reader finds at any moment the showtime of every seat.
    let first = &manifest.files[0];
    assert_eq!(first.data_set, DataSet::Showtimes);
    assert_eq!(world.order(&place).data_sets[0], DataSet::Showtimes);
    let stored = world.stored(DataSet::Showtimes, first.date).await;
    let days: i32 = stored[0][2].as_deref().unwrap().parse().unwrap();
    let business_on = NaiveDate::from_epoch_days(days).unwrap().to_string();
    assert_eq!(
        first.bounds["business_on"],
        [json!(business_on), json!(business_on)]
    );
}

/// Invariant 6: mapping a code corrects the days in which it occurs, and no other.
#[tokio::test]
async fn a_code_that_is_mapped_later_is_exported_again() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let mapped = map(&world.db, "plaza", &[("odd".to_owned(), SeatStatus::House)])
        .await
        .unwrap();
    // The counters of live rows are behind; what is exported is not.
    let done = world.export(&place).await.unwrap();
    assert_eq!(
        (done.days, done.unchanged),
        (2, 0),
        "the second day, of two data sets"
    );
    recount(&world.db, mapped.source_id, |_| {}).await.unwrap();
    world.assert_whole(&place, store.as_ref()).await;
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
}

#[tokio::test]
async fn what_comes_late_is_exported_with_its_day() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    world
        .sql("INSERT INTO snapshot VALUES (day_at(1) + interval '7 hours', 107, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .await;
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.unchanged), (2, 0));
    world
        .sql("INSERT INTO showtime_tariff VALUES (day_at(2) + interval '7 hours', 207, 2, 1)")
        .await;
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.rows), (1, 2));
    world.assert_whole(&place, store.as_ref()).await;
}

/// A showtime stays in its day, wherever it moves and whatever its film is called.
#[tokio::test]
async fn a_showtime_that_changes_or_is_called_otherwise_is_exported_again() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    world
        .sql("UPDATE showtime SET starts_at = day_at(9), business_on = business_on + 9 WHERE showtime_id = 2")
        .await;
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.rows, done.unchanged), (1, 1, 0));
    world.assert_whole(&place, store.as_ref()).await;
    world
        .sql("UPDATE film SET title = 'Renamed' WHERE film_id = 1; UPDATE source SET title = 'Plaza & Sons'")
        .await;
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.rows, done.unchanged), (2, 2, 0));
    world.assert_whole(&place, store.as_ref()).await;
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
}

/// The second film comes to a work, to the work of the first, and back.
#[tokio::test]
async fn a_showtime_of_another_work_is_exported_again() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    for change in [
        "INSERT INTO work (film_id, title) VALUES (2, 'Another');
        INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (2, 2, 'alone', 'none')",
        "UPDATE film_work SET work_id = 1 WHERE film_id = 2",
        "UPDATE film_work SET work_id = 2 WHERE film_id = 2",
    ] {
        world.sql(change).await;
        let done = world.export(&place).await.unwrap();
        assert_eq!(
            (done.days, done.rows, done.unchanged),
            (1, 1, 0),
            "{change}"
        );
        world.assert_whole(&place, store.as_ref()).await;
    }
    world
        .sql("UPDATE work SET title = 'The work', kind = 'feature'")
        .await;
    assert_eq!(world.export(&place).await.unwrap().days, 2);
    world.assert_whole(&place, store.as_ref()).await;
    world.sql("UPDATE work SET kind = 'event'").await;
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
}

/// Sealing changes no value, and taking it back neither: at most days are read again.
#[tokio::test]
async fn what_is_sealed_or_unsealed_stays_as_it_was_exported() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let before = objects(store.as_ref()).await;
    seal::unseal(&world.db, None, |_| {}).await.unwrap();
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.unchanged), (0, 4));
    let mut sealing = seal::Pass::of(vec![1, 2]);
    while sealing.batch(&world.db).await.unwrap() {}
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
    assert_eq!(objects(store.as_ref()).await, before);
}

/// A row that is committed while its day is read: staged, not hoped for.
#[tokio::test]
async fn what_is_stored_while_a_day_is_exported_is_not_missed() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    let mut storing = world.db.begin().await.unwrap();
    sqlx::query("INSERT INTO snapshot VALUES (day_at(1) + interval '7 hours', 107, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00')")
        .execute(&mut *storing)
        .await
        .unwrap();
    world.export(&place).await.unwrap();
    storing.commit().await.unwrap();
    assert_eq!(world.export(&place).await.unwrap().days, 2);
    world.assert_whole(&place, store.as_ref()).await;
}

#[tokio::test]
async fn only_the_days_that_are_asked_for_and_complete_are_exported() {
    let world = World::new().await;
    let (place, _) = in_memory("memory:a");
    let order = Order {
        since: Some(world.days[1]),
        until: Some(world.days[2]),
        ..Order::new(place.clone(), vec![DataSet::Snapshots])
    };
    let days = due(&world.db, &order, DataSet::Snapshots).await.unwrap();
    assert_eq!(
        days.iter().map(|day| day.on_day).collect::<Vec<_>>(),
        [world.days[1]]
    );
    assert!(
        export::find_place(&world.db, "memory:a")
            .await
            .unwrap()
            .is_none(),
        "nothing is written"
    );
    let stop = CancellationToken::new();
    let done = run(&world.db, &order, &stop, &mut |_| {}).await.unwrap();
    assert_eq!((done.days, done.rows), (1, 3));
    let all = Order::new(place, vec![DataSet::Snapshots]);
    let rest = due(&world.db, &all, DataSet::Snapshots).await.unwrap();
    let today = export::first_incomplete_day(&world.db).await.unwrap();
    assert!(
        rest.iter()
            .all(|day| day.on_day != world.days[1] && day.on_day < today)
    );
}

#[tokio::test]
async fn a_place_of_another_database_is_left_alone() {
    let (one, other) = (World::new().await, World::new().await);
    let (place, store) = in_memory("memory:a");
    one.export(&place).await.unwrap();
    let before = objects(store.as_ref()).await;
    let refused = other.export(&place).await;
    assert!(
        matches!(refused, Err(ExportError::Foreign { .. })),
        "{refused:?}"
    );
    assert_eq!(objects(store.as_ref()).await, before);
}

#[tokio::test]
async fn one_process_at_a_time_writes_to_a_place() {
    let world = World::new().await;
    let (place, _) = in_memory("memory:a");
    let known = export::place(&world.db, place.address()).await.unwrap();
    let stop = CancellationToken::new();
    let hold = PlaceLease::take(&world.db, known.place_id, Duration::ZERO, &stop, || {})
        .await
        .unwrap()
        .unwrap();
    let refused = world.export(&place).await;
    assert!(
        matches!(refused, Err(ExportError::Busy { .. })),
        "{refused:?}"
    );
    // A process that waits for the lease stops when it is asked to.
    stop.cancel();
    let waiting = PlaceLease::take(&world.db, known.place_id, Duration::MAX, &stop, || {});
    assert!(waiting.await.unwrap().is_none());
    hold.release().await;
    assert_eq!(world.export(&place).await.unwrap().days, 24);
}

/// What another wrote meanwhile is not overwritten, however it came to that.
#[tokio::test]
async fn a_manifest_that_is_not_the_one_that_was_read_stays() {
    let (place, store) = in_memory("memory:a");
    let (_, seen) = place.manifest().await.unwrap();
    let manifest = coordinator::export::manifest::Manifest::empty("a");
    place.write_manifest(&manifest, &seen).await.unwrap();
    assert!(place.write_manifest(&manifest, &seen).await.is_err());
    let (_, seen) = place.manifest().await.unwrap();
    store
        .put(&Path::from("manifest.json"), "{}".into())
        .await
        .unwrap();
    assert!(place.write_manifest(&manifest, &seen).await.is_err());
}

#[tokio::test]
async fn a_place_that_was_emptied_is_filled_again() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let before = counting(store.as_ref()).await;
    for name in objects(store.as_ref()).await.keys() {
        store.delete(&Path::from(name.as_str())).await.unwrap();
    }
    assert_eq!(world.export(&place).await.unwrap().days, 24);
    let after = counting(store.as_ref()).await;
    assert_eq!(after, before, "the same rows give the same files");
    world.assert_whole(&place, store.as_ref()).await;
}

/// They may be another database's, or all that is left of days that were dropped.
#[tokio::test]
async fn files_without_a_manifest_are_left_alone() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    store.delete(&Path::from("manifest.json")).await.unwrap();
    let before = objects(store.as_ref()).await;
    let refused = world.export(&place).await.unwrap_err();
    assert!(
        refused.to_string().contains("no manifest.json"),
        "{refused}"
    );
    assert_eq!(objects(store.as_ref()).await, before);
}

#[tokio::test]
async fn an_export_that_is_stopped_leaves_the_rest() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    let stop = CancellationToken::new();
    let seen = Arc::new(AtomicU32::new(0));
    let (count, cancel) = (seen.clone(), stop.clone());
    let order = world.order(&place);
    let done = run(&world.db, &order, &stop, &mut move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == 5 {
            cancel.cancel();
        }
    })
    .await
    .unwrap();
    assert!(done.is_stopped && done.days < 24, "{done:?}");
    let rest = world.export(&place).await.unwrap();
    assert_eq!(done.days + rest.days, 24);
    world.assert_whole(&place, store.as_ref()).await;
}
