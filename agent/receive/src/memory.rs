//! The bytes that requests under way may take together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use prometheus::IntGauge;

/// A bounded number of bytes; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct BytesInFlight {
    used: Arc<AtomicUsize>,
    max: usize,
    gauge: IntGauge,
}

/// There is no room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Bytes that are taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    of: BytesInFlight,
    bytes: usize,
}

impl BytesInFlight {
    pub(crate) fn new(max: usize, gauge: IntGauge) -> Self {
        Self {
            used: Arc::default(),
            max,
            gauge,
        }
    }

    /// A reservation of nothing yet.
    pub(crate) fn begin(&self) -> Reservation {
        Reservation {
            of: self.clone(),
            bytes: 0,
        }
    }

    fn take(&self, bytes: usize) -> Result<(), NoRoom> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.max {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(NoRoom);
        }
        self.gauge.add(i64::try_from(bytes).unwrap_or(i64::MAX));
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        self.gauge.sub(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

impl Reservation {
    /// Takes `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.of.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back what is above `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        if bytes < self.bytes {
            self.of.give_back(self.bytes - bytes);
            self.bytes = bytes;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.of.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_dropped_can_be_taken_again_and_no_more() {
        let gauge = IntGauge::new("g", "g").unwrap();
        let memory = BytesInFlight::new(100, gauge.clone());
        let mut first = memory.begin();
        first.grow(60).unwrap();
        let mut second = memory.begin();
        assert_eq!(second.grow(41), Err(NoRoom));
        first.shrink_to(50);
        second.grow(50).unwrap();
        assert_eq!((first.grow(1), gauge.get()), (Err(NoRoom), 100));
        drop((first, second));
        assert_eq!(gauge.get(), 0);
        memory.begin().grow(100).unwrap();
    }
}
