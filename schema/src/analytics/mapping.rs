//! The meaning of status codes, set by a person, and the past corrected by it.
//!
//! Snapshots keep the code of each seat, so the view `seat_record` follows a mapping at once
//! (invariant 6). Counters were counted when a snapshot was stored. So [`map`], and a definition
//! that maps a code otherwise, raise the version of the source's codes: a job that stores with the
//! old meaning is counted again by the statement that stores it. [`settle`] waits for statements
//! that began before (they hold locks on `snapshot`), and [`recount`] corrects what is stored, a
//! batch of showtimes per transaction. All three may be repeated after a failure.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, PgPool};
use thiserror::Error;
use tokio::time::sleep;

use crate::enums::SeatStatus;

/// Showtimes whose snapshots are counted again in one transaction.
const BATCH: i64 = 200;
/// How long [`settle`] waits between two looks, and in all.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: u32 = 300;

/// Why codes were not mapped; nothing is changed then.
#[derive(Debug, Error)]
pub enum MapError {
    /// There is no such source.
    #[error("there is no source {name}; `coordinator source list` names them")]
    NoSource {
        /// The name.
        name: String,
    },
    /// The source has no such code.
    #[error("source {source_name} has no code `{code}`; its codes are {known}")]
    NoCode {
        /// The source.
        source_name: String,
        /// The code.
        code: String,
        /// The known codes of the source.
        known: String,
    },
    /// The database refuses.
    #[error("the codes could not be mapped")]
    Database(#[from] sqlx::Error),
}

/// The result of [`map`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The source.
    pub source_id: i32,
    /// Codes that mean something else now.
    pub changed: usize,
}

/// Says what codes of a source mean. [`settle`] and [`recount`] after it.
///
/// # Errors
///
/// See [`MapError`].
pub async fn map(
    db: &PgPool,
    source: &str,
    codes: &[(String, SeatStatus)],
) -> Result<Mapped, MapError> {
    let mut transaction = db.begin().await?;
    let mapped = map_within(&mut transaction, source, codes).await?;
    transaction.commit().await?;
    Ok(mapped)
}

/// Does the work of [`map`] within a transaction of the caller, who commits it.
///
/// # Errors
///
/// See [`MapError`]; the caller rolls back then.
pub async fn map_within(
    db: &mut PgConnection,
    source: &str,
    codes: &[(String, SeatStatus)],
) -> Result<Mapped, MapError> {
    let source_id = sqlx::query_scalar!(
        "UPDATE source SET codes_version = codes_version + 1 WHERE name = $1 RETURNING source_id",
        source
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or_else(|| MapError::NoSource {
        name: source.to_owned(),
    })?;
    let known = sqlx::query_scalar!(
        "SELECT code FROM seat_code WHERE source_id = $1 ORDER BY code_index",
        source_id
    )
    .fetch_all(&mut *db)
    .await?;
    let mut changed = 0;
    for (code, status) in codes {
        if !known.contains(code) {
            return Err(MapError::NoCode {
                source_name: source.to_owned(),
                code: code.clone(),
                known: known.join(", "),
            });
        }
        let updated = sqlx::query!(
            "UPDATE seat_code SET status = $3
            WHERE source_id = $1 AND code = $2 AND status IS DISTINCT FROM $3",
            source_id,
            code,
            *status as SeatStatus
        )
        .execute(&mut *db)
        .await?;
        changed += usize::try_from(updated.rows_affected()).unwrap_or(0);
    }
    Ok(Mapped { source_id, changed })
}

/// Waits until no transaction is open that writes snapshots and began before the call; returns
/// whether that is so, after half a minute at most.
///
/// # Errors
///
/// If the statement fails.
pub async fn settle(db: &PgPool) -> Result<bool, sqlx::Error> {
    let before = writers(db).await?;
    for _ in 0..LOOKS {
        let open = writers(db).await?;
        if !before.iter().any(|writer| open.contains(writer)) {
            return Ok(true);
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(false)
}

/// The open transactions that write snapshots, of any role.
///
/// A statement locks its tables before it takes the snapshot of the data by which it counts, and
/// keeps them until its transaction ends. Locks are shown to every role, which the times of
/// other roles' transactions are not.
///
/// # Errors
///
/// If the statement fails.
pub async fn writers(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT virtualtransaction AS "virtualtransaction!"
        FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'snapshot'::regclass
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()"#
    )
    .fetch_all(db)
    .await
}

/// How far [`recount`] has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recounted {
    /// Showtimes gone through.
    pub showtimes: u64,
    /// Snapshots whose counters were wrong.
    pub snapshots: u64,
}

/// Counts the seats of all snapshots of a source by the present mapping of codes, a batch of
/// showtimes in each transaction, and calls `progress` after each. Sealed snapshots are counted
/// when they are read, so for them only `showtime_latest` changes.
///
/// # Errors
///
/// If a statement fails; what was corrected so far stays so, and another call goes through
/// the rest.
pub async fn recount(
    db: &PgPool,
    source_id: i32,
    mut progress: impl FnMut(Recounted),
) -> Result<Recounted, sqlx::Error> {
    let mut done = Recounted::default();
    let mut after = 0;
    loop {
        let showtimes = sqlx::query_scalar!(
            "SELECT showtime.showtime_id
            FROM showtime
            INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
            WHERE cinema.source_id = $1 AND showtime.showtime_id > $2
            ORDER BY showtime.showtime_id
            LIMIT $3",
            source_id,
            after,
            BATCH
        )
        .fetch_all(db)
        .await?;
        let Some(last) = showtimes.last() else {
            return Ok(done);
        };
        after = *last;
        let mut transaction = db.begin().await?;
        let corrected = sqlx::query_file!("queries/recount_snapshots.sql", source_id, &showtimes)
            .execute(&mut *transaction)
            .await?;
        sqlx::query_file!("queries/recount_latest.sql", &showtimes)
            .execute(&mut *transaction)
            .await?;
        // Sealed rows are not written, so no trigger notes them for the rollups.
        sqlx::query!(
            "INSERT INTO dirty_showtime (showtime_ids)
            SELECT array_agg(showtime_id) FROM sealed_showtime WHERE showtime_id = ANY ($1)
            HAVING count(*) > 0",
            &showtimes
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        done.showtimes += showtimes.len() as u64;
        done.snapshots += corrected.rows_affected();
        progress(done);
    }
}

/// A code of a source, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code as it came.
    pub code: String,
    /// The status that it means; `None` while it is not mapped.
    pub status: Option<SeatStatus>,
    /// Seats that had it when their showtime, which is still to come, was seen last.
    pub seats: i64,
    /// The job that saw it first.
    pub discovered_by: i64,
}

/// The codes that a source has said.
///
/// # Errors
///
/// If the statement fails.
pub async fn codes(db: impl PgExecutor<'_>, source: &str) -> Result<Vec<Code>, sqlx::Error> {
    sqlx::query_file_as!(Code, "queries/read_codes.sql", source)
        .fetch_all(db)
        .await
}
