//! Counts the jobs of each hour that is over, so that an hour can be compared with its own past.
//!
//! A pass counts few hours, so a new leader of an old fleet reads its history step by step.

use std::time::Duration;

use schema::throughput;
use sqlx::PgPool;
use tracing::debug;

use super::BackgroundPass;

/// Hours that one pass counts at most: each reads the jobs of its hour.
const MAX_HOURS: i64 = 6;
/// How far back hours are counted: the four weeks that an hour is compared with.
const BACK_HOURS: i32 = 4 * 7 * 24 + 1;
/// How long counts are kept.
const KEPT_FOR: Duration = Duration::from_hours(60 * 24);

/// Counts the jobs of each hour.
#[derive(Debug)]
pub struct ThroughputCount;

/// The result of one pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CountedHours {
    /// Hours that were counted.
    pub hours: i64,
}

impl BackgroundPass for ThroughputCount {
    type Report = CountedHours;
    type Error = sqlx::Error;
    const NAME: &'static str = "throughput";
    const EVERY: Duration = Duration::from_secs(30);

    async fn pass(&mut self, db: &PgPool) -> Result<CountedHours, sqlx::Error> {
        let hours = throughput::count(db, MAX_HOURS, BACK_HOURS, KEPT_FOR).await?;
        Ok(CountedHours { hours })
    }

    fn log(&mut self, counted: &CountedHours) {
        debug!(pass = Self::NAME, ?counted, "pass done");
    }
}
