//! Bodies: compressed, large, slow, and too many at once.

use std::{io::Write as _, time::Duration};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::staged::{Staged, results, words};

/// A text in each coding.
fn packed(text: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(text).unwrap();
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 22);
    brotli.write_all(text).unwrap();
    [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
        ("br", brotli.into_inner()),
        ("zstd", zstd::encode_all(text, 3).unwrap()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_coding_is_read_and_a_bomb_in_it_is_answered_413() {
    let staged = Staged::new().await;
    let event = json!({"event": "a", "user_id": "u", "message_id": "m"}).to_string();
    for (coding, body) in packed(event.as_bytes()) {
        let request = staged
            .request("/v1/events", body)
            .header("Content-Encoding", coding);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{coding}");
        assert_eq!(results(response).await[0]["message_id"], "m");
    }
    for (coding, body) in packed(&vec![b' '; 100 << 20]) {
        let request = staged
            .request("/v1/events", body)
            .header("Content-Encoding", coding);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{coding}");
    }
    assert_eq!(staged.count("event").await, 1);
    assert_eq!(
        staged.metric("fullhouse_receive_in_flight_bytes").await,
        Some(0.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_or_a_number_of_events_beyond_the_bounds_is_answered_413() {
    let staged = Staged::new().await;
    let large = staged
        .request("/v1/events", vec![b' '; (4 << 20) + 1])
        .send()
        .await;
    // The answer comes before the body is sent, and may be lost with the connection.
    assert!(
        large.is_err()
            || large.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE)
    );
    let many = vec![json!({"event": "a", "user_id": "u"}); 2_001];
    let response = staged.post("/v1/events", &json!(many)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(staged.count("event").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_events_of_their_own() {
    let staged = Staged::new().await;
    let lines = "{\"event\":\"a\",\"user_id\":\"u\",\"message_id\":\"1\"}\n{bad\n{\"event\":\"b\",\"user_id\":\"u\",\"message_id\":\"2\"}\n";
    let request = staged
        .http
        .post(staged.url("/v1/events"))
        .bearer_auth(staged.secret.expose());
    let request = request
        .header("Content-Type", "application/x-ndjson")
        .body(lines);
    let answers = results(request.send().await.unwrap()).await;
    assert_eq!(words(&answers), ["ok", "rejected", "ok"]);
}

/// Opens a request whose body is not complete.
async fn begin(staged: &Staged, length: usize, sent: usize) -> TcpStream {
    let mut socket = TcpStream::connect(staged.receiver.address).await.unwrap();
    let key = staged.secret.expose();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b' '; sent]).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_answered_408() {
    let staged =
        Staged::with(|settings| settings.receive.body_timeout = Duration::from_secs(1)).await;
    let mut socket = begin(&staged, 100, 10).await;
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// Invariant 10: bounded in bytes.
#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_memory_are_answered_503_until_there_is_room() {
    let staged = Staged::with(|settings| settings.receive.memory = 64 << 20).await;
    let mut held = Vec::new();
    for _ in 0..14 {
        held.push(begin(&staged, 4 << 20, (4 << 20) - 1).await);
    }
    while staged
        .metric("fullhouse_receive_in_flight_bytes")
        .await
        .unwrap()
        < 58e6
    {
        tokio::task::yield_now().await;
    }
    let body = || {
        let note = "x".repeat(60_000);
        let event = |number: u32| json!({"event": "a", "user_id": "u", "message_id": format!("{number}"), "properties": {"note": note}});
        json!((1..=20).map(event).collect::<Vec<Value>>())
    };
    let refused = staged.post("/v1/events", &body()).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    drop(held);
    while staged.post("/v1/events", &body()).await.status() != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert_eq!(staged.count("event").await, 20);
}
