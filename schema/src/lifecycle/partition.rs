//! Partitions: how long they are kept, and where.
//!
//! The table `retention` says per table how long its days are kept, when they move to another
//! tablespace, and which readers they wait for. `partition_reader` has how far each rollup and
//! export has read; nothing is dropped that one of them has not read. The view `partition_status`
//! shows what is due and what holds it.
//!
//! A day of snapshots is dropped when it is empty, because all of it is sealed. Before that, some
//! time after the day is over, its primary key is built again (`pack`): the key begins with the
//! showtime but was filled in the order of time, which leaves its pages half empty.
//!
//! Locks on a table, also those to attach a partition, are waited for only briefly; otherwise the
//! next pass tries again. Everybody who needs the table waits behind a waiting lock.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

/// A partition, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The table that it is part of.
    pub parent: String,
    /// Its own name.
    pub name: String,
    /// Its first moment; `None` for the default partition.
    pub from_at: Option<DateTime<Utc>>,
    /// End of its span: rows of this moment or later are not in it.
    pub until_at: Option<DateTime<Utc>>,
    /// Size with indexes.
    pub bytes: i64,
    /// Rows, as of the last vacuum.
    pub rows_estimated: i64,
    /// Its tablespace.
    pub tablespace: String,
    /// `drop`, `move` or `pack`.
    pub due: Option<String>,
    /// Why it is not dropped although it is old enough.
    pub held_because: Option<String>,
}

/// All partitions, in the order of their tables and times.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<Partition>, sqlx::Error> {
    sqlx::query_as!(
        Partition,
        r#"SELECT
            parent AS "parent!", partition AS "name!", from_at, until_at, bytes AS "bytes!",
            rows_estimated AS "rows_estimated!", tablespace AS "tablespace!", due, held_because
        FROM partition_status
        ORDER BY parent, from_at NULLS LAST"#
    )
    .fetch_all(db)
    .await
}

/// The partitions that are to be dropped, moved or packed.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT partition AS "partition!" FROM partition_status
        WHERE due IS NOT NULL
        ORDER BY from_at"#
    )
    .fetch_all(db)
    .await
}

/// Drops, moves or packs a partition if that is due; returns `dropped`, `moved`, `packed`, `busy`
/// where others use it, or nothing where nothing is due. Waits a tenth of a second at most for
/// others; what it does then may take as long as it takes, for a large day is copied whole.
///
/// # Errors
///
/// If a statement fails; nothing is changed then.
pub async fn retire(db: &PgPool, partition: &str) -> Result<Option<String>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!("SELECT set_config('statement_timeout', '0', true)")
        .fetch_one(&mut *transaction)
        .await?;
    let done = sqlx::query_scalar!("SELECT retire_partition($1)", partition)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(done)
}
