//! Decides which cinemas of different sources are one venue, and which showtimes are listed twice.
//!
//! First takes cinemas that are new, or of which the name, the place or a verdict changed. Cinemas
//! that are near or share a name are compared, until everything is seen that is connected
//! (`neighbourhood`). They are grouped (`placement`), the auditoriums of each group are matched, and
//! what changed is stored. Then takes starts at venues of several cinemas whose listings changed,
//! and decides which listing of each showtime counts (`pairing`).
//!
//! Each batch is a transaction, so a pass may be stopped anywhere. Whatever order cinemas come in,
//! the venues are the same in the end, and what is listed twice depends on the stored rows alone:
//! so a verdict that is taken back leaves nothing behind. Two leaders at a time do no harm: one of
//! them waits for the next pass.

mod neighbourhood;
mod placement;
mod pairing;

use std::{collections::HashMap, time::Duration};

use schema::venue;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use works::venue::{Auditorium, match_auditoriums};

use super::BackgroundPass;
use neighbourhood::VenueNeighbourhood;
use placement::VenuePlacement;

/// Entries of the log of cinemas that a batch takes.
const BATCH: i64 = 500;

/// Finds the venues of cinemas.
#[derive(Debug)]
pub struct VenueMatching {
    stop: CancellationToken,
}

impl VenueMatching {
    /// Finds venues until `stop`.
    #[must_use]
    pub const fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchedVenues {
    /// Cinemas whose venues were looked for: those that were taken, and those connected to them.
    pub cinemas: usize,
    /// Pairs of cinemas that were compared.
    pub comparisons: usize,
    /// Cinemas that got their first venue.
    pub new: i64,
    /// Cinemas that came to another venue.
    pub moved: i64,
    /// Pairs that wait for a person.
    pub doubts: usize,
    /// Listings that were compared.
    pub listings: usize,
    /// Showtimes that were found to be listed twice, or to count as another than before.
    pub duplicates: usize,
    /// Showtimes that count again.
    pub counted: usize,
}

impl BackgroundPass for VenueMatching {
    type Report = MatchedVenues;
    type Error = sqlx::Error;
    const NAME: &'static str = "venues";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<MatchedVenues, sqlx::Error> {
        match_venues(db, &self.stop).await
    }
}

/// Finds the venues of all cinemas that are in the log, then what is listed twice, until `stop`.
///
/// # Errors
///
/// If a statement fails; the batches before are stored.
pub async fn match_venues(
    db: &PgPool,
    stop: &CancellationToken,
) -> Result<MatchedVenues, sqlx::Error> {
    let mut all = MatchedVenues::default();
    while !stop.is_cancelled() && match_batch(db, &mut all).await? {}
    while !stop.is_cancelled() && pairing::pair_batch(db, &mut all).await? {}
    Ok(all)
}

/// Finds the venues of some cinemas; returns `false` if there are none, or another coordinator does
/// it.
async fn match_batch(db: &PgPool, report: &mut MatchedVenues) -> Result<bool, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let taken = if venue::lock(&mut *transaction).await? {
        venue::take_from_log(&mut transaction, BATCH).await?
    } else {
        Vec::new()
    };
    if taken.is_empty() {
        // At once: one that is dropped holds its lock until the pool has time for it.
        transaction.rollback().await?;
        return Ok(false);
    }
    let found = VenueNeighbourhood::explore(&mut transaction, &taken).await?;
    let placement = VenuePlacement::of(&found);
    let explored: Vec<i32> = found.seen.explored.iter().copied().collect();
    let stored = venue::store_groups(&mut transaction, &placement.placed).await?;
    venue::store_doubts(&mut transaction, &explored, &placement.doubts).await?;
    store_auditoriums(&mut transaction, &explored, &placement.groups).await?;
    transaction.commit().await?;
    report.cinemas += explored.len();
    report.comparisons += found.seen.comparisons;
    report.new += stored.new;
    report.moved += stored.moved;
    report.doubts += placement.doubts.len();
    Ok(true)
}

/// Matches the auditoriums of each group of several cinemas; those of a cinema alone need no match.
async fn store_auditoriums(
    db: &mut PgConnection,
    explored: &[i32],
    groups: &[Vec<i32>],
) -> Result<(), sqlx::Error> {
    let shared = || groups.iter().filter(|cinemas| cinemas.len() > 1);
    let cinemas: Vec<i32> = shared().flatten().copied().collect();
    let mut of_cinema: HashMap<i32, Vec<Auditorium>> = HashMap::new();
    for auditorium in venue::auditoriums(&mut *db, &cinemas).await? {
        let known = of_cinema.entry(auditorium.cinema_id).or_default();
        known.push(auditorium);
    }
    let mut matches = Vec::new();
    for cinemas in shared() {
        let of_venue = cinemas.iter().filter_map(|cinema| of_cinema.remove(cinema));
        let auditoriums: Vec<Auditorium> = of_venue.flatten().collect();
        matches.extend(match_auditoriums(&auditoriums));
    }
    venue::store_auditoriums(db, explored, &matches).await
}
