//! Writes the effects of a tick; each statement names the term of the leader.
//!
//! A write removes its effects from [`Effects`] once they are stored; the tick gives the rest back
//! to the schedule.

use std::time::{Instant, SystemTime};

use schema::{enums::ErrorClass, fleet, limit, queue, schedule, source, task};
use sqlx::PgPool;
use tracing::{error, info, warn};

use super::Leadership;
use crate::{db_time::DbTime, metrics::Metrics, schedule::Effects};

/// Tasks placed in one statement: its answer fits into the buffers of a connection, so that a
/// leader which stops reading keeps no lock on the leader's row.
const PLACE_AT_ONCE: usize = 2_000;

impl Leadership {
    /// Writes the effects of a step.
    ///
    /// # Errors
    ///
    /// If the database is away, or nothing can be queued. Every other statement fails alone.
    pub(super) async fn write(
        &mut self,
        db: &PgPool,
        now: DbTime,
        effects: &mut Effects,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        for (task, source, step) in effects.isolated.drain(..) {
            error!(
                task,
                source, step, "its pod died each time; isolated until `coordinator task release`"
            );
        }
        let written = self.write_health(db, effects).await;
        self.failures.settle("store_health", written)?;
        let blocked = self.block_sources(db, effects).await;
        self.failures.settle("block_sources", blocked)?;
        let stored = self.store_limits(db, effects, metrics).await;
        self.failures.settle("store_limits", stored)?;
        if !effects.curves.is_empty() {
            self.curves_saved_at = Instant::now();
            let stored = self.store_curves(db, std::mem::take(&mut effects.curves));
            let stored = stored.await;
            self.failures.settle("store_curves", stored)?;
        }
        let taken_back = self.take_back(db, effects, metrics).await;
        self.failures.settle("take_back", taken_back)?;
        let reserved = self.reserve(db, effects).await;
        self.failures.settle("reserve_budgets", reserved)?;
        let enqueued = self.enqueue(db, now, effects, metrics).await;
        let written = self.store_decisions(db, effects).await;
        self.failures.settle("store_schedule", written)?;
        enqueued
    }

    /// Blocks the sources that refuse our requests.
    async fn block_sources(
        &mut self,
        db: &PgPool,
        effects: &mut Effects,
    ) -> Result<(), sqlx::Error> {
        while let Some((name, class)) = effects.blocked.last() {
            let reason = if *class == ErrorClass::Forbidden {
                "its robots.txt does not let us ask; if its owner agreed, say so in the \
                 definition, then run `coordinator source resume`"
            } else {
                "the site refused three requests in a row (401, 403, 451, or a mark of \
                 `blocked_if`); when it is settled, run `coordinator source resume`"
            };
            if source::block(db, self.term, name, reason).await? {
                warn!(
                    source = name,
                    "the site refuses us; blocked until a person decides"
                );
            }
            effects.blocked.pop();
        }
        Ok(())
    }

    /// Stores the shares of limit keys that changed, then the size of the fleet that is wanted.
    async fn store_limits(
        &mut self,
        db: &PgPool,
        effects: &mut Effects,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        let mut failed = None;
        for (limit_key_id, change) in std::mem::take(&mut effects.shares) {
            let reason = change.reason.as_deref();
            let stored =
                limit::store_share(db, self.term, limit_key_id, change.share, reason).await;
            match stored {
                Ok(()) => info!(
                    limit_key = limit_key_id,
                    share = change.share,
                    reason,
                    "the rate share of a limit key changed"
                ),
                Err(error) => {
                    effects.shares.push((limit_key_id, change));
                    failed = Some(error);
                }
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let wanted = effects.agents_wanted.take();
        let Some(agents) = wanted.and_then(|agents| self.fleet_size.observe(agents)) else {
            return Ok(());
        };
        fleet::store_wanted(db, self.term, agents).await?;
        metrics.observe_fleet(agents, &fleet::pods(db).await?);
        metrics.observe_isolated(task::count_isolated(db).await?);
        self.fleet_size.is_stored();
        Ok(())
    }

    /// Stores booking curves, for the next leader.
    async fn store_curves(
        &self,
        db: &PgPool,
        curves: Vec<(i32, Vec<f32>)>,
    ) -> Result<(), sqlx::Error> {
        for (step_id, numbers) in curves {
            schedule::store_curve(db, self.term, step_id, &numbers).await?;
        }
        Ok(())
    }

    /// Takes jobs back whose permits have ended, unless a pod has claimed them.
    async fn take_back(
        &mut self,
        db: &PgPool,
        effects: &mut Effects,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        if effects.take_back.is_empty() {
            return Ok(());
        }
        let taken_back = queue::withdraw(db, self.term, &effects.take_back).await;
        let unclaimed = self.note_outcome(taken_back)?;
        effects.take_back.clear();
        self.schedule.taken_back(&unclaimed);
        metrics.expired_tasks.inc_by(unclaimed.len() as u64);
        Ok(())
    }

    /// Sets permits aside of the budgets of the day, before they are given out.
    async fn reserve(&mut self, db: &PgPool, effects: &mut Effects) -> Result<(), sqlx::Error> {
        let wanted = std::mem::take(&mut effects.reservations);
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

    /// Places the chosen tasks in the queue.
    async fn enqueue(
        &mut self,
        db: &PgPool,
        now: DbTime,
        effects: &mut Effects,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        let chosen = std::mem::take(&mut effects.enqueue);
        for (part, from) in chosen
            .chunks(PLACE_AT_ONCE)
            .zip((0..).step_by(PLACE_AT_ONCE))
        {
            let began_at = SystemTime::now();
            let placed = queue::enqueue(db, self.term, part).await;
            let placed = match self.note_outcome(placed) {
                Ok(placed) => placed,
                Err(error) => {
                    // Their permits are spent, the tasks are ready again. If it is uncertain what
                    // was placed, the next tick reads everything.
                    if !self.pending.rebuild {
                        self.schedule.placed(&chosen[from..], &[], now);
                    }
                    return Err(error);
                }
            };
            self.schedule.placed(part, &placed, now);
            metrics.enqueued_tasks.inc_by(placed.len() as u64);
            self.trace_placed(part, &placed, began_at);
        }
        Ok(())
    }

    /// Stores when tasks are due again.
    async fn store_decisions(
        &mut self,
        db: &PgPool,
        effects: &mut Effects,
    ) -> Result<(), sqlx::Error> {
        if effects.decisions.is_empty() {
            return Ok(());
        }
        schedule::write_back(db, self.term, &effects.decisions).await?;
        self.recent.add(std::mem::take(&mut effects.decisions));
        Ok(())
    }

    /// Stores what the next leader needs to know: decisions that are not stored yet, and the
    /// booking curves.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub async fn hand_over(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let mut effects = Effects {
            decisions: self.schedule.take_decisions(),
            ..Effects::default()
        };
        self.store_decisions(db, &mut effects).await?;
        self.store_curves(db, self.schedule.curves()).await
    }
}
