//! How many agents the fleet should have, smoothed.

use std::time::{Duration, Instant};

/// Time between two times that the number is stored.
const STORE_EVERY: Duration = Duration::from_secs(5);

/// Weight of one poll in the smoothed number.
const POLL_WEIGHT: f64 = 0.1;

/// Agents that are wanted for each that could be kept busy: a free agent takes some time to find
/// its next job.
const HEADROOM: f64 = 1.2;

/// The number of agents that the limits can keep busy, smoothed over some seconds.
#[derive(Debug, Default)]
pub(super) struct FleetSize {
    agents: f64,
    stored_at: Option<Instant>,
}

impl FleetSize {
    /// Takes how many agents could be kept busy; returns the number to store, if that is due.
    pub(super) fn observe(&mut self, agents: f64) -> Option<i32> {
        self.agents += (agents * HEADROOM - self.agents) * POLL_WEIGHT;
        let is_fresh = |at: Instant| at.elapsed() < STORE_EVERY;
        if self.stored_at.is_some_and(is_fresh) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "rounded and bounded")]
        Some(self.agents.ceil().clamp(0.0, 1e9) as i32)
    }

    /// Notes that the number is stored.
    pub(super) fn is_stored(&mut self) {
        self.stored_at = Some(Instant::now());
    }
}
