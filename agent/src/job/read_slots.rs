//! Read slots: bound the answers that the agents of one thread hold at a time.
//!
//! Where more answers come than a pod can extract, those without a slot stay in the buffers of
//! the system, and their sources wait: memory is bounded by the slots and not by the agents. An
//! answer keeps its slot until its job has ended, unless that takes too long: a source that sends
//! slowly or never ends goes on without a slot and delays nobody (invariant 10), and so do
//! results that wait because the database is away.
//!
//! A thread extracts one answer after the other, and only when it has nothing else to do:
//! extraction takes the most processor time, and a request that is ready to be sent would
//! otherwise wait for all answers before it.

use std::{sync::Arc, time::Duration};

use source_fetch::memory_budget::Reservation;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::sleep,
};

/// Answers that the agents of one thread hold at a time.
const MAX_SLOTS: usize = 256;
/// How long an answer may hold its slot while its body is read.
pub(super) const MAX_READ_TIME: Duration = Duration::from_millis(100);
/// How long an answer may hold its slot while the ids are resolved to which it refers.
pub(super) const MAX_RESOLVE_TIME: Duration = Duration::from_secs(5);

/// The read slots of one thread.
#[derive(Debug, Clone)]
pub struct ReadSlots {
    slots: Arc<Semaphore>,
    /// The holder of its only permit extracts next.
    extracting: Arc<Semaphore>,
}

impl Default for ReadSlots {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(MAX_SLOTS)),
            extracting: Arc::new(Semaphore::new(1)),
        }
    }
}

/// The read slot of one answer.
#[derive(Debug)]
pub(super) struct ReadSlot(Option<OwnedSemaphorePermit>);

/// A read slot, which an answer holds until its job has ended.
#[derive(Debug)]
pub(super) struct HeldResources {
    /// Its place among the answers that its thread reads.
    pub(super) slot: ReadSlot,
    /// The memory of its body.
    pub(super) memory: Reservation,
}

impl ReadSlots {
    /// Waits for a slot.
    pub(super) async fn acquire(&self) -> ReadSlot {
        // Nothing closes the semaphore.
        ReadSlot(self.slots.clone().acquire_owned().await.ok())
    }

    /// Runs `work` after everything else that was ready on this thread, sockets included.
    pub(super) async fn run_when_idle<T>(&self, work: impl FnOnce() -> T) -> T {
        // Nothing closes the semaphore.
        let _next = self.extracting.acquire().await;
        yield_now().await;
        work()
    }
}

impl ReadSlot {
    /// Runs `work`, and releases the slot if that takes longer than `at_most`.
    pub(super) async fn hold_at_most<T>(
        &mut self,
        at_most: Duration,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(at_most) => self.0 = None,
        }
        work.await
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::pending};

    use super::*;

    #[tokio::test]
    async fn ready_work_runs_before_the_next_extraction() {
        let (slots, done) = (ReadSlots::default(), RefCell::new(Vec::new()));
        let note = |what| done.borrow_mut().push(what);
        tokio::join!(
            slots.run_when_idle(|| note("an extraction")),
            slots.run_when_idle(|| note("the next")),
            async {
                note("a request");
                yield_now().await;
                note("another");
            },
        );
        let done = done.borrow();
        assert_eq!((done[0], done[3]), ("a request", "the next"), "{done:?}");
    }

    /// Invariant 10.
    #[tokio::test]
    async fn answers_that_do_not_end_delay_nobody() {
        let slots = ReadSlots::default();
        let mut taken = Vec::new();
        for _ in 0..MAX_SLOTS {
            taken.push(slots.acquire().await);
        }
        assert_eq!(slots.slots.available_permits(), 0);
        for mut slot in taken {
            tokio::spawn(async move { slot.hold_at_most(MAX_READ_TIME, pending::<()>()).await });
        }
        let mut slot = slots.acquire().await;
        assert_eq!(slot.hold_at_most(MAX_READ_TIME, async { 7 }).await, 7);
        assert!(slot.0.is_some(), "work that was quick keeps its slot");
    }
}
