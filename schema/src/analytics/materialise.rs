//! Materialised columns: columns that are computed from other rows, in small batches, by any
//! coordinator.
//!
//! They are in tables of their own (`cinema_fact`, `showtime_fact`), so computing touches no row
//! that storing does. A statement that changes an input appends a mark (`materialised_mark`) in its
//! transaction; nobody waits for anybody. A batch takes marks, locks the rows, computes them, and
//! computes rows that are due (`materialized_at IS NULL`), expired, or not yet filled in a new
//! column. Any number of batches may run at once: each skips what another holds. A batch that is
//! cut off leaves nothing, and the next takes up the same rows. Marks are unlogged; after a crash
//! of the database the next batch marks all rows.
//!
//! A batch that fails is halved until the rows that fail are found. Each is tried alone, and after
//! three failures it is set aside (`materialisation_error`) until it changes. An error that no row
//! causes, such as a missing column, pauses the table. A new column is one call of
//! `materialise_column`, by the owner: nobody else may set expressions (invariant 12).

use sqlx::{PgExecutor, PgPool};

/// A table with computed columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The table.
    pub name: String,
    /// Seconds after which a batch is cut off; its rows are then computed one by one.
    pub timeout_seconds: i32,
}

/// The result of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Marks of changes that were taken.
    pub marks: i32,
    /// Rows computed.
    pub computed: i32,
    /// Rows for which a new column was filled in.
    pub backfilled: i32,
    /// Rows that failed; each is tried again alone.
    pub failed: i32,
    /// Of these, rows that failed too often and are set aside.
    pub set_aside: i32,
    /// What the database said of an expression that it cannot run; the table then rests for
    /// a minute.
    pub paused: Option<String>,
}

impl Batch {
    /// Whether there was anything to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// Every table with computed columns, by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn watched(db: impl PgExecutor<'_>) -> Result<Vec<Watched>, sqlx::Error> {
    sqlx::query_as!(
        Watched,
        "SELECT name, timeout_seconds FROM materialised_table ORDER BY name"
    )
    .fetch_all(db)
    .await
}

/// Does one batch of a table, in a transaction of its own.
///
/// # Errors
///
/// If the statement fails for a reason that no row can be blamed for, such as a database
/// that is away or a lost race; nothing of the batch stands then.
pub async fn batch(db: &PgPool, table: &Watched) -> Result<Batch, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        "SELECT set_config('statement_timeout', $1, true)",
        format!("{}s", table.timeout_seconds)
    )
    .fetch_one(&mut *transaction)
    .await?;
    let done = sqlx::query_as!(
        Batch,
        r#"SELECT marks AS "marks!", computed AS "computed!", backfilled AS "backfilled!",
            failed AS "failed!", set_aside AS "set_aside!", paused
        FROM materialise_batch($1)"#,
        table.name
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(done)
}
