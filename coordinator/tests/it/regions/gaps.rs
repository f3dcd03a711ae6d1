//! Lost and damaged files are noticed, reported, and written again.

use std::path::PathBuf;

use super::fixture::{Pair, SENT, files, received_events, run};

fn path_of(pair: &Pair, sequence: i64) -> PathBuf {
    let manifest = pair.manifest();
    let file = manifest.file(sequence).unwrap();
    PathBuf::from(pair.place()).join(&file.path)
}

#[tokio::test]
async fn lost_and_damaged_files_are_fetched() {
    let pair = Pair::new().await;
    pair.send().await;
    std::fs::remove_file(path_of(&pair, 1)).unwrap();
    std::fs::write(path_of(&pair, 3), "damaged").unwrap();
    let received = pair.receive().await;
    assert_eq!(
        (received.received_files, received.missing, received.failed),
        (2, 2, 0)
    );
    assert_eq!(received_events(&pair.receiver).await, 24);
    let (_, status) = pair.status().await;
    assert_eq!(status.gap_files, 2);
    assert!(status.gap.unwrap().ends_with("(missing)"));
    assert!(status.gap_since.is_some());

    // The sender reads the report, and writes the same bytes from the database.
    let before = pair.manifest();
    let sent = pair.send().await;
    assert_eq!((sent.rewritten, sent.sent_files), (2, 0));
    assert_eq!(pair.manifest().files, before.files);
    let (status, _) = pair.status().await;
    assert_eq!(status.gap_files, 2, "until the receiver says otherwise");

    let received = pair.receive().await;
    assert_eq!(
        (
            received.received_files,
            received.missing,
            received.duplicates
        ),
        (2, 0, 0)
    );
    assert_eq!(received_events(&pair.receiver).await, SENT);
    pair.send().await;
    let (sent, received) = pair.status().await;
    assert_eq!((sent.gap_files, sent.gap_since), (0, None));
    assert_eq!((received.gap_files, received.gap_since), (0, None));
}

/// Sealing in between changes nothing: a file that is written again from blocks has the same bytes.
#[tokio::test]
async fn files_are_written_again_from_sealed_events() {
    let pair = Pair::new().await;
    pair.send().await;
    let before = files(pair.directory.path());
    run(
        &pair.sender,
        "SELECT seal_events(day, name_id) FROM generate_series(1, 4) AS name_id,
            (SELECT DISTINCT date_trunc('day', received_at, 'UTC') FROM event) AS days (day)",
    )
    .await;
    for sequence in 1..=4 {
        std::fs::remove_file(path_of(&pair, sequence)).unwrap();
    }
    assert_eq!(pair.receive().await.missing, 4);
    assert_eq!(pair.send().await.rewritten, 4);
    let mut after = files(pair.directory.path());
    for all in [&before, &after] {
        assert_eq!(
            all.keys().filter(|name| name.contains("events-")).count(),
            4
        );
    }
    after.retain(|name, _| name.contains("events-"));
    for (name, text) in after {
        assert_eq!(before.get(&name), Some(&text), "{name}");
    }
    pair.receive().await;
    assert_eq!(received_events(&pair.receiver).await, SENT);
}

/// An emptied place is filled again.
#[tokio::test]
async fn a_place_that_was_emptied_is_filled_again() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    std::fs::remove_dir_all(pair.place()).unwrap();
    assert_eq!(pair.receive().await.failed, 1, "the manifest is gone");
    assert_eq!(pair.send().await.rewritten, 4);
    let received = pair.receive().await;
    assert_eq!((received.received_files, received.failed), (0, 0));
    assert_eq!(received_events(&pair.receiver).await, SENT);
}
