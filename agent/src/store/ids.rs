//! The ids that snapshots refer to: layouts, seat codes, tariffs.
//!
//! Found or made by content, never changed, so this pod keeps those it has seen.

mod codes;

use std::{collections::BTreeMap, sync::Arc};

use moka::future::Cache;
use schema::{
    catalogue::SeenBy,
    finish::{Labels, Snapshot},
    seat::{self, SeatLabels},
    word::{LogLevel, SeatStatus},
};
use source_language::{
    expect::{self, LabelUse},
    rows::{Price, Seat, SeatMap},
    storable::{self, Unstorable},
};
use sqlx::PgPool;
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use crate::{
    database::{Database, Outage},
    pack,
};
use codes::{Codes, Indexed, look_up, unmapped};

/// Layouts and tariffs that are kept; each takes some 100 bytes.
const MOST_KEPT: u64 = 200_000;
/// Memory for what the seats of replaced layouts were called.
const MOST_CALLED_BYTES: u64 = 32 << 20;
/// A longer code is no code, but a page that was read wrongly.
const LONGEST_CODE_BYTES: usize = 200;
/// As many codes as a byte can tell apart.
const MOST_CODES: usize = 256;
/// Codes that an error names.
const CODES_NAMED: usize = 5;
/// Pods that add a code at the same moment take turns; so many turns are enough.
const MOST_TURNS: u32 = 50;
/// The table's own key: another pod took the index at the same moment.
const INDEX_TAKEN: &str = "seat_code_pkey";

/// Why seats cannot be stored.
#[derive(Debug, Error)]
pub enum IdError {
    /// The rows do not make a snapshot.
    #[error(transparent)]
    Rows(#[from] Unstorable),
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
    /// More codes than a source can have: none of them is kept, for none could be removed.
    #[error(
        "with this answer the source has said {count} different status codes, such as {named}; \
         {MOST_CODES} can be told apart: does another field stand in `status`?"
    )]
    TooManyCodes {
        /// How many.
        count: usize,
        /// Some that are new.
        named: String,
    },
    /// The source has as many layouts as it may.
    #[error(
        "this layout would be number {found} of the source, more than \
         agent.max_layouts_per_source, {cap}: does it name its seats anew each time?"
    )]
    TooManyLayouts {
        /// How many there would be.
        found: i64,
        /// How many there may be.
        cap: i64,
    },
    /// The database is away or refuses.
    #[error("the database refused what snapshots refer to")]
    Database(#[from] sqlx::Error),
}

impl Outage for IdError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::Rows(_)
            | Self::SeatTwice { .. }
            | Self::LongCode { .. }
            | Self::TooManyLayouts { .. }
            | Self::TooManyCodes { .. } => false,
        }
    }
}

/// What is to be known of the seats of a map, beside their statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// 128-bit hash of the layout.
    pub hash: Uuid,
    /// What its labels are like.
    pub labels: LabelUse,
}

/// What this pod knows of layouts, codes and tariffs.
#[derive(Debug)]
pub struct Ids {
    db: Database,
    max_layouts: i64,
    layouts: Cache<(i32, Uuid), i32>,
    labels: Cache<Uuid, LabelUse>,
    /// What the seats of layouts are called that were in place before another.
    called: Cache<i32, Arc<SeatLabels>>,
    tariffs: Cache<(i32, Uuid), i32>,
    codes: Cache<i32, Arc<Codes>>,
    turns: Cache<(i32, Uuid), Arc<Mutex<()>>>,
}

/// Stands for the codes of a source where a hash stands for a layout or a tariff.
const CODES: Uuid = Uuid::nil();

impl Ids {
    /// Knows nothing yet; a source may have so many layouts.
    #[must_use]
    pub fn new(db: Database, max_layouts: u32) -> Self {
        Self {
            db,
            max_layouts: i64::from(max_layouts),
            layouts: Cache::new(MOST_KEPT),
            labels: Cache::new(MOST_KEPT),
            called: Cache::builder()
                .weigher(|_, called: &Arc<SeatLabels>| bytes_of(called))
                .max_capacity(MOST_CALLED_BYTES)
                .build(),
            tariffs: Cache::new(MOST_KEPT),
            codes: Cache::new(MOST_KEPT),
            turns: Cache::new(MOST_KEPT),
        }
    }

    /// The turn to learn something of a source. When a pod begins, a thousand jobs miss the
    /// same: one asks the database, and the others find what it learnt.
    async fn turn(&self, of: (i32, Uuid)) -> OwnedMutexGuard<()> {
        let turn = self.turns.get_with(of, async { Arc::default() }).await;
        turn.lock_owned().await
    }

    /// What is to be known of the seats, beside their statuses: the same for all maps
    /// of a layout, so it is worked out once.
    pub async fn shape(&self, seats: &[Seat]) -> Shape {
        let hash = pack::layout_hash(seats);
        let labels = async { expect::labels(seats) };
        let labels = self.labels.get_with(hash, labels).await;
        Shape { hash, labels }
    }

    /// What the seats of the layout `known` are called, unless `shape` is that layout.
    ///
    /// # Errors
    ///
    /// If the database refuses; it waits while it is away.
    pub async fn called_before(
        &self,
        source_id: i32,
        shape: Shape,
        known: Option<i32>,
    ) -> Result<Option<Arc<SeatLabels>>, sqlx::Error> {
        let Some(layout_id) = known else {
            return Ok(None);
        };
        let key = (source_id, shape.hash);
        if self.layouts.get(&key).await == Some(layout_id) {
            return Ok(None);
        }
        if let Some(called) = self.called.get(&layout_id).await {
            return Ok(Some(called));
        }
        let _turn = self.turn(key).await;
        if self.layouts.get(&key).await == Some(layout_id) {
            return Ok(None);
        }
        let ask = move |db: PgPool| async move { seat::labels_unless(&db, layout_id, key.1).await };
        let Some(called) = self.db.insist(ask).await? else {
            self.layouts.insert(key, layout_id).await;
            return Ok(None);
        };
        let called = Arc::new(called);
        self.called.insert(layout_id, called.clone()).await;
        Ok(Some(called))
    }

    /// Gives seats that the definition has no meaning for the one that the database has;
    /// `anew` reads the codes again first. While they cannot be read, seats stay as they are.
    pub async fn resolve(&self, source_id: i32, seats: &mut [Seat], anew: bool) {
        if seats.iter().all(|seat| seat.status.is_some()) {
            return;
        }
        let codes = match self.codes.get(&source_id).await {
            Some(codes) if !codes.are_old() && !anew => Some(codes),
            _ => self.load(source_id).await.ok(),
        };
        if let Some(codes) = codes {
            codes.resolve(seats);
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
        shape: Shape,
    ) -> Result<(Snapshot, Vec<(LogLevel, String)>), IdError> {
        storable::seat_count(&map.seats)?;
        let tariff_id = self.tariff_id(by, &map.prices).await?;
        let price_median = expect::median(&map.prices);
        let (codes, (indexes, counts)) = self.indexes(by, &map.seats).await?;
        let packed = pack::pack(&indexes);
        let logs = unmapped(&codes, &map.seats, counts);
        let layout_id = self.layout_id(by, map.seats, shape.hash).await?;
        let snapshot = Snapshot {
            showtime_id,
            layout_id,
            tariff_id,
            state_hash: pack::state_hash(&packed),
            packed,
            counts,
            codes_version: codes.version,
            labels: Labels {
                repeated: shape.labels.repeated,
                fields: shape.labels.fields,
            },
            price_median,
        };
        Ok((snapshot, logs))
    }

    async fn layout_id(&self, by: SeenBy, seats: Vec<Seat>, hash: Uuid) -> Result<i32, IdError> {
        let key = (by.source_id, hash);
        if let Some(layout_id) = self.layouts.get(&key).await {
            return Ok(layout_id);
        }
        if let Some(key) = repeated(&seats) {
            return Err(IdError::SeatTwice { key });
        }
        let _turn = self.turn(key).await;
        if let Some(layout_id) = self.layouts.get(&key).await {
            return Ok(layout_id);
        }
        let (layout, cap) = (Arc::new(pack::layout(&seats)), self.max_layouts);
        let ask = move |db: PgPool| {
            let layout = layout.clone();
            async move { seat::layout_id_within(&db, by, key.1, &layout, cap).await }
        };
        let Some(layout_id) = self.db.insist::<_, sqlx::Error, _>(ask).await? else {
            let found = cap.saturating_add(1);
            return Err(IdError::TooManyLayouts { found, cap });
        };
        self.layouts.insert(key, layout_id).await;
        Ok(layout_id)
    }

    /// Finds or makes the tariff of these prices; `None` if there are none. Waits while
    /// the database is away.
    ///
    /// # Errors
    ///
    /// See [`IdError`].
    pub async fn tariff_id(&self, by: SeenBy, prices: &[Price]) -> Result<Option<i32>, IdError> {
        let Some((hash, tariff)) = pack::tariff(prices)? else {
            return Ok(None);
        };
        let key = (by.source_id, hash);
        if let Some(tariff_id) = self.tariffs.get(&key).await {
            return Ok(Some(tariff_id));
        }
        let _turn = self.turn(key).await;
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

    /// The code index of each seat and the counters; codes that are new become known.
    async fn indexes(&self, by: SeenBy, seats: &[Seat]) -> Result<(Arc<Codes>, Indexed), IdError> {
        if let Some(found) = self.known_indexes(by.source_id, seats).await {
            return Ok(found);
        }
        let _turn = self.turn((by.source_id, CODES)).await;
        if let Some(found) = self.known_indexes(by.source_id, seats).await {
            return Ok(found);
        }
        let codes = match self.codes.get(&by.source_id).await {
            Some(codes) if !codes.are_old() => codes,
            _ => self.load(by.source_id).await?,
        };
        if let Some(indexes) = look_up(&codes, seats) {
            return Ok((codes, indexes));
        }
        let mut new: BTreeMap<&str, Option<SeatStatus>> = BTreeMap::new();
        for seat in seats {
            let status = seat.status;
            if !codes.has(&seat.code, status) {
                new.insert(&seat.code, status);
            }
        }
        if let Some(code) = new.keys().find(|code| code.len() > LONGEST_CODE_BYTES) {
            return Err(IdError::LongCode { bytes: code.len() });
        }
        let unknown: Vec<&str> = new
            .keys()
            .copied()
            .filter(|code| !codes.knows(code))
            .collect();
        let count = codes.len() + unknown.len();
        if count > MOST_CODES {
            let named = unknown
                .iter()
                .take(CODES_NAMED)
                .map(|code| format!("`{code}`"));
            let named = named.collect::<Vec<_>>().join(", ");
            return Err(IdError::TooManyCodes { count, named });
        }
        for (code, status) in new {
            self.add(by, code.to_owned(), status).await?;
        }
        let codes = self.load(by.source_id).await?;
        let indexes = look_up(&codes, seats).ok_or(IdError::Database(sqlx::Error::RowNotFound))?;
        Ok((codes, indexes))
    }

    async fn known_indexes(&self, source_id: i32, seats: &[Seat]) -> Option<(Arc<Codes>, Indexed)> {
        let codes = self.codes.get(&source_id).await?;
        if codes.are_old() {
            return None;
        }
        let indexes = look_up(&codes, seats)?;
        Some((codes, indexes))
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

/// What the labels of a layout take in memory, about.
fn bytes_of(called: &SeatLabels) -> u32 {
    let texts = [&called.seat_key, &called.row_label, &called.seat_number];
    let bytes = texts
        .into_iter()
        .flatten()
        .map(|text| size_of::<String>() + text.len());
    u32::try_from(bytes.sum::<usize>()).unwrap_or(u32::MAX)
}

fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|refusal| refusal.constraint())
        == Some(INDEX_TAKEN)
}

fn repeated(seats: &[Seat]) -> Option<String> {
    let mut seen = std::collections::HashSet::with_capacity(seats.len());
    let twice = seats.iter().find(|seat| !seen.insert(seat.key.as_str()))?;
    Some(twice.key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(key: &str) -> Seat {
        Seat {
            key: key.into(),
            ..Seat::default()
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_named() {
        assert_eq!(repeated(&[seat("1"), seat("1")]), Some("1".to_owned()));
        assert_eq!(repeated(&[seat("1"), seat("2")]), None);
    }
}
