//! Cinemas and showtimes: stored with the tasks that they bring and the history
//! of the job that saw them, in a transaction of their own.

mod names;
mod writers;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use jiff::{Timestamp, tz::TimeZone};
use schema::{
    cap::{self, Capped},
    catalogue::{self, Discovered, SeenBy},
    finish::{self, Finished},
    knowledge,
    queue::Params,
};
use serde_json::Value;
use source_language::{
    rows::{self, Rows},
    source,
};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::caps::Caps;
use crate::{
    database::{Database, Outage, in_time},
    heart::Registration,
    job::HeldConversation,
};
use names::Names;
pub use writers::Writers;

/// Rows that one statement stores: a few tens of milliseconds, and what their tasks are handed
/// is in memory for so many at a time.
const PART_ROWS: usize = 1_000;

/// Why a catalogue was not stored.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// Two rows have the same key.
    #[error("the key {key} comes twice in the answer")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// A time or a zone that is none.
    #[error("showtime {key} has no day: {problem}")]
    NoDay {
        /// The showtime.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no such zone.
    #[error("the showtimes have no day: there is no time zone `{timezone}`")]
    NoZone {
        /// The zone that the cinema names.
        timezone: String,
    },
    /// Showtimes that no cinema is known for.
    #[error("the task names no cinema: a step that gives showtimes must be for each cinema")]
    NoCinema,
    /// The source would have more tasks than it may.
    #[error(
        "with this listing the source would have {found} tasks, more than \
         agent.max_tasks_per_source, {cap}: does it name the same things anew each time?"
    )]
    OverCap {
        /// How many there would be.
        found: i64,
        /// How many there may be.
        cap: i64,
    },
    /// The database is away or refuses.
    #[error("the database refused the rows")]
    Database(#[from] sqlx::Error),
}

impl Outage for CatalogueError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::KeyTwice { .. }
            | Self::NoDay { .. }
            | Self::NoZone { .. }
            | Self::OverCap { .. }
            | Self::NoCinema => false,
        }
    }

    fn is_out_of_time(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_out_of_time())
    }
}

/// Rows that fit the catalogue, as they were read: they become rows of tables part by part.
#[derive(Debug)]
pub struct Listing {
    rows: Rows,
    place: Place,
}

/// Where rows belong.
#[derive(Debug)]
enum Place {
    /// To the source.
    Source,
    /// To one cinema.
    Cinema { cinema_id: i32, zone: TimeZone },
    /// Of items only the tasks that they bring are stored.
    Tasks {
        /// The cinema or showtime that they belong to, if they belong to one.
        subject_id: Option<i32>,
        /// Start of that showtime.
        starts_at: Option<DateTime<Utc>>,
    },
}

/// A listing with the tasks that it brings, and the job that saw it.
#[derive(Debug)]
pub struct Seen {
    /// Under which the task was claimed.
    pub registration: Arc<Registration>,
    /// The source and the job.
    pub by: SeenBy,
    /// When the answer was complete, by this process's clock.
    pub observed_at: Instant,
    /// What the history will say.
    pub job: Finished,
    /// Optional fields for which nearly all rows had a value.
    pub fields: Vec<String>,
    /// Whether the answer was read as a whole.
    pub is_whole: bool,
    /// The one day that the task asked for, if it did.
    pub day: Option<NaiveDate>,
    /// The rows.
    pub listing: Listing,
    /// Knows what tasks they bring, and holds the memory that they take.
    pub conversation: Box<HeldConversation>,
}

/// Whether the lease was still current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It was: all is stored.
    Whole,
    /// It was not: nothing is.
    Refused,
}

impl Listing {
    /// Takes the rows that a task saw which belongs to `subject_id`, if it belongs to anything,
    /// and was handed down `params`. Where the source gives a showtime no business day, it is the
    /// day on which it starts in `timezone`.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::KeyTwice`], [`CatalogueError::NoZone`], [`CatalogueError::NoCinema`].
    pub fn of(
        rows: Rows,
        subject_id: Option<i32>,
        params: &Params,
        timezone: &str,
    ) -> Result<Self, CatalogueError> {
        let place = match &rows {
            Rows::Cinemas(rows) => {
                distinct(rows.iter().map(|row| row.key.as_str()))?;
                Place::Source
            }
            Rows::Showtimes(rows) => {
                let cinema_id = subject_id.ok_or(CatalogueError::NoCinema)?;
                distinct(rows.iter().map(|row| row.key.as_str()))?;
                let zone = TimeZone::get(timezone);
                let zone = zone.map_err(|_| CatalogueError::NoZone {
                    timezone: timezone.to_owned(),
                })?;
                Place::Cinema { cinema_id, zone }
            }
            // Of these nothing is stored here; the caller keeps all but items out. Their tasks
            // belong to what the task of the items belongs to, and end with its showtime.
            Rows::Items(_) | Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => {
                if let Rows::Items(rows) = &rows {
                    distinct(rows.iter().map(|row| row.key.as_str()))?;
                }
                let showtime = params.get("showtime");
                let starts_at = showtime.and_then(|showtime| showtime.get("starts_at")?.as_str());
                Place::Tasks {
                    subject_id,
                    starts_at: starts_at.and_then(|at| chrono_instant(at.parse().ok()?)),
                }
            }
        };
        Ok(Self { rows, place })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Cinemas(rows) => rows.len(),
            Rows::Showtimes(rows) => rows.len(),
            Rows::Items(rows) => rows.len(),
            Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => 0,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is stored by more than one statement of each kind.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.len() > PART_ROWS
    }

    fn parts(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let len = self.len();
        (0..len)
            .step_by(PART_ROWS)
            .map(move |start| start..len.min(start + PART_ROWS))
    }
}

fn cinema(row: &rows::Cinema) -> catalogue::Cinema {
    catalogue::Cinema {
        key: row.key.clone(),
        name: row.name.clone(),
        timezone: row.timezone.clone(),
        territory: row.territory.clone(),
        city: row.city.clone(),
        latitude: row.latitude,
        longitude: row.longitude,
    }
}

fn showtime(row: &rows::Showtime, zone: &TimeZone) -> Result<catalogue::Showtime, CatalogueError> {
    let no_day = || CatalogueError::NoDay {
        key: row.key.clone(),
        problem: "out of range".to_owned(),
    };
    let business_on = row
        .business_on
        .unwrap_or_else(|| zone.to_datetime(row.starts_at).date());
    Ok(catalogue::Showtime {
        key: row.key.clone(),
        film_key: row.film_key.clone(),
        film_title: row.film_title.clone(),
        auditorium_key: row.auditorium_key.clone(),
        auditorium_name: row.auditorium_name.clone(),
        starts_at: chrono_instant(row.starts_at).ok_or_else(no_day)?,
        business_on: chrono_date(business_on).ok_or_else(no_day)?,
        seats_total: row.seats_total.and_then(|seats| i32::try_from(seats).ok()),
        sold_out: row.sold_out,
    })
}

fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), CatalogueError> {
    let mut seen = HashSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(CatalogueError::KeyTwice {
                key: key.to_owned(),
            });
        }
    }
    Ok(())
}

fn chrono_instant(at: Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    DateTime::from_timestamp(at.as_second(), nanos)
}

fn chrono_date(on: jiff::civil::Date) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(i32::from(on.year()), 1, 1)?;
    first
        .with_month(u32::try_from(on.month()).ok()?)?
        .with_day(u32::try_from(on.day()).ok()?)
}

/// Stores a listing; waits while the database is away.
///
/// # Errors
///
/// [`CatalogueError::Database`] if it refuses, or takes too long again and again; nothing is
/// stored then.
pub async fn store(
    db: &Database,
    writers: &Writers,
    caps: &Caps,
    seen: Arc<Seen>,
) -> Result<Stored, CatalogueError> {
    let _turn = writers.turn(&seen).await;
    let cap = caps
        .of_listing(seen.by.source_id, seen.listing.len())
        .await?;
    let ask = |db: PgPool| {
        let seen = seen.clone();
        async move { store_once(&db, &seen, cap).await }
    };
    let stored = if seen.listing.is_large() {
        db.insist_in_parts(ask).await
    } else {
        db.insist(ask).await
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

/// Stores it in one transaction; `cap` is how many tasks the source may have, if it is near
/// that.
async fn store_once(db: &PgPool, seen: &Seen, cap: Option<i64>) -> Result<Stored, CatalogueError> {
    let pod_id = seen.registration.pod_id;
    let (job_id, task_id) = (seen.by.job_id, seen.job.task_id);
    let mut transaction = db.begin().await?;
    if !finish::hold(&mut transaction, pod_id, job_id, task_id).await? {
        // An earlier try may have stored it, and only its answer was lost.
        let written = finish::in_history(&mut *transaction, pod_id, &[job_id]).await?;
        return Ok(if written.is_empty() {
            Stored::Refused
        } else {
            Stored::Whole
        });
    }
    let source_id = seen.by.source_id;
    let tasks_before = match cap {
        Some(_) => in_time(cap::count_tasks(&mut *transaction, source_id)).await?,
        None => 0,
    };
    let names = Names::of(&seen.listing);
    let mut row_ids = Vec::new();
    for part in seen.listing.parts() {
        let ids = {
            let stored = seen
                .listing
                .store_part(&mut transaction, seen.by, &part, &names);
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
        // What there is already is stored again, even where the cap was made smaller.
        if found > cap && found > tasks_before {
            return Err(CatalogueError::OverCap { found, cap });
        }
    }
    row_ids.sort_unstable();
    knowledge::store_listing(
        &mut *transaction,
        task_id,
        job_id,
        &row_ids,
        &seen.fields,
        seen.day,
        seen.is_whole,
    )
    .await?;
    let job = Finished {
        observed_ago: Some(seen.observed_at.elapsed()),
        ..seen.job.clone()
    };
    finish::finish(&mut *transaction, pod_id, &[job]).await?;
    transaction.commit().await?;
    Ok(Stored::Whole)
}

impl Listing {
    /// Stores all rows, as `by` saw them; returns the id of each by its key. A large listing
    /// takes several statements.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::NoDay`], or [`CatalogueError::Database`] if it refuses.
    pub async fn store_rows(
        &self,
        connection: &mut PgConnection,
        by: SeenBy,
    ) -> Result<HashMap<String, i32>, CatalogueError> {
        let names = Names::of(self);
        let mut ids = HashMap::new();
        for part in self.parts() {
            ids.extend(self.store_part(connection, by, &part, &names).await?);
        }
        Ok(ids)
    }

    async fn store_part(
        &self,
        connection: &mut PgConnection,
        by: SeenBy,
        part: &Range<usize>,
        names: &Names<'_>,
    ) -> Result<HashMap<String, i32>, CatalogueError> {
        let ids = match (&self.rows, &self.place) {
            (Rows::Cinemas(rows), _) => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let rows: Vec<_> = rows.iter().map(cinema).collect();
                catalogue::store_cinemas(connection, by, &rows).await?
            }
            (Rows::Showtimes(rows), Place::Cinema { cinema_id, zone }) => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let also = names.of_part(rows);
                let rows = rows.iter().map(|row| showtime(row, zone));
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                let cinema_id = *cinema_id;
                catalogue::store_part_of_showtimes(connection, by, cinema_id, &rows, &also).await?
            }
            _ => HashMap::new(),
        };
        Ok(ids)
    }
}

impl Seen {
    /// The tasks of the rows in `part`, with the ids that the rows have in the database.
    fn tasks(&self, ids: &HashMap<String, i32>, part: Range<usize>) -> Vec<Discovered> {
        let rows = &self.listing.rows;
        let found = self.conversation.discover_part(rows, part);
        let task = |found: source::Discovered| {
            let index = found.row_index;
            let (subject_id, starts_at) = match (rows, &self.listing.place) {
                (Rows::Cinemas(rows), _) => (ids.get(&rows.get(index)?.key).copied(), None),
                (Rows::Showtimes(rows), _) => {
                    let row = rows.get(index)?;
                    (ids.get(&row.key).copied(), chrono_instant(row.starts_at))
                }
                (
                    _,
                    Place::Tasks {
                        subject_id,
                        starts_at,
                    },
                ) => (*subject_id, *starts_at),
                _ => return None,
            };
            Some(Discovered {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::Map;

    fn showtime(key: &str, starts_at: &str) -> rows::Showtime {
        rows::Showtime {
            key: key.to_owned(),
            film_key: "F1".to_owned(),
            film_title: "A film".to_owned(),
            auditorium_key: None,
            auditorium_name: None,
            starts_at: starts_at.parse().unwrap(),
            business_on: None,
            seats_total: Some(100),
            seats_available: None,
            sold_out: Some(true),
            carry: Map::new(),
        }
    }

    fn listing(rows: Vec<rows::Showtime>) -> Result<Listing, CatalogueError> {
        Listing::of(Rows::Showtimes(rows), Some(1), &Map::new(), "Asia/Seoul")
    }

    #[test]
    fn the_business_day_is_the_cinemas_own() {
        let zone = TimeZone::get("Asia/Seoul").unwrap();
        let stored = super::showtime(&showtime("1", "2026-11-20T16:00:00Z"), &zone).unwrap();
        assert_eq!(stored.business_on.to_string(), "2026-11-21");
        assert_eq!(stored.starts_at.to_rfc3339(), "2026-11-20T16:00:00+00:00");
    }

    #[test]
    fn a_key_that_comes_twice_is_named() {
        let twice = vec![
            showtime("7", "2026-11-20T16:00:00Z"),
            showtime("7", "2026-11-20T18:00:00Z"),
        ];
        let refusal = listing(twice).unwrap_err();
        assert_eq!(refusal.to_string(), "the key 7 comes twice in the answer");
    }

    #[test]
    fn the_parts_of_a_listing_are_all_of_it() {
        let rows = |count: usize| {
            let keys = (0..count).map(|key| showtime(&key.to_string(), "2026-11-20T16:00:00Z"));
            listing(keys.collect()).unwrap()
        };
        for count in [0, 1, PART_ROWS, PART_ROWS + 1, 3 * PART_ROWS] {
            let all: Vec<usize> = rows(count).parts().flatten().collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
            assert_eq!(rows(count).is_large(), count > PART_ROWS);
        }
    }

    #[test]
    fn every_day_of_a_leap_year_is_the_same_day() {
        for (month, day) in [(1, 31), (2, 29), (12, 31)] {
            let date = jiff::civil::date(2028, month, day);
            assert_eq!(chrono_date(date).unwrap().to_string(), date.to_string());
        }
    }
}
