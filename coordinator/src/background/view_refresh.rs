//! Refreshes materialised views.
//!
//! Takes the views that are due in the database and skips those that another coordinator
//! refreshes, so any number of coordinators may do it.

use std::time::Duration;

use schema::refresh::{self, Outcome};
use sqlx::PgPool;
use tracing::{debug, info, warn};

use super::BackgroundPass;
use crate::metrics::Metrics;

/// Refreshes the materialised views that are due.
#[derive(Debug)]
pub struct ViewRefresh {
    /// The name of this coordinator, which the database shows beside each refresh.
    pub name: String,
    /// Counts the refreshes of each view.
    pub metrics: Metrics,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefreshedViews {
    /// Views that are up to date.
    pub refreshed: u32,
    /// Views whose refresh failed or was terminated.
    pub failed: u32,
    /// Refreshes of coordinators that are gone; their views are due again.
    pub given_up: u32,
}

impl BackgroundPass for ViewRefresh {
    type Report = RefreshedViews;
    type Error = sqlx::Error;
    const NAME: &'static str = "view_refresh";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<RefreshedViews, sqlx::Error> {
        refresh_due(db, &self.name, &self.metrics).await
    }

    /// Each refresh was logged and counted where it was made.
    fn log(&mut self, _: &RefreshedViews) {}
}

/// Refreshes every view that is due and that no other coordinator refreshes.
///
/// # Errors
///
/// If a statement that lists, claims or ends refreshes fails; a refresh that fails is no error.
pub async fn refresh_due(
    db: &PgPool,
    name: &str,
    metrics: &Metrics,
) -> Result<RefreshedViews, sqlx::Error> {
    let mut report = RefreshedViews::default();
    for view in refresh::give_up(db).await? {
        report.given_up += 1;
        info!(
            view,
            "a refresh has lost its coordinator or its connection; the view is due again"
        );
    }
    while let Some(execution) = refresh::claim(db, name, None).await? {
        let outcome = refresh::run(db, &execution).await?;
        let view = &execution.view_name;
        metrics.maintenance.observe_refresh(view, outcome);
        match outcome {
            Outcome::Refreshed => {
                report.refreshed += 1;
                info!(view, "a view was refreshed");
            }
            Outcome::Superseded => debug!(view, "a refresh was given up before it began"),
            Outcome::Terminated | Outcome::Failed => {
                report.failed += 1;
                warn!(
                    view,
                    ?outcome,
                    "a view was not refreshed; refresh_status has the reason"
                );
            }
        }
    }
    Ok(report)
}
