//! What arrives, and what never leaves.

use std::{collections::BTreeSet, path::Path};

use chrono::{DurationRound as _, TimeDelta, Utc};
use coordinator::{
    background::regions::RegionsReport,
    export::place::{Place, StoreOptions},
    regions::writer::send,
};
use schema::events::region::link::all;
use tokio_util::sync::CancellationToken;

use super::fixture::{
    PERSONAL, Pair, RULES, SENT, all_rows, declare, files, lines, number, received_events,
    receiving, sender, sending, texts,
};

#[tokio::test]
async fn listed_events_arrive_once_and_nothing_personal_leaves() {
    let pair = Pair::new().await;
    let sent = pair.send().await;
    assert_eq!((sent.sent_files, sent.sent_events, sent.failed), (4, 48, 0));
    let received = pair.receive().await;
    assert_eq!(
        (
            received.received_files,
            received.received_events,
            received.duplicates
        ),
        (4, 48, 0)
    );
    assert_eq!(received_events(&pair.receiver).await, SENT);

    let place = pair.place();
    let everywhere: String = files(Path::new(&place)).into_values().collect();
    let rows = all_rows(&pair.receiver).await;
    for personal in PERSONAL {
        assert!(!everywhere.contains(personal), "{personal} is at the place");
        assert!(!rows.contains(personal), "{personal} is at the receiver");
        assert!(
            all_rows(&pair.sender).await.contains(personal),
            "{personal}"
        );
    }
    // Free fields come as they are, the others of these events as pseudonyms or not at all.
    let keys = texts(
        &pair.receiver,
        "SELECT DISTINCT received || ' ' || coalesce((SELECT string_agg(key, ',' ORDER BY key) FROM jsonb_object_keys(properties) AS key), '')
        FROM event INNER JOIN event_name USING (name_id) ORDER BY 1",
    )
    .await;
    assert_eq!(keys, ["film opened email,film,price", "ticket bought "]);
    let values = "SELECT DISTINCT properties ->> 'film' || ' ' || (properties ->> 'price') FROM event INNER JOIN event_name USING (name_id) WHERE canonical = 'film opened' ORDER BY 1";
    assert_eq!(
        texts(&pair.receiver, values).await,
        texts(&pair.sender, values)
            .await
            .into_iter()
            .filter(|text| text.contains("12.50"))
            .collect::<Vec<_>>()
    );
    // Users are counted as at the sender.
    let users = "SELECT count(*) FROM event_user";
    assert_eq!(number(&pair.receiver, users).await, 3);
    let anonymous = "SELECT count(*) FROM event_user WHERE is_anonymous";
    assert_eq!(number(&pair.receiver, anonymous).await, 1);
    let bots = "SELECT count(*) FROM event WHERE flags = 1";
    assert_eq!(number(&pair.receiver, bots).await, 8);

    // Nothing is sent, written or received twice.
    let again = pair.send().await;
    assert_eq!(again, RegionsReport::default());
    assert_eq!(pair.receive().await, RegionsReport::default());
    let (sent, received) = pair.status().await;
    assert_eq!(
        (sent.files, sent.events, received.files, received.events),
        (4, 48, 4, 48)
    );
    assert_eq!((sent.error, received.error), (None, None));
    assert!(sent.succeeded_at.is_some() && received.succeeded_at.is_some());
}

#[tokio::test]
async fn pseudonyms_differ_by_destination() {
    let pair = Pair::new().await;
    let oslo = pair.directory.path().join("oslo");
    let gzip = format!("compression = \"gzip\"\ncontext = [\"country\"]\n{RULES}");
    declare(
        &pair.sender,
        &sending("oslo", oslo.to_str().unwrap(), &gzip),
    )
    .await
    .unwrap();
    pair.send().await;
    let of = |directory: &Path| {
        let lines = lines(directory);
        assert_eq!(lines.len(), 48);
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let users: BTreeSet<_> = lines.iter().map(|line| text(&line["user"])).collect();
        let mails: BTreeSet<_> = lines
            .iter()
            .filter_map(|line| text(&line["properties"]["email"]))
            .collect();
        let ids: BTreeSet<_> = lines.iter().map(|line| text(&line["message_id"])).collect();
        assert_eq!((users.len(), mails.len(), ids.len()), (3, 6, 48));
        let countries: BTreeSet<_> = lines.iter().map(|line| text(&line["country"])).collect();
        (users, mails, ids, countries)
    };
    let paris = of(Path::new(&pair.place()));
    let oslo = of(&oslo);
    assert!(paris.0.is_disjoint(&oslo.0));
    assert!(paris.1.is_disjoint(&oslo.1));
    assert!(paris.2.is_disjoint(&oslo.2));
    assert_eq!(paris.3, BTreeSet::from([None]));
    assert_eq!(oslo.3, BTreeSet::from([Some("FR".to_owned())]));
}

#[tokio::test]
async fn an_archive_has_everything_and_is_not_received() {
    let pair = Pair::new().await;
    let place = pair.directory.path().join("archive");
    let place = place.to_str().unwrap();
    declare(
        &pair.sender,
        &sending("archive", place, "everything = true\n"),
    )
    .await
    .unwrap();
    pair.send().await;
    let lines = lines(Path::new(place));
    assert_eq!(lines.len(), 72);
    let text = files(Path::new(place)).into_values().collect::<String>();
    for personal in PERSONAL {
        assert!(text.contains(personal), "{personal}");
    }
    assert!(text.contains("12.50"), "numbers stay as they were");
    declare(&pair.receiver, &receiving("archive", place))
        .await
        .unwrap();
    assert_eq!(
        pair.receive().await.failed,
        1,
        "the other region is received"
    );
    assert_eq!(received_events(&pair.receiver).await, SENT);
    let error = texts(
        &pair.receiver,
        "SELECT error FROM region WHERE name = 'archive'",
    )
    .await;
    assert!(error[0].contains("it is an archive"), "{error:?}");
}

#[tokio::test]
async fn what_of_a_region_cannot_change_is_refused() {
    let pair = Pair::new().await;
    let refused = |file: String| {
        let db = pair.sender.clone();
        async move { declare(&db, &file).await.unwrap_err().to_string() }
    };
    let place = pair.place();
    let moved = refused(sending("paris", "/elsewhere", RULES)).await;
    assert!(moved.contains("cannot change"), "{moved}");
    let turned = refused(receiving("paris", &place)).await;
    assert!(turned.contains("cannot change"), "{turned}");
    let unknown = refused(sending("oslo", &place, RULES).replace("\"app\"", "\"tv\"")).await;
    assert!(unknown.contains("there is no client tv"), "{unknown}");
    let same = declare(&pair.sender, &sending("paris", &place, RULES))
        .await
        .unwrap();
    assert_eq!(same, ["paris is as it was"]);
    let audits = texts(
        &pair.sender,
        "SELECT action || ' ' || subject || ' ' || reason FROM audit",
    )
    .await;
    assert_eq!(audits, ["region.apply region/paris a test"]);
    let key = "SELECT encode(pseudonym_key, 'hex') FROM region_key";
    let before = texts(&pair.sender, key).await;
    let changed = format!("{RULES}seats = \"free\"\n");
    declare(&pair.sender, &sending("paris", &place, &changed))
        .await
        .unwrap();
    assert_eq!(
        texts(&pair.sender, key).await,
        before,
        "pseudonyms stay the same"
    );
}

/// Analysts and partners cannot read the keys of pseudonyms, nor the tables beside them.
#[tokio::test]
async fn nobody_who_only_reads_has_the_keys() {
    let db = sender().await;
    schema::access::prepare(&db).await.unwrap();
    let readers = texts(
        &db,
        "SELECT rolname::text || ' ' || relname FROM pg_roles CROSS JOIN pg_class
        WHERE rolname IN ('fullhouse_analyst', 'fullhouse_partner')
            AND relname IN ('region_key', 'region', 'region_erasure', 'region_file')
            AND has_any_column_privilege(rolname, pg_class.oid, 'SELECT')",
    )
    .await;
    assert_eq!(readers, [""; 0]);
}

/// A link that is down for hours loses and doubles nothing.
#[tokio::test]
async fn a_link_that_was_down_loses_and_doubles_nothing() {
    let pair = Pair::new().await;
    let regions = all(&pair.sender).await.unwrap();
    let stop = CancellationToken::new();
    let place = Place::open(&pair.place(), &StoreOptions::default()).unwrap();
    // Three hours ago, two of the hours were over.
    let now =
        Some(Utc::now().duration_trunc(TimeDelta::hours(1)).unwrap() - TimeDelta::minutes(170));
    let (sent, _) = send(&pair.sender, &regions[0], &place, true, now, &stop)
        .await
        .unwrap();
    assert_eq!((sent.files, sent.events), (2, 24));
    assert_eq!(pair.receive().await.received_events, 24);

    // The place is away: a file stands where the directory should be.
    let place = pair.place();
    let aside = format!("{place}-aside");
    std::fs::rename(&place, &aside).unwrap();
    std::fs::write(&place, "no directory").unwrap();
    for _ in 0..2 {
        assert_eq!(pair.send().await.failed, 1);
        assert_eq!(pair.receive().await.failed, 1);
    }
    let (sent, received) = pair.status().await;
    assert!(sent.error.is_some() && received.error.is_some());
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&aside, &place).unwrap();

    assert_eq!(pair.send().await.sent_events, 24);
    let again = pair.receive().await;
    assert_eq!((again.received_events, again.duplicates), (24, 0));
    let lines = lines(Path::new(&place));
    let ids: BTreeSet<String> = lines
        .iter()
        .map(|line| line["message_id"].to_string())
        .collect();
    assert_eq!(
        (ids.len(), lines.len()),
        (48, 48),
        "no event stands in two files"
    );
    assert_eq!(received_events(&pair.receiver).await, SENT);
    let (sent, received) = pair.status().await;
    assert_eq!((sent.error, received.error), (None, None));
}
