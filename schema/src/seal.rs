//! Sealing: the snapshots of a showtime that is over, packed into one row.
//!
//! A [`Pass`] takes the showtimes that have been quiet for long enough, a batch in each
//! transaction: their snapshots are packed, stored in `sealed_showtime`, unsealed by the
//! database and compared with the originals, and only then are these deleted. What differs is
//! left as it is. The view `seat_snapshot` shows both alike, so nobody else notices. A snapshot
//! that comes late is sealed with the rest by a later pass; [`unseal`] takes it all back.

pub mod pack;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use self::pack::StoredSnapshot;

/// Showtimes that are looked at in one transaction.
const BATCH: i64 = 1_000;
/// In the table of Postgres error codes.
const SERIALIZATION_FAILURE: &str = "40001";

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Showtimes sealed.
    pub showtimes: u64,
    /// Their snapshots.
    pub snapshots: u64,
    /// Seats of all these snapshots.
    pub seat_records: u64,
    /// Showtimes that were left as they were, because what was packed was not what was there.
    pub refused: Vec<i32>,
}

/// Goes once through the showtimes that can be sealed.
#[derive(Debug)]
pub struct Pass {
    quiet: Duration,
    only: Option<Vec<i32>>,
    after: i32,
    done: Sealed,
}

/// Why a batch came to nothing.
enum Refusal {
    Showtimes(Vec<i32>),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// The snapshots of one showtime, packed.
#[derive(Debug, Default)]
struct Columns {
    showtime_id: Vec<i32>,
    first_observed_at: Vec<DateTime<Utc>>,
    last_observed_at: Vec<DateTime<Utc>>,
    snapshot_count: Vec<i16>,
    data: Vec<Vec<u8>>,
    looked_before_at: Vec<Option<DateTime<Utc>>>,
    looked_after_at: Vec<Option<DateTime<Utc>>>,
}

/// The looks around a start that are known.
#[derive(Debug, Clone, Copy, Default)]
struct Looks {
    before_at: Option<DateTime<Utc>>,
    after_at: Option<DateTime<Utc>>,
}

impl Pass {
    /// Seals the showtimes whose start and last snapshot are `quiet` ago or longer.
    #[must_use]
    pub fn new(quiet: Duration) -> Self {
        Self {
            quiet,
            only: None,
            after: 0,
            done: Sealed::default(),
        }
    }

    /// Seals these showtimes only, if they have started.
    #[must_use]
    pub fn of(mut showtimes: Vec<i32>) -> Self {
        showtimes.sort_unstable();
        Self {
            only: Some(showtimes),
            ..Self::new(Duration::ZERO)
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn done(&self) -> &Sealed {
        &self.done
    }

    /// Seals a batch in one transaction; returns whether there may be more.
    ///
    /// Showtimes whose packed form differs are left alone, and the rest is sealed without them.
    ///
    /// # Errors
    ///
    /// If a statement fails; nothing of the batch is changed then, and another pass finds it.
    pub async fn batch(&mut self, db: &PgPool) -> Result<bool, sqlx::Error> {
        loop {
            match self.try_batch(db).await {
                Ok(has_more) => return Ok(has_more),
                // Somebody else had a row of it: it is read anew.
                Err(Refusal::Database(error)) if is_conflict(&error) => {}
                Err(Refusal::Database(error)) => return Err(error),
                Err(Refusal::Showtimes(refused)) => self.done.refused.extend(refused),
            }
        }
    }

    async fn try_batch(&mut self, db: &PgPool) -> Result<bool, Refusal> {
        // All statements shall see the same snapshots: one that comes late stays out of all.
        let mut transaction = db
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
            .await?;
        let mut live = self.next_live(&mut transaction).await?;
        let Some(&last) = live.last() else {
            return Ok(false);
        };
        live.retain(|showtime_id| !self.done.refused.contains(showtime_id));
        let finished = sqlx::query_file!(
            "queries/lock_finished_showtimes.sql",
            &live,
            self.quiet.as_secs_f64()
        )
        .fetch_all(&mut *transaction)
        .await?;
        let starts = finished
            .into_iter()
            .map(|row| (row.showtime_id, row.starts_at));
        let batch = seal_showtimes(&mut transaction, &starts.collect()).await?;
        transaction.commit().await?;
        self.after = last;
        self.done.showtimes += batch.showtimes;
        self.done.snapshots += batch.snapshots;
        self.done.seat_records += batch.seat_records;
        Ok(true)
    }

    /// The showtimes that are looked at next, in their order; none at the end.
    async fn next_live(&self, transaction: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
        if let Some(only) = &self.only {
            return Ok(only.iter().copied().filter(|&id| id > self.after).collect());
        }
        sqlx::query_file_scalar!("queries/find_live_showtimes.sql", self.after, BATCH)
            .fetch_all(transaction)
            .await
    }
}

/// Whether another transaction wrote what this one was about to.
fn is_conflict(error: &sqlx::Error) -> bool {
    let refusal = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    refusal.as_deref() == Some(SERIALIZATION_FAILURE)
}

/// Seals showtimes that are locked, given with their starts.
async fn seal_showtimes(
    transaction: &mut PgConnection,
    starts: &HashMap<i32, DateTime<Utc>>,
) -> Result<Sealed, Refusal> {
    let showtimes: Vec<i32> = starts.keys().copied().collect();
    if showtimes.is_empty() {
        return Ok(Sealed::default());
    }
    let known = put_back(transaction, &showtimes).await?;
    let snapshots = read_snapshots(transaction, &showtimes).await?;
    let mut columns = Columns::default();
    let mut sealed = Sealed::default();
    let mut refused = Vec::new();
    for (showtime_id, history) in &snapshots {
        let looks = known.get(showtime_id).copied().unwrap_or_default();
        let starts_at = starts.get(showtime_id).copied().unwrap_or_default();
        if !columns.push(*showtime_id, history, looks.among(history, starts_at)) {
            refused.push(*showtime_id);
        }
        sealed.showtimes += 1;
        sealed.snapshots += history.len() as u64;
        sealed.seat_records += history
            .iter()
            .map(|row| u64::from(row.seat_count))
            .sum::<u64>();
    }
    if refused.is_empty() {
        store(transaction, &columns).await?;
        refused = sqlx::query_file_scalar!("queries/verify_sealed.sql", &showtimes)
            .fetch_all(&mut *transaction)
            .await?;
    }
    if !refused.is_empty() {
        return Err(Refusal::Showtimes(refused));
    }
    sqlx::query!(
        "DELETE FROM snapshot WHERE showtime_id = ANY ($1)",
        &showtimes
    )
    .execute(transaction)
    .await?;
    Ok(sealed)
}

/// Puts the snapshots of sealed showtimes back; returns the looks that were kept with them.
async fn put_back(
    transaction: &mut PgConnection,
    showtimes: &[i32],
) -> Result<HashMap<i32, Looks>, sqlx::Error> {
    let opened = sqlx::query_file!("queries/unseal_showtimes.sql", showtimes)
        .fetch_all(transaction)
        .await?;
    let looks = opened.into_iter().map(|row| {
        let looks = Looks {
            before_at: row.looked_before_at,
            after_at: row.looked_after_at,
        };
        (row.showtime_id, looks)
    });
    Ok(looks.collect())
}

async fn read_snapshots(
    transaction: &mut PgConnection,
    showtimes: &[i32],
) -> Result<BTreeMap<i32, Vec<StoredSnapshot>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT showtime_id, observed_at, job_id, layout_id,
            available + sold + held + blocked + broken + house + unknown + unmapped AS "seat_count!",
            seats
        FROM snapshot
        WHERE showtime_id = ANY ($1)
        ORDER BY showtime_id, observed_at"#,
        showtimes
    )
    .fetch_all(transaction)
    .await?;
    let mut snapshots: BTreeMap<i32, Vec<StoredSnapshot>> = BTreeMap::new();
    for row in rows {
        let stored = StoredSnapshot {
            observed_at: row.observed_at,
            job_id: row.job_id,
            layout_id: row.layout_id,
            // More than can be are refused when they are packed.
            seat_count: u16::try_from(row.seat_count).unwrap_or(u16::MAX),
            seats: row.seats,
        };
        snapshots.entry(row.showtime_id).or_default().push(stored);
    }
    Ok(snapshots)
}

impl Looks {
    /// Adds what the snapshots themselves tell: each is a look.
    fn among(self, history: &[StoredSnapshot], starts_at: DateTime<Utc>) -> Self {
        let times = || history.iter().map(|row| row.observed_at);
        let before_at = times().rfind(|&at| at <= starts_at);
        let after_at = times().find(|&at| at > starts_at);
        Self {
            before_at: self.before_at.max(before_at),
            after_at: [self.after_at, after_at].into_iter().flatten().min(),
        }
    }
}

impl Columns {
    /// Adds a showtime; returns `false` if its snapshots cannot be packed.
    fn push(&mut self, showtime_id: i32, history: &[StoredSnapshot], looks: Looks) -> bool {
        let (Ok(data), Ok(count), [first, ..], [.., last]) = (
            pack::pack(history),
            i16::try_from(history.len()),
            history,
            history,
        ) else {
            return false;
        };
        self.showtime_id.push(showtime_id);
        self.first_observed_at.push(first.observed_at);
        self.last_observed_at.push(last.observed_at);
        self.snapshot_count.push(count);
        self.data.push(data);
        self.looked_before_at.push(looks.before_at);
        self.looked_after_at.push(looks.after_at);
        true
    }
}

async fn store(transaction: &mut PgConnection, columns: &Columns) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_sealed.sql",
        &columns.showtime_id,
        &columns.first_observed_at,
        &columns.last_observed_at,
        &columns.snapshot_count,
        &columns.data,
        &columns.looked_before_at as &[Option<DateTime<Utc>>],
        &columns.looked_after_at as &[Option<DateTime<Utc>>]
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// What [`unseal`] has put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// Showtimes.
    pub showtimes: u64,
    /// Their snapshots.
    pub snapshots: u64,
}

/// Puts the snapshots of sealed showtimes back, `only` these or all, a batch in each
/// transaction, and tells `progress` after each.
///
/// The leader seals them again: give it a longer quiet time before, or stop it.
///
/// # Errors
///
/// If a statement fails; what was put back so far stays so, and another call puts back the rest.
pub async fn unseal(
    db: &PgPool,
    only: Option<&[i32]>,
    mut progress: impl FnMut(Unsealed),
) -> Result<Unsealed, sqlx::Error> {
    let mut done = Unsealed::default();
    let mut after = 0;
    loop {
        let showtimes = sqlx::query_scalar!(
            "SELECT showtime_id
            FROM sealed_showtime
            WHERE showtime_id > $1 AND ($2::integer[] IS NULL OR showtime_id = ANY ($2))
            ORDER BY showtime_id
            LIMIT $3",
            after,
            only,
            BATCH
        )
        .fetch_all(db)
        .await?;
        let Some(&last) = showtimes.last() else {
            return Ok(done);
        };
        after = last;
        let opened = sqlx::query_file!("queries/unseal_showtimes.sql", &showtimes)
            .fetch_all(db)
            .await?;
        done.showtimes += opened.len() as u64;
        let snapshots = opened
            .iter()
            .map(|row| u64::from(row.snapshot_count.cast_unsigned()));
        done.snapshots += snapshots.sum::<u64>();
        progress(done);
    }
}
