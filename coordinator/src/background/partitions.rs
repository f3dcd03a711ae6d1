//! Makes the partitions of the coming week.

use std::time::Duration;

use schema::migrate;
use sqlx::PgPool;

use super::BackgroundPass;

/// Makes the partitions of the coming week.
#[derive(Debug)]
pub struct Partitions;

/// What a pass made.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Partitions.
    pub partitions: i32,
}

impl BackgroundPass for Partitions {
    type Report = Made;
    type Error = sqlx::Error;
    const NAME: &'static str = "partitions";
    const EVERY: Duration = Duration::from_mins(30);

    async fn pass(&mut self, db: &PgPool) -> Result<Made, sqlx::Error> {
        let partitions = migrate::ensure_partitions(db).await?;
        Ok(Made { partitions })
    }
}
