//! The ids that snapshots refer to: layouts, seat codes, tariffs.
//!
//! Found or made by content, never changed, so this pod keeps those it has seen.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use moka::future::Cache;
use schema::{
    catalogue::SeenBy,
    finish::Snapshot,
    seat::{self, SeatCode},
    word::{LogLevel, SeatStatus},
};
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    database::{Database, Outage},
    pack::{self, PackError},
    rows::{Seat, SeatMap},
};

/// Layouts and tariffs that are kept; each takes some 100 bytes.
const MOST_KEPT: u64 = 200_000;
/// A longer code is no code, but a page that was read wrongly.
const LONGEST_CODE_BYTES: usize = 200;
/// Pods that add a code at the same moment take turns; so many turns are enough.
const MOST_TURNS: u32 = 50;
/// The table's own key: another pod took the index at the same moment.
const INDEX_TAKEN: &str = "seat_code_pkey";

/// Why seats cannot be stored.
#[derive(Debug, Error)]
pub enum IdError {
    /// The rows do not make a snapshot.
    #[error(transparent)]
    Rows(#[from] PackError),
    /// A seat key comes twice.
    #[error("the seat key {key} comes twice in the answer")]
    SeatTwice {
        /// The key.
        key: String,
    },
    /// A code that cannot be one.
    #[error("a status code of {bytes} bytes is no code")]
    LongCode {
        /// How long it is.
        bytes: usize,
    },
    /// The database is away or refuses.
    #[error("the database refused what snapshots refer to")]
    Database(#[from] sqlx::Error),
}

impl Outage for IdError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::Rows(_) | Self::SeatTwice { .. } | Self::LongCode { .. } => false,
        }
    }
}

/// What this pod knows of layouts, codes and tariffs.
#[derive(Debug)]
pub struct Ids {
    db: Database,
    layouts: Cache<(i32, Uuid), i32>,
    tariffs: Cache<(i32, Uuid), i32>,
    codes: Cache<i32, Arc<Codes>>,
}

/// The codes of one source.
#[derive(Debug, Default)]
struct Codes(HashMap<String, (u8, Option<SeatStatus>)>);

impl Codes {
    fn of(known: Vec<SeatCode>) -> Self {
        let indexed = known.into_iter().filter_map(|code| {
            let index = u8::try_from(code.code_index).ok()?;
            Some((code.code, (index, code.status)))
        });
        Self(indexed.collect())
    }

    /// Whether the code is known with all that the definition says of it.
    fn has(&self, code: &str, status: Option<SeatStatus>) -> bool {
        self.0
            .get(code)
            .is_some_and(|(_, known)| known.is_some() || status.is_none())
    }
}

impl Ids {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self {
            db,
            layouts: Cache::new(MOST_KEPT),
            tariffs: Cache::new(MOST_KEPT),
            codes: Cache::new(MOST_KEPT),
        }
    }

    /// Turns the seats of `showtime_id` into a snapshot, and gives the log lines
    /// of its job. Waits while the database is away.
    ///
    /// # Errors
    ///
    /// See [`IdError`].
    pub async fn snapshot(
        &self,
        by: SeenBy,
        showtime_id: i32,
        map: SeatMap,
    ) -> Result<(Snapshot, Vec<(LogLevel, String)>), IdError> {
        let counts = pack::count(&map.seats)?;
        let tariff_id = self.tariff_id(by, &map).await?;
        let packed = pack::pack(&self.indexes(by, &map.seats).await?);
        let logs = unmapped(&map.seats);
        let layout_id = self.layout_id(by, map.seats).await?;
        let snapshot = Snapshot {
            showtime_id,
            layout_id,
            tariff_id,
            state_hash: pack::state_hash(&packed),
            packed,
            counts,
        };
        Ok((snapshot, logs))
    }

    async fn layout_id(&self, by: SeenBy, seats: Vec<Seat>) -> Result<i32, IdError> {
        let key = (by.source_id, pack::layout_hash(&seats));
        if let Some(layout_id) = self.layouts.get(&key).await {
            return Ok(layout_id);
        }
        if let Some(key) = repeated(&seats) {
            return Err(IdError::SeatTwice { key });
        }
        let layout = Arc::new(pack::layout(&seats));
        let ask = move |db: PgPool| {
            let layout = layout.clone();
            async move { seat::layout_id(&db, by, key.1, &layout).await }
        };
        let layout_id = self.db.insist(ask).await?;
        self.layouts.insert(key, layout_id).await;
        Ok(layout_id)
    }

    async fn tariff_id(&self, by: SeenBy, map: &SeatMap) -> Result<Option<i32>, IdError> {
        let Some((hash, tariff)) = pack::tariff(&map.prices)? else {
            return Ok(None);
        };
        let key = (by.source_id, hash);
        if let Some(tariff_id) = self.tariffs.get(&key).await {
            return Ok(Some(tariff_id));
        }
        let tariff = Arc::new(tariff);
        let ask = move |db: PgPool| {
            let tariff = tariff.clone();
            async move { seat::tariff_id(&db, by, hash, &tariff).await }
        };
        let tariff_id = self.db.insist(ask).await?;
        self.tariffs.insert(key, tariff_id).await;
        Ok(Some(tariff_id))
    }

    /// The code index of each seat; codes that are new become known.
    async fn indexes(&self, by: SeenBy, seats: &[Seat]) -> Result<Vec<u8>, IdError> {
        let codes = match self.codes.get(&by.source_id).await {
            Some(codes) => codes,
            None => self.load(by.source_id).await?,
        };
        if let Some(indexes) = look_up(&codes, seats) {
            return Ok(indexes);
        }
        let mut new: BTreeMap<&str, Option<SeatStatus>> = BTreeMap::new();
        for seat in seats {
            let status = seat.status.map(pack::seat_status);
            if !codes.has(&seat.code, status) {
                new.insert(&seat.code, status);
            }
        }
        for (code, status) in new {
            if code.len() > LONGEST_CODE_BYTES {
                return Err(IdError::LongCode { bytes: code.len() });
            }
            self.add(by, code.to_owned(), status).await?;
        }
        let codes = self.load(by.source_id).await?;
        look_up(&codes, seats).ok_or(IdError::Database(sqlx::Error::RowNotFound))
    }

    async fn load(&self, source_id: i32) -> Result<Arc<Codes>, IdError> {
        let ask = move |db: PgPool| async move { seat::seat_codes(&db, source_id).await };
        let codes = Arc::new(Codes::of(self.db.insist(ask).await?));
        self.codes.insert(source_id, codes.clone()).await;
        Ok(codes)
    }

    async fn add(
        &self,
        by: SeenBy,
        code: String,
        status: Option<SeatStatus>,
    ) -> Result<(), sqlx::Error> {
        let mut turns = 0;
        loop {
            let code = code.clone();
            let ask = move |db: PgPool| {
                let code = code.clone();
                async move { seat::add_seat_code(&db, by, &code, status).await }
            };
            match self.db.insist::<_, sqlx::Error, _>(ask).await {
                Ok(_) => return Ok(()),
                Err(error) if is_taken(&error) && turns < MOST_TURNS => turns += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|refusal| refusal.constraint())
        == Some(INDEX_TAKEN)
}

/// The index of each seat's code, if all codes are known as the definition has them.
fn look_up(codes: &Codes, seats: &[Seat]) -> Option<Vec<u8>> {
    seats
        .iter()
        .map(|seat| {
            let (index, known) = codes.0.get(seat.code.as_str())?;
            (known.is_some() || seat.status.is_none()).then_some(*index)
        })
        .collect()
}

fn repeated(seats: &[Seat]) -> Option<String> {
    let mut seen = std::collections::HashSet::with_capacity(seats.len());
    let twice = seats.iter().find(|seat| !seen.insert(seat.key.as_str()))?;
    Some(twice.key.to_string())
}

/// One line for each code that the definition does not map, with how many seats have it.
fn unmapped(seats: &[Seat]) -> Vec<(LogLevel, String)> {
    let mut seats_by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for seat in seats.iter().filter(|seat| seat.status.is_none()) {
        *seats_by_code.entry(&seat.code).or_default() += 1;
    }
    seats_by_code
        .into_iter()
        .map(|(code, seats)| {
            let line = format!("status code {code:?} of {seats} seats is not mapped");
            (LogLevel::Warn, line)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Status;

    fn seat(key: &str, code: &str, status: Option<Status>) -> Seat {
        Seat {
            key: key.into(),
            code: code.into(),
            status,
            ..Seat::default()
        }
    }

    fn codes() -> Codes {
        let known = |code_index, code: &str, status| SeatCode {
            code_index,
            code: code.to_owned(),
            status,
        };
        Codes::of(vec![
            known(0, "free", Some(SeatStatus::Available)),
            known(1, "odd", None),
        ])
    }

    #[test]
    fn a_code_that_was_mapped_since_is_told_to_the_database() {
        let seats = [
            seat("1", "free", Some(Status::Available)),
            seat("2", "odd", None),
        ];
        assert_eq!(look_up(&codes(), &seats), Some(vec![0, 1]));
        let mapped = [seat("2", "odd", Some(Status::Sold))];
        assert_eq!(look_up(&codes(), &mapped), None);
    }

    #[test]
    fn unmapped_codes_are_flagged_once_each() {
        let seats = [
            seat("1", "odd", None),
            seat("2", "odd", None),
            seat("3", "free", Some(Status::Sold)),
        ];
        let lines = unmapped(&seats);
        assert_eq!(
            lines,
            [(
                LogLevel::Warn,
                "status code \"odd\" of 2 seats is not mapped".to_owned()
            )]
        );
    }

    #[test]
    fn a_key_that_comes_twice_is_named() {
        assert_eq!(
            repeated(&[seat("1", "", None), seat("1", "", None)]),
            Some("1".to_owned())
        );
        assert_eq!(repeated(&[seat("1", "", None), seat("2", "", None)]), None);
    }
}
