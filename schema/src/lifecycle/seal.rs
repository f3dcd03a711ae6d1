//! Sealing: packs the snapshots of a past showtime into one row.
//!
//! A [`Pass`] takes showtimes that have been quiet for long enough, a batch in each repeatable-read
//! transaction. Their snapshots are packed, stored in `sealed_showtime`, unsealed by the database's
//! own function and compared with every column of the originals; only then are the originals
//! deleted. A showtime that differs is left as it is and counted. A snapshot that arrives later is a
//! live row next to the sealed one, and a later pass seals it, too; [`unseal`] undoes all of it.
//!
//! The view `seat_snapshot` shows sealed and live rows alike. Codes are kept, not their meaning,
//! and counters are counted when a sealed row is read, so mapping a code later corrects sealed
//! showtimes without a write. The packed form is described in `pack`.

mod batch;
pub mod pack;

use std::time::Duration;

use sqlx::{PgConnection, PgPool};

use crate::connect::{is_refused_with, sqlstate};

use self::batch::{Refusal, seal_showtimes};

/// Showtimes that are looked at in one transaction.
const BATCH: i64 = 1_000;

/// A batch that others write to is tried so many times more; then the next pass finds it.
const MAX_CONFLICTS: u32 = 5;
/// How long it waits before the first of these, and twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The result of a pass.
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

    /// Returns the result so far.
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
        let mut conflicts = 0;
        loop {
            match self.try_batch(db).await {
                Ok(has_more) => return Ok(has_more),
                // Another transaction held a row of it: it is read again when that may have ended.
                Err(Refusal::Database(error))
                    if is_refused_with(&error, sqlstate::SERIALIZATION_FAILURE)
                        && conflicts < MAX_CONFLICTS =>
                {
                    tokio::time::sleep(FIRST_PAUSE * (1 << conflicts)).await;
                    conflicts += 1;
                }
                Err(Refusal::Database(error)) => return Err(error),
                Err(Refusal::Showtimes(refused)) => self.done.refused.extend(refused),
            }
        }
    }

    async fn try_batch(&mut self, db: &PgPool) -> Result<bool, Refusal> {
        // All statements see the same snapshots: a late one is in none of them.
        let mut transaction = db
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
            .await?;
        match self.seal_next(&mut transaction).await {
            Ok(Some((last, batch))) => {
                transaction.commit().await?;
                self.after = last;
                self.done.showtimes += batch.showtimes;
                self.done.snapshots += batch.snapshots;
                self.done.seat_records += batch.seat_records;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(refusal) => {
                // Now, and not when the connection is used again: the next try on another one
                // would take its own showtimes for somebody else's.
                transaction.rollback().await?;
                Err(refusal)
            }
        }
    }

    /// Seals the next batch; gives its last showtime, or none at the end.
    async fn seal_next(
        &self,
        transaction: &mut PgConnection,
    ) -> Result<Option<(i32, Sealed)>, Refusal> {
        let mut live = self.next_live(transaction).await?;
        let Some(&last) = live.last() else {
            return Ok(None);
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
        let batch = seal_showtimes(transaction, &starts.collect()).await?;
        Ok(Some((last, batch)))
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

/// The result of [`unseal`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// Showtimes.
    pub showtimes: u64,
    /// Their snapshots.
    pub snapshots: u64,
}

/// Puts the snapshots of sealed showtimes back, `only` these or all, a batch in each
/// transaction, and calls `progress` after each.
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
