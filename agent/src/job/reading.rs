//! Turns to read: how many answers a thread holds at a time.
//!
//! Where more answers come than a pod can extract, those whose turn has not come stay with
//! the system, and their sources wait: memory is bounded by the turns, not by the agents. An
//! answer keeps its turn until it is extracted, but no longer than [`SLICE`]: a source that
//! drips, or never ends, goes on without one and holds up nobody (invariant 10).

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

/// Answers read at a time by the agents of one thread.
const TURNS: usize = 256;
/// The longest that an answer may take in its turn.
const SLICE: Duration = Duration::from_millis(100);

/// The turns of one thread.
#[derive(Debug, Clone)]
pub struct Reading {
    turns: Arc<Semaphore>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(TURNS)),
        }
    }
}

/// An answer's turn.
#[derive(Debug)]
pub(super) struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    until: Instant,
}

impl Reading {
    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Turn {
        Turn {
            // Nothing closes the semaphore.
            permit: self.turns.clone().acquire_owned().await.ok(),
            until: Instant::now() + SLICE,
        }
    }
}

impl Turn {
    /// Does `work`, and lets others have the turn if it takes long.
    pub(super) async fn spend<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep_until(self.until) => self.permit = None,
        }
        work.await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

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
            tokio::spawn(async move { turn.spend(pending::<()>()).await });
        }
        let mut turn = reading.turn().await;
        assert_eq!(turn.spend(async { 7 }).await, 7);
        assert!(turn.permit.is_some(), "what was quick keeps its turn");
    }
}
