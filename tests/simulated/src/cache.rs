//! A bounded cache: the newest values and those asked for since.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

/// Keeps up to a number of values; those that nobody asked for lately go first.
///
/// Two generations take turns: when the young one is half of the bound, it becomes the old one
/// and the old one is dropped, so what ended is forgotten without a search.
#[derive(Debug)]
pub struct Cache<T> {
    generations: Mutex<Generations<T>>,
    half: usize,
}

#[derive(Debug)]
struct Generations<T> {
    young: HashMap<u64, Arc<T>>,
    old: HashMap<u64, Arc<T>>,
}

impl<T> Cache<T> {
    /// Makes a cache of at most `most` values.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let generations = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            generations: Mutex::new(generations),
            half: (most / 2).max(1),
        }
    }

    /// Returns the value of `key`, made again if it is not in the cache.
    ///
    /// `make` runs outside the lock: two callers may both make the value, and get equal ones.
    pub fn get(&self, key: u64, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(known) = self.find(key) {
            return known;
        }
        let fresh = Arc::new(make());
        self.keep(key, Arc::clone(&fresh));
        fresh
    }

    fn find(&self, key: u64) -> Option<Arc<T>> {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = generations.young.get(&key) {
            return Some(Arc::clone(known));
        }
        let known = generations.old.remove(&key)?;
        generations.young.insert(key, Arc::clone(&known));
        Some(known)
    }

    fn keep(&self, key: u64, value: Arc<T>) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.young.insert(key, value);
        if generations.young.len() >= self.half {
            generations.old = mem::take(&mut generations.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let cache = Cache::new(8);
        for key in 0..100 {
            cache.get(key, || key);
            assert_eq!(*cache.get(0, || 999), 0);
        }
        assert_eq!(*cache.get(50, || 999), 999);
    }
}
