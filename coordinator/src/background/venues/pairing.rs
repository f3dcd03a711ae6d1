//! Finds showtimes that several sources list, and stores which of the listings count.

use std::collections::{BTreeMap, BTreeSet};

use schema::venue::{self, Listing, Start};
use sqlx::{PgConnection, PgPool};
use works::venue::{Duplicate, ListedShowtime, find_duplicates};

use super::MatchedVenues;

/// Entries of the log of starts that a batch takes.
const BATCH: i64 = 500;

/// Venues that are in the memory at a time with all showtimes that they ever had: of three cinemas,
/// some 30,000 a year.
const MAX_WHOLE_VENUES: usize = 16;

/// Compares the listings of some starts; returns `false` if there are none, or another coordinator
/// does it.
pub(super) async fn pair_batch(
    db: &PgPool,
    report: &mut MatchedVenues,
) -> Result<bool, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let starts = if venue::lock(&mut *transaction).await? {
        venue::take_starts(&mut transaction, BATCH).await?
    } else {
        Vec::new()
    };
    if starts.is_empty() {
        transaction.rollback().await?;
        return Ok(false);
    }
    let (venues, single): (Vec<Start>, Vec<Start>) = starts
        .into_iter()
        .partition(|start| start.starts_at.is_none());
    for venues in venues.chunks(MAX_WHOLE_VENUES) {
        pair(&mut transaction, venues, report).await?;
    }
    pair(&mut transaction, &single, report).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn pair(
    db: &mut PgConnection,
    starts: &[Start],
    report: &mut MatchedVenues,
) -> Result<(), sqlx::Error> {
    if starts.is_empty() {
        return Ok(());
    }
    let listings = venue::listings(&mut *db, starts).await?;
    let changes = Changes::of(&listings);
    if !changes.found.is_empty() || !changes.counted.is_empty() {
        venue::store_duplicates(&mut *db, &changes.found, &changes.counted).await?;
    }
    if !changes.to_match.is_empty() {
        venue::mark_cinemas(db, &changes.to_match).await?;
    }
    report.listings += listings.len();
    report.duplicates += changes.found.len();
    report.counted += changes.counted.len();
    Ok(())
}

/// What differs from what is stored.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    /// Showtimes that do not count.
    found: Vec<Duplicate>,
    /// Showtimes that count again.
    counted: Vec<i32>,
    /// Cinemas whose auditoriums should be compared again.
    to_match: Vec<i32>,
}

impl Changes {
    fn of(listings: &[Listing]) -> Self {
        let mut starts: BTreeMap<_, Vec<ListedShowtime>> = BTreeMap::new();
        for listing in listings {
            starts
                .entry((listing.venue_id, listing.starts_at))
                .or_default()
                .push(listing.listed.clone());
        }
        let mut found: BTreeMap<i32, Duplicate> = starts
            .values()
            .flat_map(|listed| find_duplicates(listed))
            .map(|duplicate| (duplicate.showtime_id, duplicate))
            .collect();
        let mut counted = Vec::new();
        for listing in listings {
            let Some((counted_as, reason)) = &listing.stored else {
                continue;
            };
            let showtime_id = listing.listed.showtime_id;
            match found.get(&showtime_id) {
                None => counted.push(showtime_id),
                Some(now) if now.counted_as == *counted_as && now.reason == *reason => {
                    found.remove(&showtime_id);
                }
                Some(_) => {}
            }
        }
        let to_match: BTreeSet<i32> = listings
            .iter()
            .filter_map(|one| one.cinema_to_match)
            .collect();
        Self {
            found: found.into_values().collect(),
            counted,
            to_match: to_match.into_iter().collect(),
        }
    }
}
