//! What the answers of sources may take of a pod's memory: bodies, decoded values and rows.
//!
//! Whoever makes something that a source can make large sets its bytes aside first, in a
//! [`Reservation`], and gives them back by dropping it. Where there is no room, it waits for a
//! bounded time and then fails its own job. Three rules keep a bad source from its neighbours
//! (invariant 10): a source has its share and no more; what is large leaves a quarter of the
//! budget to what is small; and where others wait, an answer that no longer comes loses what
//! it holds.

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
use source_language::response::FetchError;
use thiserror::Error;
use tokio::sync::Notify;
use vocabulary::ErrorClass;

pub use settings::{Bytes, default_bytes};

/// A reservation beyond this is large.
const LARGE_BYTES: usize = 1 << 20;
/// The part of the budget that large reservations may take together, in quarters.
const LARGE_QUARTERS: usize = 3;
/// How long a reservation waits before answers that stall lose theirs.
const RECLAIM_AFTER: Duration = Duration::from_secs(1);
/// An answer of which so little came for so long has stalled.
const STALLED_FOR: Duration = Duration::from_secs(2);
/// See [`STALLED_FOR`].
const PROGRESS_BYTES: usize = 16 << 10;
/// A smaller answer is not worth taking.
const MIN_RECLAIMED_BYTES: usize = 64 << 10;
/// How often a reservation that waits looks for what stalls.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What a pod may give to answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of all answers together: `agent.memory`.
    pub total: usize,
    /// Bytes of one source: `agent.source_share` of that.
    pub per_source: usize,
    /// How long a reservation waits for room: `agent.memory_wait`.
    pub wait: Duration,
}

/// Why there was no memory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OverBudget {
    /// The source would take more than its share.
    #[error(
        "{what} need {bytes} bytes, more than the {limit} bytes that one source may take of this \
         pod's memory; raise agent.memory or agent.source_share if its answers are that large"
    )]
    Share {
        /// What was to be made.
        what: &'static str,
        /// How much its job would have held.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Other jobs of the source held its share for too long.
    #[error(
        "{what} need {bytes} bytes, and other answers of the source held {taken} of the {limit} \
         bytes that one source may take for longer than agent.memory_wait, {wait:?}"
    )]
    Busy {
        /// What was to be made.
        what: &'static str,
        /// How much more was needed.
        bytes: usize,
        /// What the source holds.
        taken: usize,
        /// Its limit.
        limit: usize,
        /// How long it waited.
        wait: Duration,
    },
    /// Answers of other sources held the memory of the pod for too long.
    #[error(
        "{what} need {bytes} bytes, and other sources held {taken} of the {limit} bytes of \
         agent.memory for longer than agent.memory_wait, {wait:?}"
    )]
    Full {
        /// What was to be made.
        what: &'static str,
        /// How much more was needed.
        bytes: usize,
        /// What all hold.
        taken: usize,
        /// The limit.
        limit: usize,
        /// How long it waited.
        wait: Duration,
    },
    /// It stalled while others waited for what it held.
    #[error("the answer stalled after {bytes} bytes while other answers waited for memory")]
    Stalled {
        /// What it held.
        bytes: usize,
    },
}

impl OverBudget {
    /// How a job fails that has no memory.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Share { .. } | Self::Busy { .. } | Self::Full { .. } => ErrorClass::Oversized,
            Self::Stalled { .. } => ErrorClass::Timeout,
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Share { .. } => "share",
            Self::Busy { .. } => "busy",
            Self::Full { .. } => "full",
            Self::Stalled { .. } => "stalled",
        }
    }
}

impl From<OverBudget> for FetchError {
    fn from(over: OverBudget) -> Self {
        Self::new(over.class(), over.to_string())
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
        Reservation {
            of: Some((self.clone(), source_id)),
            bytes: 0,
            reader: None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `more` for a reservation of `held` bytes, if there is room now.
    fn try_take(&self, source_id: i32, held: usize, more: usize) -> Result<(), NoRoom> {
        let Budget {
            total, per_source, ..
        } = self.0.budget;
        if held.saturating_add(more) > per_source {
            return Err(NoRoom::Never);
        }
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

/// What of a reservation counts as large: all of it, or nothing.
fn large_part(bytes: usize) -> usize {
    if bytes > LARGE_BYTES { bytes } else { 0 }
}

/// Bytes that are set aside for something; dropping it gives them back.
#[derive(Debug)]
pub struct Reservation {
    /// `None` where nothing is counted: the tools of authors.
    of: Option<(MemoryBudget, i32)>,
    bytes: usize,
    reader: Option<Arc<Reader>>,
}

impl Reservation {
    /// A reservation that counts nothing and refuses nothing.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            of: None,
            bytes: 0,
            reader: None,
        }
    }

    /// Returns how much is set aside.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sets aside `bytes` in all for `what`, and waits for them if need be. What is held
    /// beyond that is given back.
    ///
    /// # Errors
    ///
    /// See [`OverBudget`]; what was held is held still.
    pub async fn resize(&mut self, bytes: usize, what: &'static str) -> Result<(), OverBudget> {
        let Some(mut waiting) = self.begin(bytes, what)? else {
            return Ok(());
        };
        loop {
            let (budget, _) = waiting.of.clone();
            let freed = budget.0.freed.notified();
            tokio::pin!(freed);
            // From here on a release wakes it: between the look and the wait none is missed.
            freed.as_mut().enable();
            if self.goes_on(&mut waiting)? {
                return Ok(());
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, freed).await;
        }
    }

    /// As [`resize`](Self::resize), but does not wait.
    ///
    /// # Errors
    ///
    /// As [`resize`](Self::resize).
    pub fn try_resize(&mut self, bytes: usize, what: &'static str) -> Result<(), OverBudget> {
        match self.begin(bytes, what)? {
            None => Ok(()),
            Some(mut waiting) => {
                waiting.wait = Duration::ZERO;
                self.goes_on(&mut waiting).map(|_| ())
            }
        }
    }

    /// As [`resize`](Self::resize), on a thread that may be blocked.
    ///
    /// # Errors
    ///
    /// As [`resize`](Self::resize).
    pub fn resize_blocking(&mut self, bytes: usize, what: &'static str) -> Result<(), OverBudget> {
        let Some(mut waiting) = self.begin(bytes, what)? else {
            return Ok(());
        };
        while !self.goes_on(&mut waiting)? {
            let (budget, _) = &waiting.of;
            let state = budget.state();
            // What is given back between the look and here is found by the next look.
            drop(budget.0.freed_for_threads.wait_timeout(state, LOOK_AGAIN));
        }
        Ok(())
    }

    /// Gives back what there is room for at once; `None` if nothing is left to wait for.
    fn begin(&mut self, bytes: usize, what: &'static str) -> Result<Option<Waiting>, OverBudget> {
        let Some((budget, source_id)) = self.of.clone() else {
            self.bytes = bytes;
            return Ok(None);
        };
        if bytes <= self.bytes {
            if bytes < self.bytes {
                budget.give_back(source_id, self.bytes, self.bytes - bytes);
                self.set(bytes);
            }
            return Ok(None);
        }
        let mut waiting = Waiting {
            wait: budget.0.budget.wait,
            of: (budget, source_id),
            bytes,
            what,
            began_at: Instant::now(),
        };
        Ok((!self.goes_on(&mut waiting)?).then_some(waiting))
    }

    /// Tries once; returns whether it has what it wants.
    fn goes_on(&mut self, waiting: &mut Waiting) -> Result<bool, OverBudget> {
        let (budget, source_id) = &waiting.of;
        let Budget {
            total, per_source, ..
        } = budget.0.budget;
        let wait = waiting.wait;
        let (what, more) = (waiting.what, waiting.bytes - self.bytes);
        let error = match budget.try_take(*source_id, self.bytes, more) {
            Ok(()) => {
                self.set(waiting.bytes);
                return Ok(true);
            }
            Err(NoRoom::Never) => OverBudget::Share {
                what,
                bytes: waiting.bytes,
                limit: per_source,
            },
            Err(_) if self.is_revoked() => OverBudget::Stalled { bytes: self.bytes },
            Err(no_room) if waiting.began_at.elapsed() < wait => {
                if waiting.began_at.elapsed() >= RECLAIM_AFTER {
                    let of_source = matches!(no_room, NoRoom::Source(_)).then_some(*source_id);
                    budget.reclaim(of_source);
                }
                return Ok(false);
            }
            Err(NoRoom::Source(taken)) => OverBudget::Busy {
                what,
                bytes: more,
                taken,
                limit: per_source,
                wait,
            },
            Err(NoRoom::Pod(taken)) => OverBudget::Full {
                what,
                bytes: more,
                taken,
                limit: total,
                wait,
            },
        };
        budget.0.refused.with_label_values(&[error.label()]).inc();
        Err(error)
    }

    fn set(&mut self, bytes: usize) {
        self.bytes = bytes;
        if let Some(reader) = &self.reader {
            reader.bytes.store(bytes, Ordering::Relaxed);
        }
    }

    /// From here on an answer is read into it, which may stall.
    pub fn begin_reading(&mut self) {
        let Some((budget, source_id)) = &self.of else {
            return;
        };
        let reader = Arc::new(Reader {
            source_id: *source_id,
            bytes: AtomicUsize::new(self.bytes),
            began_at: Instant::now(),
            progressed_at: AtomicU64::new(0),
            is_revoked: AtomicBool::new(false),
            revoked: Notify::new(),
        });
        budget.state().readers.push(reader.clone());
        self.reader = Some(reader);
    }

    /// Notes that of the answer `received` bytes have come since the last time that it
    /// returned `true`.
    #[must_use]
    pub fn progresses(&self, received: usize) -> bool {
        let is_progress = received >= PROGRESS_BYTES;
        if let (true, Some(reader)) = (is_progress, &self.reader) {
            let millis = u64::try_from(reader.began_at.elapsed().as_millis());
            reader
                .progressed_at
                .store(millis.unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        is_progress
    }

    /// Waits until the answer has to give up what it holds; for ever as long as it need not.
    pub async fn revoked(&self) -> OverBudget {
        let Some(reader) = &self.reader else {
            return std::future::pending().await;
        };
        while !self.is_revoked() {
            reader.revoked.notified().await;
        }
        if let Some((budget, _)) = &self.of {
            budget.0.refused.with_label_values(&["stalled"]).inc();
        }
        OverBudget::Stalled { bytes: self.bytes }
    }

    fn is_revoked(&self) -> bool {
        let reader = self.reader.as_ref();
        reader.is_some_and(|reader| reader.is_revoked.load(Ordering::Acquire))
    }

    /// The answer is there, or given up.
    pub fn end_reading(&mut self) {
        if let (Some((budget, _)), Some(reader)) = (&self.of, self.reader.take()) {
            let mut state = budget.state();
            state.readers.retain(|other| !Arc::ptr_eq(other, &reader));
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.end_reading();
        if let (Some((budget, source_id)), true) = (&self.of, self.bytes > 0) {
            budget.give_back(*source_id, self.bytes, self.bytes);
        }
    }
}

/// A reservation that has no room yet.
struct Waiting {
    of: (MemoryBudget, i32),
    bytes: usize,
    what: &'static str,
    began_at: Instant,
    wait: Duration,
}

#[cfg(test)]
mod tests;
