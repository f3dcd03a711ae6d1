//! Data sets: applied, found due, built, each after its inputs.
//!
//! A build is claimed in one transaction and run in a second, which holds a lock on its row in
//! `data_set_build` until it ends. So a build without an end whose row is not locked has lost its
//! coordinator or its connection, and [`end_lost`] ends it: its day is tried again. What is due is
//! found by a comparison of revisions (`data_set_days`), so nothing that happened has to be remembered.
//!
//! The query is the text of a person. It is parsed, checked and run by functions of the role
//! `data_set_runner`, which reads what analysts read and writes nothing; only `build_data_set`, which
//! takes the number of a build, inserts the rows.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};

/// What applying a data set did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSetChange {
    /// It is new.
    Made,
    /// Its query, check or inputs changed: all of its days are due.
    Rebuilt,
    /// Something else changed.
    Changed,
    /// It was as it is.
    Unchanged,
}

/// A build that this process is to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// Its row.
    pub build_id: i64,
    /// The data set.
    pub name: String,
    /// The day; `None` for a data set without days.
    pub day: Option<NaiveDate>,
    /// Where its files are, if it is read from files instead of a query.
    pub files: Option<Value>,
    /// Time after which it is cut off.
    pub timeout: Duration,
}

/// How a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildOutcome {
    /// The rows are new.
    Built,
    /// The rows are those of before: what reads them is not due.
    Unchanged,
    /// The query or the check failed.
    Failed,
    /// It took too long, or a person cancelled it.
    TimedOut,
    /// Another build came first, or it was given up before it began.
    Superseded,
}

impl BuildOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [
        Self::Built,
        Self::Unchanged,
        Self::Failed,
        Self::TimedOut,
        Self::Superseded,
    ];

    /// Returns the word as the table `data_set_build` has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Superseded => "superseded",
        }
    }
}

/// Makes or changes a data set; `wanted` has the columns of the table `data_set`, and `inputs`, `query`
/// and `check`.
///
/// # Errors
///
/// If it is refused; the error names the part of the file as its column. The caller's transaction
/// must then be rolled back.
pub async fn apply(db: impl PgExecutor<'_>, wanted: &Value) -> Result<DataSetChange, sqlx::Error> {
    let word = sqlx::query_scalar!(r#"SELECT apply_data_set($1) AS "word!""#, wanted)
        .fetch_one(db)
        .await?;
    Ok(match word.as_str() {
        "made" => DataSetChange::Made,
        "rebuilt" => DataSetChange::Rebuilt,
        "changed" => DataSetChange::Changed,
        _ => DataSetChange::Unchanged,
    })
}

/// Removes a data set with its table.
///
/// # Errors
///
/// If there is none of that name, another reads it, or the statement fails.
pub async fn remove(db: impl PgExecutor<'_>, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT remove_data_set($1)", name)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Makes days of a data set due, from `from` until and with `until`; returns how many.
///
/// # Errors
///
/// If the statement fails.
pub async fn request(
    db: impl PgExecutor<'_>,
    name: &str,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<u64, sqlx::Error> {
    let requested = sqlx::query_file!("queries/request_data_set_builds.sql", name, from, until)
        .execute(db)
        .await?;
    Ok(requested.rows_affected())
}

/// Claims at most `limit` builds that are due, of one data set or of all, in the name of `by`; `now`
/// replaces the clock of the database in tests.
///
/// # Errors
///
/// If the statement fails.
pub async fn claim(
    db: impl PgExecutor<'_>,
    by: &str,
    limit: i64,
    name: Option<&str>,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<Build>, sqlx::Error> {
    let claimed = sqlx::query_file!("queries/claim_data_set_builds.sql", by, limit, name, now)
        .fetch_all(db)
        .await?;
    Ok(claimed
        .into_iter()
        .map(|row| Build {
            build_id: row.build_id,
            name: row.name,
            day: row.day,
            files: row.files,
            timeout: Duration::from_millis(u64::try_from(row.timeout_millis).unwrap_or(1)),
        })
        .collect())
}

/// Runs a build that was claimed; takes as long as that takes.
///
/// # Errors
///
/// If the connection is lost; the build is given up after a minute then.
pub async fn run(db: &PgPool, build: &Build) -> Result<BuildOutcome, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        "SELECT set_config('statement_timeout', $1, true)",
        build.timeout.as_millis().max(1).to_string()
    )
    .fetch_one(&mut *transaction)
    .await?;
    let outcome = finish(&mut *transaction, build.build_id).await?;
    transaction.commit().await?;
    Ok(outcome)
}

/// Runs a build within the transaction of the caller, and records how it ended. Rows of files are staged in
/// that transaction before.
///
/// # Errors
///
/// If the statement fails.
pub async fn finish(db: impl PgExecutor<'_>, build_id: i64) -> Result<BuildOutcome, sqlx::Error> {
    let word = sqlx::query_scalar!(r#"SELECT build_data_set($1) AS "outcome!""#, build_id)
        .fetch_one(db)
        .await?;
    let known = BuildOutcome::ALL.into_iter().find(|one| one.word() == word);
    Ok(known.unwrap_or(BuildOutcome::Failed))
}

/// Ends builds that began at least a minute ago and that no process runs any more; returns their data
/// sets and days.
///
/// # Errors
///
/// If the statement fails.
pub async fn end_lost(
    db: impl PgExecutor<'_>,
) -> Result<Vec<(String, Option<NaiveDate>)>, sqlx::Error> {
    let lost = sqlx::query!(r#"SELECT name AS "name!", day FROM end_lost_data_set_builds()"#)
        .fetch_all(db)
        .await?;
    Ok(lost.into_iter().map(|row| (row.name, row.day)).collect())
}

/// Returns whether a data set reads stored rows, whose late days must be counted.
///
/// # Errors
///
/// If the statement fails.
pub async fn follows_stored(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM data_set_input WHERE kind = 'stored') AS "is_followed!""#
    )
    .fetch_one(db)
    .await
}

/// How many days are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// The data set.
    pub name: String,
    /// The state.
    pub state: String,
    /// Its days.
    pub days: i64,
    /// Those of them whose deadline has passed.
    pub late: i64,
}

/// Counts the days of each data set by state.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_days(db: impl PgExecutor<'_>) -> Result<Vec<StateCount>, sqlx::Error> {
    sqlx::query_as!(
        StateCount,
        r#"SELECT name AS "name!", state AS "state!", count(*) AS "days!",
            count(*) FILTER (WHERE is_late) AS "late!"
        FROM data_set_status
        GROUP BY name, state
        ORDER BY name, state"#
    )
    .fetch_all(db)
    .await
}
