//! What a sender that lies, or somebody else, puts at the place: it is refused, and only that link stops.

use std::path::Path;

use coordinator::regions::{
    MAX_LINE_BYTES,
    ledger::sha256,
    manifest::{FileHour, RegionFile, RegionManifest},
};

use super::fixture::{
    Pair, RULES, SENT, declare, lines, number, received_events, receiving, run, sending, texts,
};

/// A received place with one more file, whose content a hostile sender chose.
async fn refused(content: &[u8], change: impl FnOnce(&mut RegionFile)) -> String {
    let pair = Pair::new().await;
    pair.send().await;
    let mut manifest = pair.manifest();
    let path = "client=app/date=2026-11-01/hour=00/events-00000009-0000000000000000.jsonl.zst";
    let mut file = RegionFile {
        sequence: 9,
        of: Some(FileHour {
            client: "app".to_owned(),
            hour: manifest.written_at,
            after: None,
            until: None,
            late: false,
            replaces: None,
        }),
        path: path.to_owned(),
        events: 1,
        bytes: content.len() as u64,
        sha256: sha256(content),
    };
    change(&mut file);
    let to = Path::new(&pair.place()).join(path);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, content).unwrap();
    manifest.put(file);
    write(&pair, &manifest);
    // Another link of the same receiver goes on.
    let oslo = pair.directory.path().join("oslo");
    let oslo = oslo.to_str().unwrap();
    declare(
        &pair.sender,
        &sending("oslo", oslo, RULES).replace("\"app\"", "\"kiosk\""),
    )
    .await
    .unwrap();
    run(
        &pair.receiver,
        "INSERT INTO event_client (name) VALUES ('kiosk')",
    )
    .await;
    declare(
        &pair.receiver,
        &receiving("oslo", oslo).replace("\"app\"", "\"kiosk\""),
    )
    .await
    .unwrap();
    super::fixture::pass(&pair.sender).await;
    write(&pair, &manifest);

    let received = pair.receive().await;
    assert_eq!(received.failed, 1);
    // What came before the bad file stays, nothing of the bad file does, and the other link works.
    assert_eq!(received_events(&pair.receiver).await, SENT);
    assert_eq!(
        number(&pair.receiver, "SELECT count(*) FROM event").await,
        SENT + 24
    );
    let (_, status) = pair.status().await;
    let error = status.error.unwrap();
    assert!(error.contains("file 9"), "{error}");
    let report =
        std::fs::read_to_string(Path::new(&pair.place()).join("received-paris.json")).unwrap();
    assert!(
        report.contains("file 9"),
        "the sender can read why: {report}"
    );
    error
}

fn write(pair: &Pair, manifest: &RegionManifest) {
    let path = Path::new(&pair.place()).join("manifest.json");
    std::fs::write(path, serde_json::to_vec(manifest).unwrap()).unwrap();
}

fn packed(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

const LINE: &str = r#"{"message_id":"00000000000000000000000000000001","event":"film opened","occurred_at":"2026-11-01T00:00:00Z","received_at":"2026-11-01T00:00:00Z","properties":{}}"#;

#[tokio::test]
async fn files_that_no_sender_writes_are_refused() {
    let none = |_: &mut RegionFile| {};
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(b'0'), 1 << 30), 3).unwrap();
    assert!(bomb.len() < 1 << 20);
    let line = format!("a line of more than {MAX_LINE_BYTES} bytes");
    let two = format!("{LINE}\n{}\n", LINE.replace("0001\"", "0002\""));
    let long = LINE.replace("film opened", &"x".repeat(300));
    let zero = LINE.replace("\"properties\":{}", r#""properties":{"a":"\u0000"}"#);
    for (content, part) in [
        (bomb, line.as_str()),
        (b"no zstd".to_vec(), "line 1"),
        (packed("no json\n"), "line 1"),
        (packed(&format!("{LINE}\n{{\n")), "line 2"),
        (packed(&two), "it has 2 lines, and the manifest says 1"),
        (
            packed(&LINE.replace("\"event\"", "\"ip\":\"1.2.3.4\",\"event\"")),
            "unknown field `ip`",
        ),
        (
            packed(&LINE.replace("\"occurred_at\":\"2026", "\"occurred_at\":\"0026")),
            "cannot be right",
        ),
        (packed(&long), "no usable name"),
        (packed(&zero), "the database refuses it"),
    ] {
        let error = refused(&content, none).await;
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn files_that_a_manifest_must_not_list_are_refused() {
    let content = packed(LINE);
    let unknown = refused(&content, |file| {
        file.of.as_mut().unwrap().client = "other".to_owned();
    });
    assert!(
        unknown
            .await
            .contains("client other, which the region does not list")
    );
    let outside = refused(&content, |file| {
        file.path = "../../etc/x.jsonl.zst".to_owned();
    });
    assert!(outside.await.contains("leads out of the place"));
    let huge = refused(&content, |file| file.bytes = u64::MAX);
    assert!(huge.await.contains("more than"));
}

#[tokio::test]
async fn a_foreign_or_broken_manifest_is_refused() {
    let pair = Pair::new().await;
    pair.send().await;
    pair.receive().await;
    let good = pair.manifest();
    let mut foreign = good.clone();
    foreign.identity = "00000000-0000-0000-0000-000000000001".to_owned();
    foreign.generation += 5;
    write(&pair, &foreign);
    assert_eq!(pair.receive().await.failed, 1);
    assert_eq!(
        pair.send().await.failed,
        1,
        "a writer does not overwrite that of another"
    );
    let (sent, received) = pair.status().await;
    for error in [sent.error.unwrap(), received.error.unwrap()] {
        assert!(error.contains("of another sender"), "{error}");
    }
    for (text, part) in [
        ("{", "EOF"),
        ("[]", "invalid"),
        (r#"{"format": 99}"#, "missing field"),
    ] {
        std::fs::write(Path::new(&pair.place()).join("manifest.json"), text).unwrap();
        assert_eq!(pair.receive().await.failed, 1);
        let (_, received) = pair.status().await;
        let error = received.error.unwrap();
        assert!(
            error.contains("manifest.json cannot be used") && error.contains(part),
            "{error}"
        );
    }
    let mut older = good.clone();
    older.generation -= 1;
    write(&pair, &older);
    assert_eq!(pair.receive().await.failed, 1);
    write(&pair, &good);
    assert_eq!(pair.receive().await.failed, 0);
    assert_eq!(received_events(&pair.receiver).await, SENT);
    assert_eq!(lines(Path::new(&pair.place())).len(), 48);
}

/// A report that is none stops no writing, and is shown.
#[tokio::test]
async fn a_report_that_is_none_stops_nothing() {
    let pair = Pair::new().await;
    std::fs::create_dir_all(pair.place()).unwrap();
    std::fs::write(
        Path::new(&pair.place()).join("received-paris.json"),
        "x".repeat(2 << 20),
    )
    .unwrap();
    assert_eq!(pair.send().await.failed, 1);
    let (sent, _) = pair.status().await;
    assert_eq!(sent.events, 48);
    assert!(sent.error.unwrap().contains("received-paris.json"));
    let errors = texts(&pair.sender, "SELECT error FROM region").await;
    assert_eq!(errors.len(), 1);
    // The receiver writes a good one in its place.
    pair.receive().await;
    assert_eq!(pair.send().await.failed, 0);
}
