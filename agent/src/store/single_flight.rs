//! Single flight: of many callers that miss the same key of a cache, one asks the database, and
//! the others wait and then find what it learnt.

use std::{hash::Hash, sync::Arc};

use moka::future::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Keys whose locks are kept; a lock that is dropped too early costs a statement.
const MAX_KEYS: u64 = 200_000;

/// The locks of the keys of a cache.
#[derive(Debug)]
pub(super) struct SingleFlight<K: Hash + Eq + Send + Sync + 'static>(Cache<K, Arc<Mutex<()>>>);

impl<K: Hash + Eq + Send + Sync + 'static> Default for SingleFlight<K> {
    fn default() -> Self {
        Self(Cache::new(MAX_KEYS))
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> SingleFlight<K> {
    /// Waits for the lock of a key. Look into the cache again before you ask the database.
    pub(super) async fn lock(&self, key: K) -> OwnedMutexGuard<()> {
        let lock = self.0.get_with(key, async { Arc::default() }).await;
        lock.lock_owned().await
    }
}
