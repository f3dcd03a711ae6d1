//! The judgement whether work goes on (invariant 13), and who says so.
//!
//! [`judge`] is pure: log, `/ready`, metric, doctor and panel all say what it says.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus::{IntGaugeVec, Opts, Registry};
use schema::{connect::DatabaseFault, progress::Progress};
use tracing::{info, warn};

use crate::activity::Failure;

/// How long an activity may fail, or not end.
pub const MAX_FAILING: Duration = Duration::from_secs(30);
/// How long nothing may be claimed or end while there is work, and nobody may lead.
pub const MAX_IDLE: Duration = Duration::from_mins(1);
/// Tries that must have failed: one alone may be of its own making.
const MIN_TRIES: u32 = 2;

/// Kinds of reasons why nothing goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The database does not answer.
    Unreachable,
    /// The database takes no writes.
    Unwritable,
    /// The database refuses a statement.
    Refused,
    /// Statements do not end, or end in conflicts and timeouts.
    Slow,
    /// No coordinator leads.
    NoLeader,
    /// Tasks are due and no pod claims.
    NoPods,
    /// Tasks wait, agents are free, and nothing is claimed.
    NotClaimed,
    /// Jobs run for too long, and none ends.
    NotEnding,
    /// The leader or a pod says that it does not go on.
    Reported,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Unwritable,
        Self::Refused,
        Self::Slow,
        Self::NoLeader,
        Self::NoPods,
        Self::NotClaimed,
        Self::NotEnding,
        Self::Reported,
    ];

    /// One word, for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unwritable => "unwritable",
            Self::Refused => "refused",
            Self::Slow => "slow",
            Self::NoLeader => "no_leader",
            Self::NoPods => "no_pods",
            Self::NotClaimed => "not_claimed",
            Self::NotEnding => "not_ending",
            Self::Reported => "reported",
        }
    }
}

/// Why nothing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// The kind.
    pub reason: Reason,
    /// What it is about: an activity, or a thing.
    pub subject: &'static str,
    /// What happened, and what to do.
    pub detail: String,
    /// For how long so far, as far as it is known.
    pub lasts: Duration,
}

impl fmt::Display for Stall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            detail,
            lasts,
            ..
        } = self;
        write!(formatter, "{subject}")?;
        if !lasts.is_zero() {
            write!(formatter, " for {} s", lasts.as_secs())?;
        }
        write!(formatter, ": {detail}")
    }
}

/// What is judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// What this process fails to do.
    pub failures: Vec<Failure>,
    /// The progress of the fleet, where the database told it.
    pub fleet: Option<Progress>,
    /// How long tasks have waited, agents been free, and nothing been claimed.
    pub unclaimed_for: Duration,
    /// How long tasks have been due without a pod that claims.
    pub without_pods_for: Duration,
}

/// Decides whether work has stopped, and why. The first cause counts: what follows from it is not
/// told beside it.
#[must_use]
pub fn judge(facts: &Facts) -> Option<Stall> {
    let own = facts.failures.iter().filter_map(of_failure);
    own.min_by_key(|stall| (stall.reason, std::cmp::Reverse(stall.lasts)))
        .or_else(|| of_fleet(facts.fleet.as_ref()?, facts))
}

fn of_failure(failure: &Failure) -> Option<Stall> {
    let is_hanging = failure.error.is_none();
    if failure.lasts < MAX_FAILING || (failure.tries < MIN_TRIES && !is_hanging) {
        return None;
    }
    let (reason, detail) = match &failure.error {
        None => (
            Reason::Slow,
            "the database has not answered; see `coordinator doctor` for locks".to_owned(),
        ),
        Some((class, error)) => (reason_of(*class), format!("{} ({error})", meaning(*class))),
    };
    Some(Stall {
        reason,
        subject: failure.activity,
        detail,
        lasts: failure.lasts,
    })
}

fn reason_of(class: DatabaseFault) -> Reason {
    match class {
        DatabaseFault::Unreachable => Reason::Unreachable,
        DatabaseFault::Unwritable => Reason::Unwritable,
        DatabaseFault::Transient => Reason::Slow,
        DatabaseFault::Refused => Reason::Refused,
    }
}

fn meaning(class: DatabaseFault) -> &'static str {
    match class {
        DatabaseFault::Unreachable => "the database does not answer",
        DatabaseFault::Unwritable => {
            "the database takes no writes; make it writable, or name the server that is in database.url"
        }
        DatabaseFault::Transient => "the database does not finish the statement",
        DatabaseFault::Refused => "the database refuses the statement",
    }
}

fn of_fleet(fleet: &Progress, facts: &Facts) -> Option<Stall> {
    let stall = |reason, subject, detail: String, lasts| {
        Some(Stall {
            reason,
            subject,
            detail,
            lasts,
        })
    };
    if !fleet.takes_writes {
        let detail = meaning(DatabaseFault::Unwritable).to_owned();
        return stall(
            Reason::Unwritable,
            "nothing can be stored",
            detail,
            Duration::ZERO,
        );
    }
    let seconds =
        |value: Option<f64>| Duration::try_from_secs_f64(value.unwrap_or(0.0)).unwrap_or_default();
    let leaderless_for = seconds(fleet.leaderless_seconds);
    if fleet.pods + fleet.waiting + fleet.running > 0 && leaderless_for >= MAX_IDLE {
        let led = fleet.leader.as_deref().unwrap_or("nobody");
        let detail = format!("{led} led last; start a coordinator, or see its log");
        return stall(
            Reason::NoLeader,
            "no coordinator leads",
            detail,
            leaderless_for,
        );
    }
    if let Some(says) = &fleet.leader_stall {
        return stall(
            Reason::Reported,
            "the leader reports",
            says.clone(),
            Duration::ZERO,
        );
    }
    let is_of_all = fleet.stalled_pods >= fleet.pods || !fleet.has_ended_lately;
    if let Some(says) = fleet.pod_stall.as_ref().filter(|_| is_of_all) {
        let detail = format!("{says} ({} of {} pods)", fleet.stalled_pods, fleet.pods);
        return stall(Reason::Reported, "pods report", detail, Duration::ZERO);
    }
    if facts.without_pods_for >= MAX_IDLE {
        let detail = "start pods, or see in their logs why they end".to_owned();
        return stall(
            Reason::NoPods,
            "tasks are due and no pod claims",
            detail,
            facts.without_pods_for,
        );
    }
    if facts.unclaimed_for >= MAX_IDLE && !fleet.has_claimed_lately {
        let detail = format!(
            "{} tasks wait and {} agents are free; see the logs of the pods",
            fleet.waiting, fleet.free_agents
        );
        return stall(
            Reason::NotClaimed,
            "nothing is claimed",
            detail,
            facts.unclaimed_for,
        );
    }
    if fleet.overdue > 0 && !fleet.has_ended_lately {
        let detail = format!(
            "{} of {} jobs run for much longer than their steps allow; see the logs of the pods",
            fleet.overdue, fleet.running
        );
        let lasts = seconds(fleet.oldest_claim_seconds);
        return stall(Reason::NotEnding, "no job ends", detail, lasts);
    }
    None
}

/// The stall of a process as `/ready`, the metric and others see it; cloned handles see the same.
#[derive(Debug, Clone)]
pub struct StallWatch {
    current: Arc<Mutex<Option<Stall>>>,
    /// `fullhouse_stalled{reason}`: 1 for the reason why work has stopped, as this process sees it, else 0; a person is needed while one is 1.
    stalled: IntGaugeVec,
}

impl StallWatch {
    /// Makes it and registers its metric.
    ///
    /// # Errors
    ///
    /// If the name is registered already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let opts = Opts::new(
            "fullhouse_stalled",
            "1 for the reason why work has stopped, as this process sees it.",
        );
        let stalled = IntGaugeVec::new(opts, &["reason"])?;
        for reason in Reason::ALL {
            stalled.with_label_values(&[reason.label()]).set(0);
        }
        registry.register(Box::new(stalled.clone()))?;
        Ok(Self {
            current: Arc::default(),
            stalled,
        })
    }

    /// Takes a new judgement: logs where it changed, and shows it.
    pub fn update(&self, now: Option<Stall>) {
        for reason in Reason::ALL {
            let holds = now.as_ref().is_some_and(|stall| stall.reason == reason);
            let gauge = self.stalled.with_label_values(&[reason.label()]);
            gauge.set(i64::from(holds));
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let what = |stall: &Stall| (stall.reason, stall.subject);
        match (&*current, &now) {
            (before, Some(stall)) if before.as_ref().map(what) != Some(what(stall)) => {
                warn!(reason = stall.reason.label(), "work has stopped: {stall}");
            }
            (Some(before), None) => {
                info!(reason = before.reason.label(), "work goes on");
            }
            _ => {}
        }
        *current = now;
    }

    /// What holds now, in a sentence.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map(ToString::to_string)
    }

    /// What `/ready` answers.
    ///
    /// # Errors
    ///
    /// The sentence that says why work has stopped.
    pub fn ready(&self) -> Result<(), String> {
        self.text()
            .map_or(Ok(()), |text| Err(format!("stalled: {text}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn failure(class: DatabaseFault, tries: u32, lasts: Duration) -> Facts {
        Facts {
            failures: vec![Failure {
                activity: "store results",
                error: Some((class, "no".to_owned())),
                tries,
                lasts,
            }],
            ..Facts::default()
        }
    }

    /// A fleet that works.
    fn fleet(change: impl FnOnce(&mut Progress)) -> Facts {
        let mut fleet = Progress {
            takes_writes: true,
            leader: Some("coordinator-1".to_owned()),
            leaderless_seconds: Some(-5.0),
            pods: 2,
            free_agents: 10,
            running: 3,
            has_ended_lately: true,
            has_claimed_lately: true,
            ..Progress::default()
        };
        change(&mut fleet);
        Facts {
            fleet: Some(fleet),
            ..Facts::default()
        }
    }

    fn reason(facts: &Facts) -> Option<Reason> {
        judge(facts).map(|stall| stall.reason)
    }

    /// Invariant 13.
    #[test]
    fn what_fails_for_half_a_minute_is_a_stall_and_says_why() {
        for (class, expected) in [
            (DatabaseFault::Unreachable, Reason::Unreachable),
            (DatabaseFault::Unwritable, Reason::Unwritable),
            (DatabaseFault::Transient, Reason::Slow),
            (DatabaseFault::Refused, Reason::Refused),
        ] {
            assert_eq!(reason(&failure(class, 9, MAX_FAILING)), Some(expected));
        }
        let stall = judge(&failure(DatabaseFault::Unwritable, 9, MAX_FAILING)).unwrap();
        let text = stall.to_string();
        assert!(
            text.starts_with("store results for 30 s: the database takes no writes"),
            "{text}"
        );
    }

    #[test]
    fn a_short_failure_or_a_single_refusal_is_none() {
        let short = failure(DatabaseFault::Unreachable, 9, Duration::from_secs(29));
        assert_eq!(reason(&short), None);
        let single = failure(DatabaseFault::Refused, 1, MAX_IDLE);
        assert_eq!(reason(&single), None);
    }

    #[test]
    fn a_statement_that_does_not_end_is_a_stall() {
        let mut hanging = failure(DatabaseFault::Refused, 0, MAX_FAILING);
        hanging.failures[0].error = None;
        assert_eq!(reason(&hanging), Some(Reason::Slow));
    }

    #[test]
    fn the_database_is_the_cause_of_what_follows_from_it() {
        let mut both = failure(DatabaseFault::Refused, 9, 9 * MAX_IDLE);
        both.failures
            .extend(failure(DatabaseFault::Unwritable, 9, MAX_IDLE).failures);
        both.fleet = fleet(|fleet| fleet.leaderless_seconds = Some(600.0)).fleet;
        assert_eq!(reason(&both), Some(Reason::Unwritable));
    }

    #[test]
    fn a_fleet_that_works_or_has_nothing_to_do_is_none() {
        assert_eq!(reason(&Facts::default()), None);
        assert_eq!(reason(&fleet(|_| {})), None);
        // Nothing is due, or all limits are paused and all sources blocked.
        let idle = fleet(|fleet| {
            (fleet.running, fleet.waiting) = (0, 0);
            (fleet.has_ended_lately, fleet.has_claimed_lately) = (false, false);
        });
        assert_eq!(reason(&idle), None);
        // A fresh start: nobody has led, and no pod is there yet.
        let fresh = fleet(|fleet| {
            (fleet.pods, fleet.running) = (0, 0);
            (fleet.leader, fleet.leaderless_seconds) = (None, None);
        });
        assert_eq!(reason(&fresh), None);
        // A source is slow, within its timeout of minutes.
        let slow = fleet(|fleet| {
            (fleet.has_ended_lately, fleet.has_claimed_lately) = (false, false);
            fleet.oldest_claim_seconds = Some(300.0);
        });
        assert_eq!(reason(&slow), None);
        // Tasks wait, but not for a minute yet.
        let waiting = fleet(|fleet| {
            fleet.waiting = 3;
            fleet.has_claimed_lately = false;
        });
        assert_eq!(reason(&waiting), None);
    }

    #[test]
    fn a_fleet_that_does_not_go_on_is_a_stall() {
        let silent = |fleet: &mut Progress| {
            (fleet.has_ended_lately, fleet.has_claimed_lately) = (false, false);
        };
        let cases = [
            (
                fleet(|fleet| fleet.takes_writes = false),
                Reason::Unwritable,
            ),
            (
                fleet(|fleet| fleet.leaderless_seconds = Some(60.0)),
                Reason::NoLeader,
            ),
            (
                fleet(|fleet| fleet.leader_stall = Some("why".to_owned())),
                Reason::Reported,
            ),
            (
                fleet(|fleet| {
                    silent(fleet);
                    fleet.pod_stall = Some("why".to_owned());
                }),
                Reason::Reported,
            ),
            (
                Facts {
                    unclaimed_for: MAX_IDLE,
                    ..fleet(silent)
                },
                Reason::NotClaimed,
            ),
            (
                Facts {
                    without_pods_for: MAX_IDLE,
                    ..fleet(|fleet| fleet.pods = 0)
                },
                Reason::NoPods,
            ),
            (
                fleet(|fleet| {
                    silent(fleet);
                    fleet.overdue = 1;
                }),
                Reason::NotEnding,
            ),
        ];
        for (facts, expected) in cases {
            assert_eq!(reason(&facts), Some(expected));
        }
    }

    #[test]
    fn ready_and_metric_say_the_same() {
        let registry = Registry::new();
        let watch = StallWatch::register(&registry).unwrap();
        let gauge = |reason: Reason| watch.stalled.with_label_values(&[reason.label()]).get();
        assert_eq!(watch.ready(), Ok(()));
        watch.update(judge(&failure(DatabaseFault::Unwritable, 9, MAX_FAILING)));
        assert!(
            watch
                .ready()
                .is_err_and(|why| why.contains("takes no writes"))
        );
        assert_eq!((gauge(Reason::Unwritable), gauge(Reason::Refused)), (1, 0));
        watch.update(None);
        assert_eq!((watch.ready(), gauge(Reason::Unwritable)), (Ok(()), 0));
    }
}
