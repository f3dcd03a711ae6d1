//! Keeps rejected events for a person, within bounds for each key.
//!
//! A client that sends nothing but bad events would otherwise fill the disk: beyond the bounds they are
//! counted and not kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use schema::events::reject::{self, NewReject};
use tracing::warn;

use crate::{database::Database, metrics::Metrics};

/// The time for which the bounds are.
const WINDOW: Duration = Duration::from_mins(1);
/// Rejected events of a key that are kept in a window.
const MAX_EVENTS: usize = 1_000;
/// Bytes of their bodies.
const MAX_BYTES: usize = 4 << 20;

/// Rejected events of all keys.
#[derive(Debug)]
pub(crate) struct Rejects {
    database: Database,
    metrics: Metrics,
    windows: Mutex<HashMap<i32, Window>>,
}

#[derive(Debug)]
struct Window {
    began_at: Instant,
    events: usize,
    bytes: usize,
}

impl Rejects {
    pub(crate) fn new(database: Database, metrics: Metrics) -> Self {
        Self {
            database,
            metrics,
            windows: Mutex::default(),
        }
    }

    /// Stores rejected events of a key, as far as its bounds allow.
    pub(crate) async fn store(&self, key_id: i32, mut rejects: Vec<NewReject>) {
        let all = rejects.len();
        rejects.truncate(self.admit(key_id, &rejects));
        let kept = rejects.len();
        self.metrics.rejects_dropped.inc_by((all - kept) as u64);
        if rejects.is_empty() {
            return;
        }
        let stored = self
            .database
            .run(|db| async move { reject::store(&db, &rejects).await })
            .await;
        if let Err(error) = stored {
            self.metrics.rejects_dropped.inc_by(kept as u64);
            let error = &error as &dyn std::error::Error;
            warn!(
                key_id,
                events = kept,
                error,
                "rejected events could not be kept"
            );
        }
    }

    /// Returns how many of `rejects` may be kept.
    fn admit(&self, key_id: i32, rejects: &[NewReject]) -> usize {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key_id).or_insert_with(Window::new);
        if window.began_at.elapsed() >= WINDOW {
            *window = Window::new();
        }
        let mut admitted = 0;
        for reject in rejects {
            let bytes = window.bytes + reject.body.len();
            if window.events >= MAX_EVENTS || bytes > MAX_BYTES {
                break;
            }
            (window.events, window.bytes) = (window.events + 1, bytes);
            admitted += 1;
        }
        admitted
    }
}

impl Window {
    fn new() -> Self {
        Self {
            began_at: Instant::now(),
            events: 0,
            bytes: 0,
        }
    }
}
