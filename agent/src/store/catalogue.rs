//! Cinemas and showtimes: stored with the tasks that they bring and the history
//! of the job that saw them, in a transaction of their own.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use jiff::{Timestamp, tz::TimeZone};
use schema::{
    catalogue::{self, Discovered, SeenBy},
    finish::{self, Finished},
    knowledge,
    queue::Params,
};
use serde_json::Value;
use sqlx::PgPool;
use thiserror::Error;

use crate::{
    database::{Database, Outage},
    heart::Registration,
    rows, source,
};

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
    /// Showtimes that no cinema is known for.
    #[error("the task names no cinema: a step that gives showtimes must be for each cinema")]
    NoCinema,
    /// The database is away or refuses.
    #[error("the database refused the rows")]
    Database(#[from] sqlx::Error),
}

impl Outage for CatalogueError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::KeyTwice { .. } | Self::NoDay { .. } | Self::NoCinema => false,
        }
    }
}

/// Rows that fit the catalogue.
#[derive(Debug)]
pub enum Listing {
    /// Cinemas of the source.
    Cinemas(Vec<catalogue::Cinema>),
    /// Showtimes of one cinema.
    Showtimes {
        /// The cinema.
        cinema_id: i32,
        /// Its showtimes.
        showtimes: Vec<catalogue::Showtime>,
    },
    /// Items, of which only the tasks that they bring are stored.
    Items {
        /// The cinema or showtime that they belong to, if they belong to one.
        subject_id: Option<i32>,
        /// Start of that showtime.
        starts_at: Option<DateTime<Utc>>,
        /// Their keys.
        keys: Vec<String>,
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
    /// What they bring; each names its row.
    pub discovered: Vec<source::Discovered>,
}

/// Whether the lease was still current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It was: all is stored.
    Whole,
    /// It was not: nothing is.
    Refused,
}

/// Turns cinemas into rows of the catalogue.
///
/// # Errors
///
/// [`CatalogueError::KeyTwice`].
pub fn cinemas(cinemas: Vec<rows::Cinema>) -> Result<Listing, CatalogueError> {
    distinct(cinemas.iter().map(|row| row.key.as_str()))?;
    let row = |cinema: rows::Cinema| catalogue::Cinema {
        key: cinema.key,
        name: cinema.name,
        timezone: cinema.timezone,
        territory: cinema.territory,
        city: cinema.city,
        latitude: cinema.latitude,
        longitude: cinema.longitude,
    };
    Ok(Listing::Cinemas(cinemas.into_iter().map(row).collect()))
}

/// Turns showtimes of a cinema into rows of the catalogue. Where the source gives
/// no business day, it is the day on which the showtime starts in `timezone`.
///
/// # Errors
///
/// [`CatalogueError::KeyTwice`], [`CatalogueError::NoDay`], [`CatalogueError::NoCinema`].
pub fn showtimes(
    cinema_id: Option<i32>,
    timezone: &str,
    showtimes: Vec<rows::Showtime>,
) -> Result<Listing, CatalogueError> {
    let cinema_id = cinema_id.ok_or(CatalogueError::NoCinema)?;
    distinct(showtimes.iter().map(|row| row.key.as_str()))?;
    let zone = TimeZone::get(timezone).map_err(|_| format!("there is no time zone `{timezone}`"));
    let row = |showtime: rows::Showtime| {
        let no_day = |problem: &str| CatalogueError::NoDay {
            key: showtime.key.clone(),
            problem: problem.to_owned(),
        };
        let business_on = match (showtime.business_on, &zone) {
            (Some(day), _) => day,
            (None, Ok(zone)) => zone.to_datetime(showtime.starts_at).date(),
            (None, Err(problem)) => return Err(no_day(problem)),
        };
        let business_on = chrono_date(business_on).ok_or_else(|| no_day("out of range"))?;
        let starts_at = chrono_instant(showtime.starts_at).ok_or_else(|| no_day("out of range"))?;
        Ok(catalogue::Showtime {
            key: showtime.key,
            film_key: showtime.film_key,
            film_title: showtime.film_title,
            auditorium_key: showtime.auditorium_key,
            auditorium_name: showtime.auditorium_name,
            starts_at,
            business_on,
            seats_total: showtime
                .seats_total
                .and_then(|seats| i32::try_from(seats).ok()),
        })
    };
    let showtimes = showtimes.into_iter().map(row).collect::<Result<_, _>>()?;
    Ok(Listing::Showtimes {
        cinema_id,
        showtimes,
    })
}

/// Turns items into what is stored of them. Their tasks belong to what the task of the
/// items belongs to, and end with its showtime.
///
/// # Errors
///
/// [`CatalogueError::KeyTwice`].
pub fn items(
    subject_id: Option<i32>,
    params: &Params,
    items: Vec<rows::Item>,
) -> Result<Listing, CatalogueError> {
    distinct(items.iter().map(|row| row.key.as_str()))?;
    let starts_at = params
        .get("showtime")
        .and_then(|showtime| showtime.get("starts_at")?.as_str());
    Ok(Listing::Items {
        subject_id,
        starts_at: starts_at.and_then(|at| chrono_instant(at.parse().ok()?)),
        keys: items.into_iter().map(|row| row.key).collect(),
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
/// [`CatalogueError::Database`] if it refuses; nothing is stored then.
pub async fn store(db: &Database, seen: Arc<Seen>) -> Result<Stored, CatalogueError> {
    db.insist(move |db| {
        let seen = seen.clone();
        async move { store_once(&db, &seen).await }
    })
    .await
}

async fn store_once(db: &PgPool, seen: &Seen) -> Result<Stored, CatalogueError> {
    let pod_id = seen.registration.pod_id;
    let mut transaction = db.begin().await?;
    if !finish::hold(&mut transaction, pod_id, seen.by.job_id, seen.job.task_id).await? {
        // An earlier try may have stored it, and only its answer was lost.
        let written = finish::in_history(&mut *transaction, pod_id, &[seen.by.job_id]).await?;
        return Ok(if written.is_empty() {
            Stored::Refused
        } else {
            Stored::Whole
        });
    }
    let ids = match &seen.listing {
        Listing::Cinemas(cinemas) => {
            catalogue::store_cinemas(&mut *transaction, seen.by, cinemas).await?
        }
        Listing::Showtimes {
            cinema_id,
            showtimes,
        } => catalogue::store_showtimes(&mut *transaction, seen.by, *cinema_id, showtimes).await?,
        Listing::Items { .. } => HashMap::new(),
    };
    let tasks = seen.tasks(&ids);
    if !tasks.is_empty() {
        catalogue::store_tasks(&mut *transaction, seen.by, &tasks).await?;
    }
    let mut row_ids: Vec<i32> = ids.values().copied().collect();
    row_ids.sort_unstable();
    let (task_id, job_id) = (seen.job.task_id, seen.by.job_id);
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

impl Seen {
    /// The tasks of the rows, with the ids that the rows have in the database.
    fn tasks(&self, ids: &HashMap<String, i32>) -> Vec<Discovered> {
        let row = |index: usize| match &self.listing {
            Listing::Cinemas(cinemas) => Some((cinemas.get(index)?.key.as_str(), None)),
            Listing::Showtimes { showtimes, .. } => {
                let row = showtimes.get(index)?;
                Some((row.key.as_str(), Some(row.starts_at)))
            }
            Listing::Items {
                keys, starts_at, ..
            } => Some((keys.get(index)?.as_str(), *starts_at)),
        };
        let subject_id = |key: &str| match &self.listing {
            Listing::Cinemas(_) | Listing::Showtimes { .. } => ids.get(key).copied(),
            Listing::Items { subject_id, .. } => *subject_id,
        };
        let task = |found: &source::Discovered| {
            let (key, starts_at) = row(found.row_index)?;
            Some(Discovered {
                step: found.step.clone(),
                key: found.key.clone(),
                params: Value::Object(found.params.clone()),
                subject_id: subject_id(key),
                starts_at,
                gate: found.gate.clone(),
            })
        };
        self.discovered.iter().filter_map(task).collect()
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
            carry: Map::new(),
        }
    }

    #[test]
    fn the_business_day_is_the_cinemas_own() {
        let listed = showtimes(
            Some(1),
            "Asia/Seoul",
            vec![showtime("1", "2026-11-20T16:00:00Z")],
        );
        let Listing::Showtimes { showtimes, .. } = listed.unwrap() else {
            panic!("not showtimes");
        };
        assert_eq!(showtimes[0].business_on.to_string(), "2026-11-21");
        assert_eq!(
            showtimes[0].starts_at.to_rfc3339(),
            "2026-11-20T16:00:00+00:00"
        );
    }

    #[test]
    fn a_key_that_comes_twice_is_named() {
        let twice = vec![
            showtime("7", "2026-11-20T16:00:00Z"),
            showtime("7", "2026-11-20T18:00:00Z"),
        ];
        let refusal = showtimes(Some(1), "UTC", twice).unwrap_err();
        assert_eq!(refusal.to_string(), "the key 7 comes twice in the answer");
    }

    #[test]
    fn every_day_of_a_leap_year_is_the_same_day() {
        for (month, day) in [(1, 31), (2, 29), (12, 31)] {
            let date = jiff::civil::date(2028, month, day);
            assert_eq!(chrono_date(date).unwrap().to_string(), date.to_string());
        }
    }
}
