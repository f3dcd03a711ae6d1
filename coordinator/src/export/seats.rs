//! Reads snapshots with their layouts and what their codes mean: what seat records and
//! snapshots are both made from.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use parquet::data_type::ByteArray;
use schema::{
    enums::SeatStatus,
    export::{
        UsedCode,
        read::{self, SeatsSeen, StoredLayout},
    },
};
use sqlx::PgPool;

use super::{column::text, pages::Pages, table::RowFilter};

/// Showtimes of a page.
const PAGE: usize = 500;
/// Seats of layouts that are remembered; some 200 bytes each.
const MAX_REMEMBERED_SEATS: usize = 250_000;

/// The seats of a showtime at one time.
#[derive(Debug)]
pub struct Seats {
    pub(super) showtime_id: i32,
    pub(super) observed_at: DateTime<Utc>,
    pub(super) job_id: i64,
    pub(super) layout: Arc<Layout>,
    /// The statuses of the codes of its source, by their indexes.
    pub(super) meanings: Arc<[CodeMeaning]>,
    /// The index of each seat's code.
    pub(super) codes: Vec<u8>,
}

impl Seats {
    /// Returns the meaning of a code; `None` if the database does not know the code.
    pub(super) fn meaning(&self, code: u8) -> Option<&CodeMeaning> {
        self.meanings.get(usize::from(code))
    }
}

/// The seats of an auditorium.
#[derive(Debug)]
pub struct Layout {
    pub(super) id: i32,
    source_id: i32,
    pub(super) x: Vec<Option<i32>>,
    pub(super) y: Vec<Option<i32>>,
    pub(super) seat_key: Vec<ByteArray>,
    pub(super) row_label: Vec<ByteArray>,
    pub(super) seat_number: Vec<ByteArray>,
    pub(super) area: Vec<ByteArray>,
    pub(super) kind: Vec<ByteArray>,
    pub(super) seat_group: Vec<ByteArray>,
}

/// The meaning of a code.
#[derive(Debug, Clone, Default)]
pub struct CodeMeaning {
    pub(super) status: Option<SeatStatus>,
    pub(super) label: Option<ByteArray>,
    pub(super) code: ByteArray,
}

/// Reads snapshots with their layouts and the meanings of their codes.
#[derive(Debug)]
pub struct SeatsReader {
    db: PgPool,
    wanted: RowFilter,
    pages: Pages,
    layouts: HashMap<i32, Arc<Layout>>,
    /// By source; read again when a code comes that is not in it.
    meanings: HashMap<i32, Arc<[CodeMeaning]>>,
    used: BTreeSet<UsedCode>,
}

impl SeatsReader {
    pub(super) async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        let only = wanted.showtimes.as_deref();
        let showtimes = read::seen_showtimes(db, wanted.span, only).await?;
        Ok(Self {
            db: db.clone(),
            wanted,
            pages: Pages::of(showtimes, PAGE),
            layouts: HashMap::new(),
            meanings: meanings(db).await?,
            used: BTreeSet::new(),
        })
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Seats>>, sqlx::Error> {
        let Some(page) = self.pages.next() else {
            return Ok(None);
        };
        let seen = read::snapshots(&self.db, page, self.wanted.span).await?;
        self.learn_layouts(&seen).await?;
        let mut blocks = Vec::with_capacity(seen.len());
        for row in seen {
            let known = self.layouts.get(&row.layout_id).cloned();
            let layout = known.ok_or_else(|| {
                let said = format!("there is no layout {} of a snapshot", row.layout_id);
                sqlx::Error::Decode(said.into())
            })?;
            let codes = unpack(&row.seats, layout.x.len());
            let meanings = self.meanings_of(layout.source_id, &codes).await?;
            self.note_used(layout.source_id, &meanings, &codes);
            blocks.push(Seats {
                showtime_id: row.showtime_id,
                observed_at: row.observed_at,
                job_id: row.job_id,
                layout,
                meanings,
                codes,
            });
        }
        Ok(Some(blocks))
    }

    pub(super) fn used_codes(&self) -> Vec<UsedCode> {
        self.used.iter().copied().collect()
    }

    async fn learn_layouts(&mut self, seen: &[SeatsSeen]) -> Result<(), sqlx::Error> {
        let remembered: usize = self.layouts.values().map(|layout| layout.x.len()).sum();
        if remembered > MAX_REMEMBERED_SEATS {
            self.layouts.clear();
        }
        let missing: HashSet<i32> = seen
            .iter()
            .map(|row| row.layout_id)
            .filter(|layout_id| !self.layouts.contains_key(layout_id))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<i32> = missing.into_iter().collect();
        for stored in read::layouts(&self.db, &missing).await? {
            self.layouts
                .insert(stored.layout_id, Arc::new(Layout::from(&stored)));
        }
        Ok(())
    }

    /// What the codes of a source mean, all these among them.
    async fn meanings_of(
        &mut self,
        source_id: i32,
        codes: &[u8],
    ) -> Result<Arc<[CodeMeaning]>, sqlx::Error> {
        let most = codes.iter().copied().max().map_or(0, usize::from);
        let is_known = |known: &Arc<[CodeMeaning]>| known.len() > most;
        if !self.meanings.get(&source_id).is_some_and(is_known) {
            // A code that came while this was read. What was learnt of the others stays, for
            // it is what was written of them.
            if let Some(fresh) = meanings(&self.db).await?.remove(&source_id) {
                let known = self.meanings.entry(source_id).or_insert_with(|| [].into());
                let mut merged = known.to_vec();
                merged.extend(fresh.iter().skip(known.len()).cloned());
                *known = merged.into();
            }
        }
        Ok(self.meanings.get(&source_id).cloned().unwrap_or_default())
    }

    fn note_used(&mut self, source_id: i32, meanings: &[CodeMeaning], codes: &[u8]) {
        let mut occurs = [false; 256];
        for code in codes {
            occurs[usize::from(*code)] = true;
        }
        for (code_index, (meaning, occurs)) in (0..).zip(meanings.iter().zip(occurs)) {
            if occurs {
                self.used.insert(UsedCode {
                    source_id,
                    code_index,
                    status: meaning.status,
                });
            }
        }
    }
}

/// Reads the status of every code, by source and index.
async fn meanings(db: &PgPool) -> Result<HashMap<i32, Arc<[CodeMeaning]>>, sqlx::Error> {
    let mut by_source: HashMap<i32, Vec<CodeMeaning>> = HashMap::new();
    for stored in read::codes(db).await? {
        let known = by_source.entry(stored.source_id).or_default();
        let index = usize::try_from(stored.code_index).unwrap_or_default();
        known.resize(known.len().max(index + 1), CodeMeaning::default());
        known[index] = CodeMeaning {
            status: stored.status,
            label: stored.status.map(|status| text(status.label())),
            code: text(&stored.code),
        };
    }
    let shared = by_source.into_iter();
    Ok(shared.map(|(id, known)| (id, known.into())).collect())
}

impl From<&StoredLayout> for Layout {
    fn from(stored: &StoredLayout) -> Self {
        let texts = |values: &[String]| values.iter().map(|value| text(value)).collect();
        Self {
            id: stored.layout_id,
            source_id: stored.source_id,
            x: stored.x.clone(),
            y: stored.y.clone(),
            seat_key: texts(&stored.seat_key),
            row_label: texts(&stored.row_label),
            seat_number: texts(&stored.seat_number),
            area: texts(&stored.area),
            kind: texts(&stored.kind),
            seat_group: texts(&stored.seat_group),
        }
    }
}

/// The code of each seat; see the column `snapshot.seats`.
fn unpack(packed: &[u8], seat_count: usize) -> Vec<u8> {
    if packed.len() == seat_count {
        return packed.to_vec();
    }
    let halves = packed.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    halves.take(seat_count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_unpacked_from_halves_and_from_whole_bytes() {
        assert_eq!(unpack(&[0x21, 0x03], 3), [1, 2, 3]);
        assert_eq!(unpack(&[1, 2, 30], 3), [1, 2, 30]);
        assert_eq!(unpack(&[7], 1), [7]);
    }
}
