//! Requests as Segment's libraries send them.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use reqwest::StatusCode;
use serde_json::json;

use crate::staged::{Staged, results, words};

#[tokio::test(flavor = "multi_thread")]
async fn the_batch_of_a_server_library_is_stored() {
    let staged = Staged::new().await;
    let body = json!({
        "batch": [
            {"type": "track", "event": "Order Completed", "userId": "u-1", "messageId": "node-1", "properties": {"total": 12.5},
             "context": {"library": {"name": "@segment/analytics-node", "version": "2.1.3"}}, "timestamp": "2026-11-30T10:00:00.000Z", "_metadata": {"nodeVersion": "20.0"}},
            {"type": "identify", "userId": "u-1", "messageId": "node-2", "traits": {"plan": "gold"}},
            {"type": "page", "anonymousId": "d-1", "messageId": "node-3", "name": "Home"},
        ],
        "sentAt": "2026-11-30T10:00:01.000Z",
    });
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body.to_string().as_bytes()).unwrap();
    let compressed = packer.finish().unwrap();
    for path in ["/v1/batch", "/v1/import", "/v1/batch/"] {
        let request = staged.http.post(staged.url(path));
        let request = request.basic_auth(staged.secret.expose(), Some(""));
        let request = request
            .header("Content-Encoding", "gzip")
            .body(compressed.clone());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(results(response).await.len(), 3, "{path}");
    }
    assert_eq!(staged.count("event").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_single_events_with_its_key_in_the_body() {
    let staged = Staged::new().await;
    for (path, kind) in [
        ("/v1/t", "track"),
        ("/v1/i", "identify"),
        ("/v1/p", "page"),
        ("/v1/track", "track"),
    ] {
        let body = json!({
            "writeKey": staged.secret.expose(), "type": kind, "event": "a", "userId": "u-1",
            "messageId": path, "sentAt": "2026-11-30T10:00:01.000Z",
        });
        let request = staged.http.post(staged.url(path));
        let request = request
            .header("Content-Type", "text/plain")
            .body(body.to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(words(&results(response).await), ["ok"], "{path}");
    }
}
