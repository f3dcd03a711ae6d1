//! A writer or a receiver that ends between any two steps, at either side of what it asks of the store.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use coordinator::{
    export::place::Place,
    regions::{
        RegionError,
        manifest::RegionManifest,
        receiver::{Received, receive},
        writer::{Sent, send},
    },
};
use object_store::memory::InMemory;
use schema::{
    events::region::link::{Region, all},
    scratch::Scratch,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::fixture::{
    RULES, SENT, declare, number, received_events, receiving, run, sender, sending,
};
use crate::export::{fixture::objects, steps::Failing};

async fn region(db: &PgPool, name: &str) -> Region {
    let found = all(db).await.unwrap();
    found.into_iter().find(|one| one.name == name).unwrap()
}

/// Makes a region whose pseudonyms are those of all others here, so that files can be compared.
async fn made(db: &PgPool, name: &str) {
    declare(db, &sending(name, name, RULES)).await.unwrap();
    run(
        db,
        "UPDATE region_key SET pseudonym_key = decode(repeat('07', 32), 'hex');
        INSERT INTO region_erasure (region_id, erasure_id, client_id, pseudonym, erased_at)
        SELECT region_id, 1, 1, 'gone', '2026-11-01' FROM region
        WHERE region_id NOT IN (SELECT region_id FROM region_erasure)",
    )
    .await;
}

async fn try_send(db: &PgPool, name: &str, place: &Place) -> Result<Sent, RegionError> {
    let region = region(db, name).await;
    let stop = CancellationToken::new();
    let sent = send(db, &region, place, true, None, &stop).await;
    sent.map(|(sent, _)| sent)
}

async fn send_all(db: &PgPool, name: &str, place: &Place) {
    while try_send(db, name, place).await.unwrap().is_behind {}
}

/// The files that the manifest lists are all that is there, and what the database knows.
async fn assert_whole(db: &PgPool, name: &str, store: &InMemory) -> BTreeMap<String, Vec<u8>> {
    let mut there = objects(store).await;
    let manifest: RegionManifest =
        serde_json::from_slice(&there.remove("manifest.json").unwrap()).unwrap();
    let listed: Vec<(i64, String, i64)> = manifest
        .files
        .iter()
        .map(|file| {
            (
                file.sequence,
                file.path.clone(),
                i64::try_from(file.events).unwrap(),
            )
        })
        .collect();
    let known: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT sequence, path, region_file.events::bigint FROM region_file INNER JOIN region USING (region_id)
        WHERE name = $1 AND NOT is_stale ORDER BY sequence",
    )
    .bind(name)
    .fetch_all(db)
    .await
    .unwrap();
    assert_eq!(listed, known);
    let mut paths: Vec<&String> = listed.iter().map(|(_, path, _)| path).collect();
    paths.sort();
    assert_eq!(there.keys().collect::<Vec<_>>(), paths);
    assert_eq!(manifest.generation, region(db, name).await.generation);
    there.retain(|path, _| path.starts_with("client="));
    there
}

fn failing(after: usize, is_done: bool) -> (Arc<InMemory>, Arc<AtomicUsize>, Arc<Failing>) {
    let store = Arc::new(InMemory::new());
    let left = Arc::new(AtomicUsize::new(after));
    let failing = Failing {
        store: store.clone(),
        left: left.clone(),
        is_done,
    };
    (store, left, Arc::new(failing))
}

const ERASURE: &str =
    "INSERT INTO event_erasure (client_id, user_ids, done_at) VALUES (1, '{999}', now())";

#[tokio::test]
async fn a_writer_that_was_killed_anywhere_is_repaired_by_the_next() {
    let db = sender().await;
    run(&db, ERASURE).await;
    made(&db, "whole").await;
    let store = Arc::new(InMemory::new());
    let place = Place::in_store("whole", store.clone());
    send_all(&db, "whole", &place).await;
    let whole = assert_whole(&db, "whole", &store).await;
    assert_eq!(whole.len(), 4);

    let mut ended_early = 0;
    for is_done in [false, true] {
        for after in 0.. {
            let name = format!("r-{is_done}-{after}");
            made(&db, &name).await;
            let (store, _, failing) = failing(after, is_done);
            let ended = try_send(&db, &name, &Place::in_store(&name, failing)).await;
            let place = Place::in_store(&name, store.clone());
            send_all(&db, &name, &place).await;
            let files = assert_whole(&db, &name, &store).await;
            assert_eq!(files, whole, "after {after} steps");
            if ended.is_ok_and(|sent| !sent.is_behind) {
                break;
            }
            ended_early += 1;
            assert!(ended_early < 400, "it never ends");
        }
    }
    assert!(ended_early > 12, "{ended_early} steps");
}

#[tokio::test]
async fn files_are_written_again_whenever_that_ends() {
    let db = sender().await;
    run(&db, ERASURE).await;
    let mut ended_early = 0;
    for is_done in [false, true] {
        for after in 0..14 {
            let name = format!("r-{is_done}-{after}");
            made(&db, &name).await;
            let (store, left, failing) = failing(usize::MAX, is_done);
            let working = Place::in_store(&name, store.clone());
            send_all(&db, &name, &working).await;
            // An erased user is in them: other bytes, under other names.
            run(&db, &format!("UPDATE region_file SET is_stale = true WHERE region_id = (SELECT region_id FROM region WHERE name = '{name}') AND sequence < 4")).await;
            run(
                &db,
                &format!("UPDATE event SET properties = properties || '{{\"price\": {after}}}'"),
            )
            .await;
            left.store(after, Ordering::SeqCst);
            let ended = try_send(&db, &name, &Place::in_store(&name, failing)).await;
            ended_early += u32::from(ended.is_err());
            // A reader meanwhile finds every file that is listed.
            let there = objects(store.as_ref()).await;
            let manifest: RegionManifest = serde_json::from_slice(&there["manifest.json"]).unwrap();
            assert!(
                manifest
                    .files
                    .iter()
                    .all(|file| there.contains_key(&file.path))
            );
            send_all(&db, &name, &working).await;
            assert_whole(&db, &name, &store).await;
        }
    }
    assert!(ended_early > 12, "{ended_early} ended early");
}

/// A receiver that is killed stores no event twice, whatever its report says.
#[tokio::test]
async fn a_receiver_that_was_killed_anywhere_goes_on() {
    let db = sender().await;
    run(&db, ERASURE).await;
    made(&db, "whole").await;
    let store = Arc::new(InMemory::new());
    send_all(&db, "whole", &Place::in_store("whole", store.clone())).await;
    let receiver = Scratch::new().await.unwrap().db;
    run(&receiver, "INSERT INTO event_client (name) VALUES ('app')").await;
    for is_done in [false, true] {
        for after in 0.. {
            let name = format!("r-{is_done}-{after}");
            declare(&receiver, &receiving(&name, &name)).await.unwrap();
            let failing = Failing {
                store: store.clone(),
                left: Arc::new(AtomicUsize::new(after)),
                is_done,
            };
            let ended =
                try_receive(&receiver, &name, &Place::in_store(&name, Arc::new(failing))).await;
            let working = Place::in_store(&name, store.clone());
            try_receive(&receiver, &name, &working).await.unwrap();
            assert_eq!(received_events(&receiver).await, SENT);
            let applied = format!(
                "SELECT count(*) FROM region_applied INNER JOIN region USING (region_id) WHERE name = '{name}'"
            );
            assert_eq!(number(&receiver, &applied).await, 5);
            if ended.is_ok() {
                assert!(after > 5, "{after} steps");
                break;
            }
        }
    }
}

async fn try_receive(db: &PgPool, name: &str, place: &Place) -> Result<Received, RegionError> {
    let region = region(db, name).await;
    let received = receive(db, &region, place, &CancellationToken::new()).await;
    received.map(|(received, _)| received)
}
