//! A value that is read once for all viewers, and again when it is too old.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

/// A cached value with the greatest age at which it is shown.
#[derive(Debug)]
pub struct Cached<T> {
    kept: Mutex<Option<(Instant, Arc<T>)>>,
    max_age: Duration,
}

impl<T> Cached<T> {
    /// Makes an empty cache.
    #[must_use]
    pub fn new(max_age: Duration) -> Self {
        Self {
            kept: Mutex::new(None),
            max_age,
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
        if let Some((at, value)) = kept.as_ref().filter(|(at, _)| at.elapsed() < self.max_age) {
            return Ok((value.clone(), at.elapsed()));
        }
        let value = Arc::new(read.await?);
        *kept = Some((Instant::now(), value.clone()));
        Ok((value, Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_viewer_reads_nothing() {
        let cached = Cached::new(Duration::from_mins(1));
        let first = cached.get(async { Ok::<_, ()>(1) }).await;
        let second = cached.get(async { Err(()) }).await;
        assert_eq!(first.map(|(value, _)| *value), Ok(1));
        assert_eq!(second.map(|(value, _)| *value), Ok(1));
    }
}
