//! The memory budget of a pod for the answers of sources: bodies, decoded values and rows.
//!
//! Code that makes something whose size a source decides reserves its bytes first, in a
//! [`Reservation`], and gives them back by dropping it. Where there is no room, it waits for a
//! bounded time and then fails its own job. Three rules keep a bad source from its neighbours
//! (invariant 10): a source has its share and no more; what is large leaves a quarter of the
//! budget to what is small; and where others wait, an answer that no longer comes loses what
//! it holds.
//!
//! Decoded values are counted while they are made (`extract/allowance.rs`), because the body
//! decides how large they become.

mod over_budget;
mod reservation;
mod settings;

use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus::{IntCounterVec, IntGauge};
use tokio::sync::Notify;

pub use over_budget::OverBudget;
pub use reservation::Reservation;
pub use settings::{Bytes, default_bytes};

/// A reservation beyond this is large.
const LARGE_BYTES: usize = 1 << 20;
/// The part of the budget that large reservations may take together, in quarters.
const LARGE_QUARTERS: usize = 3;
/// An answer of which so little came for so long has stalled.
const STALLED_FOR: Duration = Duration::from_secs(2);
/// A smaller answer is not worth taking.
const MIN_RECLAIMED_BYTES: usize = 64 << 10;

/// The memory that a pod may give to answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of all answers together: `agent.memory`.
    pub total: usize,
    /// Bytes of one source: `agent.source_share` of that.
    pub per_source: usize,
    /// How long a reservation waits for room if its job holds nothing: `agent.memory_wait`.
    pub wait: Duration,
}

impl Budget {
    /// How long a job waits that holds `held` bytes: the more, the shorter. Of several large ones
    /// that wait for each other the largest gives up first, and the others go on.
    fn wait_of(&self, held: usize) -> Duration {
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 - held as f64 / self.total.max(1) as f64;
        self.wait.mul_f64(part.clamp(0.0, 1.0))
    }
}

/// The memory of a pod for answers; clones share it.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    budget: Budget,
    state: Mutex<State>,
    /// Wakes those who wait, on a runtime and on threads of their own.
    freed: Notify,
    freed_for_threads: Condvar,
    taken_bytes: IntGauge,
    refused: IntCounterVec,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// Of that, by reservations that are large.
    large: usize,
    by_source: HashMap<i32, usize>,
    readers: Vec<Arc<Reader>>,
}

/// An answer that is being read, and what it holds.
#[derive(Debug)]
struct Reader {
    source_id: i32,
    bytes: AtomicUsize,
    began_at: Instant,
    /// Milliseconds from then to the last progress.
    progressed_at: AtomicU64,
    is_revoked: AtomicBool,
    revoked: Notify,
}

impl Reader {
    fn has_stalled(&self) -> bool {
        let progressed_at = Duration::from_millis(self.progressed_at.load(Ordering::Relaxed));
        self.began_at.elapsed().saturating_sub(progressed_at) >= STALLED_FOR
    }
}

impl MemoryBudget {
    /// Gives out `budget`; `taken_bytes` shows what is taken, `refused` counts what was not
    /// given, by reason.
    #[must_use]
    pub fn new(budget: Budget, taken_bytes: IntGauge, refused: IntCounterVec) -> Self {
        Self(Arc::new(Inner {
            budget,
            state: Mutex::default(),
            freed: Notify::new(),
            freed_for_threads: Condvar::new(),
            taken_bytes,
            refused,
        }))
    }

    /// Returns what it gives out.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.0.budget
    }

    /// Begins a reservation of nothing for an answer of this source.
    #[must_use]
    pub fn reserve(&self, source_id: i32) -> Reservation {
        Reservation::of(self.clone(), source_id)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `more` for a reservation of `held` bytes, if there is room now.
    fn try_take(&self, source_id: i32, held: usize, more: usize) -> Result<(), NoRoom> {
        let Budget {
            total, per_source, ..
        } = self.0.budget;
        let mut state = self.state();
        let of_source = state.by_source.get(&source_id).copied().unwrap_or_default();
        if of_source + more > per_source {
            return Err(NoRoom::Source(of_source));
        }
        let large = large_part(held + more) - large_part(held);
        let fits_large = large == 0 || state.large + large <= total / 4 * LARGE_QUARTERS;
        if state.taken + more > total || !fits_large {
            return Err(NoRoom::Pod(state.taken));
        }
        state.taken += more;
        state.large += large;
        *state.by_source.entry(source_id).or_default() += more;
        self.show(&state);
        Ok(())
    }

    /// Gives back `less` of a reservation of `held` bytes.
    fn give_back(&self, source_id: i32, held: usize, less: usize) {
        let mut state = self.state();
        state.taken -= less;
        state.large -= large_part(held) - large_part(held - less);
        if let Some(of_source) = state.by_source.get_mut(&source_id) {
            *of_source -= less;
            if *of_source == 0 {
                state.by_source.remove(&source_id);
            }
        }
        self.show(&state);
        drop(state);
        self.0.freed.notify_waiters();
        self.0.freed_for_threads.notify_all();
    }

    fn show(&self, state: &State) {
        let taken = i64::try_from(state.taken).unwrap_or(i64::MAX);
        self.0.taken_bytes.set(taken);
    }

    /// Takes what the largest answer that stalls holds: one of this source if only its share
    /// is short.
    fn reclaim(&self, of_source: Option<i32>) {
        let state = self.state();
        let stalled = state.readers.iter().filter(|reader| {
            of_source.is_none_or(|source_id| source_id == reader.source_id)
                && reader.bytes.load(Ordering::Relaxed) >= MIN_RECLAIMED_BYTES
                && reader.has_stalled()
        });
        if let Some(reader) = stalled.max_by_key(|reader| reader.bytes.load(Ordering::Relaxed)) {
            reader.is_revoked.store(true, Ordering::Release);
            reader.revoked.notify_one();
        }
    }
}

/// Why there is no room now.
enum NoRoom {
    /// There never will be: the job alone would exceed the share of its source.
    Never,
    /// The source holds so much of its share.
    Source(usize),
    /// All hold so much.
    Pod(usize),
}

/// Returns the bytes of a reservation that count as large: all of them, or none.
fn large_part(bytes: usize) -> usize {
    if bytes > LARGE_BYTES { bytes } else { 0 }
}

#[cfg(test)]
mod tests;
