//! The backlog: bounds the results that wait to be written, in number and in bytes, because the
//! database may be away.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use schema::finish::Finished;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::result::JobResult;

/// Batches that wait before the claimer stops.
const FULL_AT_BATCHES: usize = 20;
/// Bytes of one permit.
const UNIT_BYTES: usize = 1 << 10;
/// What a result takes apart from its texts and seats.
const RESULT_BYTES: usize = size_of::<Finished>();
/// What a line of its log or an observation takes apart from its texts.
const LINE_BYTES: usize = 128;

/// The space for results in a pod; clones share it.
#[derive(Debug, Clone)]
pub struct Backlog {
    waiting: Arc<AtomicUsize>,
    full_at: usize,
    /// Free space in units of [`UNIT_BYTES`].
    bytes: Arc<Semaphore>,
    units: usize,
}

/// The space of one result, until it is dropped.
#[derive(Debug)]
pub struct BacklogSpace {
    waiting: Arc<AtomicUsize>,
    _bytes: Option<OwnedSemaphorePermit>,
}

impl Drop for BacklogSpace {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Backlog {
    /// Creates an empty backlog; `batch` results are written in one transaction, and waiting
    /// results may take `max_bytes`.
    #[must_use]
    pub fn new(batch: usize, max_bytes: usize) -> Self {
        let units = (max_bytes / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            waiting: Arc::default(),
            full_at: batch.saturating_mul(FULL_AT_BATCHES),
            bytes: Arc::new(Semaphore::new(units)),
            units,
        }
    }

    /// Waits for the space of a result. A result that is larger than the whole backlog waits until
    /// it is alone.
    pub async fn reserve(&self, result: &JobResult) -> BacklogSpace {
        let units = bytes_of(&result.job).div_ceil(UNIT_BYTES).min(self.units);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // Nothing closes the semaphore.
        let bytes = self.bytes.clone().acquire_many_owned(units).await.ok();
        self.waiting.fetch_add(1, Ordering::AcqRel);
        BacklogSpace {
            waiting: self.waiting.clone(),
            _bytes: bytes,
        }
    }

    /// Returns how many results wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether so much waits that nothing more should be claimed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.full_at || self.bytes.available_permits() == 0
    }
}

/// Returns about how many bytes of memory a result takes.
fn bytes_of(job: &Finished) -> usize {
    let texts = [&job.request_url, &job.error];
    let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
    let logs = job.logs.iter().map(|line| {
        let fields = line.fields.as_ref();
        let fields = fields.map_or(0, |fields| 4 * fields.to_string().len());
        LINE_BYTES + line.message.len() + fields
    });
    let observations = job.observations.iter().map(|row| {
        let properties = row.properties.to_string().len();
        LINE_BYTES + row.subject.len() + row.metric.len() + 4 * properties
    });
    let seats = job.seats.as_ref().map_or(0, |seats| seats.packed.len());
    let quarantined = job.quarantined.as_ref();
    RESULT_BYTES
        + texts
        + logs.sum::<usize>()
        + observations.sum::<usize>()
        + seats
        + quarantined.map_or(0, |kept| kept.body.len())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::result, *};

    /// Invariant 10: results are bounded in bytes, not only in number.
    #[tokio::test]
    async fn results_wait_for_space_in_bytes() {
        let backlog = Backlog::new(500, 64 * UNIT_BYTES);
        let mut large = result(1, 1, 1);
        large.job.error = Some("x".repeat(40 * UNIT_BYTES));
        let first = backlog.reserve(&large).await;
        assert!(!backlog.is_full());
        let second = tokio::select! {
            biased;
            space = backlog.reserve(&large) => Some(space),
            () = std::future::ready(()) => None,
        };
        assert!(second.is_none());
        assert_eq!(backlog.len(), 1);
        drop(first);
        assert!(backlog.is_empty());
        // Larger than all of it: it goes alone.
        large.job.error = Some("x".repeat(1_000 * UNIT_BYTES));
        let alone = backlog.reserve(&large).await;
        assert!(backlog.is_full());
        drop(alone);
        assert!(!backlog.is_full());
    }

    #[tokio::test]
    async fn many_small_results_fill_the_backlog_too() {
        let backlog = Backlog::new(1, 1 << 30);
        let mut spaces = Vec::new();
        for job in 0..FULL_AT_BATCHES {
            assert!(!backlog.is_full());
            spaces.push(
                backlog
                    .reserve(&result(1, 1, i32::try_from(job).unwrap_or(0)))
                    .await,
            );
        }
        assert!(backlog.is_full());
    }
}
