//! Values that are read once for all viewers, and again when they are too old.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

/// Reading values again takes at most one part in so many of the time of a session, however many
/// there are and however large the database is.
pub(crate) const BUDGET_PARTS: u32 = 300;
/// But no value is kept longer than this, so that a slow database does not show old ones.
const MAX_KEPT: Duration = Duration::from_mins(1);

/// The time that viewers together may spend on reading values again, in equal parts for those that
/// were read within the last minute; clones share it.
#[derive(Debug, Clone, Default)]
pub struct ReadBudget(Arc<StdMutex<Shares>>);

#[derive(Debug, Default)]
struct Shares {
    next: usize,
    /// When each value was read last.
    read_at: HashMap<usize, Instant>,
}

impl ReadBudget {
    fn shares(&self) -> MutexGuard<'_, Shares> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers a value.
    fn add(&self) -> usize {
        let mut shares = self.shares();
        shares.next += 1;
        shares.next
    }

    /// Notes that a value was read now.
    fn note(&self, number: usize) {
        let mut shares = self.shares();
        shares.read_at.retain(|_, at| at.elapsed() < MAX_KEPT);
        shares.read_at.insert(number, Instant::now());
    }

    /// Says how long a value is kept that took `took` to read.
    fn kept_for(&self, took: Duration) -> Duration {
        let shares = self.shares();
        let read = shares.read_at.values();
        let sharing = read.filter(|at| at.elapsed() < MAX_KEPT).count();
        let times = BUDGET_PARTS.saturating_mul(u32::try_from(sharing).unwrap_or(u32::MAX).max(1));
        took.saturating_mul(times).min(MAX_KEPT)
    }
}

/// A cached value with the age up to which it is shown, or longer if it took long to read.
#[derive(Debug)]
pub struct Cached<T> {
    kept: Mutex<Option<Kept<T>>>,
    max_age: Duration,
    budget: ReadBudget,
    number: usize,
}

#[derive(Debug)]
struct Kept<T> {
    value: Arc<T>,
    read_at: Instant,
    took: Duration,
}

impl<T> Cached<T> {
    /// Makes an empty cache.
    #[must_use]
    pub fn new(max_age: Duration, budget: &ReadBudget) -> Self {
        Self {
            kept: Mutex::new(None),
            max_age,
            number: budget.add(),
            budget: budget.clone(),
        }
    }

    /// Returns the value and its age; reads it if there is none, or if it is too old. Viewers who
    /// come meanwhile wait for the same read.
    ///
    /// # Errors
    ///
    /// If it has to be read and that fails.
    pub async fn get<E>(
        &self,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<(Arc<T>, Duration), E> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref() {
            let age = kept.read_at.elapsed();
            if age < self.max_age.max(self.budget.kept_for(kept.took)) {
                return Ok((kept.value.clone(), age));
            }
        }
        let begun = Instant::now();
        let value = Arc::new(read.await?);
        self.budget.note(self.number);
        *kept = Some(Kept {
            value: value.clone(),
            read_at: Instant::now(),
            took: begun.elapsed(),
        });
        Ok((value, Duration::ZERO))
    }

    /// Forgets the value, because somebody changed what it tells.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
    }
}

/// Keys of a [`CachedByKey`] at most: beyond, all are forgotten.
const MAX_KEYS: usize = 200;

/// Cached values by key, such as the address of a page.
#[derive(Debug)]
pub struct CachedByKey<T> {
    kept: StdMutex<HashMap<String, Arc<Cached<T>>>>,
    max_age: Duration,
    budget: ReadBudget,
}

impl<T> CachedByKey<T> {
    /// Makes an empty cache.
    #[must_use]
    pub fn new(max_age: Duration, budget: &ReadBudget) -> Self {
        Self {
            kept: StdMutex::default(),
            max_age,
            budget: budget.clone(),
        }
    }

    /// Returns the value of a key, as [`Cached::get`] does.
    ///
    /// # Errors
    ///
    /// If it has to be read and that fails.
    pub async fn get<E>(
        &self,
        key: &str,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let cached = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MAX_KEYS && !kept.contains_key(key) {
                kept.clear();
            }
            kept.entry(key.to_owned())
                .or_insert_with(|| Arc::new(Cached::new(self.max_age, &self.budget)))
                .clone()
        };
        Ok(cached.get(read).await?.0)
    }

    /// Forgets all values, because somebody changed what they tell.
    pub fn forget(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_viewer_reads_nothing() {
        let cached = Cached::new(Duration::from_mins(1), &ReadBudget::default());
        let first = cached.get(async { Ok::<_, ()>(1) }).await;
        let second = cached.get(async { Err(()) }).await;
        assert_eq!(first.map(|(value, _)| *value), Ok(1));
        assert_eq!(second.map(|(value, _)| *value), Ok(1));
    }

    #[tokio::test]
    async fn what_took_long_is_kept_longer_and_what_changed_is_forgotten() {
        let cached = Cached::new(Duration::ZERO, &ReadBudget::default());
        let slow = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, ()>(1)
        };
        assert_eq!(cached.get(slow).await.map(|(value, _)| *value), Ok(1));
        let second = cached.get(async { Ok::<_, ()>(2) }).await;
        assert_eq!(second.map(|(value, _)| *value), Ok(1));
        cached.forget().await;
        let third = cached.get(async { Ok::<_, ()>(3) }).await;
        assert_eq!(third.map(|(value, _)| *value), Ok(3));
    }

    #[test]
    fn values_that_are_read_share_the_time_for_reading() {
        let budget = ReadBudget::default();
        let took = Duration::from_millis(10);
        assert_eq!(budget.kept_for(took), took * BUDGET_PARTS);
        for number in [budget.add(), budget.add(), budget.add()] {
            budget.note(number);
            budget.note(number);
        }
        assert_eq!(budget.kept_for(took), took * BUDGET_PARTS * 3);
        assert_eq!(budget.kept_for(Duration::from_secs(10)), MAX_KEPT);
    }

    #[tokio::test]
    async fn each_key_has_its_own_value_and_their_number_is_bounded() {
        let cached = CachedByKey::new(Duration::from_mins(1), &ReadBudget::default());
        for key in 0..2 * MAX_KEYS {
            let value = cached
                .get(&key.to_string(), async { Ok::<_, ()>(key) })
                .await;
            assert_eq!(value.map(|value| *value), Ok(key));
        }
        assert!(cached.kept.lock().is_ok_and(|kept| kept.len() <= MAX_KEYS));
    }
}
