//! A cache of the status codes of sources; codes that are new become known to the database.

use std::{collections::BTreeMap, sync::Arc};

use moka::future::Cache;
use schema::{catalogue::SeenBy, enums::SeatStatus, seat};
use source_language::rows::Seat;
use sqlx::PgPool;

use super::{
    error::ReferenceError,
    status_codes::{CodeIndexes, MAX_CODES, StatusCodes},
};
use crate::{database::Database, store::single_flight::SingleFlight};

/// Sources whose codes are cached.
const MAX_CACHED: u64 = 200_000;
/// A longer code is no code, but a page that was read wrongly.
const MAX_CODE_BYTES: usize = 200;
/// Codes that an error names.
const CODES_NAMED: usize = 5;
/// Tries to add a code while other pods add codes of the same source at the same moment.
const MAX_ADD_TRIES: u32 = 50;
/// The constraint that is violated when another pod took the index at the same moment.
const INDEX_TAKEN: &str = "seat_code_pkey";

/// The status codes of the sources that this pod has met.
#[derive(Debug)]
pub(super) struct CodeCache {
    db: Database,
    by_source: Cache<i32, Arc<StatusCodes>>,
    loads: SingleFlight<i32>,
}

impl CodeCache {
    /// Creates an empty cache.
    pub(super) fn new(db: Database) -> Self {
        Self {
            db,
            by_source: Cache::new(MAX_CACHED),
            loads: SingleFlight::default(),
        }
    }

    /// Sets the status of seats whose code the definition does not map, where the database maps
    /// it; `reload` reads the codes again first. While they cannot be read, seats stay as they
    /// are.
    pub(super) async fn map_codes(&self, source_id: i32, seats: &mut [Seat], reload: bool) {
        if seats.iter().all(|seat| seat.status.is_some()) {
            return;
        }
        let codes = match self.by_source.get(&source_id).await {
            Some(codes) if !codes.are_old() && !reload => Some(codes),
            _ => self.load(source_id).await.ok(),
        };
        if let Some(codes) = codes {
            codes.map_seats(seats);
        }
    }

    /// Returns the code index of each seat and the counters; adds codes that are new.
    pub(super) async fn indexes(
        &self,
        by: SeenBy,
        seats: &[Seat],
    ) -> Result<(Arc<StatusCodes>, CodeIndexes), ReferenceError> {
        if let Some(found) = self.cached_indexes(by.source_id, seats).await {
            return Ok(found);
        }
        let _flight = self.loads.lock(by.source_id).await;
        if let Some(found) = self.cached_indexes(by.source_id, seats).await {
            return Ok(found);
        }
        let codes = match self.by_source.get(&by.source_id).await {
            Some(codes) if !codes.are_old() => codes,
            _ => self.load(by.source_id).await?,
        };
        if let Some(indexes) = codes.index(seats) {
            return Ok((codes, indexes));
        }
        for (code, status) in new_codes(&codes, seats)? {
            self.add(by, code.to_owned(), status).await?;
        }
        let codes = self.load(by.source_id).await?;
        let indexes = codes
            .index(seats)
            .ok_or(ReferenceError::Database(sqlx::Error::RowNotFound))?;
        Ok((codes, indexes))
    }

    async fn cached_indexes(
        &self,
        source_id: i32,
        seats: &[Seat],
    ) -> Option<(Arc<StatusCodes>, CodeIndexes)> {
        let codes = self.by_source.get(&source_id).await?;
        if codes.are_old() {
            return None;
        }
        let indexes = codes.index(seats)?;
        Some((codes, indexes))
    }

    async fn load(&self, source_id: i32) -> Result<Arc<StatusCodes>, sqlx::Error> {
        let query = move |db: PgPool| async move { seat::seat_codes(&db, source_id).await };
        let codes = self.db.retry::<_, sqlx::Error, _>(query).await?;
        let codes = Arc::new(StatusCodes::new(codes));
        self.by_source.insert(source_id, codes.clone()).await;
        Ok(codes)
    }

    async fn add(
        &self,
        by: SeenBy,
        code: String,
        status: Option<SeatStatus>,
    ) -> Result<(), sqlx::Error> {
        let mut tries = 0;
        loop {
            let code = code.clone();
            let query = move |db: PgPool| {
                let code = code.clone();
                async move { seat::add_seat_code(&db, by, &code, status).await }
            };
            match self.db.retry::<_, sqlx::Error, _>(query).await {
                Ok(_) => return Ok(()),
                Err(error) if is_index_taken(&error) && tries < MAX_ADD_TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the codes of these seats that the database does not know, or knows without the status
/// that the definition gives them.
fn new_codes<'a>(
    codes: &StatusCodes,
    seats: &'a [Seat],
) -> Result<BTreeMap<&'a str, Option<SeatStatus>>, ReferenceError> {
    let mut new: BTreeMap<&str, Option<SeatStatus>> = BTreeMap::new();
    for seat in seats {
        let status = seat.status;
        if !codes.has(&seat.code, status) {
            new.insert(&seat.code, status);
        }
    }
    if let Some(code) = new.keys().find(|code| code.len() > MAX_CODE_BYTES) {
        return Err(ReferenceError::LongCode { bytes: code.len() });
    }
    let unknown: Vec<&str> = new
        .keys()
        .copied()
        .filter(|code| !codes.knows(code))
        .collect();
    let count = codes.len() + unknown.len();
    if count > MAX_CODES {
        let named = unknown
            .iter()
            .take(CODES_NAMED)
            .map(|code| format!("`{code}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        return Err(ReferenceError::TooManyCodes { count, named });
    }
    Ok(new)
}

fn is_index_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|refusal| refusal.constraint())
        == Some(INDEX_TAKEN)
}
