//! How the background work of the coordinators goes: one row for each pass of each coordinator.

use std::time::Duration;

use sqlx::PgExecutor;

/// One run of a background pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassRun {
    /// Name of the pass, as in logs and metrics.
    pub pass: String,
    /// Name of the coordinator that ran it.
    pub coordinator: String,
    /// Time that it took.
    pub took: Duration,
    /// What it did; `None` if there was nothing to do or it failed.
    pub report: Option<String>,
    /// Failures in a row, this run included; 0 if it succeeded.
    pub failures: i32,
    /// Why it failed.
    pub error: Option<String>,
}

/// Stores a run in place of the one before.
///
/// # Errors
///
/// If the statement fails; nothing depends on it, the next run is stored again.
pub async fn record(db: impl PgExecutor<'_>, run: &PassRun) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/record_pass.sql",
        run.pass,
        run.coordinator,
        run.took.as_secs_f32(),
        run.report,
        run.failures,
        run.error
    )
    .execute(db)
    .await?;
    Ok(())
}
