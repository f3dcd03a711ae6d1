//! One limit key: its ready tasks, its permits, and what may hold them back.
//!
//! The number of agents that a key could keep busy is its rate times the time that a job keeps its
//! agent (Little's law), but no more than its jobs and tasks. See [`schema::fleet`].

mod candidate;
mod ended;

pub use self::candidate::Candidate;

use std::{cmp::Reverse, collections::BinaryHeap, mem};

use schema::{limit::Reservation, schedule::LimitKey};

use super::{
    breaker::{Breaker, Permission},
    budget::Budget,
    calendar::Calendar,
    permit::{Allowance, Bucket},
    rate_share::{RateShare, ShareChange},
};
use crate::db_time::DbTime;

/// How long a job is assumed to occupy its agent, in seconds, before any has ended.
const INITIAL_OCCUPIED_SECONDS: f64 = 1.0;

/// One limit key in the memory of the leader.
#[derive(Debug)]
pub struct Key {
    /// Jobs chosen, queued or running.
    pub in_flight: usize,
    /// Whether the host is in trouble.
    pub breaker: Breaker,
    limits: (f64, i32),
    concurrency: usize,
    /// The allowance of the key.
    allowance: Allowance,
    rate_share: RateShare,
    bucket: Bucket,
    calendar: Option<Calendar>,
    budget: Option<Budget>,
    paused_until: Option<DbTime>,
    /// How long a job occupies its agent, in seconds.
    occupied: f64,
    ready: BinaryHeap<Reverse<Candidate>>,
    rated_at: DbTime,
}

impl Key {
    /// A key that has no tokens yet, with the share and the budget that the leader before
    /// stored.
    #[must_use]
    pub fn new(limit: &LimitKey, now: DbTime) -> Self {
        let allowance = allowance(limit);
        let rate_share = RateShare::resume(limit.rate_share, now);
        Self {
            in_flight: 0,
            breaker: Breaker::default(),
            limits: (limit.rate_per_second, limit.burst),
            concurrency: usize::MAX,
            bucket: Bucket::empty(allowance.slowed(rate_share.share()), now),
            allowance,
            rate_share,
            calendar: None,
            budget: None,
            paused_until: None,
            occupied: INITIAL_OCCUPIED_SECONDS,
            ready: BinaryHeap::new(),
            rated_at: now,
        }
    }

    /// Sets the present limits. A pause is only made longer.
    pub fn set(&mut self, limit: &LimitKey) {
        if self.limits != (limit.rate_per_second, limit.burst) {
            self.limits = (limit.rate_per_second, limit.burst);
            self.allowance = allowance(limit);
            self.bucket
                .allow(self.allowance.slowed(self.rate_share.share()));
        }
        self.calendar = Calendar::of(limit);
        match limit.per_day.and_then(|most| u32::try_from(most).ok()) {
            None => self.budget = None,
            Some(per_day) => self
                .budget
                .get_or_insert_with(|| {
                    let reserved = u32::try_from(limit.day_reserved).unwrap_or(0);
                    Budget::resume(per_day, limit.day_on.unwrap_or_default(), reserved)
                })
                .set_size(per_day),
        }
        self.concurrency = limit
            .concurrency
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX);
        self.paused_until = self.paused_until.max(limit.paused_until.map(DbTime::from));
    }

    /// Forgets tasks and jobs, but not the tokens spent nor which job is a probe: the probe is
    /// among the jobs that are read again, or is forgotten after they are read.
    pub fn forget_jobs(&mut self) {
        self.in_flight = 0;
        self.ready.clear();
    }

    /// Adds a task that is due.
    pub fn push(&mut self, candidate: Candidate) {
        self.ready.push(Reverse(candidate));
    }

    /// Takes the most urgent.
    pub fn pop(&mut self) -> Option<Candidate> {
        self.ready.pop().map(|Reverse(candidate)| candidate)
    }

    /// Requests a second that its source allows in the long run.
    #[must_use]
    pub fn rate_per_second(&self) -> f64 {
        self.limits.0
    }

    /// When its tasks were last ranked.
    #[must_use]
    pub fn rated_at(&self) -> DbTime {
        self.rated_at
    }

    /// Ranks its tasks again: `rate` gives each its urgency of now, or removes it.
    pub fn rank(&mut self, now: DbTime, rate: impl FnMut(Candidate) -> Option<Candidate>) {
        self.rated_at = now;
        let before = mem::take(&mut self.ready).into_vec();
        let ranked: Vec<_> = before
            .into_iter()
            .map(|Reverse(candidate)| candidate)
            .filter_map(rate)
            .map(Reverse)
            .collect();
        self.ready = BinaryHeap::from(ranked);
    }

    /// Tasks that are due; some may have been rescheduled since.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Adds the tokens of the time that passed.
    pub fn fill(&mut self, now: DbTime) {
        self.bucket.fill(now);
    }

    /// The most urgent task, if the key may send now.
    #[must_use]
    pub fn head(&self, now: DbTime) -> Option<Candidate> {
        let may_send = self.bucket.has_token()
            && self.in_flight < self.concurrency
            && !self.is_stopped(now)
            && self.has_budget(now);
        self.ready
            .peek()
            .filter(|_| may_send)
            .map(|Reverse(candidate)| *candidate)
    }

    /// Whether a pause, its hours or its breaker let it send nothing.
    fn is_stopped(&self, now: DbTime) -> bool {
        self.paused_until.is_some_and(|until| until > now)
            || self.breaker.permission(now) == Permission::Nothing
            || self
                .calendar
                .as_ref()
                .is_some_and(|calendar| calendar.open_day(now, self.latest(now)).is_none())
    }

    fn has_budget(&self, now: DbTime) -> bool {
        let Some((budget, calendar)) = self.budget.as_ref().zip(self.calendar.as_ref()) else {
            return true;
        };
        budget.has_permit(calendar.day(now))
    }

    /// When the request of a permit given at `now` may arrive at the latest.
    fn latest(&self, now: DbTime) -> DbTime {
        now + self.allowance.delay()
    }

    /// Returns the part of the day's budget to reserve before more of it can be given out.
    #[must_use]
    pub fn reservation(&self, limit_key_id: i32, now: DbTime) -> Option<Reservation> {
        let (budget, calendar) = self.budget.as_ref().zip(self.calendar.as_ref())?;
        if self.ready.is_empty() {
            return None;
        }
        let day_on = calendar.open_day(now, self.latest(now))?;
        let wanted = budget.wanted(day_on)?;
        Some(Reservation {
            limit_key_id,
            day_on,
            reserved: i32::try_from(wanted).unwrap_or(i32::MAX),
        })
    }

    /// Notes that a part of the day's budget is set aside now.
    pub fn reserved(&mut self, reservation: &Reservation) {
        if let Some(budget) = &mut self.budget {
            let reserved = u32::try_from(reservation.reserved).unwrap_or(0);
            budget.reserve(reservation.day_on, reserved);
        }
    }

    /// The share of its rate that it is given.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.rate_share.share()
    }

    /// Returns a change of the share that is to be stored.
    pub fn take_change(&mut self) -> Option<ShareChange> {
        self.rate_share.take_change()
    }

    /// Takes a change of the share back that could not be stored.
    pub fn return_change(&mut self) {
        self.rate_share.return_change();
    }

    /// Returns how many agents its work can keep busy now.
    ///
    /// While tasks wait for permits, that is the rate times the time that a job occupies its
    /// agent (Little's law), but not more than there are jobs and tasks. While none waits, the
    /// busy agents are enough.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^53")]
    pub fn agents_wanted(&self, now: DbTime) -> f64 {
        let busy = self.in_flight as f64;
        if self.ready.is_empty() || self.is_stopped(now) || !self.has_budget(now) {
            return busy;
        }
        let most = self.in_flight.saturating_add(self.ready.len());
        let rate = self.allowance.rate_per_second * self.rate_share.share();
        (rate * self.occupied).min(most.min(self.concurrency) as f64)
    }

    /// Spends a permit on a job of a task, which is in flight from now on.
    pub fn spend(&mut self, task_id: i64, now: DbTime) {
        self.in_flight += 1;
        self.bucket.take();
        if let Some(budget) = &mut self.budget {
            budget.spend();
        }
        if self.breaker.permission(now) == Permission::Probe {
            self.breaker.probe_chosen(task_id);
        }
    }

    /// When a permit given at `now` ends.
    #[must_use]
    pub fn expiry(&self, now: DbTime) -> DbTime {
        self.bucket.expiry(now)
    }

    /// Notes that a task for which a permit was given at `permitted_at` was not placed.
    pub fn not_placed(&mut self, task_id: i64, permitted_at: DbTime) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.breaker.not_placed(task_id);
        self.refund(Some(permitted_at));
    }

    /// Notes that a job was not claimed; this leader gave its permit at `permitted_at`, if it did.
    pub fn job_unused(&mut self, job_id: i64, permitted_at: Option<DbTime>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.breaker.unused(job_id);
        self.refund(permitted_at);
    }

    /// Gives a permit back to the budget of its day; one of an unknown day stays spent.
    fn refund(&mut self, permitted_at: Option<DbTime>) {
        if let Some((budget, calendar)) = self.budget.as_mut().zip(self.calendar.as_ref())
            && let Some(permitted_at) = permitted_at
        {
            budget.refund(calendar.day(permitted_at));
        }
    }
}

fn allowance(limit: &LimitKey) -> Allowance {
    Allowance::of(
        limit.rate_per_second,
        u32::try_from(limit.burst).unwrap_or(1),
    )
}
