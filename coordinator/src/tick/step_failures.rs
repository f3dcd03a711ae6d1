//! Steps of a tick that fail without the others: an error that one of them meets again and again
//! does not keep the leader from reading what ended and from filling the queue.

use std::{collections::BTreeMap, error::Error};

use schema::connect::DatabaseFault;
use tracing::{info, warn};

use crate::{background::failure_log::FailureLog, metrics::PassMetrics};

/// The failures in a row of each step.
#[derive(Debug, Default)]
pub(super) struct StepFailures {
    failures: BTreeMap<&'static str, FailureLog>,
    metrics: Option<PassMetrics>,
}

impl StepFailures {
    /// Counts into `metrics` from now on.
    pub(super) fn count_into(&mut self, metrics: &PassMetrics) {
        self.metrics.get_or_insert_with(|| metrics.clone());
    }

    /// Logs how a step failed, once, and lets the tick go on; returns the result of the step, if
    /// it succeeded.
    ///
    /// # Errors
    ///
    /// If the server is away or takes no writes: no other step would succeed then.
    pub(super) fn settle<T>(
        &mut self,
        step: &'static str,
        ended: Result<T, sqlx::Error>,
    ) -> Result<Option<T>, sqlx::Error> {
        let error = match ended {
            Ok(done) => {
                let failures = self.failures.get_mut(step);
                if let Some(failures) = failures.and_then(FailureLog::succeeded) {
                    info!(step, failures, "a step of the leader succeeds again");
                }
                return Ok(Some(done));
            }
            Err(error) => error,
        };
        let class = DatabaseFault::of(&error);
        if class.is_of_server() {
            return Err(error);
        }
        if let Some(metrics) = &self.metrics {
            metrics.count(step, class.label());
        }
        let failures = self.failures.entry(step).or_default();
        if failures.failed(&error.to_string()) {
            let error = &error as &dyn Error;
            warn!(step, error, "a step of the leader failed, the others go on");
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_the_server_ends_the_tick() {
        let mut failures = StepFailures::default();
        assert!(matches!(failures.settle("limits", Ok(1)), Ok(Some(1))));
        let refused = failures.settle::<()>("limits", Err(sqlx::Error::RowNotFound));
        assert!(matches!(refused, Ok(None)));
        let away = failures.settle::<()>("limits", Err(sqlx::Error::PoolTimedOut));
        assert!(away.is_err());
    }
}
