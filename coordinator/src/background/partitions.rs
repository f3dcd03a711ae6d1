//! Creates the partitions of the coming week.

use std::time::Duration;

use schema::migrate;
use sqlx::PgPool;

use super::BackgroundPass;

/// Creates the partitions of the coming week.
#[derive(Debug)]
pub struct PartitionCreation;

/// The result of one pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CreatedPartitions {
    /// Their number.
    pub partitions: i32,
}

impl BackgroundPass for PartitionCreation {
    type Report = CreatedPartitions;
    type Error = sqlx::Error;
    const NAME: &'static str = "partitions";
    const EVERY: Duration = Duration::from_mins(30);

    async fn pass(&mut self, db: &PgPool) -> Result<CreatedPartitions, sqlx::Error> {
        let partitions = migrate::ensure_partitions(db).await?;
        Ok(CreatedPartitions { partitions })
    }
}
