//! Decides which films of different sources are one work.
//!
//! Takes films that are new, or of which a title, a fact or a verdict changed, a few hundred at a
//! time. Films that may be the same share a blocking key; those, and the films of their present
//! works, are compared, until everything is seen that is connected (`neighbourhood`). They are
//! grouped, and what changed is stored (`placement`).
//!
//! Each batch is a transaction, so a pass may be stopped anywhere. Whatever order films come in,
//! the works are the same in the end: a group depends on all films that are connected to it, and
//! on nothing else, up to the bound of a neighbourhood. Two leaders at a time do no harm: one of them waits for the next pass.

mod neighbourhood;
mod confirmation;
mod placement;

use std::time::Duration;

use schema::work;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::BackgroundPass;
use neighbourhood::Neighbourhood;
use placement::Placement;

/// Entries of the log that a batch takes: what it reads stays in the memory until it is stored.
const BATCH: i64 = 500;

/// Finds the works of films.
#[derive(Debug)]
pub struct WorkMatching {
    stop: CancellationToken,
}

impl WorkMatching {
    /// Finds works until `stop`.
    #[must_use]
    pub const fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchedFilms {
    /// Films whose works were looked for: those that were taken, and those connected to them.
    pub films: usize,
    /// Pairs of films that were compared.
    pub comparisons: usize,
    /// Films that got their first work.
    pub new: i64,
    /// Films that came to another work.
    pub moved: i64,
    /// Pairs that wait for a person.
    pub doubts: usize,
    /// Blocking keys that were not followed, because too many films share them.
    pub unfollowed_keys: usize,
}

impl BackgroundPass for WorkMatching {
    type Report = MatchedFilms;
    type Error = sqlx::Error;
    const NAME: &'static str = "works";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<MatchedFilms, sqlx::Error> {
        match_films(db, &self.stop).await
    }
}

/// Finds the works of all films that are in the log, until `stop`.
///
/// # Errors
///
/// If a statement fails; the batches before are stored.
pub async fn match_films(
    db: &PgPool,
    stop: &CancellationToken,
) -> Result<MatchedFilms, sqlx::Error> {
    let mut all = MatchedFilms::default();
    while !stop.is_cancelled() {
        let Some(batch) = match_batch(db).await? else {
            break;
        };
        all.films += batch.films;
        all.comparisons += batch.comparisons;
        all.new += batch.new;
        all.moved += batch.moved;
        all.doubts += batch.doubts;
        all.unfollowed_keys += batch.unfollowed_keys;
    }
    Ok(all)
}

/// Finds the works of some films; returns `None` if there are none, or another coordinator does it.
async fn match_batch(db: &PgPool) -> Result<Option<MatchedFilms>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let taken = work::take_from_log(&mut transaction, BATCH).await?;
    let Some(taken) = taken.filter(|films| !films.is_empty()) else {
        // At once: one that is dropped holds its lock until the pool has time for it.
        transaction.rollback().await?;
        return Ok(None);
    };
    let found = Neighbourhood::explore(&mut transaction, &taken).await?;
    let placement = Placement::of(&found);
    let explored: Vec<i32> = found.seen.explored.iter().copied().collect();
    let stored = work::store_groups(&mut transaction, &placement.placed).await?;
    work::store_names(&mut transaction, &explored, &placement.names).await?;
    work::store_doubts(&mut transaction, &explored, &placement.doubts).await?;
    transaction.commit().await?;
    Ok(Some(MatchedFilms {
        films: explored.len(),
        comparisons: found.seen.comparisons,
        new: stored.new,
        moved: stored.moved,
        doubts: placement.doubts.len(),
        unfollowed_keys: found.unfollowed_keys,
    }))
}
