//! The rate share: the part of its rate that a limit key gets, decided by how its source answers.
//!
//! A 429 or 503 halves the share at once; latency far above the usual halves it at most once a
//! minute; each minute with answers and without a complaint adds a tenth of the whole. So it finds
//! the rate that a source bears although nobody has configured that rate. A complaint about a
//! request that was permitted before the last change counts for nothing, so a storm that meets a
//! hundred requests halves the share once.
//!
//! The share only makes the bucket smaller (see [`Allowance::slowed`]) and leaves its delay as it
//! is, so the limit holds (invariant 3) whatever is decided here and whenever. It is written to
//! `limit_key` when it changes, and a new leader continues from there.
//!
//! [`Allowance::slowed`]: crate::limits::permit::Allowance::slowed

use std::{collections::HashMap, time::Duration};

use crate::db_time::DbTime;

/// The least share: a source that has been in trouble for long still gets a request now and then.
const MIN_SHARE: f64 = 1.0 / 64.0;

/// Share that a minute without a complaint adds.
const RISE_STEP: f64 = 0.1;

/// Time without a complaint after which the share rises.
const QUIET_BEFORE_RISE: Duration = Duration::from_mins(1);

/// Answers of one step after which its usual latency is known; the same number of answers with a
/// slow average counts as a trend.
const MIN_ANSWERS: u32 = 16;

/// Latency is rising if the recent one is more than this many times the usual one,
const MIN_RISE_RATIO: f64 = 4.0;

/// and longer by more than this.
const MIN_RISE_SECONDS: f64 = 0.5;

/// Weight of one answer in the recent latency.
const RECENT_WEIGHT: f64 = 1.0 / 16.0;

/// Weight of one answer in the usual latency.
const USUAL_WEIGHT: f64 = 1.0 / 128.0;

/// Feedback of one answer about the load of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// It answered, even if only that there is no such page.
    Answered,
    /// It did not answer, or failed; only the latency counts.
    Trouble,
    /// 429: too many requests.
    Throttled,
    /// 503: temporarily unavailable.
    Unavailable,
}

/// A change of the share that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareChange {
    /// The share from now on.
    pub share: f64,
    /// Why it is less than 1, for an operator.
    pub reason: Option<String>,
}

/// The share of one limit key, and what decides when it changes.
#[derive(Debug, Clone)]
pub struct RateShare {
    share: f64,
    /// When the share last changed; a complaint about an earlier request is no news.
    changed_at: DbTime,
    /// When the share was last halved because of latency.
    slowed_at: Option<DbTime>,
    /// Whether anything was answered since the share changed.
    is_answered: bool,
    reason: Option<&'static str>,
    is_persisted: bool,
    latencies: HashMap<i32, Latency>,
}

/// How long a step's answers take, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Latency {
    recent: f64,
    usual: f64,
    /// Answers since the share changed.
    answers: u32,
}

impl RateShare {
    /// A share that a former leader left at `share`.
    #[must_use]
    pub fn resume(share: f64, now: DbTime) -> Self {
        Self {
            share: if share.is_finite() {
                share.clamp(MIN_SHARE, 1.0)
            } else {
                1.0
            },
            changed_at: now,
            slowed_at: None,
            is_answered: false,
            reason: None,
            is_persisted: true,
            latencies: HashMap::new(),
        }
    }

    /// The share of the rate, more than 0 and at most 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// Learns from the answer to a job of `step_id` that was permitted at `permitted_at`;
    /// returns whether the share changed.
    ///
    /// What was permitted before the last change does not change it again: a storm that
    /// meets a hundred requests on the wire is one complaint.
    pub fn learn(
        &mut self,
        step_id: i32,
        feedback: Feedback,
        took: Option<Duration>,
        permitted_at: DbTime,
        now: DbTime,
    ) -> bool {
        if permitted_at < self.changed_at {
            return false;
        }
        match feedback {
            Feedback::Throttled => self.halve("the source answered 429", now),
            Feedback::Unavailable => self.halve("the source answered 503", now),
            Feedback::Answered | Feedback::Trouble => {
                self.is_answered |= feedback == Feedback::Answered;
                let is_slower = took.is_some_and(|took| self.is_slower(step_id, took));
                let was_halved = self
                    .slowed_at
                    .is_some_and(|at| now.since(at) < QUIET_BEFORE_RISE);
                if is_slower && !was_halved {
                    self.slowed_at = Some(now);
                    return self.halve("its answers take several times as long as before", now);
                }
                feedback == Feedback::Answered && self.rise(now)
            }
        }
    }

    /// Notes how long an answer took; returns whether recent answers took much longer than
    /// is usual for the step.
    fn is_slower(&mut self, step_id: i32, took: Duration) -> bool {
        let took = took.as_secs_f64();
        let latency = self.latencies.entry(step_id).or_insert(Latency {
            recent: took,
            usual: took,
            answers: 0,
        });
        latency.answers = latency.answers.saturating_add(1);
        latency.recent += (took - latency.recent) * RECENT_WEIGHT;
        // What lasts becomes usual; otherwise a source that was rebuilt would be slow for ever.
        latency.usual += (took - latency.usual) * USUAL_WEIGHT;
        latency.answers >= MIN_ANSWERS
            && latency.recent > MIN_RISE_RATIO * latency.usual
            && latency.recent > latency.usual + MIN_RISE_SECONDS
    }

    fn halve(&mut self, reason: &'static str, now: DbTime) -> bool {
        let before = self.share;
        self.reason = Some(reason);
        self.change((self.share / 2.0).max(MIN_SHARE), now);
        self.share < before
    }

    fn rise(&mut self, now: DbTime) -> bool {
        let is_due =
            self.share < 1.0 && self.is_answered && now.since(self.changed_at) >= QUIET_BEFORE_RISE;
        if is_due {
            let share = self.share + RISE_STEP;
            // Tenths do not add up to a whole exactly.
            let is_whole = share > 1.0 - RISE_STEP / 2.0;
            self.change(if is_whole { 1.0 } else { share }, now);
        }
        is_due
    }

    fn change(&mut self, share: f64, now: DbTime) {
        self.is_persisted &= share.to_bits() == self.share.to_bits();
        self.share = share;
        self.changed_at = now;
        self.is_answered = false;
        for latency in self.latencies.values_mut() {
            latency.answers = 0;
        }
    }

    /// Returns the change since the last call.
    pub fn take_change(&mut self) -> Option<ShareChange> {
        if self.is_persisted {
            return None;
        }
        self.is_persisted = true;
        Some(ShareChange {
            share: self.share,
            reason: (self.share < 1.0).then(|| match self.reason {
                Some(reason) => format!("{reason}; rises by a tenth each quiet minute"),
                None => "rises by a tenth each quiet minute".to_owned(),
            }),
        })
    }

    /// Takes a change back that could not be stored.
    pub fn return_change(&mut self) {
        self.is_persisted = false;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const START: DbTime = DbTime::from_micros(0);
    const STEP_ID: i32 = 7;

    fn rate_share() -> RateShare {
        RateShare::resume(1.0, START)
    }

    fn at(seconds: u64) -> DbTime {
        START + Duration::from_secs(seconds)
    }

    fn answer(share: &mut RateShare, millis: u64, now: DbTime) -> bool {
        let took = Some(Duration::from_millis(millis));
        share.learn(STEP_ID, Feedback::Answered, took, now, now)
    }

    fn complaint(share: &mut RateShare, permitted_at: DbTime, now: DbTime) -> bool {
        share.learn(STEP_ID, Feedback::Throttled, None, permitted_at, now)
    }

    #[test]
    fn a_storm_is_one_complaint_and_the_next_is_another() {
        let mut share = rate_share();
        for _ in 0..100 {
            complaint(&mut share, at(1), at(2));
        }
        assert!((share.share() - 0.5).abs() < 1e-9);
        assert!(complaint(&mut share, at(3), at(4)));
        assert!((share.share() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn quiet_minutes_with_answers_raise_it_to_the_whole_again() {
        let mut share = rate_share();
        complaint(&mut share, at(0), at(0));
        assert!(!answer(&mut share, 10, at(59)), "not a minute yet");
        let mut risen = 0;
        for second in 60..1000 {
            risen += u32::from(answer(&mut share, 10, at(second)));
        }
        assert_eq!((risen, share.share().to_bits()), (5, 1.0_f64.to_bits()));
        assert_eq!(share.take_change().unwrap().reason, None);
    }

    #[test]
    fn silence_proves_nothing() {
        let mut share = rate_share();
        complaint(&mut share, at(0), at(0));
        // Permitted before the complaint was known, answered an hour later.
        let took = Some(Duration::from_millis(1));
        let late = at(0).before(Duration::from_secs(1));
        assert!(!share.learn(STEP_ID, Feedback::Answered, took, late, at(3600)));
        assert!((share.share() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn latency_that_rises_halves_it_once_a_minute() {
        let mut share = rate_share();
        for second in 0..100 {
            assert!(!answer(&mut share, 100, at(second)));
        }
        let halved = (100..160).filter(|&second| answer(&mut share, 4_000, at(second)));
        assert_eq!(halved.count(), 1);
        assert!((share.share() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_source_that_is_slower_for_good_is_given_all_again() {
        let mut share = rate_share();
        for second in 0..100 {
            answer(&mut share, 100, at(second));
        }
        for second in 100..4_000 {
            answer(&mut share, 2_000, at(second));
        }
        assert_eq!(share.share().to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn a_change_is_told_once_and_again_if_it_was_not_written() {
        let mut share = rate_share();
        assert_eq!(share.take_change(), None);
        complaint(&mut share, at(0), at(0));
        assert!(share.take_change().unwrap().reason.unwrap().contains("429"));
        assert_eq!(share.take_change(), None);
        share.return_change();
        assert!(share.take_change().is_some());
    }

    proptest! {
        /// Invariant 3: never more than the definition allows, and never nothing.
        #[test]
        fn the_share_stays_within_its_bounds(
            resumed in prop::num::f64::ANY,
            events in prop::collection::vec((0_u8..4, 0_u64..90, 0_u64..90, 0_u64..60_000), 0..300),
        ) {
            let mut share = RateShare::resume(resumed, START);
            let mut now = START;
            for (feedback, passed, age, millis) in events {
                now = now + Duration::from_secs(passed);
                let feedback = [Feedback::Answered, Feedback::Trouble, Feedback::Throttled, Feedback::Unavailable]
                    [usize::from(feedback)];
                let took = Some(Duration::from_millis(millis));
                let before = share.share();
                let changed =
                    share.learn(STEP_ID, feedback, took, now.before(Duration::from_secs(age)), now);
                prop_assert!(share.share() >= MIN_SHARE && share.share() <= 1.0);
                prop_assert_eq!(changed, before.to_bits() != share.share().to_bits());
                prop_assert!(feedback == Feedback::Answered || share.share() <= before);
            }
        }
    }
}
