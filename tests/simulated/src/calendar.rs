//! The compressed calendar: how simulated time lies on the wall clock.
//!
//! The world lives in simulated time: a fortnight of showtimes, booked over a fortnight. At
//! speed `F` it passes `F` times as fast, starting from the epoch, where both clocks agree.
//! Everything that is served is in wall time, so a client with an ordinary clock sees
//! showtimes open for booking, fill up, start and end; it only sees more of them. At speed
//! 1000 a booking curve of 14 days passes in 20 minutes and 10 seconds.

/// One day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// How long before its start a showtime is on sale, in simulated milliseconds.
pub const ON_SALE_MS: i64 = 14 * DAY_MS;

/// Maps simulated instants to wall instants and back; all instants are Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calendar {
    /// The wall instant at which both clocks agree.
    pub epoch_ms: i64,
    /// Simulated milliseconds per wall millisecond.
    pub speed: f64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "milliseconds of centuries are exact in a double"
)]
impl Calendar {
    /// Returns the simulated instant at the wall instant `at_ms`.
    #[must_use]
    pub fn simulated(&self, at_ms: i64) -> i64 {
        self.epoch_ms + ((at_ms - self.epoch_ms) as f64 * self.speed) as i64
    }

    /// Returns the wall instant of the simulated instant `simulated_ms`.
    #[must_use]
    pub fn wall(&self, simulated_ms: i64) -> i64 {
        self.epoch_ms + ((simulated_ms - self.epoch_ms) as f64 / self.speed) as i64
    }

    /// Returns how long `simulated_ms` of simulated time takes on the wall.
    #[must_use]
    pub fn shrink(&self, simulated_ms: i64) -> i64 {
        (simulated_ms as f64 / self.speed) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fortnight_passes_in_twenty_minutes_at_speed_1000() {
        let calendar = Calendar {
            epoch_ms: 1_000,
            speed: 1000.0,
        };
        assert_eq!(calendar.shrink(ON_SALE_MS), 1_209_600);
        assert_eq!(calendar.simulated(calendar.wall(5_001_000)), 5_001_000);
    }
}
