//! Listings: cinemas, showtimes and items, stored with the tasks that they bring and the history
//! of the job that saw them.
//!
//! Takes a [`SeenListing`], gives whether it was stored. Keeps the locks of sources. All of a
//! listing is one transaction, so if it fails nothing is stored.
//!
//! A large listing is stored in parts, with the tasks of each part. It waits for other listings of
//! its source in the pod, so it takes one connection and no more.
//!
//! `store_showtimes.sql` notes in `showtime_change` what it changes: start, film, auditorium, and
//! what the listing no longer has (`unlisted`) or has again. It also stores what the listing says of
//! films (`film_fact`, `film_identifier`, `film_title`) and the codes of attributes. Nothing is written where nothing
//! changed. A task that asks for one day misses only showtimes of that day. A partial answer misses
//! nothing: its rows are added to the list with which the next complete answer is compared
//! (invariant 5).

mod aliases;
mod error;
mod facts;
mod listing;
mod locks;
mod times;

pub use self::{error::CatalogueError, listing::Listing, locks::ListingLocks};

use std::{collections::HashMap, ops::Range, sync::Arc, time::Instant};

use chrono::NaiveDate;
use schema::{
    baseline,
    cap::{self, Capped},
    catalogue::{self, SeenBy},
    finish::{self, Finished},
};
use serde_json::Value;
use source_language::{rows::Rows, source::Discovered};
use sqlx::PgPool;

use self::{listing::RowOwner, times::chrono_instant};
use super::caps::Caps;
use crate::{
    database::{Database, in_time},
    held_conversation::HeldConversation,
    registration::Registration,
};

/// A listing with the tasks that it brings, and the job that saw it.
#[derive(Debug)]
pub struct SeenListing {
    /// The registration under which the task was claimed.
    pub registration: Arc<Registration>,
    /// The source and the job.
    pub by: SeenBy,
    /// When the answer was complete, by this process's clock.
    pub observed_at: Instant,
    /// When its rows were complete and began to be stored.
    pub completed_at: Instant,
    /// The history of the job.
    pub job: Finished,
    /// Optional fields for which nearly all rows had a value.
    pub fields: Vec<String>,
    /// Whether the answer was read as a whole.
    pub is_whole: bool,
    /// The one day for which the task asked, if it did.
    pub day: Option<NaiveDate>,
    /// The rows.
    pub listing: Listing,
    /// Knows the tasks that the rows bring, and holds the memory that they take.
    pub conversation: Box<HeldConversation>,
}

/// Whether a listing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingOutcome {
    /// All of it was.
    Stored,
    /// Nothing was, because the lease of the job had ended.
    LeaseLost,
}

/// Stores a listing with its tasks and the history of its job; waits while the database is away.
///
/// # Errors
///
/// [`CatalogueError::OverCap`], or [`CatalogueError::Database`] if the database refuses or takes
/// too long several times; nothing is stored then.
pub async fn store(
    db: &Database,
    locks: &ListingLocks,
    caps: &Caps,
    seen: Arc<SeenListing>,
) -> Result<ListingOutcome, CatalogueError> {
    let _lock = locks.lock(seen.by.source_id, seen.listing.is_large()).await;
    let cap = caps.near_cap(seen.by.source_id, seen.listing.len()).await?;
    let query = |db: PgPool| {
        let seen = seen.clone();
        async move { store_once(&db, &seen, cap).await }
    };
    let stored = if seen.listing.is_large() {
        db.retry_in_parts(query).await
    } else {
        db.retry(query).await
    };
    match &stored {
        Err(CatalogueError::OverCap { found, cap }) => {
            let (source_id, found, cap) = (seen.by.source_id, *found, *cap);
            caps.note(source_id, Capped::Tasks, found, cap).await;
        }
        Ok(_) if cap.is_some() => caps.clear(seen.by.source_id, Capped::Tasks).await,
        _ => {}
    }
    stored
}

/// Stores the listing in one transaction; `cap` is how many tasks the source may have, if it may
/// come near that.
async fn store_once(
    db: &PgPool,
    seen: &SeenListing,
    cap: Option<i64>,
) -> Result<ListingOutcome, CatalogueError> {
    let pod_id = seen.registration.pod_id;
    let (job_id, task_id) = (seen.by.job_id, seen.job.task_id);
    let mut transaction = db.begin().await?;
    if !finish::hold(&mut transaction, pod_id, job_id, task_id).await? {
        // An earlier try may have stored it, and only the answer of the database was lost.
        let written = finish::in_history(&mut *transaction, pod_id, &[job_id]).await?;
        return Ok(if written.is_empty() {
            ListingOutcome::LeaseLost
        } else {
            ListingOutcome::Stored
        });
    }
    let source_id = seen.by.source_id;
    let tasks_before = match cap {
        Some(_) => in_time(cap::count_tasks(&mut *transaction, source_id)).await?,
        None => 0,
    };
    let shared = (seen.listing.aliases(), seen.listing.facts());
    let mut row_ids = Vec::new();
    for part in seen.listing.parts() {
        let ids = {
            let stored = seen
                .listing
                .store_part(&mut transaction, seen.by, &part, &shared);
            in_time(stored).await?
        };
        let tasks = seen.tasks(&ids, part);
        if !tasks.is_empty() {
            in_time(catalogue::store_tasks(&mut *transaction, seen.by, &tasks)).await?;
        }
        row_ids.extend(ids.values());
    }
    if let Some(cap) = cap {
        let found = in_time(cap::count_tasks(&mut *transaction, source_id)).await?;
        // Known tasks are stored again, even where the cap was lowered below their number.
        if found > cap && found > tasks_before {
            return Err(CatalogueError::OverCap { found, cap });
        }
    }
    row_ids.sort_unstable();
    baseline::store_listing(
        &mut *transaction,
        task_id,
        job_id,
        &row_ids,
        &seen.fields,
        seen.day,
        seen.is_whole,
    )
    .await?;
    let mut job = seen.job.clone();
    job.observed_ago = Some(seen.observed_at.elapsed());
    job.trace.store = Some(seen.completed_at.elapsed());
    finish::finish(&mut *transaction, pod_id, &[job]).await?;
    transaction.commit().await?;
    Ok(ListingOutcome::Stored)
}

impl SeenListing {
    /// Returns the tasks of the rows in `part`; `ids` are the ids of these rows by key.
    fn tasks(&self, ids: &HashMap<String, i32>, part: Range<usize>) -> Vec<catalogue::Discovered> {
        let rows = &self.listing.rows;
        let found = self.conversation.discover_part(rows, part);
        let task = |found: Discovered| {
            let index = found.row_index;
            let (subject_id, starts_at) = match (rows, &self.listing.owner) {
                (Rows::Cinemas(rows), _) => (ids.get(&rows.get(index)?.key).copied(), None),
                (Rows::Showtimes(rows), _) => {
                    let row = rows.get(index)?;
                    (ids.get(&row.key).copied(), chrono_instant(row.starts_at))
                }
                (
                    _,
                    RowOwner::Tasks {
                        subject_id,
                        starts_at,
                    },
                ) => (*subject_id, *starts_at),
                _ => return None,
            };
            Some(catalogue::Discovered {
                step: found.step,
                key: found.key,
                params: Value::Object(found.params),
                subject_id,
                starts_at,
                gate: found.gate,
            })
        };
        found.into_iter().filter_map(task).collect()
    }
}
