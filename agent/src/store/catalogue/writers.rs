//! Who stores listings at a time: a large one holds rows of its source locked until it ends,
//! so other listings of that source wait here and not with a connection in their hands.

use std::sync::Arc;

use moka::sync::Cache;
use tokio::sync::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore,
};

use super::Seen;

/// Sources whose turns are kept; one that is dropped too early costs a wait in the database.
const MAX_SOURCES: u64 = 10_000;

/// The turns of a pod to store listings.
#[derive(Debug)]
pub struct Writers {
    sources: Cache<i32, Arc<RwLock<()>>>,
    /// Large listings are stored one after the other.
    large: Arc<Semaphore>,
}

/// Leave to store a listing.
#[derive(Debug)]
#[expect(dead_code, reason = "they are held")]
pub(super) enum Turn {
    /// Beside others.
    Small(OwnedRwLockReadGuard<()>),
    /// Alone in its source, and the only large one.
    Large(OwnedRwLockWriteGuard<()>, Option<OwnedSemaphorePermit>),
}

impl Default for Writers {
    fn default() -> Self {
        Self {
            sources: Cache::new(MAX_SOURCES),
            large: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Writers {
    /// Waits for the turn of a listing.
    pub(super) async fn turn(&self, seen: &Seen) -> Turn {
        let source = self.sources.get_with(seen.by.source_id, Arc::default);
        if seen.listing.is_large() {
            let alone = source.write_owned().await;
            // Nothing closes the semaphore.
            Turn::Large(alone, self.large.clone().acquire_owned().await.ok())
        } else {
            Turn::Small(source.read_owned().await)
        }
    }
}
