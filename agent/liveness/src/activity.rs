//! The activities of a process that need the database: how the last attempt of each ended, and
//! since when it has not succeeded.
//!
//! The parts that claim, store or schedule note how their statements end; [`stall`](crate::stall)
//! judges that.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use schema::connect::DatabaseFault;

/// The activities of a process, by name; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Activities {
    all: Arc<Mutex<BTreeMap<&'static str, State>>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Attempts under way.
    under_way: u32,
    /// Since when attempts are under way without a success.
    began_at: Option<Instant>,
    failing: Option<Failing>,
}

#[derive(Debug, Clone)]
struct Failing {
    since: Instant,
    tries: u32,
    class: DatabaseFault,
    error: String,
}

/// An activity that has not succeeded for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the activity, such as `store results`.
    pub activity: &'static str,
    /// The last error of the database; `None` while it does not answer.
    pub error: Option<(DatabaseFault, String)>,
    /// Attempts that failed in a row.
    pub tries: u32,
    /// Time since the first of these, or since the attempt under way began.
    pub lasts: Duration,
}

impl Activities {
    /// Runs `attempt`, and notes since when it is under way and how it ends.
    ///
    /// # Errors
    ///
    /// What `attempt` returns.
    pub async fn note<T>(
        &self,
        activity: &'static str,
        attempt: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let under_way = self.begin(activity);
        let ended = attempt.await;
        drop(under_way);
        match &ended {
            Ok(_) => self.succeeded(activity),
            Err(error) => self.failed(activity, error),
        }
        ended
    }

    fn begin(&self, activity: &'static str) -> UnderWay<'_> {
        self.with(activity, |state| {
            state.under_way += 1;
            state.began_at.get_or_insert_with(Instant::now);
        });
        UnderWay { of: self, activity }
    }

    /// Notes a success.
    pub fn succeeded(&self, activity: &'static str) {
        self.with(activity, |state| {
            state.failing = None;
            state.began_at = (state.under_way > 0).then(Instant::now);
        });
    }

    /// Notes a failure.
    pub fn failed(&self, activity: &'static str, error: &sqlx::Error) {
        self.with(activity, |state| {
            let before = state.failing.take();
            let since = before
                .as_ref()
                .map_or_else(Instant::now, |failing| failing.since);
            state.failing = Some(Failing {
                since,
                tries: before.map_or(0, |failing| failing.tries) + 1,
                class: DatabaseFault::of(error),
                error: error.to_string(),
            });
        });
    }

    /// Removes an activity that this process no longer has.
    pub fn forget(&self, activity: &'static str) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(activity);
    }

    /// Returns the activities whose last attempt failed, or does not end.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter_map(|(activity, state)| state.failure(activity))
            .collect()
    }

    fn with<T>(&self, activity: &'static str, change: impl FnOnce(&mut State) -> T) -> T {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(activity).or_default())
    }
}

impl State {
    fn failure(&self, activity: &'static str) -> Option<Failure> {
        let failing = self.failing.as_ref();
        let since = failing.map(|failing| failing.since).or(self.began_at)?;
        Some(Failure {
            activity,
            error: failing.map(|failing| (failing.class, failing.error.clone())),
            tries: failing.map_or(0, |failing| failing.tries),
            lasts: since.elapsed(),
        })
    }
}

/// An attempt under way. Dropping it ends the attempt, also where its future was dropped.
struct UnderWay<'a> {
    of: &'a Activities,
    activity: &'static str,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.of.with(self.activity, |state| {
            state.under_way = state.under_way.saturating_sub(1);
            if state.under_way == 0 {
                state.began_at = None;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const STORE: &str = "store results";

    async fn attempt(activities: &Activities, ends: Result<(), sqlx::Error>) {
        let _ = activities.note(STORE, async { ends }).await;
    }

    #[tokio::test]
    async fn failures_count_until_a_success() {
        let activities = Activities::default();
        attempt(&activities, Err(sqlx::Error::PoolTimedOut)).await;
        attempt(&activities, Err(sqlx::Error::RowNotFound)).await;
        let failures = activities.failures();
        assert_eq!((failures.len(), failures[0].tries), (1, 2));
        assert_eq!(
            failures[0].error.as_ref().map(|(class, _)| *class),
            Some(DatabaseFault::Refused)
        );
        attempt(&activities, Ok(())).await;
        assert_eq!(activities.failures(), []);
    }

    #[tokio::test]
    async fn an_attempt_that_does_not_end_is_a_failure_without_an_error() {
        let activities = Activities::default();
        let hanging = activities.note(STORE, std::future::pending::<Result<(), _>>());
        let mut hanging = Box::pin(hanging);
        let polled = tokio::time::timeout(Duration::ZERO, &mut hanging).await;
        assert!(polled.is_err());
        assert_eq!(activities.failures()[0].error, None);
        drop(hanging);
        assert_eq!(activities.failures(), []);
    }
}
