//! How many tasks and layouts a source may have: a source that names things at random would
//! otherwise fill the database and the leader's memory.

use sqlx::PgExecutor;

/// The capped things of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capped {
    /// Tasks that are not retired.
    Tasks,
    /// Layouts.
    Layouts,
}

impl Capped {
    /// The word as logs, metrics and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Layouts => "layouts",
        }
    }
}

/// A source that would exceed its cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverCap {
    /// Name of the source.
    pub source: String,
    /// `tasks` or `layouts`.
    pub what: String,
    /// How many there would be.
    pub found: i64,
    /// How many there may be.
    pub cap: i64,
}

/// Counts the tasks of a source that are not retired: some tenths of a second where there are
/// hundreds of thousands.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_tasks(db: impl PgExecutor<'_>, source_id: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
        FROM task
        INNER JOIN step ON step.step_id = task.step_id
        WHERE step.source_id = $1 AND task.retired_at IS NULL"#,
        source_id
    )
    .fetch_one(db)
    .await
}

/// Counts the layouts of a source.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_layouts(db: impl PgExecutor<'_>, source_id: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM layout WHERE source_id = $1"#,
        source_id
    )
    .fetch_one(db)
    .await
}

/// Notes that a source would have `found` of something of which it may have `cap`.
///
/// # Errors
///
/// If the statement fails.
pub async fn note(
    db: impl PgExecutor<'_>,
    source_id: i32,
    what: Capped,
    found: i64,
    cap: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO source_over_cap AS known (source_id, what, found, cap)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (source_id, what) DO UPDATE
        SET noted_at = now(), found = excluded.found, cap = excluded.cap
        WHERE known.noted_at < now() - interval '10 seconds' OR known.cap <> excluded.cap",
        source_id,
        what.label(),
        found,
        cap
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a source keeps to its cap again.
///
/// # Errors
///
/// If the statement fails.
pub async fn clear(
    db: impl PgExecutor<'_>,
    source_id: i32,
    what: Capped,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM source_over_cap WHERE source_id = $1 AND what = $2",
        source_id,
        what.label()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns the sources that were over a cap in the last two days.
///
/// # Errors
///
/// If the statement fails.
pub async fn over(db: impl PgExecutor<'_>) -> Result<Vec<OverCap>, sqlx::Error> {
    sqlx::query_as!(
        OverCap,
        "SELECT source.name AS source, source_over_cap.what, source_over_cap.found, source_over_cap.cap
        FROM source_over_cap
        INNER JOIN source ON source.source_id = source_over_cap.source_id
        WHERE source_over_cap.noted_at > now() - interval '2 days'
        ORDER BY source.name, source_over_cap.what"
    )
    .fetch_all(db)
    .await
}
