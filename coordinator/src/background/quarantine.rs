//! Prunes the quarantine: deletes all but the newest quarantined answers of each step.

use std::time::Duration;

use schema::health;
use sqlx::PgPool;
use tracing::debug;

use super::BackgroundPass;

/// Answers of each step that are kept.
const MAX_QUARANTINED: i64 = 20;

/// Deletes quarantined answers beyond the newest of each step.
#[derive(Debug)]
pub struct QuarantinePruning;

/// The result of one pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PrunedAnswers {
    /// Their number.
    pub answers: u64,
}

impl BackgroundPass for QuarantinePruning {
    type Report = PrunedAnswers;
    type Error = sqlx::Error;
    const NAME: &'static str = "quarantine";
    const EVERY: Duration = Duration::from_secs(30);

    async fn pass(&mut self, db: &PgPool) -> Result<PrunedAnswers, sqlx::Error> {
        let answers = health::bound_quarantine(db, MAX_QUARANTINED).await?;
        Ok(PrunedAnswers { answers })
    }

    fn log(&mut self, pruned: &PrunedAnswers) {
        debug!(pass = Self::NAME, ?pruned, "pass done");
    }
}
