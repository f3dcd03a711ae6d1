//! The reference cache: the ids of layouts, status codes and tariffs to which snapshots refer.
//!
//! Takes seats and prices, gives ids. The database finds or adds each thing by its content and
//! never changes it, so a pod keeps the ids that it has seen. What it does not know, one job asks
//! the database (`single_flight`), while others that need the same wait: all agents of a new pod
//! need the same. Waits while the database is away.

mod code_cache;
mod error;
mod status_codes;

pub use error::ReferenceError;

use std::{collections::HashSet, sync::Arc};

use moka::future::Cache;
use schema::{
    catalogue::SeenBy,
    finish::{Labels, NewLogLine, Snapshot},
    seat::{self, SeatLabels},
};
use source_language::{
    expect::{self, LabelUse},
    rows::{Price, Seat, SeatMap},
    storable,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::single_flight::SingleFlight;
use crate::{database::Database, pack};
use code_cache::CodeCache;

/// Layouts and tariffs that are cached; each takes some 100 bytes.
const MAX_CACHED: u64 = 200_000;
/// Memory for the labels of seats in replaced layouts.
const MAX_LABELS_BYTES: u64 = 32 << 20;

/// What is known of the seats of a map, apart from their statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayoutSummary {
    /// 128-bit hash of the layout.
    pub hash: Uuid,
    /// What is known of its labels.
    pub labels: LabelUse,
}

/// The ids of the layouts, codes and tariffs that this pod has met.
#[derive(Debug)]
pub struct ReferenceCache {
    db: Database,
    max_layouts: i64,
    layouts: Cache<(i32, Uuid), i32>,
    label_summaries: Cache<Uuid, LabelUse>,
    /// The labels of the seats of replaced layouts.
    labels: Cache<i32, Arc<SeatLabels>>,
    tariffs: Cache<(i32, Uuid), i32>,
    /// By the hash of a layout or a tariff.
    lookups: SingleFlight<(i32, Uuid)>,
    codes: CodeCache,
}

impl ReferenceCache {
    /// Creates an empty cache; a source may have up to `max_layouts` layouts.
    #[must_use]
    pub fn new(db: Database, max_layouts: u32) -> Self {
        Self {
            codes: CodeCache::new(db.clone()),
            db,
            max_layouts: i64::from(max_layouts),
            layouts: Cache::new(MAX_CACHED),
            label_summaries: Cache::new(MAX_CACHED),
            labels: Cache::builder()
                .weigher(|_, labels: &Arc<SeatLabels>| bytes_of(labels))
                .max_capacity(MAX_LABELS_BYTES)
                .build(),
            tariffs: Cache::new(MAX_CACHED),
            lookups: SingleFlight::default(),
        }
    }

    /// Returns the facts of the seats that do not depend on statuses: the same for all seat maps of
    /// a layout, so they are computed once.
    pub async fn summarize_layout(&self, seats: &[Seat]) -> LayoutSummary {
        let hash = pack::layout_hash(seats);
        let labels = async { expect::count_labels(seats) };
        let labels = self.label_summaries.get_with(hash, labels).await;
        LayoutSummary { hash, labels }
    }

    /// Returns the labels of the seats of the layout `previous`, unless `layout` is that layout.
    ///
    /// # Errors
    ///
    /// If the database refuses the statement.
    pub async fn previous_labels(
        &self,
        source_id: i32,
        layout: LayoutSummary,
        previous: Option<i32>,
    ) -> Result<Option<Arc<SeatLabels>>, sqlx::Error> {
        let Some(layout_id) = previous else {
            return Ok(None);
        };
        let key = (source_id, layout.hash);
        if self.layouts.get(&key).await == Some(layout_id) {
            return Ok(None);
        }
        if let Some(labels) = self.labels.get(&layout_id).await {
            return Ok(Some(labels));
        }
        let _flight = self.lookups.lock(key).await;
        if self.layouts.get(&key).await == Some(layout_id) {
            return Ok(None);
        }
        let query =
            move |db: PgPool| async move { seat::labels_unless(&db, layout_id, key.1).await };
        let Some(labels) = self.db.retry(query).await? else {
            self.layouts.insert(key, layout_id).await;
            return Ok(None);
        };
        let labels = Arc::new(labels);
        self.labels.insert(layout_id, labels.clone()).await;
        Ok(Some(labels))
    }

    /// Sets the status of seats whose code only the database maps; `reload` reads the codes
    /// again first. While they cannot be read, the seats stay unmapped.
    pub async fn map_codes(&self, source_id: i32, seats: &mut [Seat], reload: bool) {
        self.codes.map_codes(source_id, seats, reload).await;
    }

    /// Turns the seats of `showtime_id` into a snapshot, and returns the log lines of its job.
    ///
    /// # Errors
    ///
    /// See [`ReferenceError`].
    pub async fn snapshot(
        &self,
        by: SeenBy,
        showtime_id: i32,
        map: SeatMap,
        layout: LayoutSummary,
    ) -> Result<(Snapshot, Vec<NewLogLine>), ReferenceError> {
        storable::seat_count(&map.seats)?;
        let tariff_id = self.tariff_id(by, &map.prices).await?;
        let price_median = expect::median_price(&map.prices);
        let (codes, (indexes, counts)) = self.codes.indexes(by, &map.seats).await?;
        let packed = pack::pack(&indexes);
        let logs = codes.unmapped_lines(&map.seats, counts);
        let layout_id = self.layout_id(by, map.seats, layout.hash).await?;
        let snapshot = Snapshot {
            showtime_id,
            layout_id,
            tariff_id,
            state_hash: pack::state_hash(&packed),
            packed,
            counts,
            codes_version: codes.version,
            labels: Labels {
                repeated: layout.labels.repeated,
                fields: layout.labels.fields,
            },
            price_median,
        };
        Ok((snapshot, logs))
    }

    async fn layout_id(
        &self,
        by: SeenBy,
        seats: Vec<Seat>,
        hash: Uuid,
    ) -> Result<i32, ReferenceError> {
        let key = (by.source_id, hash);
        if let Some(layout_id) = self.layouts.get(&key).await {
            return Ok(layout_id);
        }
        if let Some(key) = repeated_key(&seats) {
            return Err(ReferenceError::SeatTwice { key });
        }
        let _flight = self.lookups.lock(key).await;
        if let Some(layout_id) = self.layouts.get(&key).await {
            return Ok(layout_id);
        }
        let (layout, cap) = (Arc::new(pack::layout(&seats)), self.max_layouts);
        let query = move |db: PgPool| {
            let layout = layout.clone();
            async move { seat::layout_id_within(&db, by, key.1, &layout, cap).await }
        };
        let Some(layout_id) = self.db.retry::<_, sqlx::Error, _>(query).await? else {
            let found = cap.saturating_add(1);
            return Err(ReferenceError::TooManyLayouts { found, cap });
        };
        self.layouts.insert(key, layout_id).await;
        Ok(layout_id)
    }

    /// Finds or adds the tariff of these prices; `None` if there are none.
    ///
    /// # Errors
    ///
    /// See [`ReferenceError`].
    pub async fn tariff_id(
        &self,
        by: SeenBy,
        prices: &[Price],
    ) -> Result<Option<i32>, ReferenceError> {
        let Some((hash, tariff)) = pack::tariff(prices)? else {
            return Ok(None);
        };
        let key = (by.source_id, hash);
        if let Some(tariff_id) = self.tariffs.get(&key).await {
            return Ok(Some(tariff_id));
        }
        let _flight = self.lookups.lock(key).await;
        if let Some(tariff_id) = self.tariffs.get(&key).await {
            return Ok(Some(tariff_id));
        }
        let tariff = Arc::new(tariff);
        let query = move |db: PgPool| {
            let tariff = tariff.clone();
            async move { seat::tariff_id(&db, by, hash, &tariff).await }
        };
        let tariff_id = self.db.retry::<_, sqlx::Error, _>(query).await?;
        self.tariffs.insert(key, tariff_id).await;
        Ok(Some(tariff_id))
    }
}

/// Returns about how much memory the labels of a layout take.
fn bytes_of(labels: &SeatLabels) -> u32 {
    let texts = [&labels.seat_key, &labels.row_label, &labels.seat_number];
    let bytes = texts
        .into_iter()
        .flatten()
        .map(|text| size_of::<String>() + text.len());
    u32::try_from(bytes.sum::<usize>()).unwrap_or(u32::MAX)
}

/// Returns the first seat key that an earlier seat has as well.
fn repeated_key(seats: &[Seat]) -> Option<String> {
    let mut seen = HashSet::with_capacity(seats.len());
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
        assert_eq!(repeated_key(&[seat("1"), seat("1")]), Some("1".to_owned()));
        assert_eq!(repeated_key(&[seat("1"), seat("2")]), None);
    }
}
