//! Reads the inputs of a tick, before the schedule decides.

use std::{
    collections::{BTreeSet, HashSet},
    time::{Duration, Instant},
};

use schema::{
    pod,
    schedule::{self, EndedJob},
    task::{self, Done},
    weight,
};
use sqlx::PgPool;
use tracing::{info, warn};

use super::{Leadership, POLL_EVERY, STORE_CURVES_EVERY, SWEEP_EVERY};
use crate::{
    db_time::DbTime,
    policy::weight::Weights,
    schedule::{Inputs, Sweep},
};

/// Jobs read in one statement.
const READ_AT_ONCE: i64 = 50_000;

/// The age from which the end of a job is searched for.
const SWEEP_AFTER: Duration = Duration::from_secs(30);

/// Jobs searched for in one sweep.
const SWEEP_AT_ONCE: usize = 20_000;

/// What the next tick has to read besides what every tick reads; each is kept until the schedule
/// has taken it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Everything: a statement failed that may have placed tasks all the same.
    pub(super) rebuild: bool,
    /// All jobs that are out: the database may have crashed, which empties the queue.
    pub(super) lost_jobs: bool,
    /// The tasks that these jobs have discovered.
    pub(super) discoverers: Vec<i64>,
    /// The tasks of these sources, whose definition is new.
    sources: BTreeSet<i32>,
}

impl Pending {
    /// Notes that all tasks were read.
    pub(super) fn all_tasks_were_read(&mut self) {
        self.discoverers.clear();
        self.sources.clear();
    }

    /// Notes what a tick has read, which the schedule takes now.
    pub(super) fn were_read(&mut self, inputs: &Inputs) {
        if inputs.discovered.is_some() {
            self.discoverers.clear();
        }
        for (source_id, _) in &inputs.source_tasks {
            self.sources.remove(source_id);
        }
        self.lost_jobs = false;
    }
}

impl Leadership {
    /// Reads the inputs of a step.
    pub(super) async fn read(&mut self, db: &PgPool) -> Result<Inputs, sqlx::Error> {
        let mut inputs = Inputs::at(DbTime::from_micros(0), 0);
        let seen = self.cursor.seen();
        inputs.ended = schedule::read_ended(db, self.cursor.next(), &seen, READ_AT_ONCE).await?;
        if !self.pending.discoverers.is_empty() {
            let read = schedule::tasks_touched_by(db, &self.pending.discoverers).await;
            inputs.discovered = self.failures.settle("read_new_tasks", read)?;
        }
        if self.polled_at.elapsed() > POLL_EVERY {
            self.polled_at = Instant::now();
            let read = self.read_configuration(db, &mut inputs).await;
            self.failures.settle("read_configuration", read)?;
            inputs.due.limits = true;
        }
        self.read_lost_jobs(db, &mut inputs).await?;
        inputs.due.curves = self.curves_saved_at.elapsed() > STORE_CURVES_EVERY;
        inputs.capacity = self.capacity;
        // Permits run from this time on, so it is read late.
        inputs.now = DbTime::from(schedule::clock(db).await?);
        // Last: they are gone from the database then, so no failure may come between.
        if inputs.due.limits {
            let taken = self.take_requests(db).await;
            inputs.requests = self.failures.settle("operator_requests", taken)?.flatten();
        }
        Ok(inputs)
    }

    /// Reads limits, steps, the tasks of new definitions, and the capacity of the pods. What was
    /// read before a statement failed counts.
    async fn read_configuration(
        &mut self,
        db: &PgPool,
        inputs: &mut Inputs,
    ) -> Result<(), sqlx::Error> {
        inputs.limits = Some(schedule::limit_keys(db).await?);
        let steps = schedule::steps(db).await?;
        let changed = self.schedule.changed_sources(&steps);
        self.pending.sources.extend(changed);
        inputs.steps = Some(steps);
        for &source_id in &self.pending.sources {
            let tasks = schedule::tasks_of_source(db, source_id).await?;
            info!(
                source_id,
                tasks = tasks.len(),
                "a new definition is in force"
            );
            inputs.source_tasks.push((source_id, tasks));
        }
        self.capacity = usize::try_from(pod::capacity(db).await?).unwrap_or(0);
        Ok(())
    }

    /// Looks for jobs whose end was missed: for all that are out after the database was away, for
    /// old ones from time to time.
    async fn read_lost_jobs(
        &mut self,
        db: &PgPool,
        inputs: &mut Inputs,
    ) -> Result<(), sqlx::Error> {
        if self.pending.lost_jobs {
            let sweep = self.sweep(db, Duration::ZERO, usize::MAX, &inputs.ended);
            let sweep = sweep.await?;
            if !sweep.vanished.is_empty() {
                info!(
                    jobs = sweep.vanished.len(),
                    "the database lost its queue; it is filled again"
                );
            }
            inputs.sweep = Some(sweep);
        }
        if self.swept_at.elapsed() > SWEEP_EVERY {
            self.swept_at = Instant::now();
            inputs.due.codes = true;
            if inputs.sweep.is_none() {
                let swept = self.sweep(db, SWEEP_AFTER, SWEEP_AT_ONCE, &inputs.ended);
                let swept = swept.await;
                inputs.sweep = self.failures.settle("find_lost_jobs", swept)?;
                let vanished = inputs
                    .sweep
                    .as_ref()
                    .map_or(0, |swept| swept.vanished.len());
                if vanished > 0 {
                    warn!(
                        jobs = vanished,
                        "jobs left no trace; their tasks are ready again"
                    );
                }
            }
            let weights = match db.acquire().await {
                Ok(mut session) => weight::resolve(&mut session).await,
                Err(error) => Err(error),
            };
            let weights = self.failures.settle("read_weights", weights)?;
            inputs.weights = weights.as_deref().map(Weights::of_rows);
        }
        Ok(())
    }

    /// Finds ended jobs that the cursor missed, and jobs that left no trace: among at most
    /// `max_jobs` jobs that were placed at least `after` ago and are not in `ended`.
    async fn sweep(
        &self,
        db: &PgPool,
        after: Duration,
        max_jobs: usize,
        ended: &[EndedJob],
    ) -> Result<Sweep, sqlx::Error> {
        let now = DbTime::from(schedule::clock(db).await?);
        let ended: HashSet<i64> = ended.iter().map(|job| job.job_id).collect();
        let mut old = self.schedule.outstanding_since(now.before(after), max_jobs);
        old.retain(|job| !ended.contains(&job.job_id));
        if old.is_empty() {
            return Ok(Sweep::default());
        }
        let job_ids: Vec<i64> = old.iter().map(|job| job.job_id).collect();
        Ok(Sweep {
            ended: schedule::find_ended(db, &job_ids).await?,
            vanished: schedule::find_vanished(db, &old).await?,
        })
    }

    /// Carries out in the database what operators ask of tasks, and takes the requests out of it.
    async fn take_requests(&mut self, db: &PgPool) -> Result<Option<Done>, sqlx::Error> {
        if !task::is_asked(db).await? {
            return Ok(None);
        }
        let taken = task::take_requests(db, self.term).await;
        let done = self.note_outcome(taken)?;
        for asked in &done.asked {
            info!(task = asked.task.task_id, action = ?asked.action, "an operator's request was taken");
        }
        Ok(Some(done))
    }
}
