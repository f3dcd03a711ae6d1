//! What came with each key and belongs to no transaction: uses, and events that were not stored.
//!
//! Takes notes of requests, and writes them every few seconds. A process that is killed loses the last
//! of these counts, and no event.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use schema::events::{
    intake::{self, Intake},
    key::note_use,
};

use crate::database::Database;

/// How often a use of a key is written, at most.
const USE_INTERVAL: Duration = Duration::from_mins(1);

/// Notes of all keys.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    counts: HashMap<i32, Intake>,
    used: HashMap<i32, UsedKey>,
}

#[derive(Debug)]
struct UsedKey {
    written_at: Option<Instant>,
    is_new: bool,
}

impl Usage {
    /// Notes that a key was used.
    pub(crate) fn used(&self, key_id: i32) {
        self.with(|notes| {
            let key = notes.used.entry(key_id).or_insert(UsedKey {
                written_at: None,
                is_new: true,
            });
            key.is_new = true;
        });
    }

    /// Adds to the counts of a key.
    pub(crate) fn count(&self, key_id: i32, add: impl FnOnce(&mut Intake)) {
        self.with(|notes| {
            add(notes.counts.entry(key_id).or_insert(Intake {
                key_id,
                ..Intake::default()
            }));
        });
    }

    /// Writes what was noted; what cannot be written stays for the next time.
    pub(crate) async fn flush(&self, database: &Database) -> Result<(), sqlx::Error> {
        let (counts, used) = self.with(|notes| {
            let counts: Vec<Intake> = mem::take(&mut notes.counts).into_values().collect();
            let used = notes.used.iter_mut().filter_map(|(key_id, key)| {
                let is_due = key.written_at.is_none_or(|at| at.elapsed() >= USE_INTERVAL);
                (key.is_new && is_due).then(|| {
                    (key.is_new, key.written_at) = (false, Some(Instant::now()));
                    *key_id
                })
            });
            let used: Vec<i32> = used.collect();
            (counts, used)
        });
        if !used.is_empty() {
            database
                .run(|db| async move { note_use(&db, &used).await })
                .await?;
        }
        if counts.is_empty() {
            return Ok(());
        }
        let written = counts.clone();
        let added = database
            .run(|db| async move { intake::add(&db, &written).await })
            .await;
        if added.is_err() {
            for count in counts {
                self.count(count.key_id, |sum| add(sum, count));
            }
        }
        added
    }

    fn with<T>(&self, change: impl FnOnce(&mut Notes) -> T) -> T {
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn add(sum: &mut Intake, more: Intake) {
    sum.accepted = sum.accepted.saturating_add(more.accepted);
    sum.duplicates = sum.duplicates.saturating_add(more.duplicates);
    sum.rejected = sum.rejected.saturating_add(more.rejected);
    sum.limited = sum.limited.saturating_add(more.limited);
}
