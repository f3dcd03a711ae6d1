//! What is read for all viewers together and is too dear to be read with the sample of the fleet:
//! the sources with their failures of a day, the doctor's findings, the sizes of the database.

use std::{sync::Arc, time::Duration};

use schema::reading::{
    ReadError, Reader,
    database::{
        ExportRow, PartitionRow, RollupRow, StatementRow, TableSize, exports, partitions, rollups,
        statements, tables,
    },
    source::{FailureCount, SourceFacts, facts, failures},
};
use sqlx::PgPool;

use crate::{
    cached::Cached,
    operations::{Finding, OperationError, Operations},
};

const SOURCES_FOR: Duration = Duration::from_secs(5);
const FINDINGS_FOR: Duration = Duration::from_secs(15);
const DATABASE_FOR: Duration = Duration::from_secs(30);
const MAX_TABLES: i64 = 40;
const MAX_PARTITIONS: i64 = 300;
const MAX_STATEMENTS: i64 = 20;

/// All sources, beyond their last five minutes.
#[derive(Debug, Default)]
pub struct Sources {
    /// Each source, by name.
    pub facts: Vec<SourceFacts>,
    /// The failures of the last day.
    pub failures: Vec<FailureCount>,
}

/// The database.
#[derive(Debug, Default)]
pub struct Database {
    /// Its largest tables.
    pub tables: Vec<TableSize>,
    /// Its partitions.
    pub partitions: Vec<PartitionRow>,
    /// The statements that took most time.
    pub statements: Vec<StatementRow>,
    /// Its exports.
    pub exports: Vec<ExportRow>,
    /// Its rollups.
    pub rollups: Vec<RollupRow>,
}

/// The cached reads.
#[derive(Debug)]
pub struct Overview {
    sources: Cached<Sources>,
    findings: Cached<Vec<Finding>>,
    database: Cached<Database>,
}

impl Default for Overview {
    fn default() -> Self {
        Self {
            sources: Cached::new(SOURCES_FOR),
            findings: Cached::new(FINDINGS_FOR),
            database: Cached::new(DATABASE_FOR),
        }
    }
}

impl Overview {
    /// Reads the sources.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn sources(&self, db: &PgPool) -> Result<(Arc<Sources>, Duration), ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            Ok(Sources {
                facts: facts(&mut reader).await?,
                failures: failures(&mut reader, None).await?,
            })
        };
        self.sources.get(read).await
    }

    /// Examines the database.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn findings(
        &self,
        operations: &dyn Operations,
    ) -> Result<(Arc<Vec<Finding>>, Duration), OperationError> {
        self.findings.get(operations.examine()).await
    }

    /// Reads the sizes and states of the database.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn database(&self, db: &PgPool) -> Result<(Arc<Database>, Duration), ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            Ok(Database {
                tables: tables(&mut reader, MAX_TABLES).await?,
                partitions: partitions(&mut reader, MAX_PARTITIONS).await?,
                statements: statements(&mut reader, MAX_STATEMENTS).await?,
                exports: exports(&mut reader).await?,
                rollups: rollups(&mut reader).await?,
            })
        };
        self.database.get(read).await
    }
}
