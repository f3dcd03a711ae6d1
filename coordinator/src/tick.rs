//! One term of leadership, tick by tick: read, [`Schedule::step`], write.
//!
//! A tick reads which jobs ended and what changed, asks the pure [`Schedule::step`], and writes the
//! effects. Every write of what the leader holds in memory names its epoch (see
//! [`schema::leader`]). An effect stays queued until its write succeeded: if the database refuses a
//! statement, that statement fails alone, and the next tick repeats it. If the database is away,
//! the tick ends. If it is unknown whether a write succeeded, the leader reads tasks, queue and
//! running jobs again.
//!
//! A new leader reads limits, steps, queue, running jobs and tasks, starts with empty buckets, and
//! learns from the last ended jobs when their tasks ran. What the row of a task already counts (a
//! failure, a refusal, a sale) is not learnt again, however often the leader changes.
//!
//! Enqueues and writes of the schedule do not wait for the disk. After the database was away, the
//! leader writes its latest decisions again and queues tasks that left no trace.

mod fleet_size;
mod health;
mod read;
mod recent_decisions;
mod step_failures;
mod write;
mod trace;

use std::time::{Duration, Instant};

use schema::{connect::DatabaseFault, leader::Term, pod, queue, schedule, weight};
use sqlx::PgPool;
use telemetry::Telemetry;

use self::{
    fleet_size::FleetSize, read::Pending, recent_decisions::RecentDecisions,
    step_failures::StepFailures,
};
use crate::{
    db_time::DbTime,
    history_cursor::HistoryCursor,
    metrics::Metrics,
    policy::{Policy, weight::Weights},
    schedule::{Schedule, ScheduleCounts},
};

/// Time between two polls of sources, limits and pods.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// Time between two searches for jobs whose end was missed.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// Time between two times that the booking curves are stored.
const STORE_CURVES_EVERY: Duration = Duration::from_mins(10);

/// The leadership of one term: the schedule, and how far it has been read and written.
#[derive(Debug)]
pub struct Leadership {
    term: Term,
    schedule: Schedule,
    cursor: HistoryCursor,
    /// Jobs that the pods can run at a time.
    capacity: usize,
    /// Tasks that are due and not placed.
    ready: usize,
    polled_at: Instant,
    swept_at: Instant,
    curves_saved_at: Instant,
    fleet_size: FleetSize,
    /// Further reads of the next tick, besides those of every tick.
    pending: Pending,
    recent: RecentDecisions,
    failures: StepFailures,
    telemetry: Telemetry,
}

impl Leadership {
    /// Rebuilds the schedule from the database.
    ///
    /// # Errors
    ///
    /// If a statement fails; try again.
    pub async fn take_over(db: &PgPool, term: Term, policy: Policy) -> Result<Self, sqlx::Error> {
        let now = Instant::now();
        let mut leadership = Self {
            term,
            schedule: Schedule::new(policy),
            cursor: HistoryCursor::at_takeover(0),
            capacity: 0,
            ready: 0,
            polled_at: now,
            swept_at: now,
            curves_saved_at: now,
            fleet_size: FleetSize::default(),
            pending: Pending::default(),
            recent: RecentDecisions::default(),
            failures: StepFailures::default(),
            telemetry: Telemetry::off(),
        };
        leadership.rebuild(db).await?;
        Ok(leadership)
    }

    /// Traces the jobs that it schedules.
    #[must_use]
    pub fn with_telemetry(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = telemetry;
        self
    }

    /// The term of this leadership.
    #[must_use]
    pub fn term(&self) -> Term {
        self.term
    }

    /// Tasks that were due and not placed when they were last counted.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Counts of the schedule.
    #[must_use]
    pub fn counts(&self) -> ScheduleCounts {
        self.schedule.counts()
    }

    /// Reads the whole schedule.
    ///
    /// The order matters: a job that ends after the number was read is read by the cursor, and a
    /// job that has not ended by then is queued or running.
    async fn rebuild(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let next = schedule::next_ended_seq(db).await?;
        let now = DbTime::from(schedule::clock(db).await?);
        let limits = schedule::limit_keys(db).await?;
        let steps = schedule::steps(db).await?;
        let outstanding = queue::outstanding(db).await?;
        let tasks = schedule::tasks(db).await?;
        self.schedule.forget_tasks();
        self.schedule.set_limits(&limits, now);
        self.schedule.set_steps(steps, now);
        self.schedule.set_tasks(&tasks);
        // The timing of looks follows from the number of tasks.
        self.schedule.set_limits(&limits, now);
        let mut session = db.acquire().await?;
        let weights = weight::resolve(&mut session).await?;
        self.schedule.set_weights(Weights::of_rows(&weights));
        self.schedule.set_outstanding(&outstanding, now);
        self.pending.all_tasks_were_read();
        self.cursor = HistoryCursor::at_takeover(next);
        self.capacity = usize::try_from(pod::capacity(db).await?).unwrap_or(0);
        self.pending.rebuild = false;
        Ok(())
    }

    /// Makes one tick.
    ///
    /// # Errors
    ///
    /// If the database is away, or ended jobs cannot be read, or nothing can be queued; the
    /// schedule stays, and the next tick continues. Every other statement fails alone.
    pub async fn tick(&mut self, db: &PgPool, metrics: &Metrics) -> Result<(), sqlx::Error> {
        self.failures.count_into(&metrics.pass);
        if self.pending.rebuild {
            self.rebuild(db).await?;
        }
        let inputs = self.read(db).await?;
        if inputs.due.limits {
            self.observe(metrics);
        }
        let now = inputs.now;
        self.cursor.advance(&inputs.ended, Instant::now());
        self.pending.were_read(&inputs);
        let mut effects = self.schedule.step(inputs, rand::random::<f64>);
        self.pending.discoverers.append(&mut effects.discoverers);
        let written = self.write(db, now, &mut effects, metrics).await;
        self.schedule.return_effects(effects, now);
        written
    }

    /// Notes that a statement failed because the database was away: it may have crashed, which
    /// empties the queue and loses the decisions that were stored last.
    pub fn database_lost(&mut self) {
        self.pending.lost_jobs = true;
        self.recent.return_to(&mut self.schedule);
    }

    fn observe(&mut self, metrics: &Metrics) {
        let counts = self.counts();
        self.ready = counts.ready;
        metrics.observe(&counts, self.capacity);
        metrics.observe_health(self.schedule.source_health());
        metrics.observe_shares(self.schedule.shares());
    }

    /// Notes whether a statement may have done its work although it failed: one that the database
    /// refused has not.
    fn note_outcome<T>(&mut self, ended: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if let Err(error) = &ended {
            self.pending.rebuild |= DatabaseFault::of(error) == DatabaseFault::Unreachable;
        }
        ended
    }
}
