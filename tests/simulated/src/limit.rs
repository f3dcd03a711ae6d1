//! Limits: the token bucket of a chain, and how far its callers went over it.

use serde::Serialize;

/// What a chain saw of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LimitReport {
    /// Requests per second that are allowed.
    pub rate: f64,
    /// Requests that are allowed at once.
    pub burst: u32,
    /// Requests that arrived, refused ones included.
    pub requests: u64,
    /// Requests that were refused with 429.
    pub refused: u64,
    /// The most by which any window `w` held more than `burst + rate * w` requests; negative
    /// if none did, and absent before the first request.
    pub excess: Option<f64>,
    /// Seconds that the worst window lasted.
    pub worst_window_seconds: f64,
    /// Seconds from the start of the server to the end of the worst window.
    pub worst_window_ended_seconds: f64,
}

/// One chain's limit: enforces it, and measures how far arrivals exceeded it.
///
/// The measure is exact over all windows: for arrivals `t1..tn` it is the most, over
/// `i <= j`, of `(j - i + 1) - (burst + rate * (tj - ti))`, found with a running minimum.
#[derive(Debug)]
pub struct Limit {
    rate: f64,
    burst: u32,
    tokens: f64,
    last_seconds: f64,
    requests: u64,
    refused: u64,
    lowest: (f64, f64),
    worst: Option<(f64, f64, f64)>,
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 requests")]
impl Limit {
    /// Makes a limit whose bucket is full.
    #[must_use]
    pub fn new(rate: f64, burst: u32) -> Self {
        Self {
            rate,
            burst,
            tokens: f64::from(burst),
            last_seconds: 0.0,
            requests: 0,
            refused: 0,
            lowest: (f64::INFINITY, 0.0),
            worst: None,
        }
    }

    /// Counts an arrival at `at_seconds` on a monotonic clock and tells whether it is allowed.
    pub fn arrive(&mut self, at_seconds: f64) -> bool {
        let at = at_seconds.max(self.last_seconds);
        self.requests += 1;
        let level = self.requests as f64 - self.rate * at;
        if level < self.lowest.0 {
            self.lowest = (level, at);
        }
        let excess = level + 1.0 - self.lowest.0 - f64::from(self.burst);
        if self.worst.is_none_or(|(worst, ..)| excess > worst) {
            self.worst = Some((excess, at - self.lowest.1, at));
        }
        let refill = self.rate * (at - self.last_seconds);
        self.tokens = (self.tokens + refill).min(f64::from(self.burst));
        self.last_seconds = at;
        if self.tokens < 1.0 {
            self.refused += 1;
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Returns how long from now the bucket takes to allow one more request, in whole seconds.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of seconds"
    )]
    pub fn retry_after_seconds(&self) -> u64 {
        ((1.0 - self.tokens) / self.rate).ceil().max(1.0) as u64
    }

    /// Returns what was seen so far.
    #[must_use]
    pub fn report(&self) -> LimitReport {
        let (excess, window, ended) = match self.worst {
            Some((excess, window, ended)) => (Some(excess), window, ended),
            None => (None, 0.0, 0.0),
        };
        LimitReport {
            rate: self.rate,
            burst: self.burst,
            requests: self.requests,
            refused: self.refused,
            excess,
            worst_window_seconds: window,
            worst_window_ended_seconds: ended,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate_do_not_exceed() {
        let mut limit = Limit::new(2.0, 3);
        let arrivals = [0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0];
        assert!(arrivals.into_iter().all(|at| limit.arrive(at)));
        assert!(limit.report().excess.unwrap() <= 1e-9);
    }

    #[test]
    fn the_excess_is_that_of_the_worst_window_among_all() {
        let arrivals = [0.0, 0.3, 0.31, 0.32, 0.33, 2.0, 2.1, 2.15, 9.0, 9.01];
        let (rate, burst) = (2.0, 2);
        let mut limit = Limit::new(rate, burst);
        let mut worst = f64::NEG_INFINITY;
        for (j, end) in arrivals.iter().enumerate() {
            limit.arrive(*end);
            for (i, begin) in arrivals[..=j].iter().enumerate() {
                let count = f64::from(u32::try_from(j - i + 1).unwrap());
                worst = worst.max(count - (f64::from(burst) + rate * (end - begin)));
            }
        }
        let report = limit.report();
        assert!((report.excess.unwrap() - worst).abs() < 1e-9);
        assert!(report.refused > 0);
    }
}
