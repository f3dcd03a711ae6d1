//! Who sends: the key of a request, and what it may do.
//!
//! A key is looked up by its hash. One that is known is looked up again after some seconds, so that a
//! revoked one is refused within five; while the database does not answer, it stays valid for ten
//! minutes. Unknown ones are remembered for some seconds, and few are looked up in a second, so that a
//! flood of them costs no database.

mod active;
mod credentials;
pub(crate) mod rate;

pub(crate) use active::{ActiveKey, ClientFacts};
pub(crate) use credentials::from_header;

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use schema::{
    events::key,
    secret::{Secret, SecretKind},
};
use tokio::sync::Mutex as AsyncMutex;
use tracing::warn;

use crate::{database::Database, problem::Problem};

/// A key is looked up again after this time. With the time of the look-up it is below five seconds.
const FRESH: Duration = Duration::from_secs(3);
/// How long a known key stays valid while the database does not answer.
const MAX_STALE: Duration = Duration::from_mins(10);
/// Time between two look-ups that fail.
const RETRY: Duration = Duration::from_secs(1);
/// How long an unknown key is refused without a look-up.
const UNKNOWN: Duration = Duration::from_secs(5);
/// Known and unknown keys that are remembered.
const MAX_KNOWN: u64 = 20_000;
const MAX_UNKNOWN: u64 = 100_000;
/// Keys that are looked up first in a second.
const NEW_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

type Hash = [u8; 32];

/// All keys that requests were sent with.
pub(crate) struct Keys {
    database: Database,
    known: moka::sync::Cache<Hash, Arc<KnownKey>>,
    unknown: moka::sync::Cache<Hash, ()>,
    new: DefaultDirectRateLimiter,
}

/// A key that was valid once.
struct KnownKey {
    state: Mutex<KeyState>,
    /// Held by the one request that looks it up.
    look_up: AsyncMutex<()>,
}

#[derive(Clone)]
struct KeyState {
    /// `None` once it is expired or revoked.
    key: Option<Arc<ActiveKey>>,
    /// When the database said so.
    read_at: Instant,
    /// When the database did not answer last.
    failed_at: Option<Instant>,
}

impl Keys {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            known: moka::sync::Cache::builder()
                .max_capacity(MAX_KNOWN)
                .time_to_idle(Duration::from_hours(1))
                .build(),
            unknown: moka::sync::Cache::builder()
                .max_capacity(MAX_UNKNOWN)
                .time_to_live(UNKNOWN)
                .build(),
            new: RateLimiter::direct(Quota::per_second(NEW_PER_SECOND)),
        }
    }

    /// Finds the key with this text.
    pub(crate) async fn find(&self, text: &str) -> Result<Arc<ActiveKey>, Problem> {
        let secret = Secret::parse(SecretKind::EventKey, text).ok_or(Problem::UnknownKey)?;
        let hash = secret.hash();
        if let Some(known) = self.known.get(&hash) {
            return self.refresh(&hash, &known).await;
        }
        if self.unknown.contains_key(&hash) {
            return Err(Problem::UnknownKey);
        }
        self.new.check().map_err(|_| Problem::TooManyUnknown)?;
        let Some(found) = self.look_up(hash, None).await? else {
            self.unknown.insert(hash, ());
            return Err(Problem::UnknownKey);
        };
        let state = KeyState {
            key: Some(found),
            read_at: Instant::now(),
            failed_at: None,
        };
        // Of two requests that looked it up at once, both use the entry of the first.
        let known = self.known.get_with(hash, || {
            Arc::new(KnownKey {
                state: Mutex::new(state),
                look_up: AsyncMutex::default(),
            })
        });
        known.state().usable().ok_or(Problem::UnknownKey)
    }

    async fn refresh(&self, hash: &Hash, known: &KnownKey) -> Result<Arc<ActiveKey>, Problem> {
        if known.state().is_due() {
            let _one = known.look_up.lock().await;
            // Another request may have looked it up meanwhile.
            let state = known.state();
            if state.is_due() {
                let read_at = Instant::now();
                match self.look_up(*hash, state.key.as_deref()).await {
                    Ok(key) => known.set(KeyState {
                        key,
                        read_at,
                        failed_at: None,
                    }),
                    Err(_) => known.set(KeyState {
                        failed_at: Some(Instant::now()),
                        ..state
                    }),
                }
            }
        }
        let state = known.state();
        match state.usable() {
            Some(key) => Ok(key),
            None if state.key.is_none() => Err(Problem::UnknownKey),
            None => Err(Problem::Unavailable),
        }
    }

    async fn look_up(
        &self,
        hash: Hash,
        before: Option<&ActiveKey>,
    ) -> Result<Option<Arc<ActiveKey>>, Problem> {
        let found = self
            .database
            .run(move |db| async move { key::find(&db, &hash).await })
            .await;
        match found {
            Ok(Some(valid)) => ActiveKey::new(valid, before)
                .map(|key| Some(Arc::new(key)))
                .map_err(|(key_id, problem)| {
                    warn!(key_id, %problem, "the key cannot be used: make another one");
                    Problem::UnknownKey
                }),
            Ok(None) => Ok(None),
            Err(_) => Err(Problem::Unavailable),
        }
    }
}

impl KnownKey {
    fn state(&self) -> KeyState {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    fn set(&self, state: KeyState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl KeyState {
    fn is_due(&self) -> bool {
        let has_failed = self.failed_at.is_some_and(|at| at.elapsed() < RETRY);
        self.read_at.elapsed() >= FRESH && !has_failed
    }

    fn usable(&self) -> Option<Arc<ActiveKey>> {
        self.key
            .clone()
            .filter(|_| self.read_at.elapsed() < MAX_STALE)
    }
}
