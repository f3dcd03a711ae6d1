//! What a leader does beside its tasks: what persons ask of them, what is written down of
//! limit keys, and how large the fleet should be.

use std::time::{Duration, Instant};

use schema::{fleet, limit, task};
use sqlx::PgPool;
use tracing::info;

use super::Leadership;
use crate::{metrics::Metrics, moment::Moment};

/// Time between two looks at the size of the fleet.
const SIZE_EVERY: Duration = Duration::from_secs(5);

/// Weight of one look in the number of agents that is wanted, and what is added for the
/// time in which a free agent finds its next job.
const SMOOTHED: (f64, f64) = (0.1, 1.2);

/// What is wanted of the fleet.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    /// Agents that can be kept busy, smoothed over some seconds.
    wanted: f64,
    written: Option<Instant>,
}

impl Leadership {
    /// Does what persons ask of tasks.
    pub(super) async fn obey(&mut self, db: &PgPool, now: Moment) -> Result<(), sqlx::Error> {
        if !task::is_asked(db).await? {
            return Ok(());
        }
        let taken = task::take_requests(db, self.term).await;
        let done = self.note_outcome(taken)?;
        for asked in &done.asked {
            info!(task = asked.task.task_id, wish = ?asked.wish, "as an operator asked");
        }
        self.schedule.obey(&done, now);
        Ok(())
    }

    /// Sets permits aside of the budgets of the day, before they are given out.
    pub(super) async fn reserve(&mut self, db: &PgPool, now: Moment) -> Result<(), sqlx::Error> {
        let wanted = self.schedule.reservations(now);
        if wanted.is_empty() {
            return Ok(());
        }
        let reserved = limit::reserve(db, self.term, &wanted).await?;
        for reservation in &wanted {
            if reserved.contains(&reservation.limit_key_id) {
                self.schedule.reserved(reservation);
            }
        }
        Ok(())
    }

    /// Writes down at which pace keys are asked, where that changed, and shows it.
    pub(super) async fn keep_limits(
        &mut self,
        db: &PgPool,
        now: Moment,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        let mut failed = None;
        for (limit_key_id, change) in self.schedule.take_shares() {
            let reason = change.reason.as_deref();
            let stored =
                limit::store_share(db, self.term, limit_key_id, change.share, reason).await;
            match stored {
                Ok(()) => info!(
                    limit_key = limit_key_id,
                    share = change.share,
                    reason,
                    "the pace of a limit key changed"
                ),
                Err(error) => {
                    self.schedule.return_share(limit_key_id);
                    failed = Some(error);
                }
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        metrics.observe_shares(self.schedule.shares());
        self.size(db, now, metrics).await
    }

    /// Works out how many agents could be kept busy; looks at the fleet and writes the
    /// number down now and then.
    async fn size(
        &mut self,
        db: &PgPool,
        now: Moment,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        let wanted = self.schedule.agents_wanted(now) * SMOOTHED.1;
        self.fleet.wanted += (wanted - self.fleet.wanted) * SMOOTHED.0;
        let is_fresh = |at: Instant| at.elapsed() < SIZE_EVERY;
        if self.fleet.written.is_some_and(is_fresh) {
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, reason = "rounded and bounded")]
        let agents = self.fleet.wanted.ceil().clamp(0.0, 1e9) as i32;
        fleet::store_wanted(db, self.term, agents).await?;
        metrics.observe_fleet(agents, &fleet::pods(db).await?);
        metrics.observe_isolated(task::count_isolated(db).await?);
        self.fleet.written = Some(Instant::now());
        Ok(())
    }
}
