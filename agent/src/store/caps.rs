//! How many tasks a source may have, and where it is noted that it would have more.

use std::time::Duration;

use moka::future::Cache;
use prometheus::IntCounterVec;
use schema::cap::{self, Capped};
use sqlx::PgPool;
use tracing::warn;

use crate::{config, database::Database};

/// How long a count holds: what other pods add meanwhile is found by the next.
const COUNT_HOLDS: Duration = Duration::from_mins(1);
/// Sources whose counts are kept.
const MAX_SOURCES: u64 = 10_000;
/// Tasks that a row may bring: a few steps fan out over it, or one for each of some days.
const TASKS_OF_ROW: i64 = 40;

/// The caps of sources, as a pod keeps to them.
#[derive(Debug)]
pub struct Caps {
    db: Database,
    max_tasks: i64,
    /// How many tasks a source had lately.
    tasks: Cache<i32, i64>,
    over: IntCounterVec,
}

impl Caps {
    /// Counts nothing yet; `over` counts what was not stored.
    #[must_use]
    pub fn new(db: Database, settings: &config::Agent, over: IntCounterVec) -> Self {
        Self {
            db,
            max_tasks: i64::from(settings.max_tasks_per_source),
            tasks: Cache::builder()
                .max_capacity(MAX_SOURCES)
                .time_to_live(COUNT_HOLDS)
                .build(),
            over,
        }
    }

    /// Returns the cap of a source for which a listing of so many rows may be too much: then
    /// its tasks have to be counted in the transaction that stores them.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub(super) async fn of_listing(
        &self,
        source_id: i32,
        rows: usize,
    ) -> Result<Option<i64>, sqlx::Error> {
        let ask = move |db: PgPool| async move { cap::count_tasks(&db, source_id).await };
        let known = match self.tasks.get(&source_id).await {
            Some(known) => known,
            None => self.db.insist::<_, sqlx::Error, _>(ask).await?,
        };
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let most = known.saturating_add(rows.saturating_mul(TASKS_OF_ROW));
        let is_near = most > self.max_tasks;
        if !is_near {
            // As if all of them were new, until it is counted again.
            self.tasks
                .insert(source_id, known.saturating_add(rows))
                .await;
        }
        Ok(is_near.then_some(self.max_tasks))
    }

    /// Notes that a result was not stored: the source would have had `found`.
    pub async fn note(&self, source_id: i32, what: Capped, found: i64, cap: i64) {
        self.over.with_label_values(&[what.label()]).inc();
        warn!(
            source = source_id,
            what = what.label(),
            found,
            cap,
            "a source is over its cap, and what it brings beyond that is not stored"
        );
        let ask =
            move |db: PgPool| async move { cap::note(&db, source_id, what, found, cap).await };
        self.report(self.db.insist(ask).await);
    }

    /// Notes that a source keeps to its cap.
    pub(super) async fn clear(&self, source_id: i32, what: Capped) {
        let ask = move |db: PgPool| async move { cap::clear(&db, source_id, what).await };
        self.report(self.db.insist(ask).await);
    }

    #[expect(clippy::unused_self, reason = "both ends of a note report alike")]
    fn report(&self, noted: Result<(), sqlx::Error>) {
        if let Err(error) = noted {
            warn!(
                error = &error as &dyn std::error::Error,
                "that a source is over its cap, or no longer, was not noted"
            );
        }
    }
}
