//! One term of leadership, tick by tick: read what ended, learn, take back what
//! expired, top the queue up, write back.

mod alone;
mod judged;
mod upkeep;

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use schema::{
    connect::DatabaseFault,
    leader::Term,
    pod, queue,
    schedule::{self, Decision, EndedJob},
    source, weight,
    word::ErrorClass,
};
use sqlx::PgPool;
use tracing::{error, info, warn};

use self::alone::Alone;
use crate::{
    ended::Cursor,
    metrics::Metrics,
    moment::Moment,
    policy::{Policy, weight::Weights},
    schedule::{Census, Learned, Schedule},
};

/// Jobs read in one statement.
const READ_AT_ONCE: i64 = 50_000;

/// Time between two looks at sources, limits and pods.
const LOOK_AROUND_EVERY: Duration = Duration::from_millis(500);

/// Time between two searches for jobs whose end was missed, and the age from
/// which a job is searched for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
const SWEEP_AFTER: Duration = Duration::from_secs(30);

/// Time between two times that the booking curves are stored.
const DRAW_EVERY: Duration = Duration::from_mins(10);

/// What nobody waits for is on the disk after this: three rounds of the database's writer of its
/// log are 0.6 s, unless it is set otherwise.
const SAFE_AFTER: Duration = Duration::from_secs(3);

/// How long after a refusal expired jobs are taken back again.
const TAKE_BACK_AGAIN: Duration = Duration::from_secs(5);

/// Jobs searched for in one sweep.
const SWEEP_AT_ONCE: usize = 20_000;

/// Tasks placed in one statement: its answer fits into the buffers of a connection, so that a
/// leader which stops reading keeps no lock on the leader's row.
const PLACE_AT_ONCE: usize = 2_000;

/// See the module.
#[derive(Debug)]
pub struct Leadership {
    term: Term,
    schedule: Schedule,
    cursor: Cursor,
    /// Jobs that the pods can run at a time.
    capacity: usize,
    looked_around: Instant,
    swept: Instant,
    /// When the booking curves were stored.
    drawn: Instant,
    fleet: upkeep::Fleet,
    /// What ended jobs asked for and is not done yet.
    learned: Learned,
    /// Sources with a new definition whose tasks are to be read.
    to_read: BTreeSet<i32>,
    /// A statement failed that may have placed tasks all the same.
    is_uncertain: bool,
    /// The database did not answer: it may have crashed, which empties the queue.
    was_cut_off: bool,
    /// What was written back of late, and when.
    written: VecDeque<(Instant, Vec<Decision>)>,
    /// How the steps fare that may fail without the others.
    alone: Alone,
    /// Tasks that are due and not placed.
    ready: usize,
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
            cursor: Cursor::taking_over(0),
            capacity: 0,
            looked_around: now,
            swept: now,
            drawn: now,
            fleet: upkeep::Fleet::default(),
            learned: Learned::default(),
            to_read: BTreeSet::new(),
            is_uncertain: false,
            was_cut_off: false,
            written: VecDeque::new(),
            alone: Alone::default(),
            ready: 0,
        };
        leadership.rebuild(db).await?;
        Ok(leadership)
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
    pub fn census(&self) -> Census {
        self.schedule.census()
    }

    /// The order matters: what ends after the number was read is read by the
    /// cursor, and what has not ended then is queued or running.
    async fn rebuild(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let next = schedule::next_ended_seq(db).await?;
        let now = Moment::from(schedule::clock(db).await?);
        let limits = schedule::limit_keys(db).await?;
        let steps = schedule::steps(db).await?;
        let outstanding = queue::outstanding(db).await?;
        let tasks = schedule::tasks(db).await?;
        self.schedule.forget_tasks();
        self.schedule.set_limits(&limits, now);
        self.schedule.set_steps(steps, now);
        self.schedule.set_tasks(&tasks);
        // The paces follow from how many tasks there are.
        self.schedule.set_limits(&limits, now);
        self.set_weights(db).await?;
        self.schedule.set_outstanding(&outstanding, now);
        // All tasks were read just now.
        self.learned.discoverers.clear();
        self.to_read.clear();
        self.cursor = Cursor::taking_over(next);
        self.capacity = usize::try_from(pod::capacity(db).await?).unwrap_or(0);
        self.is_uncertain = false;
        Ok(())
    }

    /// Makes one tick.
    ///
    /// # Errors
    ///
    /// If the database is away, or what ended cannot be read, or nothing can be queued; what was
    /// learnt is kept, and the next tick goes on. Whatever else fails does so alone.
    pub async fn tick(&mut self, db: &PgPool, metrics: &Metrics) -> Result<(), sqlx::Error> {
        self.alone.count_into(&metrics.pass);
        if self.is_uncertain {
            self.rebuild(db).await?;
        }
        self.read_ended(db).await?;
        if self.looked_around.elapsed() > LOOK_AROUND_EVERY {
            self.looked_around = Instant::now();
            let looked = self.look_around(db).await;
            self.alone.settle("read_configuration", looked)?;
            let census = self.census();
            self.ready = census.ready;
            metrics.observe(&census, self.capacity);
            metrics.observe_health(self.schedule.source_health());
            let now = Moment::from(schedule::clock(db).await?);
            let obeyed = self.obey(db, now).await;
            self.alone.settle("operator_requests", obeyed)?;
            let kept = self.keep_limits(db, now, metrics).await;
            self.alone.settle("store_limits", kept)?;
        }
        if self.was_cut_off {
            let lost = self.sweep(db, Duration::ZERO, usize::MAX).await?;
            if lost > 0 {
                info!(
                    jobs = lost,
                    "the database lost its queue; it is filled again"
                );
            }
            self.was_cut_off = false;
        }
        if self.swept.elapsed() > SWEEP_EVERY {
            self.swept = Instant::now();
            let swept = self.sweep(db, SWEEP_AFTER, SWEEP_AT_ONCE).await;
            let lost = self.alone.settle("find_lost_jobs", swept)?.unwrap_or(0);
            if lost > 0 {
                warn!(
                    jobs = lost,
                    "jobs left no trace; their tasks are ready again"
                );
            }
            self.schedule.recheck_codes();
            let written = self.write_health(db).await;
            self.alone.settle("store_health", written)?;
            let set = self.set_weights(db).await;
            self.alone.settle("read_weights", set)?;
        }
        if self.drawn.elapsed() > DRAW_EVERY {
            self.drawn = Instant::now();
            let written = self.write_curves(db).await;
            self.alone.settle("store_curves", written)?;
        }
        let now = Moment::from(schedule::clock(db).await?);
        let taken_back = self.take_back(db, now, metrics).await;
        self.alone.settle("take_back", taken_back)?;
        let reserved = self.reserve(db, now).await;
        self.alone.settle("reserve_budgets", reserved)?;
        let topped_up = self.top_up(db, now, metrics).await;
        let written = self.write_back(db).await;
        self.alone.settle("store_schedule", written)?;
        topped_up
    }

    /// Notes whether it is uncertain what a statement did: one that the database refused did
    /// nothing.
    fn note_outcome<T>(&mut self, ended: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if let Err(error) = &ended {
            self.is_uncertain |= DatabaseFault::of(error) == DatabaseFault::Unreachable;
        }
        ended
    }

    async fn set_weights(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let holds = weight::resolve(db).await?;
        self.schedule.set_weights(Weights::of_rows(&holds));
        Ok(())
    }

    /// Writes down the booking curves that were learnt, for the next leader.
    ///
    /// # Errors
    ///
    /// If a statement fails; they are written again later.
    pub async fn write_curves(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        for (step_id, curve) in self.schedule.demand().curves() {
            schedule::store_curve(db, self.term, step_id, &curve.numbers()).await?;
        }
        Ok(())
    }

    async fn read_ended(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let ended =
            schedule::read_ended(db, self.cursor.next(), &self.cursor.seen(), READ_AT_ONCE).await?;
        self.learn(db, &ended).await?;
        self.cursor.advance(&ended, Instant::now());
        self.follow_up(db).await
    }

    async fn learn(&mut self, db: &PgPool, ended: &[EndedJob]) -> Result<(), sqlx::Error> {
        if ended.is_empty() {
            return Ok(());
        }
        let now = Moment::from(schedule::clock(db).await?);
        let learned = self.schedule.learn(ended, now, rand::random::<f64>);
        self.learned.add(learned);
        Ok(())
    }

    /// Does what ended jobs ask of the leader beyond its schedule; what fails is done by the
    /// next tick.
    async fn follow_up(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let written = self.write_health(db).await;
        self.alone.settle("store_health", written)?;
        let blocked = self.block_sources(db).await;
        self.alone.settle("block_sources", blocked)?;
        for (task, source, step) in self.learned.isolated.drain(..) {
            error!(
                task,
                source, step, "its pod died each time; isolated until `coordinator task release`"
            );
        }
        if !self.learned.discoverers.is_empty() {
            let read = schedule::tasks_touched_by(db, &self.learned.discoverers).await;
            if let Some(tasks) = self.alone.settle("read_new_tasks", read)? {
                self.schedule.set_tasks(&tasks);
                self.learned.discoverers.clear();
            }
        }
        Ok(())
    }

    /// Blocks the sources that refuse us.
    async fn block_sources(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        while let Some((name, class)) = self.learned.blocked.last() {
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
            self.learned.blocked.pop();
        }
        Ok(())
    }

    async fn look_around(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let now = Moment::from(schedule::clock(db).await?);
        let limits = schedule::limit_keys(db).await?;
        self.schedule.set_limits(&limits, now);
        let steps = schedule::steps(db).await?;
        let changed = self.schedule.set_steps(steps, now);
        self.to_read.extend(changed);
        while let Some(&source_id) = self.to_read.first() {
            let tasks = schedule::tasks_of_source(db, source_id).await?;
            info!(
                source_id,
                tasks = tasks.len(),
                "a new definition is in force"
            );
            self.schedule.set_tasks_of(source_id, &tasks);
            self.to_read.remove(&source_id);
        }
        self.capacity = usize::try_from(pod::capacity(db).await?).unwrap_or(0);
        Ok(())
    }

    /// To be told when a statement failed: what was queued, and what was written back of late,
    /// may be gone.
    pub fn cut_off(&mut self) {
        self.was_cut_off = true;
        // The latest of each task counts.
        while let Some((_, decisions)) = self.written.pop_back() {
            self.schedule.return_decisions(decisions);
        }
    }

    /// Finds the ends that the cursor passed over, and jobs that left no trace, among
    /// `most` of those that were placed `after` ago or longer; returns how many left none.
    async fn sweep(
        &mut self,
        db: &PgPool,
        after: Duration,
        most: usize,
    ) -> Result<usize, sqlx::Error> {
        let now = Moment::from(schedule::clock(db).await?);
        let old = self.schedule.outstanding_since(now.before(after), most);
        if old.is_empty() {
            return Ok(0);
        }
        let job_ids: Vec<i64> = old.iter().map(|job| job.job_id).collect();
        let ended = schedule::find_ended(db, &job_ids).await?;
        self.learn(db, &ended).await?;
        self.follow_up(db).await?;
        let vanished = schedule::find_vanished(db, &old).await?;
        self.schedule.taken_back(&vanished);
        Ok(vanished.len())
    }

    async fn take_back(
        &mut self,
        db: &PgPool,
        now: Moment,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        let expired = self.schedule.expired(now);
        if expired.is_empty() {
            return Ok(());
        }
        let taken_back = queue::withdraw(db, self.term, &expired).await;
        let unclaimed = match self.note_outcome(taken_back) {
            Ok(unclaimed) => unclaimed,
            Err(error) => {
                self.schedule.expire_again(&expired, now + TAKE_BACK_AGAIN);
                return Err(error);
            }
        };
        self.schedule.taken_back(&unclaimed);
        metrics.expired_tasks.inc_by(unclaimed.len() as u64);
        Ok(())
    }

    async fn top_up(
        &mut self,
        db: &PgPool,
        now: Moment,
        metrics: &Metrics,
    ) -> Result<(), sqlx::Error> {
        // A little ahead of the agents, so that one that becomes free finds work.
        let ahead = self.capacity + self.capacity / 10;
        let room = ahead.saturating_sub(self.schedule.outstanding());
        if room == 0 {
            return Ok(());
        }
        let chosen = self.schedule.top_up(now, room);
        if chosen.is_empty() {
            return Ok(());
        }
        for (part, from) in chosen
            .chunks(PLACE_AT_ONCE)
            .zip((0..).step_by(PLACE_AT_ONCE))
        {
            let placed = queue::enqueue(db, self.term, part).await;
            let placed = match self.note_outcome(placed) {
                Ok(placed) => placed,
                Err(error) => {
                    // Their permits are spent, the tasks are ready again. Where it is uncertain
                    // what was placed, everything is read anew.
                    if !self.is_uncertain {
                        self.schedule.placed(&chosen[from..], &[], now);
                    }
                    return Err(error);
                }
            };
            self.schedule.placed(part, &placed, now);
            metrics.enqueued_tasks.inc_by(placed.len() as u64);
        }
        Ok(())
    }

    /// Writes back what was decided.
    ///
    /// # Errors
    ///
    /// If the statement fails; the decisions are kept for the next call.
    pub async fn write_back(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let decisions = self.schedule.take_decisions();
        if decisions.is_empty() {
            return Ok(());
        }
        let written = schedule::write_back(db, self.term, &decisions).await;
        if written.is_err() {
            self.schedule.return_decisions(decisions);
            return written;
        }
        self.written.push_back((Instant::now(), decisions));
        let is_safe = |(at, _): &mut (Instant, _)| at.elapsed() > SAFE_AFTER;
        while self.written.pop_front_if(is_safe).is_some() {}
        Ok(())
    }
}
