//! The judgement whether work has stopped.

use std::{cmp::Reverse, time::Duration};

use schema::{connect::DatabaseFault, progress::Progress};

use super::{Facts, Stall, StallReason};
use crate::activity::Failure;

/// How long an activity may fail, or not end.
pub const MAX_FAILING: Duration = Duration::from_secs(30);
/// How long nothing may be claimed or end while there is work, and no coordinator may lead: with the
/// time between two looks, of the process and of alerts, it is reported within a minute.
pub const MAX_IDLE: Duration = Duration::from_secs(45);
/// Failures that count as a stall: a single one may be the fault of its own values.
const MIN_TRIES: u32 = 2;

/// Decides whether work has stopped, and why. Only the first cause counts: its consequences are
/// not reported.
#[must_use]
pub fn judge(facts: &Facts) -> Option<Stall> {
    let own = facts.failures.iter().filter_map(stall_of_failure);
    own.min_by_key(|stall| (stall.reason, Reverse(stall.lasts)))
        .or_else(|| stall_of_fleet(facts.fleet.as_ref()?, facts))
}

fn stall_of_failure(failure: &Failure) -> Option<Stall> {
    let is_hanging = failure.error.is_none();
    if failure.lasts < MAX_FAILING || (failure.tries < MIN_TRIES && !is_hanging) {
        return None;
    }
    let (reason, detail) = match &failure.error {
        None => (
            StallReason::Slow,
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

fn reason_of(class: DatabaseFault) -> StallReason {
    match class {
        DatabaseFault::Unreachable => StallReason::Unreachable,
        DatabaseFault::Unwritable => StallReason::Unwritable,
        DatabaseFault::Transient => StallReason::Slow,
        DatabaseFault::Refused => StallReason::Refused,
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

fn stall_of_fleet(fleet: &Progress, facts: &Facts) -> Option<Stall> {
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
            StallReason::Unwritable,
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
            StallReason::NoLeader,
            "no coordinator leads",
            detail,
            leaderless_for,
        );
    }
    if let Some(says) = &fleet.leader_stall {
        return stall(
            StallReason::Reported,
            "the leader reports",
            says.clone(),
            Duration::ZERO,
        );
    }
    let is_of_all = fleet.stalled_pods >= fleet.pods || !fleet.has_ended_lately;
    if let Some(says) = fleet.pod_stall.as_ref().filter(|_| is_of_all) {
        let detail = format!("{says} ({} of {} pods)", fleet.stalled_pods, fleet.pods);
        return stall(StallReason::Reported, "pods report", detail, Duration::ZERO);
    }
    if facts.without_pods_for >= MAX_IDLE {
        let detail = "start pods, or see in their logs why they end".to_owned();
        return stall(
            StallReason::NoPods,
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
            StallReason::NotClaimed,
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
        return stall(StallReason::NotEnding, "no job ends", detail, lasts);
    }
    None
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

    fn reason(facts: &Facts) -> Option<StallReason> {
        judge(facts).map(|stall| stall.reason)
    }

    /// Invariant 13.
    #[test]
    fn what_fails_for_half_a_minute_is_a_stall_and_says_why() {
        for (class, expected) in [
            (DatabaseFault::Unreachable, StallReason::Unreachable),
            (DatabaseFault::Unwritable, StallReason::Unwritable),
            (DatabaseFault::Transient, StallReason::Slow),
            (DatabaseFault::Refused, StallReason::Refused),
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
        assert_eq!(reason(&hanging), Some(StallReason::Slow));
    }

    #[test]
    fn the_database_is_the_cause_of_what_follows_from_it() {
        let mut both = failure(DatabaseFault::Refused, 9, 9 * MAX_IDLE);
        both.failures
            .extend(failure(DatabaseFault::Unwritable, 9, MAX_IDLE).failures);
        both.fleet = fleet(|fleet| fleet.leaderless_seconds = Some(600.0)).fleet;
        assert_eq!(reason(&both), Some(StallReason::Unwritable));
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
                StallReason::Unwritable,
            ),
            (
                fleet(|fleet| fleet.leaderless_seconds = Some(60.0)),
                StallReason::NoLeader,
            ),
            (
                fleet(|fleet| fleet.leader_stall = Some("why".to_owned())),
                StallReason::Reported,
            ),
            (
                fleet(|fleet| {
                    silent(fleet);
                    fleet.pod_stall = Some("why".to_owned());
                }),
                StallReason::Reported,
            ),
            (
                Facts {
                    unclaimed_for: MAX_IDLE,
                    ..fleet(silent)
                },
                StallReason::NotClaimed,
            ),
            (
                Facts {
                    without_pods_for: MAX_IDLE,
                    ..fleet(|fleet| fleet.pods = 0)
                },
                StallReason::NoPods,
            ),
            (
                fleet(|fleet| {
                    silent(fleet);
                    fleet.overdue = 1;
                }),
                StallReason::NotEnding,
            ),
        ];
        for (facts, expected) in cases {
            assert_eq!(reason(&facts), Some(expected));
        }
    }
}
