//! Drops all but the newest quarantined answers of each step.

use std::time::Duration;

use schema::health;
use sqlx::PgPool;
use tracing::debug;

use super::BackgroundPass;

/// How many are kept of each step.
const MAX_QUARANTINED: i64 = 20;

/// Deletes quarantined answers beyond the newest of each step.
#[derive(Debug)]
pub struct QuarantinePruning;

/// What a pass dropped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Answers.
    pub answers: u64,
}

impl BackgroundPass for QuarantinePruning {
    type Report = Pruned;
    type Error = sqlx::Error;
    const NAME: &'static str = "quarantine";
    const EVERY: Duration = Duration::from_secs(30);

    async fn pass(&mut self, db: &PgPool) -> Result<Pruned, sqlx::Error> {
        let answers = health::bound_quarantine(db, MAX_QUARANTINED).await?;
        Ok(Pruned { answers })
    }

    fn log(&mut self, pruned: &Pruned) {
        debug!(pass = Self::NAME, ?pruned, "pass done");
    }
}
