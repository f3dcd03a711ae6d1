//! The reservation of one answer, and how it waits for more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{Budget, MemoryBudget, NoRoom, OverBudget, Reader};

/// How long a reservation waits before answers that stall lose theirs.
const RECLAIM_AFTER: Duration = Duration::from_secs(1);
/// How often a reservation that waits looks for what stalls.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Fewer bytes are no progress of an answer that is being read.
const PROGRESS_BYTES: usize = 16 << 10;

/// Bytes that are set aside for something; dropping it gives them back.
#[derive(Debug)]
pub struct Reservation {
    /// `None` where nothing is counted: the tools of authors.
    of: Option<(MemoryBudget, i32)>,
    bytes: usize,
    /// Bytes that the same job holds in other reservations.
    held_by_job: usize,
    pub(super) reader: Option<Arc<Reader>>,
}

impl Reservation {
    /// Begins a reservation of nothing for an answer of this source.
    pub(super) fn of(budget: MemoryBudget, source_id: i32) -> Self {
        Self {
            of: Some((budget, source_id)),
            bytes: 0,
            held_by_job: 0,
            reader: None,
        }
    }

    /// A reservation that counts nothing and refuses nothing.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            of: None,
            bytes: 0,
            held_by_job: 0,
            reader: None,
        }
    }

    /// Notes that the same job holds `bytes` in other reservations, which it keeps at least as long
    /// as this one. A request that would exceed the share of the source together with them is
    /// refused at once: waiting would not help.
    #[must_use]
    pub fn held_by_job(mut self, bytes: usize) -> Self {
        self.set_held_by_job(bytes);
        self
    }

    /// As [`held_by_job`](Self::held_by_job), for a reservation that is kept.
    pub fn set_held_by_job(&mut self, bytes: usize) {
        self.held_by_job = bytes;
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
            wait: budget
                .0
                .budget
                .wait_of(self.bytes.saturating_add(self.held_by_job)),
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
        let of_job = waiting.bytes.saturating_add(self.held_by_job);
        let taken = if of_job > per_source {
            Err(NoRoom::Never)
        } else {
            budget.try_take(*source_id, self.bytes, more)
        };
        let error = match taken {
            Ok(()) => {
                self.set(waiting.bytes);
                return Ok(true);
            }
            Err(NoRoom::Never) => OverBudget::Share {
                what,
                bytes: of_job,
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
