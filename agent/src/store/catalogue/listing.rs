//! The rows of a listing: checked, then stored part by part.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use schema::{
    catalogue::{self, SeenBy},
    queue::Params,
};
use source_language::rows::{self, Rows};
use sqlx::PgConnection;

use super::{
    aliases::Aliases,
    error::CatalogueError,
    facts::Facts,
    times::{chrono_date, chrono_instant},
};

/// Rows that one statement stores. It takes a few tens of milliseconds, and only the tasks of so
/// many rows are in memory at a time.
const PART_ROWS: usize = 1_000;

/// Checked rows of cinemas, showtimes or items. They become rows of tables part by part.
#[derive(Debug)]
pub struct Listing {
    pub(super) rows: Rows,
    pub(super) owner: RowOwner,
}

/// What the rows of a listing belong to.
#[derive(Debug)]
pub(super) enum RowOwner {
    /// The source.
    Source,
    /// One cinema.
    Cinema { cinema_id: i32, zone: TimeZone },
    /// Nothing that is stored: of items, only the tasks are stored that they bring.
    Tasks {
        /// The cinema or showtime of these tasks, if they have one.
        subject_id: Option<i32>,
        /// Start of that showtime.
        starts_at: Option<DateTime<Utc>>,
    },
}

impl Listing {
    /// Checks the rows of a task. `subject_id` is the cinema or showtime of the task, if it has
    /// one, and `params` is what its parents handed down. A showtime without a business day gets
    /// the day on which it starts in `timezone`.
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
        let owner = match &rows {
            Rows::Cinemas(rows) => {
                distinct(rows.iter().map(|row| row.key.as_str()))?;
                RowOwner::Source
            }
            Rows::Showtimes(rows) => {
                let cinema_id = subject_id.ok_or(CatalogueError::NoCinema)?;
                distinct(rows.iter().map(|row| row.key.as_str()))?;
                let zone = TimeZone::get(timezone);
                let zone = zone.map_err(|_| CatalogueError::NoZone {
                    timezone: timezone.to_owned(),
                })?;
                RowOwner::Cinema { cinema_id, zone }
            }
            // The caller passes only items of these. The tasks of items belong to the subject of
            // the task that listed them, and end with its showtime.
            Rows::Items(_) | Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => {
                if let Rows::Items(rows) = &rows {
                    distinct(rows.iter().map(|row| row.key.as_str()))?;
                }
                let showtime = params.get("showtime");
                let starts_at = showtime.and_then(|showtime| showtime.get("starts_at")?.as_str());
                RowOwner::Tasks {
                    subject_id,
                    starts_at: starts_at.and_then(|at| chrono_instant(at.parse().ok()?)),
                }
            }
        };
        Ok(Self { rows, owner })
    }

    /// Returns how many rows there are.
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

    /// Whether it is stored in more than one part.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.len() > PART_ROWS
    }

    /// Returns the names of films and auditoriums that parts of a large listing must share.
    pub(super) fn aliases(&self) -> Aliases<'_> {
        if self.is_large() {
            Aliases::of(&self.rows)
        } else {
            Aliases::default()
        }
    }

    /// Returns what the rows say of films; all parts of a listing share it.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts::of(&self.rows)
    }

    /// Returns the ranges of rows that one statement stores each.
    pub(super) fn parts(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let len = self.len();
        (0..len)
            .step_by(PART_ROWS)
            .map(move |start| start..len.min(start + PART_ROWS))
    }

    /// Stores all rows, which `by` saw; returns the id of each by its key.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::NoDay`], or [`CatalogueError::Database`] if the database refuses a statement.
    pub async fn store_rows(
        &self,
        connection: &mut PgConnection,
        by: SeenBy,
    ) -> Result<HashMap<String, i32>, CatalogueError> {
        let shared = (self.aliases(), self.facts());
        let mut ids = HashMap::new();
        for part in self.parts() {
            ids.extend(self.store_part(connection, by, &part, &shared).await?);
        }
        Ok(ids)
    }

    pub(super) async fn store_part(
        &self,
        connection: &mut PgConnection,
        by: SeenBy,
        part: &Range<usize>,
        (aliases, facts): &(Aliases<'_>, Facts<'_>),
    ) -> Result<HashMap<String, i32>, CatalogueError> {
        let ids = match (&self.rows, &self.owner) {
            (Rows::Cinemas(rows), _) => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let rows: Vec<_> = rows.iter().map(cinema).collect();
                catalogue::store_cinemas(connection, by, &rows).await?
            }
            (Rows::Showtimes(rows), RowOwner::Cinema { cinema_id, zone }) => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let (also, facts) = (aliases.of_part(rows), facts.of_part(rows));
                let rows = rows.iter().map(|row| showtime(row, zone));
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                let cinema_id = *cinema_id;
                catalogue::store_part_of_showtimes(connection, by, cinema_id, &rows, &facts, &also)
                    .await?
            }
            _ => HashMap::new(),
        };
        Ok(ids)
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
        attributes: row.attributes.as_ref().map(|attributes| {
            let codes = attributes.iter();
            codes.map(|attribute| attribute.code.to_string()).collect()
        }),
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
            film: rows::FilmFacts::default(),
            attributes: None,
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
}
