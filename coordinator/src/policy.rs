//! Which task is worth a request now: the policies, pure and exchangeable.
//!
//! Takes what is known of one task, gives a [`Verdict`]: it competes for a permit of its
//! limit key with an [`Urgency`], or sleeps until there is reason to ask again. The leader
//! asks when a task ripens and again while it waits; the simulator and `coordinator
//! explain` ask the same functions.
//!
//! **The index.** A look at a showtime at time `t`, last seen at `s`, shows in time the
//! sales of the last [`SEEN_WITHIN`] `W`, so its reward after a gap `g = t - s` is
//! `R(g) = ∫ λ` over the last `min(g, W)`. Crawlers under a budget of requests maximise
//! the reward per time less a price per request; the stationarity of that sum gives each
//! page the index `I(g) = R(g) - g R'(g)`, by which the pages are ranked and the greatest are
//! fetched while the budget lasts (Azar, Horvitz, Lubetzky, Peres,
//! Shahaf: *Tractable near-optimal policies for crawling*, PNAS 2018, where `R` is the
//! time that a page stays fresh; Kolobov, Peres, Lu, Horvitz: *Staying up to Date with
//! Online Content Changes Using Reinforcement Learning for Scheduling*, `NeurIPS` 2019,
//! with a budget for each host). For this `R` the index is 0 while `g < W`, for a look
//! would only take from the next, and `λ W` from then on: a showtime rests for `W`, then
//! competes by the sales that a look is expected to show ([`demand`] estimates `λ`).
//! The budget is the limit key's bucket, so the price needs no estimate: the permit goes
//! to the greatest index.
//!
//! **Above the index** stand looks that are owed: the last look before the start of a showtime, the
//! first after it, the first look at all, a look after a gate change, and one at the latest after
//! the `every` of the step. Where `every` alone would take more than [`FLOOR_SHARE`] of a limit,
//! that gap is stretched (see [`floor`]), so a scarce limit still goes where sales are. Looks
//! around the start begin earlier where the limit is low.
//!
//! The level of a showtime's demand, its looks and its sales are stored with the task (`looked_at`,
//! `sales`, `exposure`, `sold`), the curve with the step (`booking_curve`), so a new leader has all
//! of it. `coordinator explain` computes from the database, by this code, what a leader would
//! decide that took over now; asking the leader itself was rejected, because no row knows its
//! address.

pub mod curve;
pub mod demand;
pub mod weight;

use std::{cmp::Reverse, time::Duration};

use serde::Deserialize;

use crate::{db_time::DbTime, due};

/// A sale counts as seen in time if a look follows within this.
pub const SEEN_WITHIN: Duration = Duration::from_mins(5);

/// Fewer expected sales (times the operator's weight) than this are not worth a request
/// before the floor: the fleet is a polite guest also where its limit has room.
pub const MIN_WORTH: f32 = 0.004;

/// The share of a limit that looks for the floor alone may take.
pub const FLOOR_SHARE: f64 = 0.15;

/// Showtimes of one limit that may start together without one being looked at too late.
const STARTS_TOGETHER: f64 = 10.0;

/// Longest sleep of a task that is not worth a look, in units of [`SEEN_WITHIN`].
const MAX_SLEEP_RATIO: f32 = 12.0;

/// How it is decided when a task is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Every task at the fixed interval of its step.
    Interval,
    /// Seats of showtimes by the sales that a look is expected to show, all else at its
    /// interval.
    #[default]
    Freshness,
}

/// The facts about one task on which a policy decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskView {
    /// Its last look that was answered.
    pub looked_at: Option<DbTime>,
    /// The last moment for a look before the start of its showtime, and the first after it.
    pub around_start: Option<(DbTime, DbTime)>,
    /// Whether what is known says that there is something to see.
    pub is_called_for: bool,
    /// At the latest so long after a look comes the next.
    pub floor: Duration,
}

/// The verdict of a policy about a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It competes for a permit; from `until` on it is more urgent.
    Compete {
        /// Its urgency.
        urgency: Urgency,
        /// Why it has that urgency.
        reason: Reason,
        /// When to ask again at the latest.
        until: Option<DbTime>,
    },
    /// Nothing is gained by a look before then.
    Sleep {
        /// When to ask again.
        until: DbTime,
        /// Why it sleeps.
        reason: Reason,
    },
}

/// How urgent a task is among the tasks of its limit key; less comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The last look before the start of a showtime: now or never.
    BeforeStart,
    /// The first look after it.
    AfterStart,
    /// A look that is owed, the longest due first.
    Owed,
    /// A look for the sales that it is expected to show.
    Worth(Reverse<Worth>),
}

impl Urgency {
    /// Whether it stands for a look around a start, which comes before all priorities.
    #[must_use]
    pub fn is_around_start(self) -> bool {
        matches!(self, Self::BeforeStart | Self::AfterStart)
    }
}

/// Expected sales times the operator's weight, as a number that sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth(u32);

impl From<f32> for Worth {
    fn from(worth: f32) -> Self {
        // The bits of a float that is not negative sort as the float does.
        Self(worth.max(0.0).to_bits())
    }
}

/// Why a task competes or sleeps, for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The last look before the start.
    LastBeforeStart,
    /// The first look after the start, which is the last.
    FirstAfterStart,
    /// The showtime was never seen.
    NeverSeen,
    /// A gate changed, or a person called.
    Called,
    /// Nothing starves: `every` has passed.
    Floor,
    /// Its step runs at a fixed interval.
    Interval,
    /// Sales are expected.
    Worth,
    /// It was seen so lately that a look would only take from the next.
    Rests,
    /// Hardly any sales are expected.
    NotWorth,
}

/// The longest gap between two looks at a showtime.
///
/// It is the step's `every`, unless the `showtimes` of the limit key would take more than
/// [`FLOOR_SHARE`] of its rate that way: then it is as long as that share allows, so
/// that most of a scarce limit still goes where sales are expected.
#[must_use]
pub fn floor(every: Duration, showtimes: u32, rate_per_second: f64) -> Duration {
    let allowed = f64::from(showtimes) / (FLOOR_SHARE * rate_per_second);
    let longest = Duration::from_hours(24 * 365);
    every.max(Duration::try_from_secs_f64(allowed).map_or(longest, |gap| gap.min(longest)))
}

/// How long before its start the last look at a showtime falls due, and how long after it
/// the first: a tenth of `every`, but enough for a few showtimes of the limit that start
/// together, so far as a look before the start still shows what it must in time.
#[must_use]
pub fn start_margin(every: Duration, rate_per_second: f64) -> Duration {
    let crowd = Duration::try_from_secs_f64(STARTS_TOGETHER / rate_per_second);
    let crowd = crowd.unwrap_or(SEEN_WITHIN).min(SEEN_WITHIN.mul_f64(0.8));
    due::start_margin(every).max(crowd)
}

/// Decides whether a task competes at `now`, and how urgent it is.
///
/// `worth` gives the expected sales of the last [`SEEN_WITHIN`] before `now`, times the
/// weight; it is asked only where it decides.
#[must_use]
pub fn judge(policy: Policy, view: TaskView, now: DbTime, worth: impl FnOnce() -> f32) -> Verdict {
    let owed = |urgency, reason| Verdict::Compete {
        urgency,
        reason,
        until: None,
    };
    let start_at = match view.around_start {
        Some((_, first_after)) if now >= first_after => {
            return owed(Urgency::AfterStart, Reason::FirstAfterStart);
        }
        Some((last_before, _)) if view.looked_at.is_none_or(|at| at < last_before) => {
            if now >= last_before {
                return owed(Urgency::BeforeStart, Reason::LastBeforeStart);
            }
            Some(last_before)
        }
        Some((_, first_after)) => Some(first_after),
        None => None,
    };
    if policy == Policy::Interval {
        return Verdict::Compete {
            urgency: Urgency::Owed,
            reason: Reason::Interval,
            until: start_at,
        };
    }
    if view.is_called_for {
        return owed(Urgency::Owed, Reason::Called);
    }
    let Some(looked_at) = view.looked_at else {
        return owed(Urgency::Owed, Reason::NeverSeen);
    };
    let floor_at = looked_at + view.floor;
    if now >= floor_at {
        return owed(Urgency::Owed, Reason::Floor);
    }
    let owed_at = start_at.map_or(floor_at, |start_at| start_at.min(floor_at));
    let rests_until = looked_at + SEEN_WITHIN;
    if now < rests_until {
        return Verdict::Sleep {
            until: rests_until.min(owed_at),
            reason: Reason::Rests,
        };
    }
    let worth = worth();
    if worth >= MIN_WORTH {
        return Verdict::Compete {
            urgency: Urgency::Worth(Reverse(worth.into())),
            reason: Reason::Worth,
            until: Some(owed_at),
        };
    }
    let sleep = SEEN_WITHIN.mul_f32((MIN_WORTH / worth.max(1e-9)).clamp(1.0, MAX_SLEEP_RATIO));
    Verdict::Sleep {
        until: (now + sleep).min(owed_at),
        reason: Reason::NotWorth,
    }
}

#[cfg(test)]
mod tests;
