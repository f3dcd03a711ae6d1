//! Events that are stored after the files of their hour were written.

use std::{collections::BTreeSet, path::Path};

use super::fixture::{Pair, lines, received_events, run};

/// One more event of a user, in the hour that began 5 hours ago.
const LATE: &str = "
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks)
    SELECT
        date_trunc('hour', now(), 'UTC') - interval '5 hours' + make_interval(mins => 1, secs => n),
        date_trunc('hour', now(), 'UTC') - interval '5 hours', gen_random_uuid(), 2, 1, place_id, 0, '{\"film\": \"Late\"}', ''
    FROM event_place CROSS JOIN generate_series(1, 2) AS n WHERE region = 'Lyon'";

#[tokio::test]
async fn late_events_get_a_file_of_their_own() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    run(&pair.sender, LATE).await;
    run(
        &pair.sender,
        "UPDATE region SET recounted_until = done_until - interval '12 hours'",
    )
    .await;
    let sent = pair.send().await;
    assert_eq!((sent.sent_files, sent.sent_events), (1, 2));
    let manifest = pair.manifest();
    let late = manifest.file(5).unwrap();
    assert!(late.of.as_ref().unwrap().late);
    let received = pair.receive().await;
    assert_eq!((received.received_events, received.duplicates), (2, 0));
    assert_eq!(received_events(&pair.receiver).await, 50);

    // Both files of the hour are written again as they were.
    for sequence in [1, 5] {
        let path = Path::new(&pair.place()).join(&manifest.file(sequence).unwrap().path);
        std::fs::remove_file(path).unwrap();
    }
    run(
        &pair.sender,
        "UPDATE region_file SET is_stale = true WHERE sequence IN (1, 5)",
    )
    .await;
    assert_eq!(pair.send().await.rewritten, 2);
    assert_eq!(pair.manifest().files, manifest.files);
    let lines = lines(Path::new(&pair.place()));
    let ids: BTreeSet<String> = lines
        .iter()
        .map(|line| line["message_id"].to_string())
        .collect();
    assert_eq!((lines.len(), ids.len()), (50, 50));
}

/// A file that is lost before its hour is counted again may hold what came late: it gets another
/// number, so that receivers that have applied it look again.
#[tokio::test]
async fn a_lost_file_with_late_events_is_applied_by_all() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    run(&pair.sender, LATE).await;
    let lost = pair.manifest().file(1).unwrap().path.clone();
    std::fs::remove_file(Path::new(&pair.place()).join(lost)).unwrap();
    run(
        &pair.sender,
        "UPDATE region_file SET is_stale = true WHERE sequence = 1",
    )
    .await;
    assert_eq!(pair.send().await.rewritten, 1);
    let manifest = pair.manifest();
    assert!(manifest.file(1).is_none());
    assert_eq!(manifest.file(5).unwrap().replaces(), Some(1));
    let received = pair.receive().await;
    assert_eq!((received.received_events, received.duplicates), (2, 12));
    assert_eq!(received_events(&pair.receiver).await, 50);
}
