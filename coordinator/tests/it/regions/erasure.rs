//! A user that is erased disappears at the place and at the receiver; counts stay.

use std::path::Path;

use schema::events::erasure::{erase, finish};

use super::fixture::{Pair, SENT, all_rows, files, number, received_events, run, texts};

async fn erase_ana(pair: &Pair) {
    let mut transaction = pair.sender.begin().await.unwrap();
    erase(&mut transaction, 1, "ana@example.org")
        .await
        .unwrap()
        .unwrap();
    transaction.commit().await.unwrap();
}

/// Two minutes later, events are looked over again.
async fn look_over(pair: &Pair) {
    run(
        &pair.sender,
        "UPDATE event_erasure SET requested_at = requested_at - interval '3 minutes'",
    )
    .await;
    assert_eq!(finish(&pair.sender).await.unwrap(), 1);
}

fn everything(pair: &Pair) -> String {
    files(Path::new(&pair.place()))
        .into_iter()
        .filter(|(name, _)| name.contains("events-"))
        .map(|(_, text)| text)
        .collect()
}

/// The pseudonym of the user of number 3 of an hour.
async fn pseudonym_of_ana(pair: &Pair) -> String {
    texts(
        &pair.receiver,
        "SELECT external_id FROM event_user INNER JOIN event USING (user_id) WHERE properties ->> 'film' = 'Film 3' LIMIT 1",
    )
    .await
    .remove(0)
}

#[tokio::test]
async fn an_erased_user_disappears_at_both_ends_and_counts_stay() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    let pseudonym = pseudonym_of_ana(&pair).await;
    assert!(everything(&pair).contains(&pseudonym));
    let days = "SELECT count(*) FROM user_day";
    let before = number(&pair.receiver, days).await;

    erase_ana(&pair).await;
    let sent = pair.send().await;
    assert_eq!((sent.erased, sent.rewritten), (1, 0));
    let received = pair.receive().await;
    assert_eq!(received.erased, 1);
    assert!(!all_rows(&pair.receiver).await.contains(&pseudonym));
    assert_eq!(received_events(&pair.receiver).await, SENT);
    assert_eq!(number(&pair.receiver, days).await, before);
    let emptied = "SELECT count(*) FROM event INNER JOIN event_name USING (name_id) WHERE canonical = 'film opened' AND properties = '{}'";
    assert_eq!(number(&pair.receiver, emptied).await, 8);

    // The files follow when the erasure is done.
    look_over(&pair).await;
    assert_eq!(pair.send().await.rewritten, 4);
    let text = everything(&pair);
    assert!(!text.contains(&pseudonym));
    assert!(!text.contains("\"Film 3\"") && text.contains("\"Film 4\""));
    assert_eq!(text.lines().count(), 48, "the events stay");
    assert_eq!(pair.receive().await.received_files, 0, "these were applied");
    assert_eq!(received_events(&pair.receiver).await, SENT);
    let (sent, _) = pair.status().await;
    assert_eq!((sent.stale_files, sent.open_erasures), (0, 0));
}

/// The receiver may learn of the erasure before it gets the events.
#[tokio::test]
async fn events_that_come_after_their_erasure_are_those_of_nobody() {
    let pair = Pair::new().await;
    pair.send().await;
    // The first file is away for a time, and comes back as it was before the erasure.
    let manifest = pair.manifest();
    let first = Path::new(&pair.place()).join(&manifest.file(1).unwrap().path);
    let aside = pair.directory.path().join("aside");
    std::fs::rename(&first, &aside).unwrap();
    assert_eq!(pair.receive().await.missing, 1);
    let pseudonym = pseudonym_of_ana(&pair).await;
    // The sender does not know of it.
    std::fs::remove_file(Path::new(&pair.place()).join("received-paris.json")).unwrap();
    erase_ana(&pair).await;
    pair.send().await;
    assert_eq!(pair.receive().await.erased, 1);
    std::fs::rename(&aside, &first).unwrap();
    let received = pair.receive().await;
    assert_eq!((received.received_files, received.received_events), (1, 12));
    assert!(!all_rows(&pair.receiver).await.contains(&pseudonym));
    assert_eq!(received_events(&pair.receiver).await, SENT);
}

/// Sealed events of an erased user are found by their blocks.
#[tokio::test]
async fn files_of_sealed_events_are_written_again() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    let pseudonym = pseudonym_of_ana(&pair).await;
    run(
        &pair.sender,
        "SELECT seal_events(day, name_id) FROM generate_series(1, 4) AS name_id,
            (SELECT DISTINCT date_trunc('day', received_at, 'UTC') FROM event) AS days (day)",
    )
    .await;
    erase_ana(&pair).await;
    look_over(&pair).await;
    assert_eq!(pair.send().await.rewritten, 4);
    assert!(!everything(&pair).contains(&pseudonym));
    assert_eq!(everything(&pair).lines().count(), 48);
}

/// A user that comes back after the erasure is a new one, at both ends.
#[tokio::test]
async fn a_user_who_comes_back_is_new() {
    let pair = Pair::new().await;
    erase_ana(&pair).await;
    run(
        &pair.sender,
        "UPDATE event_erasure SET requested_at = requested_at - interval '7 hours';
        UPDATE region_erasure SET erased_at = erased_at - interval '7 hours';
        INSERT INTO event_user (client_id, is_anonymous, external_id) VALUES (1, false, 'ana@example.org');
        UPDATE event SET user_id = (SELECT max(user_id) FROM event_user), properties = '{\"film\": \"Film 3\"}' WHERE user_id = 1",
    )
    .await;
    pair.send().await;
    pair.receive().await;
    assert_eq!(
        number(&pair.receiver, "SELECT count(*) FROM event_user").await,
        3
    );
}
