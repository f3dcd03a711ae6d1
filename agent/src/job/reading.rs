//! Turns to read: how many answers a thread holds at a time.
//!
//! Where more answers come than a pod can extract, those whose turn has not come stay with
//! the system, and their sources wait: memory is bounded by the turns, not by the agents. An
//! answer keeps its turn until its job has ended, unless it takes longer than it should: a
//! source that drips, or never ends, goes on without one and holds up nobody (invariant 10),
//! nor do results for which the database is away.
//!
//! What an answer says is extracted when its thread has nothing else to do, one answer after
//! the other: extraction is what takes a processor longest, and a request that is to be sent
//! would wait for all answers before it.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::sleep,
};

/// Answers read at a time by the agents of one thread.
const TURNS: usize = 256;
/// The longest that an answer may take to be read in its turn.
pub(super) const TO_READ: Duration = Duration::from_millis(100);
/// The longest that a pod may take in its turn to learn what the answer names.
pub(super) const TO_LEARN: Duration = Duration::from_secs(5);

/// The turns of one thread.
#[derive(Debug, Clone)]
pub struct Reading {
    turns: Arc<Semaphore>,
    /// Whoever holds its only permit extracts next.
    extracting: Arc<Semaphore>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(TURNS)),
            extracting: Arc::new(Semaphore::new(1)),
        }
    }
}

/// An answer's turn.
#[derive(Debug)]
pub(super) struct Turn(Option<OwnedSemaphorePermit>);

impl Reading {
    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Turn {
        // Nothing closes the semaphore.
        Turn(self.turns.clone().acquire_owned().await.ok())
    }

    /// Does `work` when all else that was ready on this thread, sockets included, has had its go.
    pub(super) async fn at_last<T>(&self, work: impl FnOnce() -> T) -> T {
        // Nothing closes the semaphore.
        let _next = self.extracting.acquire().await;
        yield_now().await;
        work()
    }
}

impl Turn {
    /// Does `work`, and lets others have the turn if it takes longer than `at_most`.
    pub(super) async fn spend<T>(&mut self, at_most: Duration, work: impl Future<Output = T>) -> T {
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
    async fn what_is_ready_goes_before_the_next_extraction() {
        let (reading, done) = (Reading::default(), RefCell::new(Vec::new()));
        let note = |what| done.borrow_mut().push(what);
        tokio::join!(
            reading.at_last(|| note("an extraction")),
            reading.at_last(|| note("the next")),
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
    async fn those_that_do_not_end_hold_up_nobody() {
        let reading = Reading::default();
        let mut taken = Vec::new();
        for _ in 0..TURNS {
            taken.push(reading.turn().await);
        }
        assert_eq!(reading.turns.available_permits(), 0);
        for mut turn in taken {
            tokio::spawn(async move { turn.spend(TO_READ, pending::<()>()).await });
        }
        let mut turn = reading.turn().await;
        assert_eq!(turn.spend(TO_READ, async { 7 }).await, 7);
        assert!(turn.0.is_some(), "what was quick keeps its turn");
    }
}
