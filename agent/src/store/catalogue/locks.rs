//! Locks of sources: a large listing keeps rows of its source locked until it is stored, so other
//! listings of that source wait here, where they hold no connection.

use std::sync::Arc;

use moka::sync::Cache;
use tokio::sync::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore,
};

/// Sources whose locks are kept; a lock that is dropped too early costs a wait in the database.
const MAX_SOURCES: u64 = 10_000;

/// The locks of the sources whose listings a pod stores.
#[derive(Debug)]
pub struct ListingLocks {
    sources: Cache<i32, Arc<RwLock<()>>>,
    /// Large listings are stored one after the other.
    large: Arc<Semaphore>,
}

/// The right to store a listing, until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "they are held")]
pub(super) enum ListingLock {
    /// Together with other small listings of its source.
    Small(OwnedRwLockReadGuard<()>),
    /// Alone in its source, and the only large one.
    Large(OwnedRwLockWriteGuard<()>, Option<OwnedSemaphorePermit>),
}

impl Default for ListingLocks {
    fn default() -> Self {
        Self {
            sources: Cache::new(MAX_SOURCES),
            large: Arc::new(Semaphore::new(1)),
        }
    }
}

impl ListingLocks {
    /// Waits until a listing of the source may be stored.
    pub(super) async fn lock(&self, source_id: i32, is_large: bool) -> ListingLock {
        let source = self.sources.get_with(source_id, Arc::default);
        if is_large {
            let alone = source.write_owned().await;
            // Nothing closes the semaphore.
            ListingLock::Large(alone, self.large.clone().acquire_owned().await.ok())
        } else {
            ListingLock::Small(source.read_owned().await)
        }
    }
}
