//! The cap of tasks per source, and the note in the database that a source is over a cap.

use std::time::Duration;

use moka::future::Cache;
use prometheus::IntCounterVec;
use schema::cap::{self, Capped};
use sqlx::PgPool;
use tracing::warn;

use crate::{config::AgentSettings, database::Database};

/// How long a count of tasks is used; the next count finds what other pods added meanwhile.
const COUNT_TIME_TO_LIVE: Duration = Duration::from_mins(1);
/// Sources whose counts are kept.
const MAX_SOURCES: u64 = 10_000;
/// Tasks that a row may bring: a few steps run for it, or one step for each of some days.
const MAX_TASKS_PER_ROW: i64 = 40;

/// The caps of sources, which this pod enforces.
#[derive(Debug)]
pub struct Caps {
    db: Database,
    max_tasks: i64,
    /// How many tasks a source had when they were last counted.
    tasks: Cache<i32, i64>,
    over: IntCounterVec,
}

impl Caps {
    /// Creates caps without counts; `over` counts the results that are not stored.
    #[must_use]
    pub fn new(db: Database, settings: &AgentSettings, over: IntCounterVec) -> Self {
        Self {
            db,
            max_tasks: i64::from(settings.max_tasks_per_source),
            tasks: Cache::builder()
                .max_capacity(MAX_SOURCES)
                .time_to_live(COUNT_TIME_TO_LIVE)
                .build(),
            over,
        }
    }

    /// Returns the cap if a listing of so many rows may bring the source over it: then its tasks
    /// have to be counted in the transaction that stores them.
    ///
    /// # Errors
    ///
    /// If the database refuses the statement.
    pub(super) async fn near_cap(
        &self,
        source_id: i32,
        rows: usize,
    ) -> Result<Option<i64>, sqlx::Error> {
        let query = move |db: PgPool| async move { cap::count_tasks(&db, source_id).await };
        let known = match self.tasks.get(&source_id).await {
            Some(known) => known,
            None => self.db.retry::<_, sqlx::Error, _>(query).await?,
        };
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let tasks = known.saturating_add(rows.saturating_mul(MAX_TASKS_PER_ROW));
        let is_near = tasks > self.max_tasks;
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
            "a source is over its cap, and this result is not stored"
        );
        let query =
            move |db: PgPool| async move { cap::note(&db, source_id, what, found, cap).await };
        self.report(self.db.retry(query).await);
    }

    /// Notes that a source is within its cap.
    pub(super) async fn clear(&self, source_id: i32, what: Capped) {
        let query = move |db: PgPool| async move { cap::clear(&db, source_id, what).await };
        self.report(self.db.retry(query).await);
    }

    #[expect(clippy::unused_self, reason = "`note` and `clear` report alike")]
    fn report(&self, noted: Result<(), sqlx::Error>) {
        if let Err(error) = noted {
            warn!(
                error = &error as &dyn std::error::Error,
                "the note that a source is over its cap was not written"
            );
        }
    }
}
