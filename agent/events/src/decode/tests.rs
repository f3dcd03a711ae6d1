#![allow(clippy::unwrap_used)]

use chrono::DateTime;
use serde_json::json;

use super::*;
use crate::clock::Adjustment;
use crate::endpoint::EventKind;
use crate::limits::{MAX_EVENTS, MAX_REASON_CHARS};

mod bodies;
mod hostile;
mod properties;

/// 2026-03-01T20:15:00Z.
fn received_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_396_100, 0).unwrap()
}

fn receipt(endpoint: Endpoint) -> Receipt<'static> {
    Receipt {
        endpoint,
        format: BodyFormat::Json,
        received_at: received_at(),
        user_agent: None,
    }
}

fn results(endpoint: Endpoint, body: &str) -> Vec<Result<ReceivedEvent, Rejection>> {
    decode(receipt(endpoint), body.as_bytes()).unwrap().events
}

/// Reads a body with one event that is taken.
#[track_caller]
fn taken(endpoint: Endpoint, body: &serde_json::Value) -> ReceivedEvent {
    let mut results = results(endpoint, &body.to_string());
    assert_eq!(results.len(), 1);
    results.remove(0).unwrap()
}

/// Reads a body with one event that is rejected.
#[track_caller]
fn rejected(endpoint: Endpoint, body: &str) -> Rejection {
    let mut results = results(endpoint, body);
    assert_eq!(results.len(), 1);
    results.remove(0).unwrap_err()
}
