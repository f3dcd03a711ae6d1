//! Looks at the conditions of alerts.
//!
//! Takes the list of conditions; opens and ends alerts, and writes the messages about them. Each
//! condition is looked at when it is due, in a transaction of its own, and fails alone: its first
//! failure and its recovery are logged, and it is recorded in `alert_check`, from which another
//! condition makes an alert. If all fail, the pass fails.

use std::{
    collections::BTreeMap,
    error::Error,
    time::{Duration, Instant},
};

use schema::{
    alert::{self, overview::open_by_condition},
    connect::DatabaseFault,
};
use source_language::wording::with_causes;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{BackgroundPass, failure_log::FailureLog};
use crate::{
    alert::{
        check::{Audience, check},
        condition::{self, Condition},
    },
    metrics::ActiveAlerts,
};

/// Looks at the conditions that are due, until it is stopped.
#[derive(Debug)]
pub struct AlertWatch {
    conditions: Vec<Condition>,
    audience: Audience,
    shown: ActiveAlerts,
    stop: CancellationToken,
    looked_at: BTreeMap<&'static str, Instant>,
    failures: BTreeMap<&'static str, FailureLog>,
}

impl AlertWatch {
    /// Makes the pass for all conditions; it ends early when `stop` is cancelled.
    #[must_use]
    pub fn new(audience: Audience, shown: ActiveAlerts, stop: CancellationToken) -> Self {
        Self::of(condition::all().cloned().collect(), audience, shown, stop)
    }

    /// Makes the pass for some conditions.
    #[must_use]
    pub const fn of(
        conditions: Vec<Condition>,
        audience: Audience,
        shown: ActiveAlerts,
        stop: CancellationToken,
    ) -> Self {
        Self {
            conditions,
            audience,
            shown,
            stop,
            looked_at: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Shows how many alerts of each condition are open.
    async fn show(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        let open = open_by_condition(db).await?;
        for condition in &self.conditions {
            let found = open.iter().find(|open| open.condition == condition.name);
            let alerts = found.map_or(0, |open| open.alerts);
            let severity = condition.severity.word();
            self.shown.observe(condition.name, severity, alerts);
        }
        Ok(())
    }

    /// Logs a failure once, as what the database refuses; that it hangs or is away is logged elsewhere.
    fn log_failure(&mut self, name: &'static str, error: &sqlx::Error) {
        let failures = self.failures.entry(name).or_default();
        let is_new = failures.failed(&error.to_string());
        let class = DatabaseFault::of(error);
        let error = error as &dyn Error;
        if is_new && class == DatabaseFault::Refused {
            warn!(
                condition = name,
                error, "condition cannot be looked at, it is tried again"
            );
        } else {
            debug!(condition = name, error, "condition cannot be looked at");
        }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WatchedConditions {
    /// Alerts that were opened.
    pub opened: i64,
    /// Alerts that are over.
    pub resolved: i64,
    /// Messages that were written.
    pub messages: usize,
    /// Conditions that could not be looked at.
    pub failed: usize,
}

impl BackgroundPass for AlertWatch {
    type Report = WatchedConditions;
    type Error = sqlx::Error;
    const NAME: &'static str = "alerts";
    const EVERY: Duration = Duration::from_secs(5);
    const MAX_RETRY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<WatchedConditions, sqlx::Error> {
        let mut report = WatchedConditions::default();
        let mut succeeded = 0;
        let mut last_error = None;
        for condition in self.conditions.clone() {
            let looked_at = self.looked_at.get(condition.name);
            if self.stop.is_cancelled() {
                break;
            }
            if looked_at.is_some_and(|at| at.elapsed() < condition.every) {
                continue;
            }
            match check(db, &condition, &self.audience, None).await {
                Ok(looked) => {
                    report.opened += looked.turns.opened;
                    report.resolved += looked.turns.resolved;
                    report.messages += looked.messages;
                    succeeded += 1;
                    let failures = self.failures.remove(condition.name);
                    if let Some(count) = failures.and_then(|mut failures| failures.succeeded()) {
                        let name = condition.name;
                        info!(
                            condition = name,
                            failures = count,
                            "condition can be looked at again"
                        );
                    }
                }
                Err(error) if DatabaseFault::of(&error).is_of_server() => return Err(error),
                Err(error) => {
                    report.failed += 1;
                    self.log_failure(condition.name, &error);
                    // That it cannot be recorded either says no more than its own failure.
                    let reason = with_causes(&error);
                    if let Err(error) = alert::fail_check(db, condition.name, &reason).await {
                        debug!(%error, "a failed check was not recorded");
                    }
                    last_error = Some(error);
                }
            }
            self.looked_at.insert(condition.name, Instant::now());
        }
        self.show(db).await?;
        match last_error {
            Some(error) if succeeded == 0 => Err(error),
            _ => Ok(report),
        }
    }
}
