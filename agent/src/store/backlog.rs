//! How many results wait to be written, and how many bytes: both are bounded, for the
//! database may be away.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use schema::finish::Finished;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Ended;

/// Batches that wait before the claimer stops.
const FULL_AT_BATCHES: usize = 20;
/// What is counted at a time.
const UNIT_BYTES: usize = 1 << 10;
/// What a result takes beside its texts and seats.
const RESULT_BYTES: usize = size_of::<Finished>();
/// What a line of its log or an observation takes beside its texts.
const LINE_BYTES: usize = 128;

/// The room for results in a pod; clones share it.
#[derive(Debug, Clone)]
pub struct Backlog {
    waiting: Arc<AtomicUsize>,
    full_at: usize,
    /// A permit is a kibibyte.
    bytes: Arc<Semaphore>,
    units: usize,
}

/// The room of one result; dropping it makes room for others.
#[derive(Debug)]
pub struct Room {
    waiting: Arc<AtomicUsize>,
    _bytes: Option<OwnedSemaphorePermit>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Backlog {
    /// Nothing waits yet; `batch` results go into one transaction, and those that wait may take
    /// `max_bytes`.
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

    /// Waits for room for a result. One that is larger than all of it waits until it is alone.
    pub async fn room(&self, ended: &Ended) -> Room {
        let units = bytes_of(&ended.job).div_ceil(UNIT_BYTES).min(self.units);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // Nothing closes the semaphore.
        let bytes = self.bytes.clone().acquire_many_owned(units).await.ok();
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Room {
            waiting: self.waiting.clone(),
            _bytes: bytes,
        }
    }

    /// How many results wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether so much waits that nothing should be added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.full_at || self.bytes.available_permits() == 0
    }
}

/// How many bytes of memory a result takes, about.
fn bytes_of(job: &Finished) -> usize {
    let texts = [&job.request_url, &job.error];
    let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
    let logs = job.logs.iter().map(|(_, line)| LINE_BYTES + line.len());
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
    use super::{super::tests::ended, *};

    /// Invariant 10: results are bounded in bytes, not only in number.
    #[tokio::test]
    async fn results_wait_for_room_in_bytes() {
        let backlog = Backlog::new(500, 64 * UNIT_BYTES);
        let mut large = ended(1, 1, 1);
        large.job.error = Some("x".repeat(40 * UNIT_BYTES));
        let first = backlog.room(&large).await;
        assert!(!backlog.is_full());
        let second = tokio::select! {
            biased;
            room = backlog.room(&large) => Some(room),
            () = std::future::ready(()) => None,
        };
        assert!(second.is_none());
        assert_eq!(backlog.len(), 1);
        drop(first);
        assert!(backlog.is_empty());
        // Larger than all of it: it goes alone.
        large.job.error = Some("x".repeat(1_000 * UNIT_BYTES));
        let alone = backlog.room(&large).await;
        assert!(backlog.is_full());
        drop(alone);
        assert!(!backlog.is_full());
    }

    #[tokio::test]
    async fn many_small_results_are_too_many_as_well() {
        let backlog = Backlog::new(1, 1 << 30);
        let mut rooms = Vec::new();
        for job in 0..FULL_AT_BATCHES {
            assert!(!backlog.is_full());
            rooms.push(
                backlog
                    .room(&ended(1, 1, i32::try_from(job).unwrap_or(0)))
                    .await,
            );
        }
        assert!(backlog.is_full());
    }
}
