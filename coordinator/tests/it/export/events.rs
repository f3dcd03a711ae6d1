//! Exported events: sealed while they are read, renamed, and of a user that is erased.

use std::time::Duration;

use coordinator::export::{
    order::{ExportReport, Order, SNAPSHOTS_KEPT},
    place::Place,
    run::run,
    table::DataSet,
};
use schema::events::{
    erasure::erase,
    identity::{self, EventName},
};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{World, in_memory, objects},
    read_back::rows,
};

/// Exports without leaving anything for readers that look back.
async fn export(world: &World, place: &Place) -> ExportReport {
    let order = Order {
        snapshots_kept: Duration::ZERO,
        ..world.order(place)
    };
    let stop = CancellationToken::new();
    run(&world.db, &order, &stop, &mut |_| {}).await.unwrap()
}

/// Gives the event `open` another name.
async fn rename(world: &World, canonical: &str) -> bool {
    let name = EventName {
        received: "open".to_owned(),
        canonical: canonical.to_owned(),
    };
    identity::rename(&world.db, 2, &name).await.unwrap()
}

#[tokio::test]
async fn events_that_are_sealed_give_the_same_files() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let before = objects(store.as_ref()).await;
    world
        .sql(
            "SELECT seal_events(day_at(day), name_id) FROM generate_series(1, 3) AS day, event_name;
            DELETE FROM exported_day WHERE data_set = 'events'",
        )
        .await;
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.unchanged), (0, 4));
    assert_eq!(objects(store.as_ref()).await, before);
}

#[tokio::test]
async fn days_of_an_event_with_another_name_are_exported_again() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    assert!(rename(&world, "page opened").await);
    // Sealed on the first day; live days are not searched.
    let done = world.export(&place).await.unwrap();
    assert_eq!((done.days, done.unchanged), (3, 0));
    world.assert_whole(&place, store.as_ref()).await;
    assert!(rename(&world, "page opened").await);
    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
}

/// Of an erased user, no file has a property, also none that readers who look back would find.
#[tokio::test]
async fn an_erased_user_leaves_the_files() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    export(&world, &place).await;
    let mut connection = world.db.acquire().await.unwrap();
    let erased = erase(&mut connection, 1, "ana").await.unwrap().unwrap();
    assert_eq!(erased.events, 9, "three of each day say something");
    let done = export(&world, &place).await;
    assert_eq!((done.days, done.unchanged), (3, 0));
    world.assert_whole(&place, store.as_ref()).await;
    // The next commits end the time of what was replaced before.
    for name in ["one", "two"] {
        assert!(rename(&world, name).await);
        export(&world, &place).await;
    }
    let mut of_nobody = 0;
    for (path, content) in objects(store.as_ref()).await {
        if !path.starts_with("events/") || !path.ends_with(".parquet") {
            continue;
        }
        for row in rows(&content) {
            let value = |place: usize| row[place].as_deref();
            if (value(0), value(4)) == (Some("kiosk"), Some("1")) {
                assert_eq!(value(14), Some("{}"), "{path}");
                of_nobody += 1;
            }
        }
    }
    assert!(of_nobody >= 12, "the events themselves stay: {of_nobody}");
}

#[test]
fn replaced_events_stay_for_half_a_day_at_most() {
    let kept = |data_set: DataSet| data_set.snapshots_kept(SNAPSHOTS_KEPT);
    assert_eq!(kept(DataSet::Events), Duration::from_hours(12));
    assert_eq!(kept(DataSet::Snapshots), SNAPSHOTS_KEPT);
}
