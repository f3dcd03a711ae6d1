//! Files of rules, however large and however packed.

use std::{io::Write, sync::atomic::Ordering, time::Duration};

use flate2::{Compression, write::GzEncoder};
use schema::enums::ErrorClass;
use source_fetch::{Bounds, Fetcher, Phases, memory_budget::Reservation};
use source_language::source::robots::{MAX_ROBOTS_BYTES, RobotsRules, Verdict};

use crate::hostile::{Hostile, MAX_GROWTH_BYTES, MAX_SENT_BYTES, OK, peak_bytes};

/// Far less than a file of rules may have.
const BODY_LIMIT: usize = 1_000;
/// What a conversation reads of a file of rules.
const CUT_AT: usize = MAX_ROBOTS_BYTES + 1;

fn fetcher() -> Fetcher {
    let bounds = Bounds {
        body_limit: BODY_LIMIT,
        allow_private: true,
    };
    Fetcher::new(bounds).unwrap()
}

/// Invariant 10: a file of rules of the largest size took 711 MB and 4.8 s of an agent's thread.
#[test]
fn the_rules_of_a_host_cost_little_more_than_their_bytes() {
    let mut file = "User-agent: *\n".to_owned();
    for rule in 0.. {
        let line = format!("Disallow: /*{rule:x}*a*b$\n");
        if file.len() + line.len() > 500_000 {
            break;
        }
        file.push_str(&line);
    }
    let before = peak_bytes();
    let rules = RobotsRules::parse("Fullhouse", file.as_bytes());
    let verdict = rules.verdict("/cinemas");
    let grew = peak_bytes() - before;
    println!(
        "{} bytes of rules, peak memory grew by {grew} bytes",
        file.len()
    );
    assert_eq!(verdict, Verdict::Allowed);
    assert!(grew < MAX_GROWTH_BYTES, "grew by {grew} bytes");
}

/// RFC 9309, 2.5: a file of rules of any size is parsed as far as 500 KiB, plain or packed, and
/// the body limit, which is lower here, is for other bodies.
#[tokio::test]
async fn rules_of_any_size_are_cut_and_not_refused() {
    let mut file = b"User-agent: *\nDisallow: /private\n".to_vec();
    for line in 0.. {
        if file.len() > 3 * MAX_ROBOTS_BYTES {
            break;
        }
        file.extend_from_slice(format!("Disallow: /{line:x}/{}\n", line * 7_919).as_bytes());
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&file).unwrap();
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 1, 18);
    brotli.write_all(&file).unwrap();
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&file).unwrap();
    let fetcher = fetcher();
    for (packed, body) in [
        ("", file.clone()),
        ("Content-Encoding: gzip\r\n", gzip.finish().unwrap()),
        ("Content-Encoding: br\r\n", brotli.into_inner()),
        // The packed bytes are cut as well.
        ("Content-Encoding: gzip\r\n", stored.finish().unwrap()),
    ] {
        let head = format!("{OK}{packed}Content-Length: {}\r\n\r\n", body.len());
        let server = Hostile::once(&head, body).await;
        let mut phases = Phases::default();
        let opened = fetcher.open(server.request(), &mut phases).await.unwrap();
        let memory = &mut Reservation::unlimited();
        let read = fetcher.read(opened.cut_at(Some(CUT_AT)), &mut phases, memory);
        let read = read.await.unwrap();
        let least = CUT_AT - (64 << 10);
        let length = read.body.len();
        assert!((least..=CUT_AT).contains(&length), "{packed}{length} bytes");
        assert!(file.starts_with(&read.body), "{packed}");
        let rules = RobotsRules::parse("Fullhouse", &read.body);
        assert_eq!(rules.verdict("/private"), Verdict::Disallowed);
        assert_eq!(rules.verdict("/public"), Verdict::Allowed);

        // Another body of this size is refused as before.
        let opened = fetcher.open(server.request(), &mut phases).await.unwrap();
        let refused = fetcher.read(opened, &mut phases, memory).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::Oversized);
    }
}

/// A file of rules that never ends is read so far, and no further.
#[tokio::test]
async fn rules_without_end_are_cut() {
    let head = format!("{OK}\r\nUser-agent: *\nDisallow: /private\n");
    let line = b"Disallow: /more\n".repeat(4_096);
    let server = Hostile::sends(head, line, Duration::ZERO, usize::MAX).await;
    let mut phases = Phases::default();
    let fetcher = fetcher();
    let opened = fetcher.open(server.request(), &mut phases).await.unwrap();
    let memory = &mut Reservation::unlimited();
    let opened = opened.cut_at(Some(CUT_AT));
    let read = fetcher.read(opened, &mut phases, memory).await.unwrap();
    assert_eq!(read.body.len(), CUT_AT);
    assert!(server.sent.load(Ordering::Relaxed) < MAX_SENT_BYTES);
}
